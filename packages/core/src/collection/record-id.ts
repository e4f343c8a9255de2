/** Ids of records and of list items: random, short, and safe in a doc path and an address. */

import { digest } from "lib0/hash/sha256";
import { CroftError } from "../errors.ts";
import { randomBytes } from "../ids.ts";

/** No vowels and nothing that is mistaken for another: no words come about. */
const DIGITS = "0123456789bcdfghjkmnpqrstvwxyzBC";

/** A new id for a record: 80 random bits, 16 characters. */
export function createRecordId(): string {
  return randomDigits(16);
}

/**
 * The id of a record that every device would make the same: the same parts give the same id everywhere, others
 * another one. For imports and for records that a program generates: two devices that make the same record offline
 * make one, which merges field by field.
 *
 * 80 bits of the SHA-256 of the parts as a JSON array: texts count character by character, so normalize them first if
 * they come from several sources.
 *
 * @throws CroftError `input/invalid` without parts, or for a number that JSON does not have.
 * @example
 * ```ts
 * const id = recordIdFrom("calendar", "2026-11-27", 3); // on every device
 * ```
 */
export function recordIdFrom(...parts: readonly (string | number | boolean | null)[]): string {
  const isPlain = parts.every((part) => typeof part !== "number" || Number.isFinite(part));
  if (parts.length === 0 || !isPlain) {
    throw new CroftError("input/invalid", "An id is made from texts and finite numbers.", {
      hint: 'Give what the record stands for, as `recordIdFrom("import", row.key)`.',
    });
  }
  const hash = digest(new TextEncoder().encode(JSON.stringify(parts)));
  return digitsOf(hash.subarray(0, 16));
}

/** A new id for an item of a list: 50 random bits, 10 characters. */
export function createItemId(): string {
  return randomDigits(10);
}

/** A new life of a record: 20 random bits, 4 characters. It must differ from the former ones of one id. */
export function createLife(): string {
  return randomDigits(4);
}

function randomDigits(length: number): string {
  return digitsOf(randomBytes(length));
}

/** A digit for each byte, of 5 bits of it. */
function digitsOf(bytes: Uint8Array): string {
  let id = "";
  for (const byte of bytes) id += DIGITS.charAt(byte % DIGITS.length);
  return id;
}
