/** A `Y.Doc` by itself in the place of an open document: for collections, with nothing between them and Yjs. */

import * as Y from "yjs";
import type { CollectionDocument } from "../collection/layers.ts";
import { KeyLog } from "../collection/key-log.ts";
import { parseKey, plainKey, recordKey } from "../collection/layout.ts";
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
  const never = () => () => undefined;
  return { path: parseDocPath("board/main"), doc, state, onState: never, onReset: never };
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

/** The keys and values of a collection as they are stored, under its root type; keys without the lives of records. */
export function storedIn(doc: Y.Doc, root: string): ReadonlyMap<string, unknown> {
  const log = new KeyLog(doc.getArray(root));
  return new Map([...log.keys()].map((key) => [plainKey(key), log.get(key)]));
}

/** Writes keys of a collection past its checks, as another program might: in the lives that its records have. */
export function writeIn(doc: Y.Doc, root: string, values: Readonly<Record<string, unknown>>): void {
  doc.transact((transaction) => {
    const log = new KeyLog(doc.getArray(root));
    const records = [...log.keys()].flatMap((key) => parseKey(key) ?? []);
    const written = Object.entries(values).flatMap(([key, value]) => {
      const id = parseKey(key)?.id;
      const lives = records.filter((each) => each.id === id && each.field === "");
      if (id === undefined || lives.length === 0) return [[key, value] as const];
      const rest = key.slice(recordKey(id).length);
      return lives.map(({ life }) => [recordKey(id, life) + rest, value] as const);
    });
    log.write(transaction, new Map(written));
  });
}
