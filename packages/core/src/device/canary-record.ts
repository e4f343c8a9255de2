/**
 * What a device writes into its canary: which store it has, and how much in it is not at the server.
 * It names the store by an id that was born with it and numbers nothing: who writes must be known by
 * the store alone (SYNC rule 1). No I/O here.
 */

import * as z from "zod/mini";
import { type Loss, lossesSchema, sumLosses } from "./loss.ts";

/** The content of a canary. */
export interface CanaryRecord {
  /** Whose store it is: user and workspace. */
  readonly owner: string;
  /** Id of the store, minted in the transaction that created it. */
  readonly store: string;
  /** The term under which it was written (SYNC rule 9). */
  readonly term: number;
  /** What waits for the server, and what it refused and the quarantine holds. */
  readonly waiting: readonly Loss[];
  /** What was lost with former stores and is still to be told. */
  readonly lost: readonly Loss[];
}

/** A longer text is not ours. */
const MAX_LENGTH = 256 * 1024;
const VERSION = 1;

const RECORD = z.object({
  v: z.literal(VERSION),
  owner: z.string(),
  store: z.string(),
  term: z.int(),
  waiting: lossesSchema,
  lost: lossesSchema,
});

/** As the text of a canary, of bounded length. */
export function encodeCanary({ waiting, lost, ...record }: CanaryRecord): string {
  const counts = { waiting: sumLosses(waiting), lost: sumLosses(lost) };
  return JSON.stringify({ v: VERSION, ...record, ...counts });
}

/** The record in a text; nothing if it is anything else, for example another version's. */
export function decodeCanary(text: string): CanaryRecord | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Whatever else is there under the name says nothing.
    return undefined;
  }
  const { data } = RECORD.safeParse(value);
  if (!data) return undefined;
  const { v: _v, ...record } = data;
  return record;
}

/**
 * What was lost, when a store is opened: `store` is its id, `predecessor` the store whose canary or
 * device there was when it was born.
 */
export function lossesOf(
  told: CanaryRecord | undefined,
  store: string,
  predecessor: string | undefined,
): readonly Loss[] {
  if (!told) return [];
  // Another id alone says little: a profile was put back, or two stores take turns under one name.
  const replaced = told.store !== store && told.store === predecessor;
  return sumLosses(replaced ? [...told.lost, ...told.waiting] : told.lost);
}
