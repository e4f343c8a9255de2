/** Lists of records, page by page. */

import { z } from "zod";

/** What a list is asked with. */
export interface PageQuery {
  readonly after: string;
  readonly limit: number;
}

/** The parameters of a list by names. */
export const pageShape: {
  readonly after: z.ZodDefault<z.ZodString>;
  readonly limit: z.ZodDefault<z.ZodCoercedNumber>;
} = {
  after: z.string().max(2048).default("").describe("`next` of the page before."),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe("Most of a page."),
};

/** `next` of an answer. */
export const nextSchema: z.ZodOptional<z.ZodString> = z
  .string()
  .optional()
  .describe("Goes into `after`; absent on the last page.");

/** A page of rows, by their ids. */
export function pageOf<T>(
  rows: Iterable<readonly [id: string, row: T]>,
  { after, limit }: PageQuery,
): { readonly rows: readonly (readonly [id: string, row: T])[]; readonly next?: string } {
  const left = [...rows]
    .filter(([id]) => id > after)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  const page = left.slice(0, limit);
  const next = left.length > page.length ? page.at(-1)?.[0] : undefined;
  return { rows: page, ...(next !== undefined && { next }) };
}
