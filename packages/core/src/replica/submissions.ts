/**
 * The local changes of one document in a replica on their way to the hub: captured, merged,
 * numbered, sent, acknowledged. Merging comes before numbering; what was sent never changes
 * (SYNC rule 3). Keeps count of how far changes are safe, for whoever waits.
 */

import { createTag, type RandomBytes } from "../ids.ts";
import {
  type Basis,
  type Numbered,
  REFUSED_BASIS,
  type Submit,
} from "../protocol/document-messages.ts";
import { dependants } from "../update/dependants.ts";
import { firstClocksOf } from "../update/clocks.ts";
import { renameClient } from "../update/rename.ts";
import { takenClient } from "../update/taken-client.ts";
import { mergeUpdates } from "../update/yjs-format.ts";

/** Which of the changes that were made here are in a submission. */
export interface Changes {
  /** All changes up to this count are in an earlier submission. */
  readonly before: number;
  /** All changes up to this count are in this or an earlier submission. */
  readonly made: number;
}

/** A submission that the hub has, and the hub above not yet. */
interface Below extends Changes {
  readonly n: number;
}

/** A numbered update that the hub has not acknowledged. */
export interface PendingSubmission extends Numbered, Changes {
  readonly update: Uint8Array;
  readonly basis: Basis;
  /** It will be refused, since it builds on something that was; the hub's quarantine keeps it. */
  readonly doomed: boolean;
}

/** The last number of a writer that has none. */
export const NOTHING_ACKNOWLEDGED: Numbered = { n: 0, tag: "0000000000000000" as Numbered["tag"] };

/** Most submissions on the way at once; what is typed meanwhile is merged into the next one. */
const WINDOW = 8;
/** Bytes of captured updates that are merged into one submission. */
const MERGE_BYTES = 1024 * 1024;

/** See the top of this file. */
export class Submissions {
  readonly #random: RandomBytes;
  #captured: { readonly update: Uint8Array; readonly made: number }[] = [];
  #pending: readonly PendingSubmission[] = [];
  #acked: Numbered = NOTHING_ACKNOWLEDGED;
  #sent = 0;
  #made = 0;
  #atHub = 0;
  /** Acknowledged by the hub, not yet known to be at the hub above it. */
  #below: Below[] = [];

  /** `acknowledged`: what the hub has of this writer from an earlier time that it was open. */
  constructor(random: RandomBytes, acknowledged: Numbered = NOTHING_ACKNOWLEDGED) {
    this.#random = random;
    this.#acked = acknowledged;
  }

  /** How many changes were made. */
  get made(): number {
    return this.#made;
  }

  /** How many of the first changes are at the hub. */
  get atHub(): number {
    return this.#captured.length + this.#pending.length === 0 ? this.#made : this.#atHub;
  }

  /** How many of the first changes are at the hub above the hub. */
  get atTop(): number {
    const [waiting] = this.#below;
    return waiting ? waiting.before : this.atHub;
  }

  /** Whether everything is acknowledged by the hub. */
  get settled(): boolean {
    return this.#captured.length === 0 && this.#pending.length === 0;
  }

  /** Updates that are to be shown on top of what the hub has. */
  get shown(): readonly Uint8Array[] {
    return this.#pending.filter(({ doomed }) => !doomed).map(({ update }) => update);
  }

  /** A local change was made. */
  capture(update: Uint8Array): void {
    this.#made++;
    this.#captured.push({ update, made: this.#made });
  }

  /** Numbers what was captured, as far as the window goes. */
  number(basis: Basis): void {
    if (this.#pending.length < WINDOW) this.#numberOnce(basis, false);
  }

  /** Numbers everything that was captured on a document that is given up. */
  numberAll(basis: Basis, doomed: boolean): void {
    while (this.#captured.length > 0) this.#numberOnce(basis, doomed);
  }

  /** The next submissions to send, on one basis; empty when all is on the way. */
  take(maxBytes: number): Omit<Submit, "doc" | "plugin"> | undefined {
    const waiting = this.#pending.filter(({ n }) => n > this.#sent);
    const [first] = waiting;
    if (!first) return undefined;
    const updates: { tag: Numbered["tag"]; update: Uint8Array }[] = [];
    let bytes = 0;
    for (const { n, tag, update, basis, doomed } of waiting) {
      const full = updates.length > 0 && bytes + update.length > maxBytes;
      if (full || basis !== first.basis || doomed !== first.doomed) break;
      updates.push({ tag, update });
      bytes += update.length;
      this.#sent = n;
      // The hub hears nothing after a refusal until the document is opened again.
      if (doomed) break;
    }
    return { basis: first.doomed ? REFUSED_BASIS : first.basis, first: first.n, updates };
  }

  /**
   * The document was opened: what comes after the hub's last number is to be sent. Returns
   * whether that number is one of ours (SYNC rule 2).
   */
  opened(last: Numbered): boolean {
    this.#sent = last.n;
    if (last.n === this.#acked.n && last.tag === this.#acked.tag) return true;
    return this.#pending.some(({ n, tag }) => n === last.n && tag === last.tag);
  }

  /** Whether the hub has, up to its last number `n`, anything that it has not acknowledged. */
  isTaken(n: number): boolean {
    return this.#pending.some((submission) => submission.n <= n);
  }

  /** The session is down: nothing that was sent is known to have arrived. */
  down(): void {
    this.#sent = Number.POSITIVE_INFINITY;
  }

  /** The hub has everything up to `n`; returns what that is. `top`: no hub is above that one. */
  acked(n: number, top: boolean): readonly PendingSubmission[] {
    const done = this.#pending.filter((submission) => submission.n <= n);
    const last = done.at(-1);
    if (!last) return [];
    this.#acked = { n: last.n, tag: last.tag };
    this.#atHub = last.made;
    if (!top)
      this.#below.push(...done.map(({ n: own, before, made }) => ({ n: own, before, made })));
    this.#pending = this.#pending.filter((submission) => submission.n > n);
    return done;
  }

  /** Whether the hub has not acknowledged submission `n`. */
  isPending(n: number): boolean {
    return this.#pending.some((submission) => submission.n === n);
  }

  /** Whether everything before submission `n` is acknowledged, and that is not. */
  isNext(n: number): boolean {
    return this.#pending[0]?.n === n;
  }

  /** The hub above refused a submission that the hub had; returns it, if it is one that is waited for. */
  refusedAbove(n: number): Changes | undefined {
    const refused = this.#below.find((submission) => submission.n === n);
    this.#below = this.#below.filter((submission) => submission !== refused);
    return refused;
  }

  /** The hub above the hub has everything up to `n`; `waiting`: entries that are on their way to it. */
  savedAbove(n: number, waiting: number): void {
    this.#below = waiting === 0 ? [] : this.#below.filter((submission) => submission.n > n);
  }

  /** Submission `n` was refused; returns it. What depends on it is doomed, the rest goes on. */
  denied(n: number): PendingSubmission | undefined {
    const denied = this.#pending.find((submission) => submission.n === n);
    if (!denied) return undefined;
    const later = this.#pending.filter((submission) => submission.n > n);
    const depending = new Set(
      dependants(
        denied.update,
        later.map(({ update }) => update),
      ),
    );
    this.#pending = later.map((submission, index) => ({
      ...submission,
      n: n + index,
      tag: createTag(this.#random),
      doomed: submission.doomed || depending.has(index),
    }));
    this.#sent = Number.POSITIVE_INFINITY;
    this.#atHub = Math.max(this.#atHub, denied.made);
    return denied;
  }

  /** Everything that is not acknowledged builds on a state that was given up. */
  doomAll(basis: Basis): void {
    this.numberAll(basis, true);
    this.#pending = this.#pending.map((submission) => ({ ...submission, doomed: true }));
  }

  /** Marks what depends on `denied` among everything that is not acknowledged. */
  doomDependants(denied: Uint8Array): void {
    const depending = new Set(
      dependants(
        denied,
        this.#pending.map(({ update }) => update),
      ),
    );
    this.#pending = this.#pending.map((submission, index) => ({
      ...submission,
      doomed: submission.doomed || depending.has(index),
    }));
  }

  /** A client id is another writer's: renames its structs that are not acknowledged. */
  rename(client: number, fresh: number): void {
    const from = this.unacknowledged.get(client);
    if (from === undefined) return;
    this.#pending = this.#pending.map((submission) => ({
      ...submission,
      tag: createTag(this.#random),
      update: renameClient(submission.update, client, fresh, from),
    }));
  }

  /** The replica has a new writer: numbers start again. */
  newWriter(): void {
    // The hub tells of the new writer's numbers only; what it had of the former one has arrived
    // above when nothing of the device is waited for.
    this.#below = this.#below.map((each) => ({ ...each, n: Number.POSITIVE_INFINITY }));
    this.goOnFrom(NOTHING_ACKNOWLEDGED);
  }

  /** The last number that the hub acknowledged. */
  get acknowledged(): Numbered {
    return this.#acked;
  }

  /** Another hub is submitted to, which has `acknowledged` of this writer: numbers go on there. */
  goOnFrom(acknowledged: Numbered): void {
    this.#acked = acknowledged;
    this.#sent = Number.POSITIVE_INFINITY;
    this.#pending = this.#pending.map((submission, index) => ({
      ...submission,
      n: acknowledged.n + index + 1,
      tag: createTag(this.#random),
    }));
  }

  /** Takes another hub's log for the basis of all that is not acknowledged. */
  rebase(basis: Basis): void {
    this.numberAll(basis, false);
    this.#pending = this.#pending.map((submission) => ({ ...submission, basis }));
  }

  /** Whether anything is bound to be refused. */
  get isDoomed(): boolean {
    return this.#pending.some(({ doomed }) => doomed);
  }

  /** From which clock on each client has structs that are not acknowledged. */
  get unacknowledged(): ReadonlyMap<number, number> {
    return firstClocksOf(this.#updates);
  }

  /** A client id under which edits wait here, and which another author has taken in `updates`. */
  takenBy(updates: readonly Uint8Array[]): number | undefined {
    return takenClient(this.#updates, updates);
  }

  /** Everything that is not acknowledged. */
  get #updates(): readonly Uint8Array[] {
    return [...this.#pending, ...this.#captured].map(({ update }) => update);
  }

  #numberOnce(basis: Basis, doomed: boolean): void {
    let bytes = 0;
    let count = 0;
    for (const { update } of this.#captured) {
      if (count > 0 && bytes + update.length > MERGE_BYTES) break;
      bytes += update.length;
      count++;
    }
    const batch = this.#captured.splice(0, count);
    const [first] = batch;
    const last = batch.at(-1);
    if (!first || !last) return;
    const before = first.made - 1;
    const n = (this.#pending.at(-1)?.n ?? this.#acked.n) + 1;
    const update = mergeUpdates(batch.map((change) => change.update));
    const tag = createTag(this.#random);
    this.#pending = [...this.#pending, { n, tag, update, basis, before, made: last.made, doomed }];
  }
}
