/** Ids of records and of list items: random, short, and safe in a doc path and an address. */

import { randomBytes } from "../ids.ts";

/** No vowels and nothing that is mistaken for another: no words come about. */
const DIGITS = "0123456789bcdfghjkmnpqrstvwxyzBC";

/** A new id for a record: 80 random bits, 16 characters. */
export function createRecordId(): string {
  return randomDigits(16);
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
  let id = "";
  for (const byte of randomBytes(length)) id += DIGITS.charAt(byte % DIGITS.length);
  return id;
}
