/**
 * A store in memory: for tests, for servers without a disk, and as the plainest reading of the
 * contract. What is handed in is copied, since it may be a view of somebody's frame.
 */

import { comparePaths, type DocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import type { Tag, WriterId } from "../ids.ts";
import type { Numbered } from "../protocol/document-messages.ts";
import type {
  Claim,
  CommitResult,
  DocumentChange,
  DocumentRecord,
  HistoryPart,
  HistorySummary,
  ListedAbove,
  LoadedDocument,
  LogEntry,
  QuarantineRecord,
  QuarantineSummary,
  Store,
  StoreBatch,
  StoredSnapshot,
} from "./store.ts";

interface StoredDocument {
  record: DocumentRecord;
  readonly entries: Map<number, LogEntry>;
  /** Tags of entries that went into the snapshot. */
  readonly tags: Map<number, Tag>;
  readonly claims: Map<number, Claim>;
  readonly writers: Map<WriterId, Numbered>;
  snapshot: StoredSnapshot | undefined;
  /** By sequence. */
  readonly history: Map<number, HistoryPart>;
}

/** What several {@link createMemoryStore} over the same data share: the "disk". */
export interface MemoryDisk {
  term: number;
  readonly documents: Map<DocPath, StoredDocument>;
  readonly bindings: Map<WriterId, string>;
  readonly quarantine: Map<Tag, QuarantineRecord>;
  readonly listing: Map<DocPath, ListedAbove>;
  readonly meta: Map<string, string>;
  /** Where several hubs share it. */
  readonly shared: SharedDisk;
}

/** What a disk keeps for hubs that share it. */
export interface SharedDisk {
  facts: number;
  /** How often documents were changed. */
  readonly revisions: Map<DocPath, number>;
  /** The newest session of each writer. */
  readonly sessions: Map<
    WriterId,
    { readonly session: number; readonly term: number; readonly attempt: number }
  >;
}

/** Creates the data of a memory store, to open it several times. */
export function createMemoryDisk(): MemoryDisk {
  return {
    term: 0,
    documents: new Map(),
    bindings: new Map(),
    quarantine: new Map(),
    listing: new Map(),
    meta: new Map(),
    shared: { facts: 0, revisions: new Map(), sessions: new Map() },
  };
}

/**
 * Creates a store in memory.
 *
 * @param disk What an earlier store left; a new, empty one by default.
 * @example
 * ```ts
 * const hub = await createHub({ store: createMemoryStore(), gate: createGate() });
 * ```
 */
export function createMemoryStore(disk: MemoryDisk = createMemoryDisk()): Store {
  return new MemoryStore(disk);
}

/** See {@link createMemoryStore}. */
export class MemoryStore implements Store {
  readonly kind: string = "memory";
  /** What it keeps. */
  protected readonly disk: MemoryDisk;
  #closed = false;

  constructor(disk: MemoryDisk) {
    this.disk = disk;
  }

  async takeTerm(initial: readonly (readonly [string, string])[] = []): Promise<number> {
    this.#check();
    const { meta } = this.disk;
    for (const [name, value] of initial) if (!meta.has(name)) meta.set(name, value);
    return ++this.disk.term;
  }

  async commit(batch: StoreBatch): Promise<CommitResult> {
    this.#check();
    const { disk } = this;
    if (batch.term !== disk.term) {
      throw new CroftError("store/fenced", "Another process or tab took over this store.");
    }
    const stale: DocPath[] = [];
    for (const change of batch.documents ?? []) {
      if (this.holds(change)) this.apply(change);
      else stale.push(change.record.path);
    }
    for (const { writer, principal } of batch.bind ?? []) {
      if (!disk.bindings.has(writer)) disk.bindings.set(writer, principal);
    }
    for (const record of batch.quarantine ?? []) {
      disk.quarantine.set(record.id, {
        ...record,
        updates: record.updates.map((update) => update.slice()),
      });
    }
    for (const id of batch.release ?? []) disk.quarantine.delete(id);
    for (const path of batch.listing?.remove ?? []) disk.listing.delete(path);
    for (const listed of batch.listing?.put ?? []) disk.listing.set(listed.path, listed);
    for (const [name, value] of batch.meta ?? []) {
      if (value === undefined) disk.meta.delete(name);
      else disk.meta.set(name, value);
    }
    return { stale };
  }

  async loadDocument(path: DocPath): Promise<LoadedDocument | undefined> {
    const document = this.#document(path);
    return document && { record: document.record, claims: [...document.claims.values()] };
  }

  async readWriter(path: DocPath, writer: WriterId): Promise<Numbered | undefined> {
    return this.#document(path)?.writers.get(writer);
  }

  async readBinding(writer: WriterId): Promise<string | undefined> {
    this.#check();
    return this.disk.bindings.get(writer);
  }

  async readLog(path: DocPath, after: number, maxBytes: number): Promise<readonly LogEntry[]> {
    return upTo(
      this.#entries(path).filter(({ seq }) => seq > after),
      maxBytes,
    );
  }

  async readPending(path: DocPath, afterN: number, maxBytes: number): Promise<readonly LogEntry[]> {
    const pending = this.#entries(path).filter((entry) => (entry.pending?.n ?? 0) > afterN);
    pending.sort((a, b) => (a.pending?.n ?? 0) - (b.pending?.n ?? 0));
    return upTo(pending, maxBytes);
  }

  async readSnapshot(path: DocPath): Promise<StoredSnapshot | undefined> {
    return this.#document(path)?.snapshot;
  }

  async readHistory(path: DocPath, before: number): Promise<HistoryPart | undefined> {
    return this.#history(path).findLast(({ seq }) => seq < before);
  }

  async listHistory(path: DocPath): Promise<readonly HistorySummary[]> {
    return this.#history(path).map(({ bytes, ...rest }) => ({ ...rest, size: bytes.length }));
  }

  async readTag(path: DocPath, seq: number): Promise<Tag | undefined> {
    const document = this.#document(path);
    return document?.entries.get(seq)?.tag ?? document?.tags.get(seq);
  }

  async listDocuments(prefix: string, page?: Page): Promise<readonly DocumentRecord[]> {
    this.#check();
    return pageOf(
      [...this.disk.documents.values()].map(({ record }) => record),
      prefix,
      page,
    );
  }

  async listChanges(after: number, limit: number): Promise<readonly DocumentRecord[]> {
    this.#check();
    const changed = [...this.disk.documents.values()]
      .map(({ record }) => record)
      .filter(({ position }) => position > after)
      .sort((a, b) => a.position - b.position);
    const last = changed[limit - 1]?.position ?? Number.POSITIVE_INFINITY;
    return changed.filter(({ position }) => position <= last);
  }

  async readPosition(): Promise<number> {
    this.#check();
    let highest = 0;
    for (const { record } of this.disk.documents.values()) {
      highest = Math.max(highest, record.position);
    }
    return highest;
  }

  async readListing(prefix: string, page?: Page): Promise<readonly ListedAbove[]> {
    this.#check();
    return pageOf([...this.disk.listing.values()], prefix, page);
  }

  async listPending(): Promise<readonly DocPath[]> {
    this.#check();
    const paths = [...this.disk.documents.keys()];
    return paths
      .filter((path) => this.#entries(path).some(({ pending }) => pending))
      .sort(comparePaths);
  }

  async readQuarantine(path?: DocPath): Promise<readonly QuarantineRecord[]> {
    this.#check();
    const records = [...this.disk.quarantine.values()];
    return records
      .filter((record) => path === undefined || record.path === path)
      .sort((a, b) => a.at - b.at);
  }

  async listQuarantine(code: string): Promise<readonly QuarantineSummary[]> {
    const records = (await this.readQuarantine()).filter((record) => record.code === code);
    return records.map(({ id, path, at }) => ({ id, path, code, at }));
  }

  async readMeta(name: string): Promise<string | undefined> {
    this.#check();
    return this.disk.meta.get(name);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  onLost(): () => void {
    return () => undefined;
  }

  #check(): void {
    if (this.#closed) throw new CroftError("store/closed", "The store is closed.");
  }

  #document(path: DocPath): StoredDocument | undefined {
    this.#check();
    return this.disk.documents.get(path);
  }

  #entries(path: DocPath): LogEntry[] {
    return [...(this.#document(path)?.entries.values() ?? [])].sort((a, b) => a.seq - b.seq);
  }

  #history(path: DocPath): HistoryPart[] {
    return [...(this.#document(path)?.history.values() ?? [])].sort((a, b) => a.seq - b.seq);
  }

  /** Whether what a change was judged against is still so. */
  protected holds({ expect, record }: DocumentChange): boolean {
    const known = this.disk.documents.get(record.path)?.record;
    return expect?.epoch === known?.epoch && expect?.head === known?.head;
  }

  /** Makes a change that holds. */
  protected apply(change: DocumentChange): void {
    const { path } = change.record;
    const document = this.disk.documents.get(path) ?? emptyDocument(change.record);
    this.disk.documents.set(path, document);
    document.record = change.record;
    if (change.clear) {
      document.entries.clear();
      document.tags.clear();
      document.claims.clear();
      document.snapshot = undefined;
      document.history.clear();
    }
    for (const seq of change.remove ?? []) document.entries.delete(seq);
    for (const seq of change.settle ?? []) {
      const entry = document.entries.get(seq);
      if (entry) document.entries.set(seq, { ...entry, pending: undefined });
    }
    for (const entry of change.append ?? []) {
      document.entries.set(entry.seq, { ...entry, update: entry.update.slice() });
    }
    if (change.snapshot) {
      document.snapshot = { ...change.snapshot, update: change.snapshot.update.slice() };
      for (const [seq, { tag, pending }] of [...document.entries]) {
        if (seq > change.snapshot.seq || pending) continue;
        document.entries.delete(seq);
        document.tags.set(seq, tag);
      }
    }
    for (const seq of [...document.history.keys()]) {
      if (seq <= (change.forget ?? 0)) document.history.delete(seq);
    }
    if (change.history) {
      const { bytes } = change.history;
      document.history.set(change.history.seq, { ...change.history, bytes: bytes.slice() });
    }
    for (const client of change.unclaim ?? []) document.claims.delete(client);
    for (const claim of change.claims ?? []) document.claims.set(claim.client, claim);
    for (const { writer, n, tag } of change.writers ?? []) document.writers.set(writer, { n, tag });
  }
}

interface Page {
  readonly after?: DocPath;
  readonly limit?: number;
}

function pageOf<T extends { readonly path: DocPath }>(
  all: readonly T[],
  prefix: string,
  { after, limit = Number.POSITIVE_INFINITY }: Page = {},
): readonly T[] {
  return all
    .filter(
      ({ path }) =>
        path.startsWith(prefix) && (after === undefined || comparePaths(path, after) > 0),
    )
    .sort((a, b) => comparePaths(a.path, b.path))
    .slice(0, limit);
}

function emptyDocument(record: DocumentRecord): StoredDocument {
  return {
    record,
    entries: new Map(),
    tags: new Map(),
    claims: new Map(),
    writers: new Map(),
    snapshot: undefined,
    history: new Map(),
  };
}

function upTo(entries: readonly LogEntry[], maxBytes: number): readonly LogEntry[] {
  let bytes = 0;
  const taken: LogEntry[] = [];
  for (const entry of entries) {
    bytes += entry.update.length;
    if (taken.length > 0 && bytes > maxBytes) break;
    taken.push(entry);
  }
  return taken;
}
