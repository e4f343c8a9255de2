/**
 * Checks JSON on its bytes, without building its value: what passes is accepted by `JSON.parse`,
 * is not nested too deeply and has no forbidden key. (`JSON.parse` itself takes a nesting that
 * `JSON.stringify` then cannot write again, which poisons a document for good.)
 */

import { decodeText } from "./byte-reader.ts";
import { isForbiddenKey, isForbiddenKeyAt } from "./forbidden-key.ts";
import { MalformedUpdate } from "./malformed.ts";

/**
 * Checks that the bytes from `start` to `end`, which are UTF-8, are one JSON text.
 *
 * @throws {@link MalformedUpdate} `json`, `depth` or `key`.
 */
export function scanJson(bytes: Uint8Array, start: number, end: number, maxDepth: number): void {
  const at = space(bytes, value(bytes, space(bytes, start, end), end, maxDepth), end);
  if (at !== end) throw notJson();
}

// Each function starts at `at`, and returns the offset after what it has passed.

function value(bytes: Uint8Array, at: number, end: number, depth: number): number {
  switch (at < end ? bytes[at] : undefined) {
    case 0x22: // "
      return string(bytes, at + 1, end);
    case 0x7b: // {
      return object(bytes, at + 1, end, depth);
    case 0x5b: // [
      return array(bytes, at + 1, end, depth);
    case 0x74:
      return word(bytes, at, end, TRUE);
    case 0x66:
      return word(bytes, at, end, FALSE);
    case 0x6e:
      return word(bytes, at, end, NULL);
    default:
      return number(bytes, at, end);
  }
}

function object(bytes: Uint8Array, at: number, end: number, depth: number): number {
  if (depth <= 0) throw tooDeep();
  at = space(bytes, at, end);
  if (at < end && bytes[at] === 0x7d) return at + 1;
  for (;;) {
    const key = expect(bytes, space(bytes, at, end), end, 0x22);
    at = string(bytes, key, end);
    refuseKey(bytes, key, at - 1);
    at = expect(bytes, space(bytes, at, end), end, 0x3a); // :
    at = space(bytes, value(bytes, space(bytes, at, end), end, depth - 1), end);
    if (at < end && bytes[at] === 0x7d) return at + 1;
    at = expect(bytes, at, end, 0x2c);
  }
}

function array(bytes: Uint8Array, at: number, end: number, depth: number): number {
  if (depth <= 0) throw tooDeep();
  at = space(bytes, at, end);
  if (at < end && bytes[at] === 0x5d) return at + 1;
  for (;;) {
    at = space(bytes, value(bytes, space(bytes, at, end), end, depth - 1), end);
    if (at < end && bytes[at] === 0x5d) return at + 1;
    at = expect(bytes, at, end, 0x2c);
  }
}

function refuseKey(bytes: Uint8Array, start: number, end: number): void {
  // An escape (`\u005f_proto__`) hides a key from a comparison of bytes.
  const hidden = bytes.subarray(start, end).includes(0x5c);
  const forbidden = hidden
    ? isForbiddenKey(String(JSON.parse(`"${decodeText(bytes, start, end)}"`)))
    : isForbiddenKeyAt(bytes, start, end);
  if (forbidden) throw new MalformedUpdate("key", "a JSON value has a forbidden key");
}

/** From after the opening quote to after the closing one. */
function string(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at++] ?? 0;
    if (byte === 0x22) return at;
    if (byte < 0x20) throw notJson();
    if (byte === 0x5c) at = escape(bytes, at, end);
  }
  throw notJson();
}

function escape(bytes: Uint8Array, at: number, end: number): number {
  const byte = at < end ? (bytes[at] ?? 0) : 0;
  if (byte === 0x75) {
    for (let i = 1; i <= 4; i++) if (at + i >= end || !isHex(bytes[at + i] ?? 0)) throw notJson();
    return at + 5;
  }
  if (!'"\\/bfnrt'.includes(String.fromCharCode(byte))) throw notJson();
  return at + 1;
}

function number(bytes: Uint8Array, at: number, end: number): number {
  if (at < end && bytes[at] === 0x2d) at++;
  const whole = at;
  at = digits(bytes, at, end);
  if (bytes[whole] === 0x30 && at > whole + 1) throw notJson(); // 01
  if (at < end && bytes[at] === 0x2e) at = digits(bytes, at + 1, end);
  const exponent = at < end ? bytes[at] : undefined;
  if (exponent === 0x65 || exponent === 0x45) {
    at++;
    if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++;
    at = digits(bytes, at, end);
  }
  return at;
}

function digits(bytes: Uint8Array, at: number, end: number): number {
  const first = at;
  while (at < end && isDigit(bytes[at] ?? 0)) at++;
  if (at === first) throw notJson();
  return at;
}

const TRUE = new TextEncoder().encode("true");
const FALSE = new TextEncoder().encode("false");
const NULL = new TextEncoder().encode("null");

function word(bytes: Uint8Array, at: number, end: number, expected: Uint8Array): number {
  for (const byte of expected) {
    if (at >= end || bytes[at] !== byte) throw notJson();
    at++;
  }
  return at;
}

function expect(bytes: Uint8Array, at: number, end: number, byte: number): number {
  if (at >= end || bytes[at] !== byte) throw notJson();
  return at + 1;
}

function space(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at++;
  }
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

function notJson(): MalformedUpdate {
  return new MalformedUpdate("json", "an embed or a format is not JSON");
}

function tooDeep(): MalformedUpdate {
  return new MalformedUpdate("depth", "a JSON value is nested too deeply");
}
