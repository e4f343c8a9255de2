import { clocksOf, firstClocksOf } from "./clocks.ts";
import { compareStructs } from "./compare.ts";
import { inspectUpdate } from "./inspect.ts";
import { TRUSTED_LIMITS } from "./inspection.ts";

/**
 * A client id of the updates `own` that another author has taken: in `updates` other structs come under
 * the same clocks. Own structs that come back, however they are cut, are no others.
 */
export function takenClient(
  own: readonly Uint8Array[],
  updates: readonly Uint8Array[],
): number | undefined {
  if (own.length === 0) return undefined;
  const first = firstClocksOf(own);
  for (const update of updates) {
    const inspection = inspectUpdate(update, TRUSTED_LIMITS);
    if (!inspection.ok) continue;
    const shared = inspection.clients.find(({ client, from }) => {
      const start = first.get(client);
      return start !== undefined && from >= start;
    });
    if (!shared) continue;
    const clocks = clocksOf(own);
    const same = compareStructs(own, update, (client) => clocks.get(client) ?? 0);
    if (same === "different") return shared.client;
  }
  return undefined;
}
