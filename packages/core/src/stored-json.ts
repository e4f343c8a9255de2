/** Small values of a store, as JSON: what is damaged, or of another version, counts as not there. */

import type * as z from "zod/mini";

/** Reads a value; nothing if it is absent, no JSON, or not as `schema` wants it. */
export function readStoredJson<S extends z.ZodMiniType>(
  text: string | undefined,
  schema: S,
): z.output<S> | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
