/** What a run is made of: how many of everything, and which faults may happen. Drawn from the seed. */

import { type Dice, pick } from "../random-edits.ts";

/** Everything that can go wrong, by the name of the step that does it. */
export const FAULTS = [
  "cut",
  "half-cut",
  "hold",
  "server-crash",
  "device-crash",
  "tab-kill",
  "freeze",
  "steal",
  "lost-answer",
  "failing-read",
  "disk-full",
  "slow-disk",
  "rights",
  "plugin-rights",
  "token",
  "clone",
  "evict",
  "restore",
  "delete",
  "retry",
  "compact",
  "mallory",
] as const;

/** See {@link FAULTS}. */
export type Fault = (typeof FAULTS)[number];

/** The plugin that runs beside the application, if one does. */
export const PLUGIN = "stats";
/** What the application opens when it starts. */
export const PATHS_AT_START: readonly string[] = ["notes/a", "notes/b", "stats/own"];
/** What it opens later, if it does. */
export const LATE_PATH = "notes/late";
/** Everything that it opens. */
export const PATHS: readonly string[] = [...PATHS_AT_START, LATE_PATH];
/** What is deleted with all that is in it. */
export const SUBTREE: string = "notes";
/** What the plugin opens: its own, and what it may have been granted. */
export const PLUGIN_PATHS: readonly string[] = ["stats/own", "notes/a"];

/** A budget that everything fits in. */
export const ENOUGH: number = Number.MAX_SAFE_INTEGER;

/** See the top of this file. */
export interface Profile {
  readonly devices: number;
  readonly faults: readonly Fault[];
  readonly steps: number;
  /** Longest delay of a frame, in milliseconds. */
  readonly delay: number;
  /** From how many client ids replicas draw; 0 for all. */
  readonly clientIds: number;
  /** Life of a token in milliseconds; 0 for ever. */
  readonly tokenLife: number;
  /** Largest error of a clock in milliseconds. */
  readonly skew: number;
  /** Whether devices belong to one user. */
  readonly sameUser: boolean;
  /** Whether a plugin runs beside the application. */
  readonly plugin: boolean;
  /** How many documents without a handle a replica keeps. */
  readonly keepClosed: number;
  /** Largest update that hubs take, in bytes. */
  readonly maxUpdateBytes: number;
  /** Whether there is a device on which nobody opens anything, and which follows the whole workspace. */
  readonly follower: boolean;
  /** About how many bytes of documents that device may keep. */
  readonly budget: number;
  /** How many processes the server is, over one disk. */
  readonly nodes: number;
  /** How many of a hundred hints of one process to the others are lost. */
  readonly lostHints: number;
}

/** Makes the server of some histories several processes; of its own dice, so that all others stay as they were. */
export function withNodes(profile: Profile, dice: Dice): Profile {
  if (dice(4) > 0) return profile;
  // The clocks of servers may differ by a minute: no more than a test of clocks would make them.
  return { ...profile, nodes: 2 + dice(2), lostHints: pick(dice, [0, 30, 100]), skew: 0 };
}

/** Draws a {@link Profile}. Few faults at a time find more than all at once. */
export function drawProfile(dice: Dice): Profile {
  const count = 1 + dice(5);
  const faults = new Set<Fault>();
  while (faults.size < count) faults.add(pick(dice, FAULTS));
  // What a full disk sent past itself is in one process and at the server: a server that then goes back
  // to a backup has lost it, and no disk has it.
  if (faults.has("restore")) faults.delete("disk-full");
  if (faults.size === 0) faults.add("cut");
  // Where deleted content was collected, only its ids are left, and nothing tells them from those of
  // another author: after a restore, and in a replica that goes past a full disk.
  const tellsIdsApart = !faults.has("restore") && !faults.has("disk-full");
  return {
    devices: 2 + dice(2),
    faults: [...faults],
    steps: 8 + dice(40),
    delay: pick(dice, [0, 2, 20, 200]),
    clientIds: dice(5) === 0 && tellsIdsApart ? 6 : 0,
    tokenLife: dice(6) === 0 ? 20_000 : 0,
    skew: dice(4) === 0 ? 3_600_000 : 0,
    sameUser: dice(3) === 0,
    plugin: dice(3) === 0,
    keepClosed: dice(3),
    maxUpdateBytes: dice(8) === 0 ? 4_000 : 1024 * 1024,
    follower: dice(3) === 0,
    budget: pick(dice, [ENOUGH, 500, 50, 0]),
    nodes: 1,
    lostHints: 0,
  };
}
