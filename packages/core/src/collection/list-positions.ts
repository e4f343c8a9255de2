/**
 * Where items of a list go: positions are fractional indexes, so that an insertion or a move writes one key,
 * and two people who move the same item agree on one place.
 */

import { generateNKeysBetween } from "fractional-indexing";

/** An item and where it is. */
export interface Positioned {
  readonly id: string;
  readonly position: string;
}

/** Positions for what is inserted, and for items that must make room. */
export interface Positions {
  readonly inserted: readonly string[];
  /** Two people chose the same position at once, and something is to go between. */
  readonly moved: readonly Positioned[];
}

/** Positions of `count` things that go before the item at `index` of an ordered list. */
export function positionsAt(items: readonly Positioned[], index: number, count: number): Positions {
  const before = items[index - 1]?.position ?? "";
  let end = index;
  while (end < items.length && (items[end]?.position ?? "") <= before) end++;
  const after = items[end]?.position ?? null;
  const crowded = items.slice(index, end);
  try {
    const keys = generateNKeysBetween(before || null, after, count + crowded.length);
    return {
      inserted: keys.slice(0, count),
      moved: crowded.map(({ id }, at) => ({ id, position: keys[count + at] ?? "" })),
    };
  } catch {
    // Somebody wrote what is no position: all are given anew.
    const keys = generateNKeysBetween(null, null, items.length + count);
    const moved = items.map(({ id }, at) => {
      return { id, position: keys[at < index ? at : at + count] ?? "" };
    });
    return { inserted: keys.slice(index, index + count), moved };
  }
}
