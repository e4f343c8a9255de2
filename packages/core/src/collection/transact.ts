/** Several changes of a document as one: all of them, or none. */

import type * as Y from "yjs";
import { CroftError } from "../errors.ts";
import { COLLECTION_EDIT } from "./edit-origin.ts";
import { allOrNothing } from "./document-records.ts";
import type { CollectionDocument } from "./layers.ts";

/**
 * Does several changes of a document, of any of its collections, as one: others get them together, and they
 * are one step to undo. If `run` throws, nothing of what it did is left, in texts and raw Y types neither, and
 * nobody ever sees any of it. So it is inside of another transaction, which may catch the error and go on. Only
 * where `run` itself applies an update of others all stays.
 *
 * @throws What `run` throws; CroftError `input/invalid` when it returns a promise.
 * @example
 * ```ts
 * const board = workspace.open("board/main");
 * const tasks = openCollection(board, defineCollection("tasks", { title: z.string() }));
 * transact(board, () => {
 *   for (const title of ["Dig", "Sow", "Water"]) tasks.insert({ title });
 * });
 * ```
 */
export function transact<T>(document: CollectionDocument, run: () => T): T {
  const whole = (transaction: Y.Transaction): T =>
    allOrNothing(transaction, () => notLater(document, run()));
  return document.doc.transact(whole, COLLECTION_EDIT);
}

function notLater<T>({ path }: CollectionDocument, result: T): T {
  if (!(result instanceof Promise)) return result;
  throw new CroftError("input/invalid", `A transaction in ${path} is a function that waits.`, {
    path,
    hint: "Fetch what it needs before it, and write all at once.",
  });
}
