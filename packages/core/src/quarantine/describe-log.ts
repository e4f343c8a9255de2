/** What a transaction changes in the log of a collection: keys with a value before and one after. */

import type * as Y from "yjs";
import { byStamp, type Placed, placedEntries } from "../collection/key-log.ts";

/** What became of one key; `undefined` is no value. */
export interface KeyChange {
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Tells of an item whether a transaction made it, and whether it deleted it. */
export interface ItemChanges {
  readonly isNew: (item: Y.Item) => boolean;
  readonly isDeletedNow: (item: Y.Item) => boolean;
}

/** The keys that changed; nothing if what changed is no log. The items must not have been collected. */
export function describeLog(
  { _start: start }: { readonly _start: Y.Item | null },
  { isNew, isDeletedNow }: ItemChanges,
): readonly KeyChange[] | undefined {
  const before: Placed[] = [];
  const after: Placed[] = [];
  const touched = new Set<string>();
  for (let item = start; item; item = item.right) {
    const [added, gone] = [isNew(item), item.deleted && isDeletedNow(item)];
    if (item.deleted && !gone) continue;
    const entries = placedEntries(item);
    if ((added || gone) && entries.length < item.length) return undefined;
    if (!added) before.push(...entries);
    if (!gone) after.push(...entries);
    if (added || gone) for (const { key } of entries) touched.add(key);
  }
  if (touched.size === 0) return undefined;
  const [was, is] = [holding(before), holding(after)];
  return [...touched].toSorted().map((key) => ({ key, before: was.get(key), after: is.get(key) }));
}

function holding(entries: readonly Placed[]): ReadonlyMap<string, unknown> {
  return new Map(
    entries
      .toSorted(byStamp)
      .toReversed()
      .map(({ key, value }) => [key, value]),
  );
}
