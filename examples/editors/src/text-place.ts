/** Places in a text that becomes another one. */

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

/** Where a place is after a replacement. */
export function movedBy({ from, to, insert }: Replaced, place: number): number {
  if (place <= from) return place;
  return place >= to ? place + insert.length - (to - from) : from + insert.length;
}

function isHigh(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code < 0xdc00;
}

function isLow(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code < 0xe000;
}
