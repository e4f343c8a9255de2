/**
 * The change that one commit makes to one document, while it is put together: an overlay over
 * the document's memory, so that nothing there moves before the store has it. What must happen
 * after the commit (answers, restarts) is collected as effects.
 */

import {
  createEpoch,
  createTag,
  type Epoch,
  type RandomBytes,
  type Tag,
  type WriterId,
} from "../ids.ts";
import type { Basis, Numbered, RefusalCode } from "../protocol/document-messages.ts";
import type {
  Claim,
  DocumentChange,
  DocumentRecord,
  HistoryPart,
  LogEntry,
  PendingMark,
  QuarantineRecord,
  StoredSnapshot,
  UpstreamRecord,
} from "../store/store.ts";
import { clocksOf } from "../update/clocks.ts";
import { toV1 } from "../update/yjs-format.ts";
import { type HubDocument, NO_TAG, NOTHING_SUBMITTED, noUpstream } from "./hub-document.ts";

/** What an entry is made of; the draft adds sequence and tag. */
export type NewEntry = Omit<LogEntry, "seq" | "tag" | "at" | "pending"> & {
  readonly pending?: PendingMark | undefined;
};

/** Everything that is in a document, as updates, for the slow comparison of rule 7. */
export interface DocumentContent {
  /** The snapshot (v1), if there is one. */
  readonly base: readonly Uint8Array[];
  readonly entries: readonly Pick<LogEntry, "seq" | "update">[];
}

/** Thrown by a work that needs the document's content; the hub reads it and runs it again. */
export class NeedsContent extends Error {}

/** A change under construction. */
export class Draft {
  readonly document: HubDocument;
  /** Set when a work asked for it. */
  readonly content: DocumentContent | undefined;
  record: DocumentRecord;
  pending: readonly LogEntry[];
  /** Where what is appended comes from: peers of this hub, or the hub above. */
  origin: "below" | "above" = "below";
  /** Whether something is refused by what memory has: where several hubs share the store that must be all that there is. */
  refuses = false;
  /** Openings of the link of which nothing more may be taken. */
  readonly outdated: Set<object> = new Set();
  readonly quarantine: QuarantineRecord[] = [];
  /** Records that leave the quarantine. */
  readonly released: Tag[] = [];
  readonly bind: Map<WriterId, string> = new Map();
  /** Where several hubs share the store: the sessions that submissions came in. */
  readonly sessions: Map<WriterId, number> = new Map();
  readonly #now: number;
  readonly #random: RandomBytes;
  readonly #claims = new Map<number, Claim | undefined>();
  readonly #writers = new Map<WriterId, Numbered>();
  readonly #append: LogEntry[] = [];
  readonly #settle: number[] = [];
  readonly #remove: number[] = [];
  readonly #effects: (() => void)[] = [];
  readonly #undo: (() => void)[] = [];
  #snapshot: StoredSnapshot | undefined;
  #history: HistoryPart | undefined;
  #forget = 0;
  #clear = false;
  #restart = false;
  #erased = false;
  #dirty = false;
  #moved = false;

  constructor(document: HubDocument, now: number, random: RandomBytes, content?: DocumentContent) {
    this.document = document;
    this.record = document.record;
    this.pending = document.pending;
    this.content = content;
    this.#now = now;
    this.#random = random;
  }

  /** Whether there is anything to store. */
  get dirty(): boolean {
    return this.#dirty || this.quarantine.length > 0;
  }

  get appended(): readonly LogEntry[] {
    return this.#append;
  }

  /**
   * All updates that are in the document, those of this very draft too.
   *
   * @throws NeedsContent when the draft has no content: it is read, and the work runs again.
   */
  get everything(): readonly Uint8Array[] {
    return [...this.#base, ...this.#entries.map(({ update }) => update)];
  }

  get #base(): readonly Uint8Array[] {
    if (!this.content) throw new NeedsContent();
    const taken = this.#snapshot ? [toV1(this.#snapshot)] : [];
    return this.#clear ? taken : [...this.content.base, ...taken];
  }

  get #entries(): readonly Pick<LogEntry, "seq" | "update">[] {
    if (!this.content) throw new NeedsContent();
    if (this.#clear) return this.#append;
    const stored = this.content.entries.filter(({ seq }) => !this.#remove.includes(seq));
    return [...stored, ...this.#append];
  }

  /**
   * The next clock of each client in what the hub above has accepted.
   *
   * @throws NeedsContent as {@link Draft.everything}.
   */
  acceptedClocks(): ReadonlyMap<number, number> {
    const pending = new Set(this.pending.map(({ seq }) => seq));
    const accepted = this.#entries.filter(({ seq }) => !pending.has(seq));
    return clocksOf([...this.#base, ...accepted.map(({ update }) => update)]);
  }

  /** The next clock of a client: the state vector. */
  clock(client: number): number {
    return this.#claim(client)?.clock ?? 0;
  }

  /** All clients that have structs here. */
  clients(): readonly number[] {
    const all = new Set(this.#clear ? [] : this.document.claims.keys());
    for (const client of this.#claims.keys()) all.add(client);
    return [...all];
  }

  /** Who makes structs under a client id. */
  owner(client: number): WriterId | undefined {
    return this.#claim(client)?.writer;
  }

  last(writer: WriterId): Numbered {
    return this.#writers.get(writer) ?? this.document.writers.get(writer) ?? NOTHING_SUBMITTED;
  }

  setLast(writer: WriterId, last: Numbered): void {
    this.#writers.set(writer, last);
    this.#dirty = true;
  }

  setClaim(client: number, claim: Claim | undefined): void {
    this.#claims.set(client, claim);
    this.#dirty = true;
  }

  /** Appends an entry and returns it. */
  append(entry: NewEntry): LogEntry {
    const complete: LogEntry = {
      ...entry,
      seq: this.record.head + 1,
      tag: createTag(this.#random),
      at: this.#now,
      pending: entry.pending,
    };
    this.#append.push(complete);
    this.setRecord({
      head: complete.seq,
      headTag: complete.tag,
      logBytes: this.record.logBytes + complete.update.length,
      changedAt: this.#now,
    });
    if (complete.pending) this.pending = [...this.pending, complete];
    return complete;
  }

  setRecord(change: Partial<DocumentRecord>): void {
    this.record = { ...this.record, ...change };
    this.#dirty = true;
  }

  setUpstream(change: Partial<UpstreamRecord>, writer: WriterId): void {
    this.setRecord({ upstream: { ...(this.record.upstream ?? noUpstream(writer)), ...change } });
  }

  /** Removes the pending mark of everything up to number `n`: the hub above has it. */
  settleUpTo(n: number): void {
    for (const entry of this.pending) {
      if (!entry.pending || entry.pending.n > n) continue;
      const added = this.#append.findIndex(({ seq }) => seq === entry.seq);
      if (added >= 0) this.#append[added] = { ...entry, pending: undefined };
      else this.#settle.push(entry.seq);
    }
    this.pending = this.pending.filter((entry) => entry.pending && entry.pending.n > n);
    this.#dirty = true;
  }

  /** Removes entries from the log. */
  removeEntries(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      const added = this.#append.findIndex(({ seq }) => seq === entry.seq);
      if (added >= 0) this.#append.splice(added, 1);
      else this.#remove.push(entry.seq);
    }
    this.pending = this.pending.filter((entry) => !entries.includes(entry));
    this.#dirty = true;
  }

  /** Takes the state of the hub above as the accepted content, at a new sequence. */
  replaceAccepted(update: Uint8Array, format: "v1" | "v2"): void {
    const seq = this.record.head + 1;
    const tag = createTag(this.#random);
    this.#snapshot = { seq, tag, format, update: update.slice() };
    this.setRecord({
      head: seq,
      headTag: tag,
      base: seq,
      baseTag: tag,
      logBytes: 0,
      snapshotBytes: update.length,
      changedAt: this.#now,
    });
    // Pending entries go on after the snapshot, so that a reader gets everything in one pass.
    const kept = this.pending;
    this.removeEntries(kept);
    this.pending = [];
    for (const { seq: _seq, tag: _tag, at: _at, ...entry } of kept) this.append(entry);
  }

  /** Empties the document under a new epoch; every lane starts over. */
  clear(): void {
    this.#clear = true;
    this.#append.length = 0;
    this.#settle.length = 0;
    this.#remove.length = 0;
    this.#claims.clear();
    this.#snapshot = undefined;
    this.#history = undefined;
    this.pending = [];
    this.setRecord({
      head: 0,
      headTag: NO_TAG,
      base: 0,
      baseTag: NO_TAG,
      logBytes: 0,
      snapshotBytes: 0,
      changedAt: this.#now,
    });
    this.newEpoch([]);
  }

  /** Empties the document, and every lane starts over, those too that may not read any more. */
  erase(): void {
    this.clear();
    this.#erased = true;
  }

  /** Gives the log a new identity; peers start over. `former` are answered *superseded*. */
  newEpoch(former: readonly Epoch[]): void {
    this.setRecord({ epoch: createEpoch(this.#random), formerEpochs: former });
    this.#restart = true;
  }

  /**
   * Puts the log up to the snapshot's sequence into the snapshot; `bytes` is what the entries that
   * went into it had. Nothing may be pending.
   */
  compact(snapshot: StoredSnapshot, bytes: number): void {
    this.#snapshot = snapshot;
    const logBytes = Math.max(0, this.record.logBytes - bytes);
    const snapshotBytes = snapshot.update.length;
    this.setRecord({ base: snapshot.seq, baseTag: snapshot.tag, logBytes, snapshotBytes });
  }

  /** Keeps a part of the history beside the log, and forgets what is older than `forget`. */
  keepHistory(part: HistoryPart | undefined, forget: number): void {
    this.#history = part;
    this.#forget = forget;
    this.#dirty = true;
  }

  /**
   * Goes on from a snapshot without what damaged the document, under a new epoch: peers in the old one
   * are told to take it instead of all that they have.
   */
  repair({
    update,
    clocks,
    removed,
    reason,
  }: {
    readonly update: Uint8Array;
    readonly clocks: ReadonlyMap<number, number>;
    readonly removed: readonly LogEntry[];
    readonly reason: string;
  }): void {
    this.resetClaims(clocks);
    this.replaceAccepted(update, "v2");
    this.newEpoch([...this.record.formerEpochs, this.record.epoch]);
    for (const { author, update: taken } of removed) {
      this.keep({ author, code: "invalid", reason, basis: undefined, updates: [taken] });
    }
  }

  /** Sets every clock anew: what had others was taken out of the document. */
  resetClaims(clocks: ReadonlyMap<number, number>): void {
    for (const client of this.clients()) {
      const claim = this.#claim(client);
      const clock = clocks.get(client) ?? 0;
      if (!claim || claim.clock === clock) continue;
      this.setClaim(client, clock > 0 ? { ...claim, clock } : undefined);
    }
  }

  /**
   * Keeps refused updates. `id`: what they are known by, so that what is refused twice, because its
   * writer did not hear of the first time, is kept once.
   */
  keep(refused: {
    readonly id?: Tag;
    readonly author: string;
    readonly code: string;
    readonly reason: string;
    readonly basis: Basis;
    readonly updates: readonly Uint8Array[];
    readonly submissions?: QuarantineRecord["submissions"];
  }): void {
    const updates = refused.updates.map((update) => update.slice());
    this.quarantine.push({
      submissions: [],
      id: createTag(this.#random),
      ...refused,
      // It may hold what another library said; some stores take no zeros in texts.
      reason: refused.reason.replaceAll("\0", "").toWellFormed(),
      updates,
      path: this.document.path,
      at: this.#now,
    });
  }

  /** The hub above refused entries: whoever submitted them here is told. */
  refuse(
    entries: readonly LogEntry[],
    why: { readonly code: RefusalCode; readonly reason: string },
  ): void {
    this.after(() => {
      for (const { writer, n } of entries) this.document.refuse(writer, { ...why, n });
    });
  }

  /** Takes a record out of the quarantine. */
  release(id: Tag): void {
    this.released.push(id);
    this.#dirty = true;
  }

  newTag(): Tag {
    return createTag(this.#random);
  }

  /** Calls `effect` after the commit. */
  after(effect: () => void): void {
    this.#effects.push(effect);
  }

  /** Calls `undo` if the commit does not happen. */
  onAbort(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** The commit did not happen, or nobody knows. */
  abort(): void {
    for (const undo of this.#undo) undo();
  }

  /** Whether anything changes that peers are told of, or where this device stands: a compaction is not. */
  get moved(): boolean {
    return this.#moved;
  }

  /** The change for the store; its place among all changes is `position`. */
  toChange(position: number): DocumentChange {
    const { document, record: now } = this;
    const { record: before, stored } = document;
    this.#moved =
      !stored ||
      now.head !== before.head ||
      now.epoch !== before.epoch ||
      now.tombstone !== before.tombstone ||
      now.upstream !== before.upstream;
    if (this.#moved) this.record = { ...now, position };
    const claims = [...this.#claims];
    return {
      expect: document.inStore,
      record: this.record,
      clear: this.#clear,
      remove: this.#remove,
      settle: this.#settle,
      append: this.#append,
      snapshot: this.#snapshot,
      forget: this.#forget > 0 ? this.#forget : undefined,
      history: this.#history,
      claims: claims.flatMap(([, claim]) => (claim ? [claim] : [])),
      unclaim: claims.flatMap(([client, claim]) => (claim ? [] : [client])),
      writers: [...this.#writers].map(([writer, last]) => ({ writer, ...last })),
    };
  }

  /** The store has it: moves the document's memory on, then runs the effects. */
  committed(): void {
    const { document } = this;
    if (this.#clear) document.claims.clear();
    for (const [client, claim] of this.#claims) {
      if (claim) document.claims.set(client, claim);
      else document.claims.delete(client);
    }
    for (const [writer, last] of this.#writers) document.writers.set(writer, last);
    if (this.#clear || this.#remove.length > 0) document.forgetTail();
    const { epoch, head } = this.record;
    const { revision = document.stored ? undefined : 0 } = document.inStore ?? {};
    if (this.dirty) {
      document.inStore = {
        epoch,
        head,
        revision: revision === undefined ? undefined : revision + 1,
      };
    }
    for (const { id } of this.quarantine) document.kept.add(id);
    for (const id of this.released) document.kept.delete(id);
    document.record = this.record;
    document.pending = this.pending;
    document.remember(this.#append);
    if (this.#restart) for (const lane of document.lanes) lane.restart(this.#erased);
    for (const effect of this.#effects) effect();
  }

  #claim(client: number): Claim | undefined {
    if (this.#claims.has(client)) return this.#claims.get(client);
    return this.#clear ? undefined : this.document.claims.get(client);
  }
}
