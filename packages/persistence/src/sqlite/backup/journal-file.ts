/**
 * The files in which batches are kept that were committed after a copy of a store was made. A file only grows; each record has its
 * length before and behind it and a check sum, so that a torn end is noticed, and the last record is found without reading the others.
 */

import { closeSync, fstatSync, fsync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { deserialize, serialize } from "node:v8";
import { crc32 } from "node:zlib";
import { CroftError, type StoreBatch } from "@croft/core";

/** One committed batch. */
export interface JournalRecord {
  /** Where it stands in its chain; the first is 1. */
  readonly n: number;
  /** When it was committed, in milliseconds since 1970; never less than that of the record before. */
  readonly at: number;
  readonly batch: Omit<StoreBatch, "term">;
}

/** The first bytes of a file; the digit is the format's version. */
const MAGIC = Buffer.from("croftjr1");
const LENGTH = 4;
/** Length and check sum before the payload, length behind it. */
const FRAME = 3 * LENGTH;
/** How long what was written may stay in the system's memory, in milliseconds. */
const SYNC_AFTER = 1000;
const syncFile = promisify(fsync);

/** A file that records are added to. */
export class JournalWriter {
  readonly #file: number;
  readonly #failed: (error: unknown) => void;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> = Promise.resolve();
  #closed = false;

  /** Makes the file, which must not be there yet. `failed` hears what cannot be synced. */
  constructor(path: string, failed: (error: unknown) => void) {
    this.#file = openSync(path, "wx", 0o600);
    this.#failed = failed;
    this.#write([MAGIC]);
  }

  /** How many bytes were written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a record. It is with the system when this returns, and so survives this process; it is on disk a second later. */
  append(record: JournalRecord): void {
    const payload = serialize(record);
    const frame = Buffer.alloc(FRAME);
    frame.writeUInt32LE(payload.length, 0);
    frame.writeUInt32LE(crc32(payload), LENGTH);
    frame.writeUInt32LE(payload.length, 2 * LENGTH);
    this.#write([frame.subarray(0, 2 * LENGTH), payload, frame.subarray(2 * LENGTH)]);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#syncing = this.#syncing.then(() => syncFile(this.#file)).catch(this.#failed);
    }, SYNC_AFTER);
  }

  /** Syncs and closes the file. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#syncing;
    try {
      fsyncSync(this.#file);
    } catch (error) {
      this.#failed(error);
    }
    closeSync(this.#file);
  }

  #write(parts: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(parts);
    // A signal or a disk that is nearly full may take a part of it only.
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
    this.#bytes += bytes.length;
  }
}

/**
 * The records of a file in their order, as far as they are whole. Returns whether that was all.
 *
 * @throws CroftError `store/newer` for a file that another version of croft wrote.
 */
export function* readJournal(path: string): Generator<JournalRecord, boolean, undefined> {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    if (size < MAGIC.length) return size === 0;
    if (!read(file, 0, MAGIC.length).equals(MAGIC)) throw unknownFormat(path);
    let at = MAGIC.length;
    while (at + FRAME <= size) {
      const length = read(file, at, LENGTH).readUInt32LE();
      if (at + FRAME + length > size) return false;
      const record = recordAt(file, at, length);
      if (!record) return false;
      yield record;
      at += FRAME + length;
    }
    return at === size;
  } finally {
    closeSync(file);
  }
}

/** The last record of a file; nothing when there is none, or when the end is torn. */
export function lastRecord(path: string): JournalRecord | undefined {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    if (size < MAGIC.length + FRAME) return undefined;
    if (!read(file, 0, MAGIC.length).equals(MAGIC)) return undefined;
    const length = read(file, size - LENGTH, LENGTH).readUInt32LE();
    const at = size - FRAME - length;
    if (at < MAGIC.length) return undefined;
    return read(file, at, LENGTH).readUInt32LE() === length
      ? recordAt(file, at, length)
      : undefined;
  } finally {
    closeSync(file);
  }
}

function recordAt(file: number, at: number, length: number): JournalRecord | undefined {
  const payload = read(file, at + 2 * LENGTH, length);
  if (crc32(payload) !== read(file, at + LENGTH, LENGTH).readUInt32LE()) return undefined;
  // The check sum and the format's version tell that it is what `append` wrote.
  return deserialize(payload) as JournalRecord;
}

function read(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const count = readSync(file, bytes, done, length - done, at + done);
    if (count === 0) return bytes.subarray(0, done);
    done += count;
  }
  return bytes;
}

function unknownFormat(path: string): CroftError {
  return new CroftError(
    "store/newer",
    `${path} is no journal that this version of croft can read.`,
    {
      hint: "Use the version of croft that wrote it.",
    },
  );
}
