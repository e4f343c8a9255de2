import type { RandomBytes } from "../ids.ts";
import { firstClocksOf } from "./clocks.ts";
import { renameClient } from "./rename.ts";
import { siblingClientId } from "./sibling-id.ts";
import { mergeUpdates } from "./yjs-format.ts";

/**
 * The updates as one, with all that they add under client ids that nobody has; nothing if there are none.
 *
 * @param others Client ids that are taken, besides those of the updates.
 */
export function renameApart(
  updates: readonly Uint8Array[],
  others: readonly number[],
  random: RandomBytes,
): Uint8Array | undefined {
  const firstClocks = firstClocksOf(updates);
  let merged = mergeUpdates(updates);
  const known = new Set([...others, ...firstClocks.keys()]);
  for (const [client, from] of firstClocks) {
    const fresh = siblingClientId(client, known, random);
    if (fresh === undefined) return undefined;
    known.add(fresh);
    merged = renameClient(merged, client, fresh, from);
  }
  return merged;
}
