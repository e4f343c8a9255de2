/**
 * What a transaction changes in the log of a collection: keys with a value before and one after. What it sets counts
 * as the last that was set, whatever others set since: it is to be put back as a new edit.
 */

import type * as Y from "yjs";
import { byStamp, type Placed, placedEntries } from "../collection/key-log.ts";
import { plainKey } from "../collection/layout.ts";

/** What became of one key; `undefined` is no value. */
export interface KeyChange {
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** As {@link KeyChange}, by the key as it is stored. */
export interface StoredChange extends KeyChange {
  /** Whether it was set, and others have set it since, maybe in another life of the record: their value holds. */
  readonly isSetSince: boolean;
}

/** Tells of an item whether a transaction made it, and whether it deleted it. */
export interface ItemChanges {
  readonly isNew: (item: Y.Item) => boolean;
  readonly isDeletedNow: (item: Y.Item) => boolean;
}

/** The keys that changed, as people know them; nothing if what changed is no log. */
export function describeLog(log: Log, items: ItemChanges): readonly KeyChange[] | undefined {
  const changes = new Map<string, KeyChange>();
  for (const { key, before, after } of changesOf(log, items) ?? []) {
    const plain = plainKey(key);
    // Of a record that was deleted and made again, both lives.
    const other = changes.get(plain);
    changes.set(plain, {
      key: plain,
      before: other?.before ?? before,
      after: other?.after ?? after,
    });
  }
  return changes.size > 0 ? [...changes.values()] : undefined;
}

/** A shared type that may be a log. */
type Log = Readonly<Pick<Y.Array<unknown>, "_start">>;

/** The keys that changed; nothing if what changed is no log. The items must not have been collected. */
export function changesOf(
  { _start: start }: Log,
  { isNew, isDeletedNow }: ItemChanges,
): readonly StoredChange[] | undefined {
  const before: Placed[] = [];
  const after: Placed[] = [];
  const set: Placed[] = [];
  const touched = new Set<string>();
  for (let item = start; item; item = item.right) {
    const [added, gone] = [isNew(item), item.deleted && isDeletedNow(item)];
    if (item.deleted && !gone) continue;
    const entries = placedEntries(item);
    if ((added || gone) && entries.length < item.length) return undefined;
    if (!added) before.push(...entries);
    if (!gone) after.push(...entries);
    if (added && !gone) set.push(...entries);
    if (added || gone) for (const { key } of entries) touched.add(key);
  }
  if (touched.size === 0) return undefined;
  const [was, is, own] = [holding(before), holding(after), holding(set)];
  const stamps = new Map<string, number>();
  for (const { key, stamp } of was.values()) {
    const plain = plainKey(key);
    stamps.set(plain, Math.max(stamp, stamps.get(plain) ?? stamp));
  }
  return [...touched].toSorted().map((key) => {
    const [{ value: now } = NOTHING, last] = [is.get(key), own.get(key)];
    const isLast = last && is.get(key) === last && last.stamp > (stamps.get(plainKey(key)) ?? -1);
    return {
      key,
      before: was.get(key)?.value,
      after: last ? last.value : now,
      // What hides a value of an older version only removes it.
      isSetSince: last?.value !== undefined && !isLast,
    };
  });
}

const NOTHING: { readonly value?: undefined } = {};

function holding(entries: readonly Placed[]): ReadonlyMap<string, Placed> {
  return new Map(
    entries
      .toSorted(byStamp)
      .toReversed()
      .map((entry) => [entry.key, entry]),
  );
}
