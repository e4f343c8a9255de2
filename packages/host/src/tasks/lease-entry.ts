/** Who has the turn of a task in the workspace, as its document says. Pure. */

import * as z from "zod";

/** What the document says of one task. */
export interface LeaseEntry {
  /** Random, for one activation on one device; empty when it was given back. */
  readonly holder: string;
  readonly fence: number;
  /** How long nothing may be heard of the holder, in milliseconds. */
  readonly lease: number;
}

const schema: z.ZodType<LeaseEntry> = z.object({
  holder: z.string().max(64),
  fence: z.int().nonnegative(),
  lease: z.number().min(1).max(3_600_000),
});

/** Reads what a document holds; nonsense is nothing. */
export function readEntry(value: unknown): LeaseEntry | undefined {
  return schema.safeParse(value).data;
}

/** Low digits of a fence, drawn at random: two that were taken apart from each other differ. */
const APART = 2 ** 24;

/** The next fence: greater than `last`, and very likely no other device's. `random` is from 0 to below 1. */
export function nextFence(last: number, random: number): number {
  return (Math.floor(last / APART) + 1) * APART + Math.floor(random * APART);
}
