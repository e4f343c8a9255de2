/**
 * How deep an update nests Yjs types in each other: thousands of levels overflow the stack of
 * whoever reads or deletes them. A second pass over the update, for the few with many types. It
 * sees the nesting inside one update; how deep that lies in the document, only the document shows.
 */

import { Kind } from "./content.ts";
import { StructReader } from "./struct-reader.ts";

/** Whether types are nested more than `max` deep. The update is sound and without cycles. */
export function nestsTypesDeeper(update: Uint8Array, max: number): boolean {
  const structs = collect(update);
  const depths = new Map<Struct, number>();
  const path: Struct[] = [];
  for (const { structs: own } of structs.values()) {
    for (const start of own) {
      // Follows the links up to where the depth is known, then comes back.
      let depth = 0;
      for (let at: Struct | undefined = start; at; at = find(structs, at)) {
        const known = depths.get(at);
        if (known !== undefined) {
          depth = known;
          break;
        }
        path.push(at);
      }
      for (let at = path.pop(); at; at = path.pop()) {
        depth += at.inside ? 1 : 0;
        if (depth > max) return true;
        depths.set(at, depth);
      }
    }
  }
  return false;
}

/** A struct and the one from which it has its place: its parent, or a neighbour. */
interface Struct {
  readonly clock: number;
  readonly client: number;
  readonly toClock: number;
  /** Whether that is its parent: it lies one deeper. */
  readonly inside: boolean;
}

interface Section {
  readonly end: number;
  readonly structs: readonly Struct[];
}

function collect(update: Uint8Array): ReadonlyMap<number, Section> {
  const sections = new Map<number, Section>();
  const reader = new StructReader(update);
  while (reader.nextSection()) {
    const structs: Struct[] = [];
    while (reader.nextStruct()) structs.push(linkOf(reader));
    sections.set(reader.client, { end: reader.clock + reader.length, structs });
  }
  return sections;
}

function linkOf(reader: StructReader): Struct {
  const { clock } = reader;
  if (reader.kind !== Kind.gc && reader.parentClient >= 0) {
    return { clock, client: reader.parentClient, toClock: reader.parentClock, inside: true };
  }
  // Yjs takes the parent of the left neighbour, and of the right one where there is no left one.
  if (reader.originClient >= 0) {
    return { clock, client: reader.originClient, toClock: reader.originClock, inside: false };
  }
  return { clock, client: reader.rightClient, toClock: reader.rightClock, inside: false };
}

/** The struct that `link` points to, if this update brings it. */
function find(sections: ReadonlyMap<number, Section>, link: Struct): Struct | undefined {
  const section = sections.get(link.client);
  const first = section?.structs[0];
  if (!section || !first || link.toClock < first.clock || link.toClock >= section.end) {
    return undefined;
  }
  let low = 0;
  let high = section.structs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((section.structs[middle]?.clock ?? Infinity) <= link.toClock) low = middle;
    else high = middle - 1;
  }
  return section.structs[low];
}
