/** Which process a tab lives in, and its death: nothing of the page is asked or told any more. */

import type { CDPSession } from "playwright-core";
import type { DeviceTab } from "./device-tab.ts";

/** Long enough that no other renderer has worked as much meanwhile, in milliseconds. */
const BURN = 300;

/**
 * Finds the process id of a tab's renderer. Chromium does not tell it; but it tells how long each
 * process has worked, so the tab works hard and the others
 * should not.
 *
 * @param system a session of the browser, not of a page
 */
export async function findRenderer(system: CDPSession, tab: DeviceTab): Promise<number> {
  let worked: Work[] = [];
  // A renderer that is only just starting works as well; it is done by the next time.
  for (let tries = 0; tries < 5; tries++) {
    const before = await workOf(system);
    await tab.burn(BURN);
    const after = await workOf(system);
    worked = [...after]
      .map(([pid, seconds]) => ({ pid, seconds: seconds - (before.get(pid) ?? 0) }))
      .toSorted((a, b) => b.seconds - a.seconds);
    const [first, second] = worked;
    if (first && first.seconds > 3 * (second?.seconds ?? 0)) return first.pid;
  }
  throw new Error(`No renderer is clearly ${tab.name}'s: ${JSON.stringify(worked)}`);
}

interface Work {
  readonly pid: number;
  readonly seconds: number;
}

async function workOf(system: CDPSession): Promise<ReadonlyMap<number, number>> {
  const { processInfo } = await system.send("SystemInfo.getProcessInfo");
  return new Map(
    processInfo
      .filter(({ type }) => type === "renderer")
      .map(({ id, cpuTime }) => [id, cpuTime] as const),
  );
}
