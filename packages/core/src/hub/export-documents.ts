/** Everything that documents hold, one after the other, for whoever runs a hub: to take them elsewhere. No history, no deleted ones. */

import type { DocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import type { DocumentRecord, Store } from "../store/store.ts";
import { toV1 } from "../update/yjs-format.ts";
import { compactHere } from "./compaction.ts";
import type { Hub } from "./hub.ts";
import { isDeleted } from "./hub-document.ts";

/** A document with all that is in it. */
export interface ExportedDocument {
  readonly path: DocPath;
  /** One Yjs update (v1). */
  readonly update: Uint8Array;
  /** Milliseconds since 1970 of the last change. */
  readonly changedAt: number;
}

/** Rows that are read at once. */
const PAGE = 200;
/** How often a document is read again that is compacted meanwhile. */
const TRIES = 20;

/**
 * Reads the documents below a prefix by their path, one at a time, each as it is at that moment; others may go on writing. Of a hub, or
 * of a store that another process has.
 *
 * @throws {@link CroftError} `store/…` when the store cannot be read.
 * @example
 * ```ts
 * for await (const { path, update } of exportDocuments(hub, "notes/")) console.log(path, update.length);
 * ```
 */
export function exportDocuments(
  from: Hub | Store,
  prefix = "",
): AsyncGenerator<ExportedDocument, void, undefined> {
  return readDocuments("core" in from ? from.core.store : from, prefix);
}

async function* readDocuments(
  store: Store,
  prefix: string,
): AsyncGenerator<ExportedDocument, void, undefined> {
  let after: DocPath | undefined;
  for (;;) {
    const page = await store.listDocuments(prefix, { limit: PAGE, ...(after && { after }) });
    for (const record of page) {
      const exported = await readDocument(store, record);
      if (exported) yield exported;
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.path;
  }
}

async function readDocument(
  store: Store,
  { path }: DocumentRecord,
): Promise<ExportedDocument | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const snapshot = await store.readSnapshot(path);
    const log = await store.readLog(path, snapshot?.seq ?? 0, Number.POSITIVE_INFINITY);
    const record = (await store.loadDocument(path))?.record;
    if (!record || isDeleted(record)) return undefined;
    // Compacted in between: what was between the two reads is in neither.
    if (record.base !== (snapshot?.seq ?? 0)) continue;
    if (record.head === 0) return undefined;
    const compacted = await compactHere({ snapshot, updates: log.map(({ update }) => update) });
    if ("damagedBy" in compacted)
      throw new CroftError("update/invalid", compacted.reason, { path });
    const update = toV1({ format: "v2", update: compacted.update });
    return { path, update, changedAt: record.changedAt };
  }
  throw new CroftError("store/failed", `${path} is compacted again and again.`, { path });
}
