/**
 * Short ways to write what a store test hands to a store and asks of it: rows, entries, changes,
 * and everything that a store says about itself as one value.
 */

import { type DocPath, parseDocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import type { Epoch, Tag, WriterId } from "../ids.ts";
import type { Numbered } from "../protocol/document-messages.ts";
import type {
  Claim,
  DocumentChange,
  DocumentRecord,
  HistoryPart,
  ListedAbove,
  LogEntry,
  QuarantineRecord,
  Store,
  StoredSnapshot,
} from "../store/store.ts";

/** Enough for every entry there is. */
export const ALL: number = Number.MAX_SAFE_INTEGER;

/** A doc path; the text must be sound. */
export function docPath(text: string): DocPath {
  return parseDocPath(text);
}

/** The tag (or, by {@link epochOf}, the epoch) that a number stands for. */
export function tagOf(number: number): Tag {
  return number.toString(16).padStart(16, "0") as Tag;
}

/** The epoch that a number stands for. */
export function epochOf(number: number): Epoch {
  return `e${number.toString(16).padStart(15, "0")}` as Epoch;
}

/** The writer that a number stands for. */
export function writerOf(number: number): WriterId {
  return number.toString(16).padStart(32, "0") as WriterId;
}

/** `length` bytes that depend on `seed`. */
export function bytesOf(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 7) % 256);
}

/** A document's row: epoch 1, an empty log, nothing above, unless `change` says otherwise. */
export function recordOf(
  path: DocPath,
  head: number,
  change: Partial<DocumentRecord> = {},
): DocumentRecord {
  return {
    path,
    epoch: epochOf(1),
    head,
    headTag: tagOf(head),
    base: 0,
    baseTag: tagOf(0),
    formerEpochs: [],
    deletedEpochs: [],
    tombstone: undefined,
    logBytes: 0,
    snapshotBytes: 0,
    position: 0,
    changedAt: 1_760_000_000_000,
    upstream: undefined,
    ...change,
  };
}

/** The entry at `seq`, with the tag of its number. */
export function entryOf(seq: number, change: Partial<LogEntry> = {}): LogEntry {
  return {
    seq,
    tag: tagOf(seq),
    update: bytesOf(3, seq),
    writer: writerOf(1),
    n: seq,
    author: "user ann",
    at: 1_760_000_000_000 + seq,
    pending: undefined,
    ...change,
  };
}

/** The entry at `seq` as one that the hub above has not acknowledged; its number is `n`. */
export function pendingOf(seq: number, n: number = seq, change: Partial<LogEntry> = {}): LogEntry {
  return entryOf(seq, {
    pending: { n, tag: tagOf(1000 + n), basis: epochOf(7), plugin: "" },
    ...change,
  });
}

/** The snapshot of everything up to `seq`. */
export function snapshotOf(seq: number, change: Partial<StoredSnapshot> = {}): StoredSnapshot {
  return { seq, tag: tagOf(seq), format: "v2", update: bytesOf(5, seq), ...change };
}

/** The part of the history that ends at `seq`. */
export function historyOf(seq: number, change: Partial<HistoryPart> = {}): HistoryPart {
  return { seq, at: 1_760_000_000_000 + seq, bytes: bytesOf(4, seq), ...change };
}

/** Denied edits, by their number. */
export function quarantineOf(
  number: number,
  change: Partial<QuarantineRecord> = {},
): QuarantineRecord {
  return {
    id: tagOf(number),
    path: docPath("notes/a"),
    author: "user ann",
    code: "access",
    reason: "You may only read this.",
    at: 1_760_000_000_000 + number,
    basis: undefined,
    updates: [bytesOf(2, number)],
    submissions: [{ writer: writerOf(1), n: number }],
    ...change,
  };
}

/** The first change of a document: its row, and entries up to the head of it. */
export function creation(
  record: DocumentRecord,
  append: readonly LogEntry[] = [],
  rest: Partial<DocumentChange> = {},
): DocumentChange {
  return { expect: undefined, record, append, ...rest };
}

/** A change judged against `before`. */
export function changeOf(
  before: DocumentRecord,
  record: DocumentRecord,
  rest: Partial<DocumentChange> = {},
): DocumentChange {
  return { expect: { epoch: before.epoch, head: before.head }, record, ...rest };
}

/** What to ask a store for that it does not list by itself. */
export interface Questions {
  readonly writers: readonly WriterId[];
  readonly meta: readonly string[];
  /** Tags are asked for up to this sequence. */
  readonly lastSeq: number;
}

/** Everything that a store says about one document. */
export interface DocumentDump {
  readonly record: DocumentRecord;
  readonly claims: readonly Claim[];
  readonly log: readonly LogEntry[];
  readonly pending: readonly LogEntry[];
  readonly snapshot: StoredSnapshot | undefined;
  /** Oldest first. */
  readonly history: readonly HistoryPart[];
  /** By sequence, from 1. */
  readonly tags: readonly (Tag | undefined)[];
  readonly writers: readonly (Numbered | undefined)[];
}

/** Everything that a store says. */
export interface StoreDump {
  readonly documents: readonly DocumentDump[];
  readonly pending: readonly DocPath[];
  readonly quarantine: readonly QuarantineRecord[];
  readonly bindings: readonly (string | undefined)[];
  readonly meta: readonly (string | undefined)[];
  readonly listing: readonly ListedAbove[];
  /** Paths in the order of their positions, and the highest. */
  readonly changes: readonly DocPath[];
  readonly position: number;
}

/** Asks `store` for everything. */
export async function dump(store: Store, questions: Questions): Promise<StoreDump> {
  const records = await store.listDocuments("");
  const pending = await store.listPending();
  return {
    documents: await Promise.all(
      records.map((record) => dumpDocument(store, record.path, questions)),
    ),
    pending: pending.toSorted(),
    quarantine: await store.readQuarantine(),
    bindings: await Promise.all(questions.writers.map((writer) => store.readBinding(writer))),
    meta: await Promise.all(questions.meta.map((name) => store.readMeta(name))),
    listing: await store.readListing(""),
    changes: (await store.listChanges(0, ALL)).map(({ path }) => path),
    position: await store.readPosition(),
  };
}

async function dumpDocument(
  store: Store,
  path: DocPath,
  { writers, lastSeq }: Questions,
): Promise<DocumentDump> {
  const loaded = await store.loadDocument(path);
  if (!loaded) throw new Error(`${path} is listed, but cannot be loaded`);
  return {
    record: loaded.record,
    claims: loaded.claims.toSorted((a, b) => a.client - b.client),
    log: await store.readLog(path, 0, ALL),
    pending: await store.readPending(path, 0, ALL),
    snapshot: await store.readSnapshot(path),
    history: await readWholeHistory(store, path),
    tags: await Promise.all(Array.from({ length: lastSeq }, (_, i) => store.readTag(path, i + 1))),
    writers: await Promise.all(writers.map((writer) => store.readWriter(path, writer))),
  };
}

/** All parts, each read by itself; they must be those that are listed. */
export async function readWholeHistory(store: Store, path: DocPath): Promise<HistoryPart[]> {
  const parts: HistoryPart[] = [];
  for (const { seq, at, size } of await store.listHistory(path)) {
    const part = await store.readHistory(path, seq + 1);
    if (part?.seq !== seq || part.at !== at || part.bytes.length !== size) {
      throw new Error(`${path} lists a part at ${seq}, and has ${JSON.stringify(part)}`);
    }
    parts.push(part);
  }
  return parts;
}

/** With which code `work` rejects; `resolved` if it does not, the error's text if it has none. */
export async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return "resolved";
  } catch (thrown) {
    return thrown instanceof CroftError ? thrown.code : `no CroftError: ${String(thrown)}`;
  }
}
