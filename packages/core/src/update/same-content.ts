/**
 * Whether two structs hold the same content at clocks that they share. Bytes are compared first;
 * where a replica may have written the same value in other bytes, the values are.
 */

import * as decoding from "lib0/decoding";
import { ByteReader, decodeText, sameBytes } from "./byte-reader.ts";
import { Kind, skipAny } from "./content.ts";
import type { Piece, Stretch } from "./piece.ts";

/** Whether `a` and `b`, of the same kind, hold the same from clock `from` to before `to`. */
export function sameContent(a: Piece, b: Piece, from: number, to: number): boolean {
  switch (a.kind) {
    case Kind.string:
      return sameText(a, b, from, to);
    case Kind.any:
      return sameValues(a, b, from, to);
    case Kind.embed:
    case Kind.format:
      return sameBytes(a.bytes, ...a.content, b.bytes, ...b.content) || sameJson(a, b);
    default:
      // One clock each: the whole content.
      return sameBytes(a.bytes, ...a.content, b.bytes, ...b.content);
  }
}

function sameText(a: Piece, b: Piece, from: number, to: number): boolean {
  const left = readText(a).slice(from - a.clock, to - a.clock);
  const right = readText(b).slice(from - b.clock, to - b.clock);
  if (left === right) return true;
  for (let i = 0; i < left.length; i++) {
    if (!sameUnit(left.charCodeAt(i), right.charCodeAt(i))) return false;
  }
  return true;
}

/** Yjs writes U+FFFD for both halves of a surrogate pair that somebody's edit has split. */
function sameUnit(a: number, b: number): boolean {
  return a === b || (a === 0xfffd && isSurrogate(b)) || (b === 0xfffd && isSurrogate(a));
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

function readText(piece: Piece): string {
  if (piece.text !== undefined) return piece.text;
  const input = new ByteReader(piece.bytes, piece.content[0]);
  input.text();
  piece.text = decodeText(input.bytes, input.textStart, input.textEnd);
  return piece.text;
}

function sameValues(a: Piece, b: Piece, from: number, to: number): boolean {
  for (let clock = from; clock < to; clock++) {
    const left = valueAt(a, clock);
    const right = valueAt(b, clock);
    if (sameBytes(a.bytes, ...left, b.bytes, ...right)) continue;
    if (!sameValue(readAny(a.bytes, left), readAny(b.bytes, right))) return false;
  }
  return true;
}

function valueAt(piece: Piece, clock: number): Stretch {
  const offsets = (piece.values ??= offsetsOfValues(piece));
  const index = clock - piece.clock;
  return [offsets[index] ?? 0, offsets[index + 1] ?? 0];
}

function offsetsOfValues({ bytes, content }: Piece): readonly number[] {
  const input = new ByteReader(bytes, content[0]);
  const values = input.uint();
  const offsets = [input.at];
  for (let i = 0; i < values; i++) {
    skipAny(input, undefined, Infinity);
    offsets.push(input.at);
  }
  return offsets;
}

function readAny(bytes: Uint8Array, [start, end]: Stretch): unknown {
  return decoding.readAny(decoding.createDecoder(bytes.subarray(start, end)));
}

/** The texts of an embed (one) or a format (key and value), the last one as JSON. */
function sameJson(a: Piece, b: Piece): boolean {
  const [leftKey, left] = readJson(a);
  const [rightKey, right] = readJson(b);
  return leftKey === rightKey && sameValue(left, right);
}

function readJson({ bytes, kind, content }: Piece): readonly [key: string, value: unknown] {
  const input = new ByteReader(bytes, content[0]);
  let key = "";
  if (kind === Kind.format) {
    input.text();
    key = decodeText(bytes, input.textStart, input.textEnd);
  }
  input.text();
  return [key, JSON.parse(decodeText(bytes, input.textStart, input.textEnd))];
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (a instanceof Uint8Array !== b instanceof Uint8Array) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && sameValue(own(a, key), own(b, key)));
}

function own(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}
