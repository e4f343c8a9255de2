/** Places in a text that becomes another one. */

import type * as Y from "yjs";

/** A part of a text that is replaced: `from` to `to` of the one before, by `insert`. */
export interface Replaced {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/**
 * What makes `after` of `before`, as one replacement; nothing if they are the same. `end`: where what was inserted
 * ends in `after`, if that is known: which of several equal letters was typed only the caret tells.
 */
export function difference(
  before: string,
  after: string,
  end = after.length,
): Replaced | undefined {
  if (before === after) return undefined;
  let right = 0;
  const mostRight = Math.min(after.length - end, before.length);
  while (right < mostRight && before.at(-1 - right) === after.at(-1 - right)) right++;
  const mostLeft = Math.min(before.length, after.length) - right;
  let left = 0;
  while (left < mostLeft && before[left] === after[left]) left++;
  if (end === after.length) {
    const most = Math.min(before.length, after.length) - left;
    while (right < most && before.at(-1 - right) === after.at(-1 - right)) right++;
  }
  // Not through an emoji: half of one is no text.
  if (isHigh(before, left - 1) || isHigh(after, left - 1)) left--;
  if (isLow(before, before.length - right) || isLow(after, after.length - right)) right--;
  return { from: left, to: before.length - right, insert: after.slice(left, after.length - right) };
}

/**
 * Where a place is after a replacement. What is inserted at the place itself comes after it, or with `right`
 * before it.
 */
export function movedBy({ from, to, insert }: Replaced, place: number, right = false): number {
  if (right ? place < from : place <= from) return place;
  return place >= to ? place + insert.length - (to - from) : from + insert.length;
}

/** What a Yjs event tells, as replacements one after the other. */
export function replacementsOf(
  delta: readonly Pick<Y.YTextEvent["delta"][number], "insert" | "delete" | "retain">[],
): readonly Replaced[] {
  const all: Replaced[] = [];
  let at = 0;
  for (const { insert, delete: gone = 0, retain = 0 } of delta) {
    at += retain;
    if (gone > 0) all.push({ from: at, to: at + gone, insert: "" });
    if (insert === undefined) continue;
    // What is no text is one character long.
    const text = typeof insert === "string" ? insert : "\uFFFC";
    all.push({ from: at, to: at, insert: text });
    at += text.length;
  }
  return all;
}

/** Where a selection is after replacements: what others insert beside it is no part of it. */
export function selectionAfter(
  changes: readonly Replaced[],
  start: number,
  end: number,
): readonly [start: number, end: number] {
  let [from, to] = [start, end];
  for (const change of changes) {
    const isCaret = from === to;
    from = movedBy(change, from, !isCaret);
    to = isCaret ? from : Math.max(from, movedBy(change, to));
  }
  return [from, to];
}

/** What somebody did and what others did to the same text: each as it is after the other. */
export function besideEachOther(
  mine: Replaced,
  others: readonly Replaced[],
): { readonly mine: Replaced; readonly others: readonly Replaced[] } {
  let own = mine;
  const after: Replaced[] = [];
  for (const change of others) {
    after.push(...othersAfter(own, change));
    const [from, to] = selectionAfter([change], own.from, own.to);
    own = { from, to, insert: own.insert };
  }
  return { mine: own, others: after };
}

function othersAfter(own: Replaced, { from, to, insert }: Replaced): readonly Replaced[] {
  const isInsert = own.from === own.to;
  if (from === to) {
    const at = movedBy(own, from, isInsert);
    return [{ from: at, to: at, insert }];
  }
  if (isInsert && from < own.from && own.from < to) {
    // What was typed in the middle of it stays.
    const rest = from + insert.length + own.insert.length;
    return [
      { from, to: own.from, insert },
      { from: rest, to: rest + to - own.from, insert: "" },
    ];
  }
  const [start, end] = selectionAfter([own], from, to);
  return [{ from: start, to: end, insert }];
}

function isHigh(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code < 0xdc00;
}

function isLow(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code < 0xe000;
}
