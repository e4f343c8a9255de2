/**
 * What must share a denied update's fate (SYNC rule 19): the later updates that build on it, found
 * from bytes alone.
 */

import { Kind } from "./content.ts";
import { MalformedUpdate } from "./malformed.ts";
import { StructReader } from "./struct-reader.ts";

/**
 * Indices of those of `later` that depend on `denied`, directly or through one another: they go
 * on under the same client id, are put beside or inside its structs, or delete them.
 *
 * @param later In an order that respects causes, as logs and pending lists are.
 * @param accepted The state vector without `denied`: structs of `denied` below it stay. Default:
 *   none does.
 */
export function dependants(
  denied: Uint8Array,
  later: readonly Uint8Array[],
  accepted: (client: number) => number = () => 0,
): readonly number[] {
  // From which clock on each client's structs are denied.
  const gone = new Map<number, number>();
  if (!markGone(denied, gone, accepted)) return later.map((_, index) => index);
  const found: number[] = [];
  for (const [index, update] of later.entries()) {
    if (!touches(update, gone)) continue;
    found.push(index);
    if (markGone(update, gone, accepted)) continue;
    // Nobody can say what builds on bytes that cannot be read.
    for (let rest = index + 1; rest < later.length; rest++) found.push(rest);
    break;
  }
  return found;
}

/** Enters the structs of `update`; false when it cannot be read. */
function markGone(
  update: Uint8Array,
  gone: Map<number, number>,
  accepted: (client: number) => number,
): boolean {
  return readable(() => {
    const reader = new StructReader(update);
    while (reader.nextSection()) {
      const { client } = reader;
      const from = Math.max(reader.clock, accepted(client));
      while (reader.nextStruct());
      if (reader.clock + reader.length <= from) continue;
      gone.set(client, Math.min(from, gone.get(client) ?? Infinity));
    }
  });
}

/** Whether `update` has, refers to or deletes something that is gone, or cannot be read. */
function touches(update: Uint8Array, gone: ReadonlyMap<number, number>): boolean {
  const isGone = (client: number, clock: number) => clock >= (gone.get(client) ?? Infinity);
  let touched = false;
  const sound = readable(() => {
    const reader = new StructReader(update);
    while (reader.nextSection()) {
      while (reader.nextStruct()) {
        touched ||=
          (reader.kind !== Kind.skip && isGone(reader.client, reader.clock + reader.length - 1)) ||
          isGone(reader.originClient, reader.originClock) ||
          isGone(reader.rightClient, reader.rightClock) ||
          isGone(reader.parentClient, reader.parentClock);
      }
    }
    while (reader.nextDeletes()) {
      while (reader.nextRange()) {
        touched ||= isGone(reader.client, reader.clock + reader.length - 1);
      }
    }
  });
  return touched || !sound;
}

function readable(read: () => void): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof MalformedUpdate) return false;
    throw error;
  }
}
