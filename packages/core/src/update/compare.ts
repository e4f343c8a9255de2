/**
 * Compares structs that a document has by their clock with the ones it really has (SYNC rule 7):
 * equal ones may be acknowledged, different ones are a fork. How runs of clocks are cut into
 * structs does not matter. The slow path: correctness before speed.
 */

import { sameBytes } from "./byte-reader.ts";
import { Kind } from "./content.ts";
import { type Id, type Piece, readPiece, type Stretch } from "./piece.ts";
import { sameContent } from "./same-content.ts";
import { StructReader } from "./struct-reader.ts";

/**
 * Whether all structs of `update` below the state vector are those of the stored updates.
 *
 * @param stored Everything that the document has: its snapshot (v1) and its log.
 * @param update Has passed the inspector.
 * @param clock The document's state vector.
 */
export function compareStructs(
  stored: readonly Uint8Array[],
  update: Uint8Array,
  clock: (client: number) => number,
): "equal" | "different" {
  const wanted = collectKnown(update, clock);
  if (wanted.size === 0) return "equal";
  for (const bytes of stored) if (!compareWith(bytes, wanted)) return "different";
  for (const pieces of wanted.values()) {
    // What is below the state vector and yet not stored cannot be called equal.
    if (pieces.some((piece) => piece.open.length > 0)) return "different";
  }
  return "equal";
}

interface Wanted extends Piece {
  /** The runs of clocks that have not been seen in the store yet. */
  open: readonly Stretch[];
}

function collectKnown(
  update: Uint8Array,
  clock: (client: number) => number,
): ReadonlyMap<number, readonly Wanted[]> {
  const known = new Map<number, Wanted[]>();
  const reader = new StructReader(update);
  while (reader.nextSection()) {
    const have = clock(reader.client);
    const pieces: Wanted[] = [];
    while (reader.nextStruct()) {
      if (reader.clock >= have || reader.kind === Kind.skip) continue;
      const piece = readPiece(reader);
      pieces.push({ ...piece, open: [[piece.clock, Math.min(piece.end, have)]] });
    }
    if (pieces.length > 0) known.set(reader.client, pieces);
  }
  return known;
}

/** Compares with one stored update, and closes what it has; false for a difference. */
function compareWith(bytes: Uint8Array, wanted: ReadonlyMap<number, readonly Wanted[]>): boolean {
  const reader = new StructReader(bytes);
  while (reader.nextSection()) {
    const pieces = wanted.get(reader.client);
    let next = pieces ? firstEndingAfter(pieces, reader.clock) : 0;
    while (reader.nextStruct()) {
      if (!pieces || reader.kind === Kind.skip) continue;
      const end = reader.clock + reader.length;
      // Both sides ascend: what ends before this struct meets no later one either.
      while ((pieces[next]?.end ?? Infinity) <= reader.clock) next++;
      let stored: Piece | undefined;
      for (let i = next; i < pieces.length; i++) {
        const piece = pieces[i];
        if (!piece || piece.clock >= end) break;
        stored ??= readPiece(reader);
        if (!samePiece(stored, piece)) return false;
        piece.open = without(piece.open, stored.clock, stored.end);
      }
    }
  }
  return true;
}

/** The place of the first piece that ends after `clock`. */
function firstEndingAfter(pieces: readonly Piece[], clock: number): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pieces[middle]?.end ?? Infinity) <= clock) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether two pieces that have clocks in common are the same there. */
function samePiece(a: Piece, b: Piece): boolean {
  // Of collected structs nothing is left to compare.
  if (a.kind === Kind.gc || b.kind === Kind.gc) return true;
  const from = Math.max(a.clock, b.clock);
  const to = Math.min(a.end, b.end);
  if (!sameId(originAt(a, from), originAt(b, from)) || !sameId(a.right, b.right)) return false;
  if (a.clock === b.clock && !sameParent(a, b)) return false;
  if (a.kind === Kind.deleted || b.kind === Kind.deleted) return true;
  return a.kind === b.kind && sameContent(a, b, from, to);
}

/** The origin of one clock: within a run it is the clock before. */
function originAt(piece: Piece, clock: number): Id {
  return clock > piece.clock ? [piece.client, clock - 1] : piece.origin;
}

function sameParent(a: Piece, b: Piece): boolean {
  return (
    sameId(a.parent, b.parent) &&
    sameBytes(a.bytes, ...a.root, b.bytes, ...b.root) &&
    sameBytes(a.bytes, ...a.key, b.bytes, ...b.key) &&
    // An empty key is a key.
    a.key[0] < 0 === b.key[0] < 0 &&
    a.root[0] < 0 === b.root[0] < 0
  );
}

function sameId(a: Id, b: Id): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

function without(open: readonly Stretch[], from: number, to: number): readonly Stretch[] {
  const left: Stretch[] = [];
  for (const [start, end] of open) {
    if (start < from) left.push([start, Math.min(end, from)]);
    if (end > to) left.push([Math.max(start, to), end]);
  }
  return left;
}
