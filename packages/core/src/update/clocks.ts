import { inspectUpdate } from "./inspect.ts";
import { TRUSTED_LIMITS } from "./inspection.ts";

/** The next clock of each client that has structs in some updates. */
export function clocksOf(updates: readonly Uint8Array[]): ReadonlyMap<number, number> {
  const clocks = new Map<number, number>();
  for (const update of updates) {
    const inspection = inspectUpdate(update, TRUSTED_LIMITS);
    if (!inspection.ok) continue;
    for (const { client, to } of inspection.clients) {
      clocks.set(client, Math.max(to, clocks.get(client) ?? 0));
    }
  }
  return clocks;
}

/** The first clock of each client that has structs in some updates. */
export function firstClocksOf(updates: readonly Uint8Array[]): ReadonlyMap<number, number> {
  const clocks = new Map<number, number>();
  for (const update of updates) {
    const inspection = inspectUpdate(update);
    if (!inspection.ok) continue;
    for (const { client, from } of inspection.clients) {
      clocks.set(client, Math.min(from, clocks.get(client) ?? from));
    }
  }
  return clocks;
}
