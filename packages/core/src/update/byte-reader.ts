/**
 * Reads lib0's variable-length integers and texts off untrusted bytes: never past their end, and
 * only in the one form in which lib0 writes them, so that equal values have equal bytes. Allocates
 * nothing.
 */

import { MalformedUpdate } from "./malformed.ts";

/** A position in bytes that moves on with each read. */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** Offset of the next byte. */
  at = 0;
  /** Where the text read last starts. */
  textStart = 0;
  /** Where the text read last ends. */
  textEnd = 0;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  /** One byte. */
  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw truncated();
    this.at++;
    return byte;
  }

  /** Passes over `length` bytes. */
  skip(length: number): void {
    if (length > this.bytes.length - this.at) throw truncated();
    this.at += length;
  }

  /** An unsigned integer: 7 bits a byte, least significant first, at most 2^53 - 1. */
  uint(): number {
    const first = this.bytes[this.at];
    if (first === undefined) throw truncated();
    this.at++;
    return first < 0x80 ? first : this.#rest(first & 0x7f, 128);
  }

  /** Passes over a signed integer: as unsigned, but 6 bits in the first byte, after a sign. */
  skipInt(): void {
    const first = this.byte();
    if (first >= 0x80) this.#rest(first & 0x3f, 64);
  }

  #rest(value: number, scale: number): number {
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) {
        throw new MalformedUpdate("integer", "an integer is out of range");
      }
      if (byte < 0x80) {
        if (byte === 0) throw new MalformedUpdate("integer", "an integer is longer than it needs");
        return value;
      }
      scale *= 128;
    }
  }

  /** A count of things that take `size` bytes each, or more. */
  count(size: number): number {
    const count = this.uint();
    if (count * size > this.left) {
      throw new MalformedUpdate("count", `${count} entries are announced in ${this.left} bytes`);
    }
    return count;
  }

  /**
   * Passes over a UTF-8 text, its length in bytes first. Returns its length in UTF-16 units, which
   * are what Yjs counts; `textStart` and `textEnd` say where it is.
   */
  text(): number {
    const length = this.uint();
    const bytes = this.bytes;
    let at = this.at;
    if (length > bytes.length - at) throw truncated();
    const end = at + length;
    this.textStart = at;
    this.textEnd = end;
    this.at = end;
    let units = length;
    while (at < end) {
      const lead = bytes[at++] ?? 0;
      if (lead < 0x80) continue;
      const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
      if (lead < 0xc2 || lead > 0xf4 || end - at < more) throw notText();
      const next = bytes[at] ?? 0;
      // The second byte's range rules out overlong forms, surrogates and what is above U+10FFFF.
      const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
      const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
      if (next < low || next > high) throw notText();
      for (let i = 1; i < more; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) throw notText();
      at += more;
      // Up to three bytes are one unit, four are a surrogate pair.
      units -= more === 1 ? 1 : 2;
    }
    return units;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text between two offsets, which a {@link ByteReader} has checked. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  // TextDecoder costs more than these few steps for the short names that are the rule.
  if (end - start > 24) return decoder.decode(bytes.subarray(start, end));
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Whether two stretches hold the same bytes. */
export function sameBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false;
  for (let i = aEnd - aStart - 1; i >= 0; i--) if (a[aStart + i] !== b[bStart + i]) return false;
  return true;
}

/** The error for bytes that end too early. */
export function truncated(): MalformedUpdate {
  return new MalformedUpdate("truncated", "the update ends too early");
}

function notText(): MalformedUpdate {
  return new MalformedUpdate("text", "a text is not UTF-8");
}
