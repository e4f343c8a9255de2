/** A store in memory that several hubs share, as processes share a database: for tests and for the simulation. */

import type { DocPath } from "../doc-path.ts";
import { createEmitter, type Emitter } from "../emitter.ts";
import type { Epoch, WriterId } from "../ids.ts";
import { type MemoryDisk, MemoryStore } from "../store/memory-store.ts";
import type {
  CommitResult,
  DocumentChange,
  DocumentNews,
  LoadedDocument,
  LogEntry,
  SharedStore,
  StoreBatch,
  StoredSnapshot,
  StoreNews,
} from "../store/store.ts";

/** What carries hints from one hub to the others. */
export class MemoryBus {
  readonly sayings: Emitter<{ readonly from: SharedMemoryStore; readonly what: Uint8Array }> =
    createEmitter();
  readonly hints: Emitter<{ readonly from: object; readonly paths: readonly DocPath[] }> =
    createEmitter();
  /** Set by tests: hints are lost. */
  isCut = false;

  publish(from: object, paths: readonly DocPath[]): void {
    if (!this.isCut) this.hints.emit({ from, paths });
  }
}

let stores = 0;

/** See the top of this file. */
export class SharedMemoryStore extends MemoryStore implements SharedStore {
  override readonly kind: string = "shared memory";
  readonly shared: SharedStore = this;
  facts = 0;
  readonly #bus: MemoryBus;
  readonly #news = createEmitter<StoreNews>();
  readonly #stop: () => void;
  readonly #name = `hub ${++stores}`;

  constructor(disk: MemoryDisk, bus: MemoryBus) {
    super(disk);
    this.#bus = bus;
    this.#stop = bus.hints.on(({ from, paths }) => {
      if (from === this) return;
      this.#news.emit(paths.length > 0 ? { kind: "documents", paths } : { kind: "missed" });
    });
  }

  /** All that share it have the same term. */
  override async takeTerm(initial: readonly (readonly [string, string])[] = []): Promise<number> {
    const { meta } = this.disk;
    for (const [name, value] of initial) if (!meta.has(name)) meta.set(name, value);
    this.disk.term ||= 1;
    return this.#seen(this.disk.term);
  }

  override async commit(batch: StoreBatch): Promise<CommitResult> {
    const { shared, bindings } = this.disk;
    const conditions = batch.shared;
    if (conditions && conditions.facts !== shared.facts) {
      return this.#seen({ stale: [], refused: { why: "facts" } });
    }
    const others = [
      ...(conditions?.sessions ?? [])
        .filter(({ writer, session }) => shared.sessions.get(writer)?.session !== session)
        .map(({ writer }) => writer),
      ...(batch.bind ?? [])
        .filter(({ writer, principal }) => (bindings.get(writer) ?? principal) !== principal)
        .map(({ writer }) => writer),
    ];
    if (others.length > 0) {
      return this.#seen({ stale: [], refused: { why: "sessions", writers: others } });
    }
    // It happens in this very turn, and so does the rest of it.
    const committing = super.commit(batch);
    if (conditions?.changesFacts) shared.facts++;
    const result = await committing;
    const paths = (batch.documents ?? []).map(({ record }) => record.path);
    const changed = paths.filter((path) => !result.stale.includes(path));
    if (changed.length > 0) this.#bus.publish(this, changed);
    // Those who have nothing open would not notice.
    if (conditions?.changesFacts) this.#bus.publish(this, []);
    return this.#seen(result);
  }

  override async loadDocument(path: DocPath): Promise<LoadedDocument | undefined> {
    const loaded = await super.loadDocument(path);
    return this.#seen(loaded && { ...loaded, revision: this.disk.shared.revisions.get(path) });
  }

  override async readLog(
    path: DocPath,
    after: number,
    maxBytes: number,
  ): Promise<readonly LogEntry[]> {
    return this.#seen(await super.readLog(path, after, maxBytes));
  }

  override async readSnapshot(path: DocPath): Promise<StoredSnapshot | undefined> {
    return this.#seen(await super.readSnapshot(path));
  }

  onNews(listener: (news: StoreNews) => void): () => void {
    return this.#news.on(listener);
  }

  say(what: Uint8Array): void {
    if (!this.#bus.isCut) this.#bus.sayings.emit({ from: this, what });
  }

  onSaid(listener: (what: Uint8Array, hub: string) => void): () => void {
    return this.#bus.sayings.on(({ from, what }) => {
      if (from !== this) listener(what, from.#name);
    });
  }

  async readRevisions(paths: readonly DocPath[]): Promise<ReadonlyMap<DocPath, number>> {
    const { revisions } = this.disk.shared;
    return this.#seen(
      new Map(
        paths.flatMap((path) => {
          const revision = revisions.get(path);
          return revision === undefined ? [] : [[path, revision] as const];
        }),
      ),
    );
  }

  async readNews(
    path: DocPath,
    since: { readonly revision: number; readonly epoch: Epoch; readonly head: number },
    maxBytes: number,
  ): Promise<DocumentNews | undefined> {
    const loaded = await this.loadDocument(path);
    if (loaded?.revision === undefined) return undefined;
    const stored = this.disk.documents.get(path);
    const writers = [...(stored?.writers ?? [])].map(([writer, last]) => ({ writer, ...last }));
    const entries = await super.readLog(path, since.head, maxBytes);
    return { ...loaded, revision: loaded.revision, writers, entries };
  }

  async beginSession(
    writer: WriterId,
    { term, attempt }: { readonly term: number; readonly attempt: number },
  ): Promise<number | "replaced" | "overtaken"> {
    const { sessions } = this.disk.shared;
    const last = sessions.get(writer);
    if (last && last.term > term) return "replaced";
    if (last && last.term === term && last.attempt > attempt) return "overtaken";
    const session = (last?.session ?? 0) + 1;
    sessions.set(writer, { session, term, attempt });
    return this.#seen(session);
  }

  override async close(): Promise<void> {
    this.#stop();
    this.#news.clear();
    await super.close();
  }

  protected override holds(change: DocumentChange): boolean {
    const { expect, record } = change;
    const isSame = expect?.revision === this.disk.shared.revisions.get(record.path);
    return super.holds(change) && isSame;
  }

  protected override apply(change: DocumentChange): void {
    super.apply(change);
    const { revisions } = this.disk.shared;
    const { path } = change.record;
    revisions.set(path, (revisions.get(path) ?? 0) + 1);
  }

  /** Every answer tells which version of the facts it was read under. */
  #seen<T>(answer: T): T {
    const { facts } = this.disk.shared;
    if (facts > this.facts) {
      this.facts = facts;
      this.#news.emit({ kind: "facts" });
    }
    return answer;
  }
}
