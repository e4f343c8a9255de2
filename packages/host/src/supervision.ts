/** How a host deals with plugins that crash or do not start: how long it waits, and when it gives up. Pure. */

import { backOff, type CroftError, type RandomBytes } from "@croft/core";
import { pluginSuspended } from "./plugin-error.ts";
import type { Verdict } from "./lifecycle.ts";
import type { Mishap, TroubleReport } from "./trouble-report.ts";

/** How patient a host is with plugins that crash or do not start. */
export interface Supervision {
  /** Upper bound of the wait before the first restart, in milliseconds; it doubles with each. Default 1,000. */
  readonly firstRestart: number;
  /** Upper bound of any wait, in milliseconds. Default 60,000. */
  readonly longestWait: number;
  /** So many crashes within `crashWindow` suspend a plugin. Default 5. */
  readonly crashes: number;
  /** How long a crash counts, in milliseconds. Default 600,000. */
  readonly crashWindow: number;
  /** So many failed starts in a row, over restarts of the application too, park a plugin. Default 3. */
  readonly failedStarts: number;
  /**
   * How long a plugin is watched alone, in milliseconds, after several fell silent together and before the next one of them is
   * started again. It doubles while nobody is found. Default 10,000.
   */
  readonly turn: number;
}

/** What holds where the application says nothing else. */
export const SUPERVISION: Supervision = {
  firstRestart: 1_000,
  longestWait: 60_000,
  crashes: 5,
  crashWindow: 600_000,
  failedStarts: 3,
  turn: 10_000,
};

/** The crashes that count at `now`, oldest first. */
export function countingCrashes(
  crashes: readonly Mishap[],
  now: number,
  { crashWindow }: Supervision,
): readonly Mishap[] {
  return crashes.filter(({ at }) => now - at < crashWindow);
}

/** What becomes of a plugin after the last of `crashes`; all of them count. */
export function judgeCrash(
  plugin: string,
  crashes: readonly Mishap[],
  error: CroftError,
  { now, random, settings }: { now: number; random: RandomBytes; settings: Supervision },
): Verdict {
  const report: TroubleReport = { kind: "crash", mishaps: crashes, limit: settings.crashes };
  if (crashes.length >= settings.crashes) return suspension(plugin, report, error);
  const { firstRestart: first, longestWait: max } = settings;
  const restartAt = now + backOff(crashes.length, random, { first, max });
  return { name: "backOff", error, report, restartAt };
}

/** What is known of starts that failed, the last of `failures` just now; `undefined` when there were none. */
export function reportStarts(
  failures: readonly Mishap[],
  { failedStarts }: Supervision,
): TroubleReport | undefined {
  return failures.length === 0
    ? undefined
    : { kind: "start", mishaps: failures, limit: failedStarts };
}

/** Whether a report is a reason to start the plugin no more. */
export function isTooMuch({ mishaps, limit }: TroubleReport): boolean {
  return mishaps.length >= limit;
}

/** The verdict that nothing but a person starts the plugin again. */
export function suspension(
  plugin: string,
  report: TroubleReport,
  cause?: CroftError,
): Extract<Verdict, { name: "suspend" }> {
  return { name: "suspend", error: pluginSuspended(plugin, report, cause), report };
}
