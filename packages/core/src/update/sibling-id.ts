/**
 * Chooses the client id that a renamed client gets. Not any id will do: Yjs orders concurrent
 * inserts at one place by their client ids, and a later insert may have been put between two of
 * them. Were these two to change places, it would have its right neighbour on its left, and
 * replicas would put it in different places for good, without anybody noticing.
 */

import { type RandomBytes, randomBytes } from "../ids.ts";

/**
 * A random id for `renameClient` that keeps the order of all clients: below `client`, and with none
 * of the document's other clients in between.
 *
 * @param others All clients of the document, with or without `client`.
 * @returns `undefined` when no id is free there: then the edits cannot be renamed.
 * @example
 * ```ts
 * siblingClientId(1000, [17, 900, 1000, 4000]); // 901 … 999
 * ```
 */
export function siblingClientId(
  client: number,
  others: Iterable<number>,
  random: RandomBytes = randomBytes,
): number | undefined {
  const below = nextBelow(client, others);
  const free = client - below - 1;
  if (free <= 0) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = random(4);
  const dice = (((a * 256 + b) * 256 + c) * 256 + d) / 2 ** 32;
  return below + 1 + Math.floor(dice * free);
}

/** Whether {@link siblingClientId} finds an id. */
export function hasFreeSibling(client: number, others: Iterable<number>): boolean {
  return client - nextBelow(client, others) > 1;
}

function nextBelow(client: number, others: Iterable<number>): number {
  // 0 is no id that replicas take.
  let below = 0;
  for (const other of others) if (other < client && other > below) below = other;
  return below;
}
