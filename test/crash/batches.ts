/** The batches that the store's writer commits, so that the reader knows every byte of them. */

import {
  type DocPath,
  type DocumentChange,
  type Epoch,
  type LogEntry,
  parseDocPath,
  type StoreBatch,
  type Tag,
  type WriterId,
} from "@croft/core";

/** Each batch appends to both. */
export const PATHS: readonly DocPath[] = ["notes/a", "notes/b"].map(parseDocPath);

const EPOCH = "e".repeat(16) as Epoch;
const ZEROS = "0".repeat(16) as Tag;

/** Batch `number`, from 1: the next entry of both documents, and its number as a meta value. */
export function batchOf(number: number, term: number): StoreBatch {
  return {
    term,
    documents: PATHS.map((path) => changeOf(path, number)),
    meta: [["last", String(number)]],
  };
}

/** The entry that batch `number` appends: bytes of many sizes, across pages of the file. */
export function entryOf(number: number): LogEntry {
  const length = number % 10 === 0 ? 20_000 : (number * 37) % 500;
  return {
    seq: number,
    tag: tagOf(number),
    update: Uint8Array.from({ length }, (_, i) => (i * 31 + number) % 256),
    writer: "a".repeat(32) as WriterId,
    n: number,
    author: "ada",
    at: number,
    pending: undefined,
  };
}

function changeOf(path: DocPath, number: number): DocumentChange {
  return {
    expect: number === 1 ? undefined : { epoch: EPOCH, head: number - 1 },
    record: {
      path,
      epoch: EPOCH,
      head: number,
      headTag: tagOf(number),
      base: 0,
      baseTag: ZEROS,
      formerEpochs: [],
      deletedEpochs: [],
      tombstone: undefined,
      logBytes: 0,
      snapshotBytes: 0,
      position: 0,
      changedAt: number,
      upstream: undefined,
    },
    append: [entryOf(number)],
  };
}

function tagOf(number: number): Tag {
  return number.toString(16).padStart(16, "0") as Tag;
}
