/**
 * Finds structs of several clients in one update that wait for each other in a circle. Yjs would
 * keep them as pending for ever. Works on what the inspector wrote down; decides nothing else.
 */

import type { ClientRange } from "./inspection.ts";

/**
 * What one client's structs need of other clients, in order: flat, three numbers each, the clock
 * of the struct that refers, the client referred to, and the clock referred to + 1.
 */
export type Needs = readonly number[];

/** Whether no order exists in which the structs of `sections` can be integrated. */
export function hasCycle(sections: readonly ClientRange[], needs: readonly Needs[]): boolean {
  const sectionOf = new Map<number, number>();
  for (const [index, section] of sections.entries()) sectionOf.set(section.client, index);
  // How many numbers of its needs each section has met, and which sections wait until another has
  // met so many. Waiting for an exact place keeps the work linear, whatever somebody sends.
  const met = sections.map(() => 0);
  const waiting = sections.map(() => new Map<number, number[]>());
  const work = sections.map((_, index) => index);
  let unfinished = sections.length;

  for (let index = work.pop(); index !== undefined; index = work.pop()) {
    const own = needs[index] ?? [];
    let at = met[index] ?? 0;
    for (; at < own.length; at += 3) {
      met[index] = at;
      // Not spread into the arguments of one call: there may be more than a stack holds.
      for (const woken of waiting[index]?.get(at) ?? []) work.push(woken);
      waiting[index]?.delete(at);
      const target = sectionOf.get(own[at + 1] ?? 0);
      const range = target === undefined ? undefined : sections[target];
      const end = own[at + 2] ?? 0;
      // What this update does not bring must be in the document already; judging sees to that.
      if (target === undefined || !range || end <= range.from || end > range.to) continue;
      const place = firstNeedFrom(needs[target] ?? [], end);
      if ((met[target] ?? 0) >= place) continue;
      const waiters = waiting[target]?.get(place);
      if (waiters) waiters.push(index);
      else waiting[target]?.set(place, [index]);
      break;
    }
    if (at < own.length) continue;
    met[index] = own.length;
    unfinished--;
    for (const woken of waiting[index]?.get(own.length) ?? []) work.push(woken);
  }
  return unfinished > 0;
}

/** The place in `needs` of the first need of a struct at `clock` or later. */
function firstNeedFrom(needs: Needs, clock: number): number {
  let low = 0;
  let high = needs.length / 3;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((needs[3 * middle] ?? 0) < clock) low = middle + 1;
    else high = middle;
  }
  return 3 * low;
}
