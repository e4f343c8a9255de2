/**
 * The history of documents. What a compaction takes out of the log is kept for a while as a page: the snapshot that was before,
 * and after it what each author did in one go. Pages go with their age, with their size, and with the document.
 */

import * as encoding from "lib0/encoding";
import type { DocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import { Reader } from "../protocol/codec.ts";
import {
  type HistoryAnswer,
  type PageChange,
  type HistoryPage,
  historyPage,
} from "../protocol/history-messages.ts";
import type {
  DocumentRecord,
  HistoryPart,
  HistorySummary,
  LogEntry,
  Store,
  StoredSnapshot,
} from "../store/store.ts";

/** How much of the history is kept. */
export interface HistoryLimits {
  /** How long, in milliseconds; 0 for nothing. */
  readonly keep: number;
  /** Most bytes of one document's history, as a multiple of its snapshot's. */
  readonly times: number;
  /** That many bytes may always be kept. */
  readonly bytes: number;
}

/** What is kept unless something else is asked for: 30 days, and four times as much as the document has, or 4 MiB. */
export const DEFAULT_HISTORY: HistoryLimits = {
  keep: 30 * 24 * 3_600_000,
  times: 4,
  bytes: 4 * 1024 * 1024,
};

/** Entries of one author that come sooner than this after each other are made in one go, in milliseconds. */
const PAUSE = 5 * 60_000;
/** What is made in one go takes this long at most, in milliseconds. */
const LONGEST = 60 * 60_000;

/** The format of stored pages, their first byte. */
const FORMAT = 1;

/** What one author did in one go: which entries of a log. */
export type Run = readonly [LogEntry, ...(readonly LogEntry[])];

/** Cuts a log into what each author did in one go. */
export function runsOf(log: readonly LogEntry[]): readonly Run[] {
  const runs: [LogEntry, ...LogEntry[]][] = [];
  for (const entry of log) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    const goesOn =
      run &&
      last?.author === entry.author &&
      Math.abs(entry.at - last.at) < PAUSE &&
      Math.abs(entry.at - run[0].at) < LONGEST;
    if (goesOn) run.push(entry);
    else runs.push([entry]);
  }
  return runs;
}

/** The change that a run is; `updates` default to those of its entries. */
export function changeOf(
  run: Run,
  updates: readonly Uint8Array[] = run.map(({ update }) => update),
): PageChange {
  const [first] = run;
  const last = run.at(-1) ?? first;
  const [from, to] = [whole(first.at), whole(last.at)];
  return { first: first.seq, last: last.seq, author: first.author, from, to, updates };
}

/** The part that a store keeps of a log when a compaction takes it. `merged`: one update for each run. */
export function partOf(
  snapshot: StoredSnapshot | undefined,
  runs: readonly Run[],
  merged: readonly Uint8Array[],
): HistoryPart | undefined {
  const last = runs.at(-1)?.at(-1);
  if (!last) return undefined;
  const changes = runs.map((run, index) => {
    const update = merged[index];
    return changeOf(run, update && [update]);
  });
  const writer = encoding.createEncoder();
  encoding.writeUint8(writer, FORMAT);
  historyPage.write(writer, { base: baseOf(snapshot), changes });
  return { seq: last.seq, at: last.at, bytes: encoding.toUint8Array(writer) };
}

/** Up to which sequence the history is to go, when `added` comes to it; 0 for nothing. */
export function forgottenUpTo(
  kept: readonly HistorySummary[],
  added: HistoryPart | undefined,
  { snapshotBytes }: Pick<DocumentRecord, "snapshotBytes">,
  limits: HistoryLimits,
  now: number,
): number {
  let room = Math.max(limits.bytes, limits.times * snapshotBytes) - (added?.bytes.length ?? 0);
  for (const { seq, at, size } of kept.toReversed()) {
    room -= size;
    if (room < 0 || at + limits.keep <= now) return seq;
  }
  return 0;
}

/** A page of the history. */
export type ReadPage = Omit<HistoryAnswer, "id">;

/**
 * Reads a page: the newest one for 0, which is what the log holds now. Pages that end before `oldest`, in milliseconds since 1970, count
 * as gone. Nothing when a compaction came in between.
 */
export async function readHistoryPage(
  store: Store,
  record: Pick<DocumentRecord, "path" | "epoch" | "base" | "head">,
  before: number,
  oldest: number,
): Promise<ReadPage | undefined> {
  const { path, epoch, base, head } = record;
  if (before > 0) return { epoch, ...(await readPart(store, path, before, oldest)) };
  const [snapshot, log, kept] = await Promise.all([
    store.readSnapshot(path),
    store.readLog(path, base, Number.POSITIVE_INFINITY),
    store.listHistory(path),
  ]);
  if ((snapshot?.seq ?? 0) !== base) return undefined;
  // What is stored, and not in memory yet, nobody was told of.
  const known = log.filter(({ seq }) => seq <= head);
  const changes = runsOf(known).map((run) => changeOf(run));
  const isKept = kept.some(({ seq, at }) => seq <= base && at > oldest);
  const page = { base: baseOf(snapshot), changes };
  return { epoch, page, before: isKept ? base + 1 : 0, isFirst: base === 0 };
}

async function readPart(
  store: Store,
  path: DocPath,
  before: number,
  oldest: number,
): Promise<Omit<ReadPage, "epoch">> {
  const part = await store.readHistory(path, before);
  if (!part || part.at <= oldest)
    return { page: { base: undefined, changes: [] }, before: 0, isFirst: false };
  const reader = new Reader(part.bytes);
  if (reader.byte() !== FORMAT) {
    throw new CroftError(
      "store/corrupt",
      `The history of ${path} is kept in a format that is not known here.`,
      {
        path,
        hint: "A later version of croft wrote it: start that one.",
      },
    );
  }
  const page = historyPage.read(reader);
  const kept = await store.listHistory(path);
  const isKept = kept.some(({ seq, at }) => seq < part.seq && at > oldest);
  return { page, before: isKept ? part.seq : 0, isFirst: page.base === undefined };
}

function baseOf(snapshot: StoredSnapshot | undefined): HistoryPage["base"] {
  return snapshot && { format: snapshot.format, update: snapshot.update };
}

function whole(milliseconds: number): number {
  return Math.max(0, Math.floor(milliseconds));
}
