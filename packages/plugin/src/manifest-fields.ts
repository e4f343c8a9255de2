/** What the fields of a manifest are made of: texts, names and lists that say what is wrong with them. */

import { CroftError } from "@croft/core";
// By its namespace: a bundler like esbuild keeps all of `{ z }`, 66 kB gzipped more in each plugin.
import * as z from "zod";

/** Longest list in a manifest. */
export const MAX_ENTRIES = 100;
// Control characters, and those that make text read in another order than it is written.
const DECEIVING = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

/** Why something is asked for. */
export const reason: z.ZodString = text("a sentence that tells the user why", 200);

/** Says what is wrong with the field at `path`. */
export type Refuse = (path: (string | number)[], message: string) => void;

/** Whether a text shows other than it is written. */
export function isDeceiving(text: string): boolean {
  return DECEIVING.test(text);
}

/** A text for people or programs, of which `what` says what it is. */
export function text(what: string, max: number, min = 1): z.ZodString {
  return z
    .string({
      error: ({ input }) => (input === undefined ? `is missing; write ${what}` : `must be ${what}`),
    })
    .min(min, { error: `is empty; write ${what}`, abort: true })
    .max(max, { error: `is longer than ${max} characters`, abort: true })
    .refine((value) => !isDeceiving(value) && value.trim() === value, {
      error: "must hold no control characters, and no space at either end",
      abort: true,
    });
}

/** A text that one of the parsers reads, which throw {@link CroftError}s that say what is wrong. */
export function parsed<T extends string>(what: string, parse: (value: string) => T): z.ZodType<T> {
  return text(what, 512).transform((value, context): T => {
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof CroftError)) throw error;
      context.addIssue({ code: "custom", message: error.message.replace(/\.$/, "") });
      return z.NEVER;
    }
  });
}

/** A list, not longer than anybody needs. */
export function list<T extends z.ZodType>(
  entry: T,
  what: string,
  max: number = MAX_ENTRIES,
): z.ZodArray<T> {
  return z
    .array(entry, { error: `must be a list of ${what}` })
    .max(max, { error: `must not have more than ${max} entries` });
}

/** A value as it is shown in a message. */
export function show(value: unknown): string {
  const shown = JSON.stringify(value) ?? String(value);
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
}
