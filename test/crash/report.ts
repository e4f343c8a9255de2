/** What a run of crashes found. */

import type { Ledger } from "./ledger.ts";

/** See the top of this file. */
export interface CrashReport {
  readonly what: string;
  readonly seed: number;
  readonly cycles: number;
  /** Values typed. */
  readonly typed: number;
  /** Values of which their author was told that they are on the server's disk. */
  readonly acknowledged: number;
  /** Of which he was told that they are on his device, at least. */
  readonly onDevice: number;
  readonly lost: readonly string[];
  readonly diverged: readonly string[];
  readonly seconds: number;
}

/** How often something is killed, with which choices, and where a run tells how far it is. */
export interface CrashOptions {
  readonly cycles: number;
  readonly seed: number;
  readonly tell?: ((line: string) => void) | undefined;
}

/**
 * Runs `run`, and reports on what it wrote into the ledger. A run that breaks off, because something
 * hangs for example, has found something as well.
 */
export async function report(
  what: string,
  { cycles, seed }: CrashOptions,
  ledger: Ledger,
  run: () => Promise<void>,
): Promise<CrashReport> {
  const start = performance.now();
  try {
    await run();
  } catch (error) {
    ledger.wrong(error instanceof Error ? error.message : String(error));
  }
  return {
    what,
    seed,
    cycles,
    typed: ledger.promised("memory").size,
    acknowledged: ledger.promised("server").size,
    onDevice: ledger.promised("device").size,
    lost: ledger.lost,
    diverged: ledger.diverged,
    seconds: (performance.now() - start) / 1000,
  };
}

/** One line for a person. */
export function describeReport(crash: CrashReport): string {
  const { what, seed, cycles, typed, acknowledged, onDevice, lost, diverged, seconds } = crash;
  return (
    `${what}: ${cycles} kills, ${typed} values typed, ${onDevice} saved on a device, ` +
    `${acknowledged} on the server, ${lost.length} lost, ${diverged.length} diverged, ` +
    `${seconds.toFixed(1)} s, seed ${seed}`
  );
}
