/**
 * How long a plugin holds the thread that it has for itself: a timer that is late says so. What a host reads of it is the plugin's
 * word, and good for finding bottlenecks; what a plugin does not say, the host notices by its silence.
 */

import * as z from "zod";

/** How often it looks, in milliseconds, and from which lateness on it counts. */
const EVERY = 200;
const LEAST = 50;
/** More than that was no task: the machine slept, or the page was frozen. */
const MOST = 10_000;
/** How many are told at a time. */
const MAX_TOLD = 50;

/** What a plugin says of itself when it is asked whether it still runs. */
export interface Pulse {
  /** Milliseconds each, since it was asked last. */
  readonly held: readonly number[];
  /** Documents that it has open. */
  readonly documents: number;
  readonly cache: { readonly hits: number; readonly misses: number; readonly evictions: number };
  /** Bytes of memory, where the platform tells. */
  readonly memory?: number | undefined;
}

const amount = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** Checks a {@link Pulse}. */
export const pulseSchema: z.ZodType<Pulse> = z.strictObject({
  held: z.array(amount.max(MOST)).max(MAX_TOLD),
  documents: amount,
  cache: z.strictObject({ hits: amount, misses: amount, evictions: amount }),
  memory: amount.optional(),
});

/** Measures how long the thread is held, from now on. */
export class HoldMeter {
  #held: number[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  #due = performance.now() + EVERY;

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      const late = now - this.#due;
      if (late >= LEAST && late <= MOST) this.#held.push(Math.round(late));
      this.#due = now + EVERY;
    }, EVERY);
  }

  /** What was measured since the last time. */
  take(): readonly number[] {
    const held = this.#held.slice(-MAX_TOLD);
    this.#held = [];
    return held;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** How much memory there is in use, where the platform tells: Node does, browsers do not tell workers. */
export function memoryInUse(): number | undefined {
  const { process } = globalThis as {
    readonly process?: { readonly memoryUsage?: () => { readonly heapUsed: number } };
  };
  return process?.memoryUsage?.().heapUsed;
}
