/**
 * The database of the IndexedDB store: its object stores, their keys and its version. Documents
 * are keyed by the UTF-8 bytes of their path, since IndexedDB compares strings by UTF-16 units and
 * every store lists in the order of the bytes; all that belongs to a document has compound keys
 * that start with the path.
 */

import type {
  Claim,
  DocPath,
  DocumentRecord,
  HistoryPart,
  ListedAbove,
  LogEntry,
  Numbered,
  PendingMark,
  QuarantineRecord,
  StoredSnapshot,
  Tag,
  UpstreamRecord,
  WriterId,
} from "@croft/core";
import type { DBSchema, IDBPDatabase, IDBPTransaction } from "idb";

/** Version of the schema, which is the version of the database. */
export const SCHEMA_VERSION = 3;

/** Tags of entries that went into a snapshot are kept in pages of this many sequences. */
export const TAGS_PER_PAGE = 64;

/** A log entry without its pending mark. */
export type StoredEntry = Omit<LogEntry, "pending">;

/** A pending mark; apart from its entry, so that settling it does not write the update again. */
export interface StoredMark extends PendingMark {
  readonly path: DocPath;
  readonly seq: number;
}

/** What is in which object store. */
export interface CroftSchema extends DBSchema {
  documents: {
    key: Uint8Array<ArrayBuffer>;
    value: DocumentRecord;
    /** Records of version 0.1 have no position, and are not in it. */
    indexes: { byPosition: number };
  };
  /** What the hub above lists. */
  listing: { key: Uint8Array<ArrayBuffer>; value: ListedAbove };
  entries: { key: [DocPath, number]; value: StoredEntry };
  pending: { key: [DocPath, number]; value: StoredMark; indexes: { byNumber: [DocPath, number] } };
  /** By page; sequence to tag. */
  tags: { key: [DocPath, number]; value: ReadonlyMap<number, Tag> };
  snapshots: { key: [DocPath]; value: StoredSnapshot };
  history: { key: [DocPath, number]; value: HistoryPart };
  claims: { key: [DocPath, number]; value: Claim };
  writers: { key: [DocPath, WriterId]; value: Numbered };
  bindings: { key: WriterId; value: string };
  /** Keyed in the order of arrival. */
  quarantine: {
    key: number;
    value: QuarantineRecord;
    indexes: { byId: Tag; byPath: DocPath };
  };
  meta: { key: string; value: string };
  term: { key: "term"; value: number };
}

/** Name of an object store. */
export type StoreName =
  | "documents"
  | "entries"
  | "pending"
  | "tags"
  | "snapshots"
  | "history"
  | "claims"
  | "writers"
  | "bindings"
  | "quarantine"
  | "listing"
  | "meta"
  | "term";

/** The stores that hold a document's content; the last numbers of writers are not content. */
export const CONTENT: readonly (
  | "entries"
  | "pending"
  | "tags"
  | "snapshots"
  | "history"
  | "claims"
)[] = ["entries", "pending", "tags", "snapshots", "history", "claims"];

/** A connection to the database. */
export type Database = IDBPDatabase<CroftSchema>;

/** A transaction that reads. */
export type ReadTransaction = IDBPTransaction<CroftSchema, StoreName[], "readonly">;

/** The transaction that changes the schema. */
export type UpgradeTransaction = IDBPTransaction<CroftSchema, StoreName[], "versionchange">;

/** A transaction that writes. */
export type WriteTransaction = IDBPTransaction<CroftSchema, StoreName[], "readwrite">;

/** A row as the contract has it; rows of version 0.1 lack what came later. */
export function completeRecord(stored: DocumentRecord): DocumentRecord {
  const { deletedEpochs = [], snapshotBytes = 0, position = 0 } = stored as Partial<DocumentRecord>;
  const { upstream } = stored;
  return {
    ...stored,
    deletedEpochs,
    snapshotBytes,
    position,
    upstream: upstream && {
      ...upstream,
      usedAt: (upstream as Partial<UpstreamRecord>).usedAt ?? 0,
    },
  };
}

/** Brings a database of version `from` (0 for none) to {@link SCHEMA_VERSION}. */
export function upgradeSchema(
  database: Database,
  from: number,
  _to: number | null,
  upgrade: UpgradeTransaction,
): void {
  if (from < 1) {
    database.createObjectStore("documents");
    database.createObjectStore("entries");
    const pending = database.createObjectStore("pending");
    pending.createIndex("byNumber", ["path", "n"]);
    database.createObjectStore("tags");
    database.createObjectStore("snapshots");
    database.createObjectStore("claims");
    database.createObjectStore("writers");
    database.createObjectStore("bindings");
    const quarantine = database.createObjectStore("quarantine", { autoIncrement: true });
    quarantine.createIndex("byId", "id", { unique: true });
    quarantine.createIndex("byPath", "path");
    database.createObjectStore("meta");
    database.createObjectStore("term");
  }
  // A damaged database stays as it is: whoever uses it is told.
  if (from < 2 && database.objectStoreNames.contains("documents")) {
    upgrade.objectStore("documents").createIndex("byPosition", "position");
    database.createObjectStore("listing");
  }
  if (from < 3) database.createObjectStore("history");
}

const encoder = new TextEncoder();

/** The key of a document: keys compare as paths do in every store. */
export function pathKey(path: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(path);
}

/** All keys of documents whose path starts with `prefix` and comes after `after`. */
export function listingRange(prefix: string, after: string | undefined): IDBKeyRange | undefined {
  const first = pathKey(prefix);
  // No byte of UTF-8 is 0xff.
  const end = new Uint8Array(first.length + 1).fill(0xff);
  end.set(first);
  if (after === undefined || indexedDB.cmp(pathKey(after), first) < 0) {
    return IDBKeyRange.bound(first, end);
  }
  const start = pathKey(after);
  return indexedDB.cmp(start, end) < 0 ? IDBKeyRange.bound(start, end, true) : undefined;
}

/** All compound keys of a document; with numbers, those above `after` and up to `last`. */
export function partRange(path: DocPath, after?: number, last?: number): IDBKeyRange {
  const start = after === undefined ? [path] : [path, after];
  // An array comes after every number and string.
  const end = [path, last ?? []];
  return IDBKeyRange.bound(start, end, after !== undefined);
}

/** The page that holds the tag of `seq`. */
export function pageOf(seq: number): number {
  return Math.floor(seq / TAGS_PER_PAGE);
}
