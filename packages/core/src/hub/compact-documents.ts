/** Compacts documents in the background: one compaction of a document at a time. */

import type { DocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { type Compactor, sameClocks, shouldCompact } from "./compaction.ts";
import type { Draft } from "./draft.ts";
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
}

/** Compacts what has grown. */
export interface Compaction {
  /** Compacts a document if that is worth it; resolves when it is done. */
  consider(document: HubDocument): Promise<void>;
}

/** Creates the {@link Compaction} of a hub. */
export function createCompaction(options: CompactionOptions): Compaction {
  const running = new Set<HubDocument>();
  return {
    async consider(document) {
      if (running.has(document) || document.pending.length > 0) return;
      if (!shouldCompact(document.record, document.snapshotBytes)) return;
      running.add(document);
      try {
        const held = await options.hold(document.path);
        try {
          if (held === document) await compact(document, options);
        } finally {
          options.release(document.path);
        }
      } finally {
        running.delete(document);
      }
    },
  };
}

async function compact(
  document: HubDocument,
  { store, compactor, change, report }: CompactionOptions,
): Promise<void> {
  const { path, record } = document;
  const counted = new Map(document.claims);
  const snapshot = await store.readSnapshot(path);
  document.snapshotBytes = snapshot?.update.length ?? 0;
  if (!shouldCompact(record, document.snapshotBytes)) return;
  const log = await store.readLog(path, record.base, Number.POSITIVE_INFINITY);
  const updates = log.filter(({ seq }) => seq <= record.head).map(({ update }) => update);
  if (document.record.epoch !== record.epoch || document.pending.length > 0) return;
  const { update, clocks } = await compactor({ snapshot, updates });
  if (!sameClocks(clocks, counted)) {
    report(
      new CroftError(
        "store/corrupt",
        `The log of ${path} does not yield what it promises; it is left as it is.`,
        { path },
      ),
    );
    return;
  }
  const bytes = updates.reduce((sum, { length }) => sum + length, 0);
  await change(document, (draft) => {
    const unchanged = draft.record.epoch === record.epoch && draft.record.base === record.base;
    if (!unchanged || draft.pending.length > 0) return;
    draft.compact({ seq: record.head, tag: record.headTag, format: "v2", update }, bytes);
  });
}
