/**
 * Refused edits of collections, put back after others went on: what was written under a former stamp would not hold
 * over what others wrote since (key-log.ts), and whoever puts an edit back wants to see it. So it is written once
 * more, as an edit of now.
 */

import * as Y from "yjs";
import { KeyLog } from "../collection/key-log.ts";
import { parseKey } from "../collection/layout.ts";
import type { QuarantineRecord } from "../store/store.ts";
import { firstClocksOf } from "../update/clocks.ts";
import { itemChanges } from "./describe-changes.ts";
import { changesOf } from "./describe-log.ts";
import { editsApart } from "./refused-edits.ts";

/** Keys of logs with their refused values, by root type. */
type RefusedKeys = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** The keys that refused edits set and others set since, on top of the accepted state (a Yjs update, v1). */
export function keysSetSince(
  { path, updates }: QuarantineRecord,
  acceptedState: Uint8Array,
): RefusedKeys {
  const found = new Map<string, ReadonlyMap<string, unknown>>();
  // Part of a counter: what the same author added since is the sum of all.
  const authors = new Set([...firstClocksOf(updates).keys()].map((client) => client.toString(36)));
  const doc = new Y.Doc({ guid: path, gc: false });
  Y.applyUpdate(doc, acceptedState);
  doc.on("afterTransaction", (transaction: Y.Transaction) => {
    for (const [root, type] of doc.share) {
      if (!transaction.changed.has(type)) continue;
      const since = (changesOf(type, itemChanges(transaction)) ?? []).filter(
        ({ key, isSetSince }) => isSetSince && !authors.has(parseKey(key)?.part ?? ""),
      );
      if (since.length > 0) found.set(root, new Map(since.map(({ key, after }) => [key, after])));
    }
  });
  Y.applyUpdate(doc, editsApart(updates, acceptedState));
  doc.destroy();
  return found;
}

/** Sets keys of logs once more. */
export function setAgain(doc: Y.Doc, keys: RefusedKeys): void {
  doc.transact((transaction) => {
    for (const [root, values] of keys) new KeyLog(doc.getArray(root)).write(transaction, values);
  }, "quarantine");
}
