/** A `Y.Doc` by itself in the place of an open document: for collections, with nothing between them and Yjs. */

import * as Y from "yjs";
import type { CollectionDocument } from "../collection/layers.ts";
import { parseDocPath } from "../doc-path.ts";

/** Everything may be done with it, and it is never built anew. */
export function plainDocument(doc: Y.Doc): CollectionDocument {
  const state = {
    access: "write",
    ready: true,
    live: true,
    saved: "server",
    waiting: 0,
    deleted: false,
    error: undefined,
  } as const;
  return { path: parseDocPath("board/main"), doc, state, onReset: () => () => undefined };
}

/** What each of these documents has, all have. */
export function meet(...docs: readonly Y.Doc[]): void {
  for (const from of docs) {
    for (const to of docs) {
      if (from === to) continue;
      Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)));
    }
  }
}
