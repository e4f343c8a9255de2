/**
 * The inside of a hub: documents in memory, sessions, what is told of commits, and the doors through
 * which lanes and the link change documents.
 */

import { type Access, minAccess, type Principal } from "../access/access.ts";
import type { Gate } from "../access/gate.ts";
import type { Clock } from "../clock.ts";
import type { DocPath } from "../doc-path.ts";
import { createEmitter, type Emitter, reportUncaught } from "../emitter.ts";
import { CroftError, toCroftError } from "../errors.ts";
import type { Epoch, RandomBytes, WriterId } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import type { Changed, Cursor, Numbered, Opened, Upstream } from "../protocol/document-messages.ts";
import type { DocumentRecord, LogEntry, Store, StoreBatch } from "../store/store.ts";
import type { Uplink, Work } from "./work.ts";
import type { Compactor } from "./compaction.ts";
import { type Compaction, createCompaction } from "./compact-documents.ts";
import type { Draft } from "./draft.ts";
import type { DeletedSubtrees } from "./deleted-subtrees.ts";
import type { HistoryLimits } from "./history.ts";
import { EventRelay } from "./event-relay.ts";
import type { Limit } from "./limit.ts";
import { GroupCommit } from "./group-commit.ts";
import { ContentComparison } from "./compare-content.ts";
import { HubSessions } from "./hub-sessions.ts";
import { KeptEdits } from "./kept-edits.ts";
import { Neighbours } from "./neighbours.ts";
import type { Timeline } from "./timeline.ts";
import { type HubDocument, isDeleted, loadHubDocument, NOTHING_SUBMITTED } from "./hub-document.ts";

/** Options of {@link HubCore}. */
export interface HubCoreOptions {
  readonly store: Store;
  readonly timeline: Timeline;
  readonly subtrees: DeletedSubtrees;
  readonly term: number;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly maxUpdateBytes: number;
  readonly compactor: Compactor;
  readonly recovering: boolean;
  readonly limit: Limit;
  readonly keepDeleted: number;
  readonly history: HistoryLimits;
  readonly onDevice: boolean;
  readonly onProblem: (problem: CroftError | undefined) => void;
  /** Where several hubs share the store: which version of the facts `subtrees` and the gate know. */
  readonly facts: number;
  readonly onFacts: () => Promise<void>;
}

/** See the top of this file. */
export class HubCore {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly maxUpdateBytes: number;
  readonly gate: Gate;
  /** Whether peers may give back entries that this hub lost. */
  readonly recovering: boolean;
  /** Says which edits have to wait. */
  readonly limit: Limit;
  /** How long the content of deleted documents is kept, in milliseconds. */
  readonly keepDeleted: number;
  /** How much of the history is kept. */
  readonly history: HistoryLimits;
  /** Whether replicas here are offered client ids of earlier ones. */
  readonly onDevice: boolean;
  /** Set on a device by its link. */
  uplink: Uplink | undefined;
  /** Tells what was committed; `document` is in memory. */
  readonly changes: Emitter<{ readonly document: HubDocument; readonly changed: Changed }> =
    createEmitter();
  /** Tells which rows changed, of documents or of what the hub above lists. */
  readonly touches: Emitter<readonly DocPath[]> = createEmitter();
  /** Tells that documents changed in the store, settled entries too. */
  readonly commits: Emitter<void> = createEmitter();
  /** Passes on what is published to the whole workspace. */
  readonly events: EventRelay = new EventRelay();
  readonly kept: KeptEdits = new KeptEdits(this);
  readonly comparison: ContentComparison;
  /** Those that came in. */
  readonly sessions: HubSessions = new HubSessions(this);
  /** Under which this hub holds its store (SYNC rule 9). */
  readonly term: number;
  readonly timeline: Timeline;
  /** Subtrees that were deleted: here, or on a device at the hub above. */
  readonly subtrees: DeletedSubtrees;
  /** The other hubs, where several share the store. */
  readonly neighbours: Neighbours | undefined;
  readonly #compaction: Compaction;
  readonly #onProblem: (problem: CroftError | undefined) => void;
  readonly #commit: GroupCommit;
  readonly #documents = new Map<DocPath, HubDocument>();
  readonly #holds = new Map<DocPath, number>();
  readonly #loading = new Map<DocPath, Promise<HubDocument>>();
  readonly #running = new Set<Promise<void>>();
  readonly #stopGate: () => void;
  /** Whether the store failed since it last worked. */
  #troubled = false;
  #disposed = false;

  constructor(options: HubCoreOptions) {
    this.store = options.store;
    this.clock = options.clock;
    this.random = options.random;
    this.gate = options.gate;
    this.maxUpdateBytes = options.maxUpdateBytes;
    this.#compaction = createCompaction({
      store: options.store,
      compactor: options.compactor,
      change: (document, run) => this.change(document, run),
      hold: (path) => this.acquire(path),
      release: (path) => this.release(path),
      report: (problem) => this.report(problem),
      history: options.history,
      now: () => this.clock.now(),
      decides: () => this.uplink === undefined,
    });
    this.#commit = new GroupCommit(this, {
      committed: (drafts, dirty) => this.#committed(drafts, dirty),
      discarded: (documents) => {
        // The commit may have happened: what it stored as pending is to be sent.
        for (const document of documents) this.uplink?.wake(document);
        this.touches.emit(documents.map(({ path }) => path));
      },
      readOn: (document, entries) => this.#haveReadOn(document, entries),
      idle: () => {
        for (const path of [...this.#documents.keys()]) this.tidy(path);
      },
    });
    this.comparison = new ContentComparison(this, this.#compaction);
    this.recovering = options.recovering;
    this.limit = options.limit;
    this.keepDeleted = options.keepDeleted;
    this.history = options.history;
    this.onDevice = options.onDevice;
    this.term = options.term;
    this.timeline = options.timeline;
    this.subtrees = options.subtrees;
    this.#onProblem = options.onProblem;
    const { shared } = options.store;
    this.neighbours = shared && new Neighbours(this, shared, options.facts, options.onFacts);
    // At once, also while a commit is under way: what it stores is relayed under the new rights.
    this.#stopGate = options.gate.onChange(() => this.#recheckAll());
  }

  /** Documents in memory. */
  get documents(): readonly HubDocument[] {
    return [...this.#documents.values()];
  }

  /** Brings a document into memory and holds it there until {@link HubCore.release}. */
  async acquire(path: DocPath): Promise<HubDocument> {
    this.#holds.set(path, (this.#holds.get(path) ?? 0) + 1);
    try {
      const document = this.#documents.get(path);
      if (document) return document;
      let loading = this.#loading.get(path);
      if (!loading) {
        loading = this.#load(path).finally(() => this.#loading.delete(path));
        this.#loading.set(path, loading);
      }
      return await loading;
    } catch (error) {
      this.release(path);
      throw error;
    }
  }

  /** Gives back what {@link HubCore.acquire} held. */
  release(path: DocPath): void {
    const holds = (this.#holds.get(path) ?? 0) - 1;
    if (holds > 0) this.#holds.set(path, holds);
    else this.#holds.delete(path);
    this.tidy(path);
  }

  /** Lets a document go if nobody needs it. */
  tidy(path: DocPath): void {
    const document = this.#documents.get(path);
    if (!document || this.#holds.has(path) || this.#commit.holds(document)) return;
    if (this.uplink?.keeps(document)) return;
    this.#documents.delete(path);
    this.neighbours?.talk.leave(document);
    this.#commit.forget(document);
    this.uplink?.forget(document);
  }

  /** Adds work to a document; it takes part in the next commit. */
  enqueue(document: HubDocument, work: Work): void {
    this.#commit.enqueue(this.#documents.get(document.path) ?? this.#keep(document), work);
  }

  /** Changes a document from inside (the link, an operator). Rejects when the commit fails. */
  change(document: HubDocument, run: (draft: Draft) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.enqueue(document, {
        run,
        committed: resolve,
        failed: (code, reason) =>
          reject(
            new CroftError(code === "disk-full" ? "store/full" : "store/failed", reason, {
              path: document.path,
            }),
          ),
      });
    });
  }

  /** Compacts a document now, whatever its size, and so looks at all that is in it. */
  async compact(path: DocPath): Promise<void> {
    const document = await this.acquire(path);
    try {
      await this.#compaction.run(document);
    } finally {
      this.release(path);
    }
  }

  /** Gives a document the tombstone of its subtree, where it has nothing; returns whether that makes it another one. */
  begin(document: HubDocument): boolean {
    const beginning = this.subtrees.over(document.path);
    if (!beginning) return false;
    if (!this.uplink) return document.beginAfter(beginning);
    document.beginAfterAbove(beginning, this.uplink.writer);
    return false;
  }

  /** Whether a deletion ended an epoch of a document: what was made in it is gone for good. */
  hasEnded({ path, record }: Pick<HubDocument, "path" | "record">, epoch: Epoch): boolean {
    const isFormer = this.subtrees.over(path)?.former.includes(epoch) ?? false;
    return isFormer || record.deletedEpochs.includes(epoch);
  }

  /** Sets small values of the store, in a transaction of their own. */
  async setMeta(meta: NonNullable<StoreBatch["meta"]>): Promise<void> {
    await this.store.commit({ term: this.term, meta });
  }

  /**
   * Sets small values which all hubs on the store must know before they judge or relay anything more. Resolves with whether they
   * are set: not where another hub was faster, and this one knows what that did now.
   */
  async setFacts(meta: NonNullable<StoreBatch["meta"]>): Promise<boolean> {
    const conditions = this.neighbours?.conditions([]);
    const shared = conditions && { ...conditions, changesFacts: true };
    const { refused } = await this.store.commit({ term: this.term, meta, shared });
    if (refused && conditions) this.neighbours?.checkMoved(conditions.facts);
    if (this.neighbours) await this.upToDate();
    return !refused;
  }

  /** Whether this hub knows all that it must know before it tells peers what it has read (SYNC rule 14). */
  get isUpToDate(): boolean {
    return this.neighbours?.isUpToDate ?? true;
  }

  /** Resolves once {@link HubCore.isUpToDate}. */
  async upToDate(): Promise<void> {
    if (!this.isUpToDate) await this.neighbours?.upToDate();
  }

  /** Reads what other hubs on the same store did to a document, if they did anything. */
  async readOn(document: HubDocument): Promise<void> {
    await this.neighbours?.readOn(document);
    await this.upToDate();
  }

  /** Reads which subtrees other hubs deleted. */
  async learnDeletions(): Promise<void> {
    const added = await this.subtrees.readAgain(this);
    if (added.length > 0) this.beginOpen();
  }

  /** Documents that are open, and have nothing, begin with the tombstone of their subtree: who has them open starts over. */
  beginOpen(): void {
    for (const document of this.documents) {
      if (this.begin(document)) for (const lane of [...document.lanes]) lane.restart();
    }
  }

  /** The facts are others: what is open is checked, and what waited for them goes on. */
  learned(): void {
    this.#recheckAll();
    this.sessions.pump();
  }

  /** A document changed in the store, by another hub; it is read on before anything else is judged in it. */
  refresh(document: HubDocument): Promise<void> {
    return this.#commit.refresh(document);
  }

  /** Stores what the hub above lists. */
  async setListing(
    listing: NonNullable<StoreBatch["listing"]>,
    meta: NonNullable<StoreBatch["meta"]>,
  ): Promise<void> {
    try {
      await this.store.commit({ term: this.term, listing, meta });
      this.worked();
    } catch (error) {
      const problem = toCroftError(error, "store/failed", "The list of documents was not stored");
      this.report(problem);
      throw problem;
    } finally {
      // Also when it failed: it may be stored all the same.
      this.touches.emit([...listing.remove, ...listing.put.map(({ path }) => path)]);
    }
  }

  /** The row of a document that is in memory, as it is in the store. */
  recordOf(path: DocPath): DocumentRecord | undefined {
    const document = this.#documents.get(path);
    return document?.stored && !this.#commit.isUnread(document) ? document.record : undefined;
  }

  /** What a principal may do with a document now. */
  accessOf(
    principal: Principal,
    { path, record }: { readonly path: DocPath; readonly record: DocumentRecord | undefined },
  ): Access {
    const { access } = this.gate.check(principal, path);
    const above = this.uplink ? record?.upstream?.access : undefined;
    return above === undefined ? access : minAccess(access, above);
  }

  upstreamOf(document: HubDocument): Pick<Upstream, "state" | "problem"> {
    return this.uplink?.state(document) ?? { state: "none", problem: undefined };
  }

  /** The last number of a writer, read from the store if it is not in memory. */
  async lastOf(document: HubDocument, writer: WriterId): Promise<Numbered> {
    const known = document.writers.get(writer);
    if (known) return known;
    const stored = await this.store.readWriter(document.path, writer);
    const last = document.writers.get(writer) ?? stored ?? NOTHING_SUBMITTED;
    document.writers.set(writer, last);
    return last;
  }

  /** What to answer to somebody who stands at `cursor` (SYNC rules 5, 6 and 17). */
  async confirm(document: HubDocument, cursor: Cursor | undefined): Promise<Opened["answer"]> {
    const { epoch, head, formerEpochs, tombstone } = document.record;
    if (!cursor) return isDeleted(document.record) ? "deleted" : "continue";
    const current = cursor.epoch === epoch;
    if (current || formerEpochs.includes(cursor.epoch)) {
      const tag = cursor.seq <= head ? await this.#tagAt(document, cursor.seq) : undefined;
      if (tag === cursor.tag) return current ? "continue" : "superseded";
    } else if (this.uplink ? tombstone !== undefined : this.hasEnded(document, cursor.epoch)) {
      return "deleted";
    }
    // A device's own epochs come and go with denials; its replicas start over.
    return this.uplink ? "superseded" : "behind";
  }

  /** Runs something in the background; the hub waits for it when it stops. */
  run(task: Promise<void>, failed: () => void, done?: () => void): void {
    const guarded = task.then(done, (error: unknown) => {
      this.report(toCroftError(error, "store/failed", "Reading a document failed"));
      failed();
    });
    const tracked: Promise<void> = guarded
      .catch(reportUncaught)
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  /** Commits what has arrived and stops. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#stopGate();
    this.neighbours?.dispose();
    this.subtrees.dispose();
    await this.#commit.finish();
    this.#disposed = true;
    this.sessions.end(CloseCode.restarting, "the hub stops");
    await Promise.all(this.#running);
    await this.#commit.flushed();
    this.changes.clear();
    this.touches.clear();
    this.commits.clear();
    this.kept.changes.clear();
    this.#documents.clear();
  }

  async #load(path: DocPath): Promise<HubDocument> {
    const document = await loadHubDocument(this, path);
    await this.upToDate();
    // Right before it can be found: a deletion that comes later finds it.
    this.begin(document);
    this.#keep(document);
    this.uplink?.wake(document);
    return document;
  }

  #keep(document: HubDocument): HubDocument {
    this.#documents.set(document.path, document);
    this.neighbours?.talk.enter(document);
    return document;
  }

  async #tagAt(document: HubDocument, seq: number): Promise<string | undefined> {
    const { record } = document;
    if (seq === record.head) return record.headTag;
    if (seq === record.base) return record.baseTag;
    return this.store.readTag(document.path, seq);
  }

  #committed(drafts: readonly Draft[], dirty: readonly Draft[]): void {
    for (const draft of dirty) this.#relay(draft);
    const moved = dirty.filter(({ moved: hasMoved }) => hasMoved);
    if (moved.length > 0) this.touches.emit(moved.map(({ document }) => document.path));
    if (dirty.length > 0) this.commits.emit();
    const kept = drafts.some(({ quarantine, released }) => quarantine.length + released.length > 0);
    if (kept) this.kept.changes.emit();
  }

  #haveReadOn(document: HubDocument, entries: readonly LogEntry[]): void {
    this.touches.emit([document.path]);
    const newest = entries.at(-1);
    if (!newest) return;
    const changed: Changed = { path: document.path, author: newest.author, origin: "below" };
    this.changes.emit({ document, changed });
  }

  #relay(draft: Draft): void {
    const { document } = draft;
    for (const lane of document.lanes) {
      if (this.uplink) lane.tellUpstream();
      lane.pump();
    }
    const newest = draft.appended.at(-1);
    if (newest) {
      const origin = draft.origin;
      this.changes.emit({
        document,
        changed: { path: document.path, author: newest.author, origin },
      });
    }
    this.uplink?.wake(document);
    if (!this.#disposed) this.run(this.#compaction.consider(document), () => undefined);
  }

  #recheckAll(): void {
    for (const { lanes } of this.#documents.values()) {
      for (const lane of [...lanes]) lane.recheck();
    }
  }

  /** The store has taken something: what was wrong with it is over. */
  worked(): void {
    if (this.#troubled) this.#onProblem(undefined);
    this.#troubled = false;
    this.#commit.worked();
  }

  /** Tells a problem to whoever runs this hub. */
  report(problem: CroftError): void {
    if (problem.code === "store/full" || problem.code === "store/failed") this.#troubled = true;
    if (problem.code === "store/fenced") this.uplink?.fenced();
    this.#onProblem(problem);
  }
}
