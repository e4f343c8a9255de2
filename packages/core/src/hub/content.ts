/** Everything that a store has of a document, read at once: the slow paths need it. */

import type { DocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { toV1 } from "../update/yjs-format.ts";
import { compactHere } from "./compaction.ts";
import type { DocumentContent } from "./draft.ts";

/** The whole content, pending entries too. */
export async function readContent(store: Store, path: DocPath): Promise<DocumentContent> {
  const snapshot = await store.readSnapshot(path);
  const entries = await store.readLog(path, 0, Number.POSITIVE_INFINITY);
  return { base: snapshot ? [toV1(snapshot)] : [], entries };
}

/**
 * Everything that the hub above has accepted, as one update (v1): also what it acknowledged, up to number
 * `acknowledged`, without telling where it stands, and is still marked as pending (SYNC rule 4).
 */
export async function readAcceptedState(
  store: Store,
  path: DocPath,
  acknowledged: number,
): Promise<Uint8Array> {
  const snapshot = await store.readSnapshot(path);
  const log = await store.readLog(path, 0, Number.POSITIVE_INFINITY);
  const updates = log
    .filter(({ pending }) => !pending || pending.n <= acknowledged)
    .map(({ update }) => update);
  // Not merged as bytes: of what hostile peers had accepted, that can make an update that Yjs throws on.
  const compacted = await compactHere({ snapshot, updates });
  if ("damagedBy" in compacted) throw new CroftError("update/invalid", compacted.reason, { path });
  return toV1({ format: "v2", update: compacted.update });
}
