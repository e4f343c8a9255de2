/**
 * Compacts documents in the background, one compaction of a document at a time, and repairs those in
 * which it finds what bytes alone did not show.
 */

import type { DocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import type { DocumentRecord, HistoryPart, LogEntry, Store } from "../store/store.ts";
import { dependants } from "../update/dependants.ts";
import { type Compacted, type Compactor, sameClocks, shouldCompact } from "./compaction.ts";
import type { Draft } from "./draft.ts";
import { forgottenUpTo, type HistoryLimits, partOf, type Run, runsOf } from "./history.ts";
import type { HubDocument } from "./hub-document.ts";

/** What compaction needs of its hub. */
export interface CompactionOptions {
  readonly store: Store;
  readonly compactor: Compactor;
  readonly change: (document: HubDocument, run: (draft: Draft) => void) => Promise<void>;
  /** Keeps a document in memory: a copy of it that is loaded meanwhile would know nothing of this. */
  readonly hold: (path: DocPath) => Promise<HubDocument>;
  readonly release: (path: DocPath) => void;
  readonly report: (problem: CroftError) => void;
  /** How much of the history is kept. */
  readonly history: HistoryLimits;
  readonly now: () => number;
  /** Whether this hub says what a document is; one below another leaves damage to that one. */
  readonly decides: () => boolean;
}

/** Compacts what has grown. */
export interface Compaction {
  /** Compacts a document if that is worth it; resolves when it is done. */
  consider(document: HubDocument): Promise<void>;
  /** Compacts a document whatever its size, and so looks at all that is in it. */
  run(document: HubDocument): Promise<void>;
  /**
   * The hash of what the log yields up to `seq`, which is to be its end; `undefined` when that cannot be
   * said now. A document that turns out to be damaged is repaired.
   */
  contentAt(document: HubDocument, seq: number): Promise<string | undefined>;
}

/** Creates the {@link Compaction} of a hub. */
export function createCompaction(options: CompactionOptions): Compaction {
  const running = new Set<HubDocument>();
  const run = async (document: HubDocument, isWorthIt: () => boolean): Promise<void> => {
    if (running.has(document) || document.pending.length > 0 || !isWorthIt()) return;
    running.add(document);
    try {
      const held = await options.hold(document.path);
      try {
        if (held === document) await compact(document, isWorthIt, options);
      } finally {
        options.release(document.path);
      }
    } finally {
      running.delete(document);
    }
  };
  return {
    consider: (document) => run(document, () => shouldCompact(document.record)),
    run: (document) => run(document, () => true),
    async contentAt(document, seq) {
      if (running.has(document) || document.record.head !== seq) return undefined;
      const { epoch } = document.record;
      const { snapshot, log, isWhole } = await readAll(document, options.store);
      if (!isWhole) return undefined;
      const updates = log.map(({ update }) => update);
      const result = await options.compactor({ snapshot, updates });
      if (document.record.epoch !== epoch) return undefined;
      if ("damagedBy" in result) {
        await run(document, () => true);
        return undefined;
      }
      return result.hash;
    },
  };
}

async function compact(
  document: HubDocument,
  isWorthIt: () => boolean,
  options: CompactionOptions,
): Promise<void> {
  const { store, compactor, change, report, decides, history } = options;
  const { path, record } = document;
  const counted = new Map(document.claims);
  const { snapshot, log, isWhole } = await readAll(document, store);
  if (!isWhole || !isWorthIt()) return;
  if (document.record.epoch !== record.epoch || document.pending.length > 0) return;
  const runs = decides() && history.keep > 0 ? runsOf(log) : [];
  const result = await compactor({
    snapshot,
    updates: log.map(({ update }) => update),
    runs: runs.map((run) => run.length),
  });
  if ("damagedBy" in result) {
    const { damagedBy, reason } = result;
    await repair(document, { snapshot, log, damagedBy, reason, head: record.head }, options);
    return;
  }
  if (!sameClocks(result.clocks, counted)) {
    report(
      new CroftError(
        "store/corrupt",
        `The log of ${path} does not yield what it promises; it is left as it is.`,
        { path },
      ),
    );
    return;
  }
  const part = partOf(snapshot, runs, result.merged);
  const forget = await forgottenBy(part, record, options);
  const bytes = log.reduce((sum, { update }) => sum + update.length, 0);
  await change(document, (draft) => {
    const unchanged = draft.record.epoch === record.epoch && draft.record.base === record.base;
    if (!unchanged || draft.pending.length > 0) return;
    const { update } = result;
    draft.compact({ seq: record.head, tag: record.headTag, format: "v2", update }, bytes);
    draft.keepHistory(part, forget);
  });
}

/** Up to which sequence the history goes when a part is added. */
async function forgottenBy(
  part: HistoryPart | undefined,
  record: DocumentRecord,
  { store, history, now }: CompactionOptions,
): Promise<number> {
  return forgottenUpTo(await store.listHistory(record.path), part, record, history, now());
}

/** The snapshot, and the entries after it up to the head that the document has now. */
async function readAll(document: HubDocument, store: Store) {
  const { path, record } = document;
  const snapshot = await store.readSnapshot(path);
  const all = await store.readLog(path, record.base, Number.POSITIVE_INFINITY);
  const log = all.filter(({ seq }) => seq <= record.head);
  // Another hub on the same store may have put the log into a snapshot, or ended it, between the two.
  const isWhole =
    !store.shared ||
    ((snapshot?.seq ?? 0) === record.base && log.length === record.head - record.base);
  return { snapshot, log, isWhole };
}

/** Most damaging updates that one repair takes out. */
const MAX_DAMAGES = 64;

interface Damaged {
  readonly snapshot: Awaited<ReturnType<Store["readSnapshot"]>>;
  readonly log: readonly LogEntry[];
  readonly damagedBy: number;
  readonly reason: string;
  readonly head: number;
}

/**
 * Takes what damages a document out of it, with all that builds on it: a new epoch, whose snapshot
 * every peer takes instead of what it has. What was taken out is kept in the quarantine.
 */
async function repair(
  document: HubDocument,
  { snapshot, log, damagedBy, reason, head }: Damaged,
  options: CompactionOptions,
): Promise<void> {
  const { path } = document;
  const { compactor, change, report, decides, history } = options;
  if (!decides()) return;
  const removed: LogEntry[] = [];
  let left = log;
  let sound: Compacted | undefined;
  let runs: readonly Run[] = [];
  for (let at = damagedBy; removed.length < MAX_DAMAGES && !sound;) {
    const bad = left[at];
    if (!bad) break;
    const later = left.slice(at + 1);
    const builtOnIt = dependants(
      bad.update,
      later.map(({ update }) => update),
    );
    const gone = new Set([bad, ...builtOnIt.flatMap((index) => later[index] ?? [])]);
    removed.push(...gone);
    left = left.filter((entry) => !gone.has(entry));
    runs = history.keep > 0 ? runsOf(left) : [];
    const result = await compactor({
      snapshot,
      updates: left.map(({ update }) => update),
      runs: runs.map((run) => run.length),
    });
    if ("damagedBy" in result) at = result.damagedBy;
    else sound = result;
  }
  const author = removed[0]?.author;
  if (!sound || author === undefined) {
    report(
      new CroftError("store/corrupt", `${path} holds content that cannot be loaded: ${reason}.`, {
        path,
        hint: "Its snapshot is damaged. Go back to a backup, or delete the document.",
      }),
    );
    return;
  }
  const { update, clocks } = sound;
  const part = partOf(snapshot, runs, sound.merged);
  const forget = await forgottenBy(part, document.record, options);
  let repaired = false;
  await change(document, (draft) => {
    // More has come since: the next compaction looks at that too.
    repaired = draft.record.head === head && draft.record.base === (snapshot?.seq ?? 0);
    if (!repaired) return;
    draft.repair({ update, clocks, removed, reason });
    draft.keepHistory(part, forget);
  });
  if (!repaired) return;
  report(
    new CroftError("update/invalid", `${author} damaged ${path}: ${reason}.`, {
      path,
      hint: `It was repaired: ${removed.length} updates are in the quarantine, all other edits stay.`,
    }),
  );
}
