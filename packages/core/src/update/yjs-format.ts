/** The few places where a hub needs Yjs itself: conversions between its two encodings, on bytes. */

import * as Y from "yjs";

/** An encoded state in either of Yjs' formats. */
export interface EncodedState {
  readonly format: "v1" | "v2";
  readonly update: Uint8Array;
}

/** The state in v1 encoding. */
export function toV1({ format, update }: EncodedState): Uint8Array {
  return format === "v1" ? update : Y.convertUpdateFormatV2ToV1(update);
}

/** Most updates that are merged at once; merging is quadratic in their number. */
const MERGE_AT_ONCE = 64;

/** Merges updates without a document, in a tree of at most 64 at a time. */
export function mergeUpdates(updates: readonly Uint8Array[]): Uint8Array {
  let level = [...updates];
  while (level.length > 1) {
    const merged: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += MERGE_AT_ONCE) {
      const group = level.slice(i, i + MERGE_AT_ONCE);
      const [only] = group;
      merged.push(group.length === 1 && only ? only : Y.mergeUpdates(group));
    }
    level = merged;
  }
  return level[0] ?? EMPTY_UPDATE;
}

/** An update that does nothing: no structs, no deletes. */
export const EMPTY_UPDATE: Uint8Array = new Uint8Array([0, 0]);
