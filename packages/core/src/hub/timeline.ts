/**
 * Positions: where each change stands among all changes of a store, so that a peer that was away is told
 * what changed since. They follow the clock, never back and never twice, so that the gaps between them tell
 * nothing about changes that a peer may not hear of. A position is told together with the run of the hub that
 * told it: a hub that was restored from a backup has not got all that an earlier run told.
 */

import * as z from "zod/mini";
import { createRunId, type RandomBytes, type RunId } from "../ids.ts";
import { readStoredJson } from "../stored-json.ts";
import type { Store, StoreBatch } from "../store/store.ts";

/** The name under which a store keeps the runs of its hubs. */
const RUNS_META = "runs";
/** How many runs are remembered. */
const MAX_RUNS = 64;

const RUNS = z.array(z.tuple([z.string(), z.number()]));

/** See the top of this file. */
export class Timeline {
  /** The run of this hub. */
  readonly run: RunId;
  /** Former runs, and the last position of each. */
  readonly #ended: ReadonlyMap<string, number>;
  readonly #random: RandomBytes;
  #next: number;
  #position: number;
  #saved = false;

  /** @param given The last position that was given to anything, committed or not. */
  constructor(
    position: number,
    given: number,
    ended: readonly (readonly [string, number])[],
    random: RandomBytes,
  ) {
    this.run = createRunId(random);
    this.#random = random;
    this.#next = Math.max(position, given);
    this.#position = position;
    this.#ended = new Map(ended);
  }

  /** Everything up to here is committed, and told to whoever listens. */
  get position(): number {
    return this.#position;
  }

  /** The position of a commit that happens now. */
  next(now: number): number {
    const clock = Math.floor(now);
    // Where the clock is behind, counting on would tell how many changes there were.
    if (clock <= this.#next) this.#next += 1 + ((this.#random(1)[0] ?? 0) & 63);
    else this.#next = clock;
    return this.#next;
  }

  /** All that comes next is after a position: another hub on the same store gave it. */
  goOnFrom(position: number): void {
    this.#next = Math.max(this.#next, position);
  }

  /** The commit at a position is durable; its changes are told in this very turn. */
  committed(position: number): void {
    this.#position = position;
  }

  /** Whether all that a run told, the newest at position `seen`, is still here. */
  holds(run: RunId, seen: number): boolean {
    if (run === this.run) return true;
    const end = this.#ended.get(run);
    return end !== undefined && seen <= end;
  }

  /** What the first commit of this run stores: from then on its name may be told. */
  get unsaved(): NonNullable<StoreBatch["meta"]> {
    if (this.#saved) return [];
    // Where this one ends is what a later one finds in the store.
    const runs = [...[...this.#ended].slice(1 - MAX_RUNS), [this.run, -1] as const];
    return [[RUNS_META, JSON.stringify(runs)]];
  }

  /** The commit with {@link Timeline.unsaved} is durable. */
  saved(): void {
    this.#saved = true;
  }
}

/** Reads where a store stands; `given` is the last position of what is stored beside its documents. */
export async function readTimeline(
  store: Store,
  given: number,
  random: RandomBytes,
): Promise<Timeline> {
  const position = await store.readPosition();
  const stored = readStoredJson(await store.readMeta(RUNS_META), RUNS) ?? [];
  const ended = stored.map(([run, end]) => [run, end < 0 ? position : end] as const);
  return new Timeline(position, given, ended, random);
}
