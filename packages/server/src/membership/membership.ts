/**
 * The members of one workspace, while it is open: what they may do, and the one way to change it. Each change is checked, written with
 * its entry in the audit log, and then in force, at once and for every open session.
 */

import {
  CloseCode,
  CroftError,
  type DocPath,
  type Principal,
  type Refusal,
  type Unsubscribe,
  type Verdict,
} from "@croft/core";
import { credentialOf } from "./credential.ts";
import { applied, type Decide, type Edit, hasAdmin, type Problem } from "./edits.ts";
import {
  type AccessPolicy,
  checkMember,
  createMembershipGate,
  type MembershipGate,
} from "./gate.ts";
import type { AuditEntry } from "./records.ts";
import { FIRST_ROLES, MembershipState } from "./state.ts";
import { MembershipStore, type Texts } from "./store.ts";

/** Options of {@link Membership}. */
export interface MembershipOptions {
  readonly policy: AccessPolicy;
  /** How long entries of the audit log are kept, in milliseconds. */
  readonly keepAudit: number;
  readonly now: () => number;
}

/** Who changes something. */
export interface Actor {
  readonly principal: Principal;
  readonly address: string;
  /** Whether it must be somebody who administers. */
  readonly mustAdminister: boolean;
}

/** What became of a change. */
export interface Changed {
  readonly edit: Edit;
  readonly state: MembershipState;
}

/** Nobody is a member of a workspace of which nothing was read. */
const NONE = new MembershipState(0, {
  roles: FIRST_ROLES,
  groups: new Map(),
  members: new Map(),
  invitations: new Map(),
  revocations: new Map(),
});

/** See the top of this file. */
export class Membership {
  readonly gate: MembershipGate;
  readonly policy: AccessPolicy;
  readonly #options: MembershipOptions;
  #store: MembershipStore | undefined;
  #state: MembershipState = NONE;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.policy = options.policy;
    this.gate = createMembershipGate(options.policy, () => this.#state);
  }

  /** What it is now. */
  get state(): MembershipState {
    return this.#state;
  }

  /** Reads what the store has. Before that nobody may do anything that membership decides. */
  async load(texts: Texts): Promise<void> {
    const { keepAudit, now } = this.#options;
    this.#store = new MembershipStore({ texts, keepAudit, now });
    await this.reload();
  }

  /** Reads it again, after another server on the same store changed something. */
  async reload(): Promise<void> {
    if (this.#store) this.#set(await this.#store.read());
  }

  /** The same, if there is anything new: for whoever must not be told, nor allowed, what was so a moment ago. */
  async refresh(): Promise<void> {
    if (await this.#loaded.hasMoved()) await this.reload();
  }

  /**
   * Changes something, one after the other.
   *
   * @throws {@link CroftError} `store/…` when it cannot be stored; then it may be in force or not, as the store has it.
   */
  change(actor: Actor, decide: Decide): Promise<Changed | Problem> {
    return this.#inTurn(async () => {
      for (;;) {
        const outcome = await this.#tryChange(actor, decide);
        if (outcome !== "overtaken") return outcome;
      }
    });
  }

  /** Entries of the audit log, newest first: those with a number below `after`, at most `limit`. */
  readAudit(after: number, limit: number): Promise<readonly AuditEntry[]> {
    return this.#loaded.readAudit(after, limit);
  }

  /** Whether somebody may administer the workspace: by its token, or as a member where membership decides. */
  mayAdminister(principal: Principal): boolean {
    if (this.#isOperator(principal)) return true;
    const { parents } = credentialOf(principal);
    const { user, plugin } = principal;
    // A token that was made for less is for less; and a guest has a name for the asking.
    if (this.policy === "token" || plugin !== undefined || parents.length > 0) return false;
    if (user.startsWith("guest:") || this.refusalOf(principal)) return false;
    // The smaller one wins here too: who administers can give itself everything.
    if (!principal.grants.some(({ pattern, access }) => pattern === "**" && access === "write"))
      return false;
    const standing = this.#state.standingOf(user);
    return standing.kind === "active" && standing.admin;
  }

  /** What a user may do with a document as a member, and why, whatever decides now. */
  explain(user: string, path: DocPath): Verdict {
    return checkMember(this.#state, { user, path });
  }

  /** Why somebody is not let in, whose token was good otherwise. */
  refusalOf(principal: Principal): Refusal | undefined {
    if (!this.#state.isRevoked(principal, credentialOf(principal))) return undefined;
    return { code: CloseCode.unauthorized, reason: "the token was revoked" };
  }

  /** Calls `end` as soon as somebody may not stay. */
  watch(who: () => Principal, end: (refusal: Refusal) => void): Unsubscribe {
    return this.gate.onChange(() => {
      const refusal = this.refusalOf(who());
      if (refusal) end(refusal);
    });
  }

  get #loaded(): MembershipStore {
    if (!this.#store) throw new CroftError("store/failed", "The members were not read yet.");
    return this.#store;
  }

  #isOperator(principal: Principal): boolean {
    const { admin, parents } = credentialOf(principal);
    if (!admin || parents.length > 0 || principal.plugin !== undefined) return false;
    return this.refusalOf(principal) === undefined;
  }

  async #tryChange(actor: Actor, decide: Decide): Promise<Changed | Problem | "overtaken"> {
    const { principal, mustAdminister } = actor;
    // It may have been taken from whoever asks since it was let in.
    if (this.refusalOf(principal) || (mustAdminister && !this.mayAdminister(principal))) {
      return { problem: "not-allowed", message: "This may not be done with this token any more." };
    }
    const before = this.#state;
    const edit = decide(before);
    if ("problem" in edit) return edit;
    if (edit.writes.length === 0) return { edit, state: before };
    const at = this.#options.now();
    const after = applied(before, edit.writes, at);
    if (!this.#isOperator(principal) && hasAdmin(before) && !hasAdmin(after)) {
      return {
        problem: "last-admin",
        message: "Then no member could administer the workspace.",
        hint: "Make another member an owner first.",
      };
    }
    const isWritten = await this.#write(after, edit, { ...actorOf(actor), at });
    return isWritten ? { edit, state: after } : "overtaken";
  }

  async #write(
    after: MembershipState,
    { writes, action, target, before: was, after: is, isOwn = false }: Edit,
    by: Pick<AuditEntry, "at" | "by" | "token" | "address">,
  ): Promise<boolean> {
    const touched = {
      tables: new Set(writes.map(({ table }) => table)),
      members: writes.filter(({ table }) => table === "members").map(({ id }) => id),
    };
    try {
      const entry = {
        ...{ ...by, action, target },
        ...(was !== undefined && { before: was }),
        ...(is !== undefined && { after: is }),
      };
      const isWritten = await this.#loaded.write(after, touched, isOwn ? undefined : entry);
      if (isWritten) this.#set(after);
      return isWritten;
    } catch (error) {
      // It may be stored all the same, and is in force then.
      await this.reload();
      throw error;
    }
  }

  #set(state: MembershipState): void {
    // What others changed after it may be known already.
    if (state.version < this.#state.version) return;
    this.#state = state;
    this.gate.changed.emit();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function actorOf({ principal, address }: Actor): Pick<AuditEntry, "by" | "token" | "address"> {
  const { id } = credentialOf(principal);
  return { by: principal.user, address, ...(id !== undefined && { token: id }) };
}
