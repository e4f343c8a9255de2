/** Bounded reads of a log: entries are fetched in chunks until enough bytes are there. */

import type { DocPath, LogEntry, PendingMark } from "@croft/core";
import { markOf } from "./apply-batch.ts";
import { partRange, type ReadTransaction, type StoredEntry } from "./schema.ts";

/** Entries in the first chunk, whose sizes say how many to fetch next. */
const FIRST_CHUNK = 8;
/** Entries in a chunk at most. */
const LAST_CHUNK = 512;

/** Entries above `after` in order, at least one, until `maxBytes` of updates are reached. */
export async function readLogEntries(
  tx: ReadTransaction,
  path: DocPath,
  after: number,
  maxBytes: number,
): Promise<readonly LogEntry[]> {
  const taken = createTaken(maxBytes);
  let last = after;
  let count = FIRST_CHUNK;
  while (true) {
    const chunk = await tx.objectStore("entries").getAll(partRange(path, last), count);
    const full = chunk.some((entry) => !taken.add(entry));
    if (full || chunk.length < count) break;
    last = chunk.at(-1)?.seq ?? last;
    count = taken.nextChunk();
  }
  const end = taken.entries.at(-1);
  if (end === undefined) return [];
  const marks = await tx.objectStore("pending").getAll(partRange(path, after, end.seq));
  const bySeq = new Map(marks.map((mark) => [mark.seq, mark]));
  return taken.entries.map((entry) => withMark(entry, bySeq.get(entry.seq)));
}

/** Pending entries above the number `afterN` in the order of their numbers, likewise bounded. */
export async function readPendingEntries(
  tx: ReadTransaction,
  path: DocPath,
  afterN: number,
  maxBytes: number,
): Promise<readonly LogEntry[]> {
  const taken = createTaken(maxBytes);
  const entries: LogEntry[] = [];
  let last = afterN;
  let count = FIRST_CHUNK;
  while (true) {
    const index = tx.objectStore("pending").index("byNumber");
    const marks = await index.getAll(partRange(path, last), count);
    const chunk = await Promise.all(
      marks.map(({ seq }) => tx.objectStore("entries").get([path, seq])),
    );
    for (const [position, entry] of chunk.entries()) {
      if (entry === undefined) continue;
      if (!taken.add(entry)) return entries;
      entries.push(withMark(entry, marks[position]));
    }
    if (marks.length < count) return entries;
    last = marks.at(-1)?.n ?? last;
    count = taken.nextChunk();
  }
}

interface Taken {
  readonly entries: readonly StoredEntry[];
  /** Takes `entry` unless that makes it too many bytes. */
  add(entry: StoredEntry): boolean;
  /** How many entries fill what is left, going by those taken. */
  nextChunk(): number;
}

function createTaken(maxBytes: number): Taken {
  const entries: StoredEntry[] = [];
  let bytes = 0;
  return {
    entries,
    add(entry) {
      bytes += entry.update.length;
      if (entries.length > 0 && bytes > maxBytes) return false;
      entries.push(entry);
      return true;
    },
    nextChunk() {
      const average = Math.max(1, bytes / entries.length);
      const wanted = Math.ceil((maxBytes - bytes) / average) + 1;
      return Math.max(1, Math.min(LAST_CHUNK, wanted));
    },
  };
}

function withMark(entry: StoredEntry, mark: PendingMark | undefined): LogEntry {
  return { ...entry, pending: mark && markOf(mark) };
}
