/**
 * What a replica has of a document: what is shown, up to where in the hub's log that is, and the changes made
 * here on top of it. Where what is shown cannot go on, it is built anew under a new client id, and each way to
 * start over says what becomes of the changes that the hub has not acknowledged. Sends nothing.
 */

import type * as Y from "yjs";
import type { DocPath } from "../doc-path.ts";
import type { RandomBytes } from "../ids.ts";
import type { Basis, Cursor, Opened } from "../protocol/document-messages.ts";
import type { LaneMessage } from "../session/lane.ts";
import { siblingClientId } from "../update/sibling-id.ts";
import { type ClientIds, HeldIds } from "./client-ids.ts";
import { type Clocks, LiveDoc } from "./live-doc.ts";
import type { PendingSubmission, Submissions } from "./submissions.ts";

/** What tells of a log. */
export type LogMessage = Extract<LaneMessage, { readonly type: "snapshot" | "entries" }>;

/** See the top of this file. */
export class DocumentContent {
  /** How the hub answered the opening; nothing while it has not, or while the answer does not hold. */
  opened: Opened | undefined;
  readonly #random: RandomBytes;
  readonly #submissions: Submissions;
  readonly #live: LiveDoc;
  readonly #ids: HeldIds;
  #cursor: Cursor | undefined;
  #isUncovered = false;

  /** `onEdit`: an edit was made, which is to be given to {@link DocumentContent.capture}. */
  constructor(
    path: DocPath,
    {
      random,
      clientIds,
    }: { readonly random: RandomBytes; readonly clientIds: ClientIds | undefined },
    submissions: Submissions,
    onEdit: (update: Uint8Array) => void,
  ) {
    this.#random = random;
    this.#submissions = submissions;
    this.#ids = new HeldIds(path, clientIds);
    this.#live = new LiveDoc(path, random, onEdit);
  }

  /** The document that is shown and edited. */
  get doc(): Y.Doc {
    return this.#live.shown;
  }

  /** Up to where in the hub's log the content is. */
  get cursor(): Cursor | undefined {
    return this.#cursor;
  }

  /** Whether edits of ours were acknowledged, and no cursor says which log they are in. */
  get isUncovered(): boolean {
    return this.#isUncovered;
  }

  /** Whether another document is being built, and the shown one is about to be given up. */
  get isRebuilding(): boolean {
    return this.#live.isRebuilding;
  }

  /** Whether the document that is being built must have something before it is shown. */
  get expectsContent(): boolean {
    return this.#live.expectsContent;
  }

  /** Whether what is shown has all changes that were made here, and the hub has them too. */
  get isSettled(): boolean {
    return this.#submissions.settled && !this.isRebuilding;
  }

  /** What changes that are made now build on. */
  get basis(): Basis {
    const known = this.#cursor !== undefined || this.opened?.answer === "deleted";
    return known ? (this.#cursor?.epoch ?? this.opened?.epoch) : undefined;
  }

  /** A local change was made. */
  capture(update: Uint8Array): void {
    this.#ids.note(this.doc.clientID);
    this.#submissions.capture(update);
  }

  /**
   * Takes what is in the log. Returns a client id of ours that another author has in it, if there is one: then
   * nothing is taken.
   */
  take(message: LogMessage): number | undefined {
    if (message.type === "snapshot") {
      this.#live.applySnapshot(message);
      this.advance(message.seq, message.tag);
      return undefined;
    }
    const { first, entries } = message;
    // Applied, Yjs would take ours for theirs, and what is shown would be neither.
    const updates = entries.map(({ update }) => update);
    const taken = this.isRebuilding ? undefined : this.#submissions.takenBy(updates);
    if (taken !== undefined) return taken;
    this.#live.applyEntries(entries);
    const last = entries.at(-1);
    if (last) this.advance(first + entries.length - 1, last.tag);
    return undefined;
  }

  /** The hub has submissions of ours, and they are shown already, but for those that were bound to be refused. */
  takeOwn(submissions: readonly PendingSubmission[]): void {
    // Accepted after all (access came back): the document was built without it. What the hub had at
    // the opening comes from its log, or was refused by the hub above since.
    const before = this.opened?.last.n ?? 0;
    const late = submissions.filter((each) => each.doomed && each.n > before);
    this.#live.applyEntries(late.map(({ update }) => ({ update, author: undefined })));
  }

  /** Everything of the log up to `seq` is here. */
  advance(seq: number, tag: Cursor["tag"]): void {
    if (this.opened) this.#cursor = { epoch: this.opened.epoch, seq, tag };
    this.#isUncovered = false;
  }

  /** The hub has submissions of ours, and does not tell where in its log. */
  tookUnseen(): void {
    if (!this.#cursor) this.#isUncovered = true;
  }

  /** Starts over with what is not acknowledged on top. */
  startOver(): void {
    const { basis } = this;
    this.#build(() => this.#submissions.numberAll(basis, false));
  }

  /** Starts over from a log that is another one: what is not acknowledged builds on the former, and will be refused. */
  startOverDoomed(): void {
    const { basis } = this;
    this.#build(() => this.#submissions.doomAll(basis));
  }

  /** Starts over without a refused update, and without what depends on it. */
  startOverWithout(refused: Uint8Array): void {
    const { basis } = this;
    this.#build(() => {
      this.#submissions.numberAll(basis, false);
      this.#submissions.doomDependants(refused);
    });
  }

  /**
   * Starts over where a client id turned out to be another author's: what is not acknowledged goes on top under
   * a fresh one.
   */
  startOverRenamed(client: number): void {
    const fresh = siblingClientId(client, this.#live.clocks.keys(), this.#random);
    if (fresh === undefined) {
      // Between two neighbours there is no third id: the hub's quarantine takes the edits.
      this.startOverDoomed();
      return;
    }
    const { basis } = this;
    this.#build(() => {
      this.#submissions.numberAll(basis, false);
      this.#rename(client, fresh);
    });
  }

  /**
   * Starts over from another hub's log. It is shown once it has all that the document has, and what the former hub
   * did not accept goes to it under fresh client ids (SYNC rule 3).
   */
  startOverElsewhere(): void {
    const own = this.#submissions.unacknowledged;
    const mustHave = [...this.#live.clocks].map(([client, clock]) => {
      return [client, Math.min(clock, own.get(client) ?? clock)] as const;
    });
    this.#build(() => {
      this.#submissions.rebase(this.basis);
      const known = new Set(this.#live.clocks.keys());
      for (const client of this.#submissions.unacknowledged.keys()) {
        const fresh = siblingClientId(client, known, this.#random);
        if (fresh === undefined) continue;
        known.add(fresh);
        this.#rename(client, fresh);
      }
    }, new Map(mustHave));
  }

  /**
   * Starts over from the log that is shown, as it was at `basis`, after nothing of another hub's was shown. Under
   * another epoch it has lost something, and what builds on it will be refused.
   */
  startOverFrom(basis: Basis): void {
    this.#build(() => {
      if (basis !== undefined && this.basis !== basis) this.#submissions.doomAll(basis);
    });
  }

  /** Shows what was built anew, and returns the former document; nothing if not all that it must have is there. */
  swap(): Y.Doc | undefined {
    return this.#live.swap(() => this.#submissions.shown);
  }

  /** Goes on under the client id that the hub offers, if nothing was written under the one that is there. */
  async takeLease(opened: Opened): Promise<void> {
    const { lease } = opened;
    this.#live.dropUnusedLease(lease?.client);
    if (!lease) return;
    const fits = (): boolean =>
      this.opened === opened && this.#submissions.settled && this.#live.canTake(lease);
    if (fits() && (await this.#ids.take(lease.client)) && fits()) this.#live.take(lease);
  }

  dispose(): void {
    this.#live.dispose();
    this.#ids.release();
  }

  #build(beforeSwap: () => void, mustHave?: Clocks): void {
    this.#live.startOver(beforeSwap, mustHave);
    this.#cursor = undefined;
    this.#isUncovered = false;
  }

  #rename(client: number, fresh: number): void {
    this.#submissions.rename(client, fresh);
    this.#ids.note(fresh);
  }
}
