/** Everything that a store has of a document, read at once: the slow paths need it. */

import type { DocPath } from "../doc-path.ts";
import type { Store } from "../store/store.ts";
import { mergeUpdates, toV1 } from "../update/yjs-format.ts";
import type { DocumentContent } from "./draft.ts";

/** The whole content, pending entries too. */
export async function readContent(store: Store, path: DocPath): Promise<DocumentContent> {
  const snapshot = await store.readSnapshot(path);
  const entries = await store.readLog(path, 0, Number.POSITIVE_INFINITY);
  const updates = entries.map(({ update }) => update);
  return { updates: snapshot ? [toV1(snapshot), ...updates] : updates };
}

/** Everything that the hub above has accepted, as one update (v1). */
export async function readAcceptedState(store: Store, path: DocPath): Promise<Uint8Array> {
  const snapshot = await store.readSnapshot(path);
  const log = await store.readLog(path, 0, Number.POSITIVE_INFINITY);
  const accepted = log.filter(({ pending }) => !pending).map(({ update }) => update);
  return mergeUpdates(snapshot ? [toV1(snapshot), ...accepted] : accepted);
}
