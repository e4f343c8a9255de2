/** What the suite for stores is given, and the names that its tests share. */

import type { DocPath } from "../doc-path.ts";
import type { Epoch, WriterId } from "../ids.ts";
import type {
  DocumentChange,
  DocumentRecord,
  PendingMark,
  QuarantineRecord,
  Store,
} from "../store/store.ts";
import {
  creation,
  docPath,
  entryOf,
  epochOf,
  quarantineOf,
  recordOf,
  tagOf,
  writerOf,
} from "./store-samples.ts";

/** How the suite gets stores of one kind. */
export interface StoreRig {
  /** Opens a new, empty store. */
  readonly open: () => Promise<Store>;
  /** Opens once more what `store` keeps; `store` may be open still, or closed. */
  readonly reopen: (store: Store) => Promise<Store>;
}

/** Declares a test with a new, empty store whose term was taken. */
export type StoreTest = (
  title: string,
  body: (store: Store, term: number, reopen: (store: Store) => Promise<Store>) => Promise<void>,
) => void;

/** A document to write to. */
export const NOTE: DocPath = docPath("notes/a");
/** Another document. */
export const OTHER: DocPath = docPath("notes/b");
/** The writer of the samples. */
export const ADA: WriterId = writerOf(1);
/** Another writer. */
export const BOB: WriterId = writerOf(2);
/** The epoch of the samples. */
export const EPOCH: Epoch = epochOf(1);
/** Another epoch. */
export const LATER_EPOCH: Epoch = epochOf(2);

/** A row with every field set. */
export function fullRecord(path: DocPath, head: number): DocumentRecord {
  return recordOf(path, head, {
    formerEpochs: [LATER_EPOCH, epochOf(3)],
    deletedEpochs: [epochOf(4), epochOf(5)],
    tombstone: LATER_EPOCH,
    logBytes: 2 ** 40,
    snapshotBytes: 2 ** 41,
    position: 2 ** 42,
    upstream: {
      cursor: { epoch: EPOCH, seq: 2 ** 33, tag: tagOf(5) },
      regained: { epoch: LATER_EPOCH, seq: 3, tag: tagOf(7) },
      writer: ADA,
      acked: { n: 2, tag: tagOf(6) },
      numbered: 3,
      access: "read",
      tombstone: EPOCH,
      usedAt: 1_760_000_000_000,
    },
  });
}

/** The mark of a pending entry numbered `n`. */
export function pendingMark(n: number, change: Partial<PendingMark> = {}): PendingMark {
  return { n, tag: tagOf(1000 + n), basis: EPOCH, plugin: "", ...change };
}

/** Edits of a document that were denied at the time `at`, one of them empty. */
export function deniedOf(id: number, path: DocPath, at: number): QuarantineRecord {
  const updates = [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)];
  return quarantineOf(id, { path, at, basis: EPOCH, updates });
}

/** A change that makes the document `path` with entries 1 … `count`. */
export function logOf(path: DocPath, count: number): DocumentChange {
  const entries = Array.from({ length: count }, (_, index) => entryOf(index + 1));
  return creation(recordOf(path, count), entries);
}

/** What a change of a document at `head` expects. */
export function at(head: number, epoch: Epoch = EPOCH): { epoch: Epoch; head: number } {
  return { epoch, head };
}
