/**
 * Compaction: when it is worth it, and how a log and its snapshot become a new snapshot. Merging
 * bytes without a document never collects garbage, so a garbage-collecting `Y.Doc` loads them,
 * away from the hot path; on a server a worker thread does it.
 */

import * as Y from "yjs";
import type { DocumentRecord, StoredSnapshot } from "../store/store.ts";
import { contentHash } from "../update/content-hash.ts";
import { mergeUpdates } from "../update/yjs-format.ts";
import { isWellPlaced } from "./well-placed.ts";

/** A document's accepted content: the snapshot, if there is one, and the entries after it. */
export interface CompactionInput {
  readonly snapshot: Pick<StoredSnapshot, "format" | "update"> | undefined;
  readonly updates: readonly Uint8Array[];
  /** How many of the updates, one after the other, are to be merged into one: for the history. Default: none. */
  readonly runs?: readonly number[];
}

/** What became of it: one of the two. */
export type CompactionResult = Compacted | Damage;

/** A snapshot, and what it was checked against. */
export interface Compacted {
  /** Yjs update encoding v2, which is smaller than v1. */
  readonly update: Uint8Array;
  /** The state vector of the loaded document, to check against what the hub counted. */
  readonly clocks: ReadonlyMap<number, number>;
  /** As of `contentHash`. */
  readonly hash: string;
  /** One update for each of the runs that were asked for; none where they cannot be merged. */
  readonly merged: readonly Uint8Array[];
}

/** An update that is sound as bytes and yet cannot be in the document. */
export interface Damage {
  /** Which of the updates brings it; -1 for the snapshot. */
  readonly damagedBy: number;
  /** For a person. */
  readonly reason: string;
}

/** Does the work; may run elsewhere. */
export type Compactor = (input: CompactionInput) => Promise<CompactionResult>;

/** Entries after which a log is worth compacting, if it has some bytes at all. */
const ENTRIES = 500;
/** Bytes below which a log is left alone. */
const MIN_BYTES = 32 * 1024;
/** Bytes after which a log is compacted, whatever its number of entries. */
const MAX_BYTES = 1024 * 1024;

/**
 * Whether a document's log should be compacted. A log must grow to a quarter of its snapshot
 * first, so that the work stays in proportion to what was written.
 */
export function shouldCompact({ head, base, logBytes, snapshotBytes }: DocumentRecord): boolean {
  if (logBytes < Math.max(MIN_BYTES, snapshotBytes / 4)) return false;
  return head - base >= ENTRIES || logBytes >= MAX_BYTES;
}

/** Compacts in this thread. */
export const compactHere: Compactor = (input) => {
  const loaded = load(input, input.updates.length);
  if ("damage" in loaded) return Promise.resolve(findDamage(input, loaded.damage));
  const { doc } = loaded;
  try {
    const update = Y.encodeStateAsUpdateV2(doc);
    const hash = contentHash(doc);
    if (!yields(update, hash)) {
      return Promise.reject(new Error("the snapshot does not yield the content of the log"));
    }
    const clocks = Y.decodeStateVector(Y.encodeStateVector(doc));
    return Promise.resolve({ update, clocks, hash, merged: mergeRuns(input, hash) });
  } finally {
    doc.destroy();
  }
};

/** The runs merged, or none where what others wrote does not survive it: then the history keeps their entries as they are. */
function mergeRuns({ snapshot, updates, runs = [] }: CompactionInput, hash: string): Uint8Array[] {
  if (runs.length === 0) return [];
  const doc = new Y.Doc({ guid: "compaction" });
  try {
    let from = 0;
    const merged = runs.map((count) => mergeUpdates(updates.slice(from, (from += count))));
    doc.transact(() => {
      if (snapshot) applyFormat(doc, snapshot);
      for (const update of merged) Y.applyUpdate(doc, update);
    });
    return contentHash(doc) === hash ? merged : [];
  } catch {
    return [];
  } finally {
    doc.destroy();
  }
}

/** Whether a snapshot (v2) yields content with this hash: only then the entries that it stands for may go. */
export function yields(snapshot: Uint8Array, hash: string): boolean {
  const doc = new Y.Doc({ guid: "compaction" });
  try {
    Y.applyUpdateV2(doc, snapshot);
    return contentHash(doc) === hash;
  } finally {
    doc.destroy();
  }
}

/** The document with the first `count` updates, or what is wrong with it. */
function load(
  { snapshot, updates }: CompactionInput,
  count: number,
): { readonly doc: Y.Doc } | { readonly damage: string } {
  const doc = new Y.Doc({ guid: "compaction" });
  try {
    doc.transact(() => {
      if (snapshot) applyFormat(doc, snapshot);
      for (const update of updates.slice(0, count)) Y.applyUpdate(doc, update);
    });
    if (isWellPlaced(doc)) return { doc };
    doc.destroy();
    return { damage: "it puts content beside neighbours that are in another order or elsewhere" };
  } catch (error) {
    doc.destroy();
    return {
      damage: `Yjs cannot load it: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** The first update with which the document cannot be loaded: what is damaged stays so. */
function findDamage(input: CompactionInput, reason: string): Damage {
  let sound = -1;
  let damaged = input.updates.length;
  let found = reason;
  while (damaged - sound > 1) {
    const middle = Math.floor((sound + damaged) / 2);
    const loaded = load(input, middle);
    if ("doc" in loaded) {
      loaded.doc.destroy();
      sound = middle;
    } else {
      damaged = middle;
      found = loaded.damage;
    }
  }
  return { damagedBy: damaged - 1, reason: found };
}

/** Whether a compacted document has exactly the clocks that the hub counted from the bytes. */
export function sameClocks(
  clocks: ReadonlyMap<number, number>,
  counted: ReadonlyMap<number, { readonly clock: number }>,
): boolean {
  if (clocks.size !== counted.size) return false;
  for (const [client, clock] of clocks) if (counted.get(client)?.clock !== clock) return false;
  return true;
}

function applyFormat(
  doc: Y.Doc,
  { format, update }: Pick<StoredSnapshot, "format" | "update">,
): void {
  if (format === "v1") Y.applyUpdate(doc, update);
  else Y.applyUpdateV2(doc, update);
}
