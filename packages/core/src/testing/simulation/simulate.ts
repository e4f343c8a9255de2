/** Runs one history on virtual time and tells what went wrong in it, if anything did. */

import { drawFrom } from "./same-numbers.ts";
import { createDice } from "../random-edits.ts";
import { check, heal, rest } from "./check.ts";
import { Mallory } from "./mallory.ts";
import { drawProfile, type Profile, withNodes } from "./profile.ts";
import { drawSteps, type Step, take } from "./steps.ts";
import { World } from "./world.ts";

/** What a run is made of. */
export interface History {
  readonly seed: number;
  readonly profile: Profile;
  readonly steps: readonly Step[];
}

/** What came of a run. */
export interface Outcome {
  readonly failures: readonly string[];
  /** What happened, a line each, with the virtual time in milliseconds. */
  readonly log: readonly string[];
  readonly events: number;
  /** What came about, and how often. */
  readonly counts: ReadonlyMap<string, number>;
}

/** The history of a seed. */
export function drawHistory(seed: number): History {
  const dice = createDice(seed);
  const profile = withNodes(drawProfile(dice), createDice(seed ^ 0x2545f491));
  return { seed, profile, steps: drawSteps(dice, profile) };
}

/** Runs a history; the same one comes out the same. */
export async function simulate(
  { seed, profile, steps }: History,
  { verbose = false }: { readonly verbose?: boolean } = {},
): Promise<Outcome> {
  drawFrom(seed);
  const world = new World(seed, profile);
  world.verbose = verbose;
  const uncaught = (error: unknown): void => world.fail(`uncaught: ${String(error)}`);
  process.on("uncaughtException", uncaught);
  process.on("unhandledRejection", uncaught);
  try {
    await run(world, steps);
  } catch (error) {
    world.fail(`threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  } finally {
    process.off("uncaughtException", uncaught);
    process.off("unhandledRejection", uncaught);
  }
  const { failures, log, counts, time } = world;
  for (const { disk } of world.devices) {
    for (const { code } of disk.quarantine.values()) world.count(`quarantined: ${code}`);
  }
  return { failures, log, counts, events: time.events };
}

async function run(world: World, steps: readonly Step[]): Promise<void> {
  const { profile, server } = world;
  server.start();
  if (profile.faults.includes("mallory"))
    world.mallory = new Mallory(world, createDice(world.dice(2 ** 31)));
  for (let i = 0; i < profile.devices; i++) {
    const name = `device-${i}`;
    world.addDevice(name, profile.sameUser ? "ada" : `user-${i}`).openTab();
  }
  if (profile.follower) {
    const user = profile.sameUser ? "ada" : "follower";
    world.addDevice("follower", user, { follows: true, budget: profile.budget }).openTab();
  }
  await world.time.advance(500);
  for (const step of steps) {
    take(world, step);
    await world.time.advance(step.wait);
    if (world.failures.length > 0) return;
  }
  await heal(world);
  await rest(world);
  if (world.failures.length === 0) await check(world);
}
