/**
 * Finds out which of several plugins made all of them fall silent: of a process that they share it is not told who filled its
 * memory. They are started again one after the other, each with a turn in which it is watched. Whose turn it is when silence
 * comes again is suspected, and waits until the others have shown that they live without it; when its turn brings silence once
 * more it is to blame. Silence without it, in nobody's turn, clears it. Who did something last has its turn last. Decides only; no clock here.
 */

import type { FellSilent } from "./remote/realm-group.ts";
import type { Supervision } from "./supervision.ts";
import type { Deed } from "./trouble-report.ts";

/** What is decided about a plugin that fell silent; `undefined`: it did so alone, and that is its own affair. */
export type Blame =
  | { readonly name: "culprit" }
  | { readonly name: "waits"; readonly until: number };

/**
 * Who fills the memory answers no more some time before the process dies: those that fall silent so soon after one that did so
 * alone, in milliseconds, fell silent by it.
 */
const AFTERMATH = 15_000;

interface Turn {
  /** When it started, once it did. */
  began: number | undefined;
  /** Until when it is watched, once it is active. */
  until: number;
}

/** See the top of this file. */
export class LineUp {
  readonly #settings: Supervision;
  readonly #lastDeeds = new Map<string, () => Deed | undefined>();
  readonly #turns = new Map<string, Turn>();
  readonly #suspects = new Set<string>();
  /** Who fell silent before others did. */
  #first: { readonly plugin: string; readonly at: number; readonly found: boolean } | undefined;
  /** All hear the same error of one silence. */
  #silence: FellSilent | undefined;
  #decided = new Map<string, Blame>();
  #length: number;
  #lastLineUp = Number.NEGATIVE_INFINITY;
  /** When the last turn that was given is over, if all goes well. */
  #end = Number.NEGATIVE_INFINITY;

  constructor(settings: Supervision) {
    this.#settings = settings;
    this.#length = settings.turn;
  }

  /** Knows a plugin from now on, by what tells the last thing that it did. */
  watch(plugin: string, lastDeed: () => Deed | undefined): void {
    this.#lastDeeds.set(plugin, lastDeed);
  }

  /** Knows a plugin no more: it was unregistered. What is registered by its name later begins anew. */
  forget(plugin: string): void {
    this.#lastDeeds.delete(plugin);
    this.#turns.delete(plugin);
    this.#suspects.delete(plugin);
    // What others do soon afterwards may still be by it, but there is nobody to suspect.
    if (this.#first?.plugin === plugin) this.#first = { ...this.#first, found: true };
  }

  /** A plugin begins to start. */
  starts(plugin: string, now: number): void {
    const turn = this.#turns.get(plugin);
    if (turn) Object.assign(turn, { began: now, until: Number.POSITIVE_INFINITY });
  }

  /** It has become active. */
  isUp(plugin: string, now: number): void {
    const turn = this.#turns.get(plugin);
    if (turn) turn.until = now + this.#length;
  }

  /** What becomes of a plugin that fell silent. */
  judge(plugin: string, silence: FellSilent, now: number): Blame | undefined {
    if (silence !== this.#silence) {
      this.#silence = silence;
      this.#decided = this.#decide(silence, now);
    }
    return this.#decided.get(plugin);
  }

  #decide({ plugins: silent, quietFor }: FellSilent, now: number): Map<string, Blame> {
    for (const [plugin, { until }] of this.#turns) {
      if (until >= now - quietFor) continue;
      this.#turns.delete(plugin);
      this.#suspects.delete(plugin);
    }
    const soon = now + this.#settings.firstRestart;
    const blame = new Map<string, Blame>(
      silent.map((plugin) => [plugin, { name: "waits", until: soon }]),
    );
    const first = this.#first;
    if (first && now - first.at <= AFTERMATH && silent.some((plugin) => plugin !== first.plugin)) {
      if (silent.includes(first.plugin)) {
        return blame.set(first.plugin, this.#suspected(first.plugin, soon));
      }
      if (!first.found && !this.#suspects.has(first.plugin)) {
        // Its own restart is its turn.
        this.#suspects.add(first.plugin);
        this.#turns.set(first.plugin, { began: now, until: now + this.#length });
      }
      return blame;
    }
    const watched = silent.filter((plugin) => this.#turns.get(plugin)?.began !== undefined);
    // What needs another one starts when that is up, in its turn: then the later one did it.
    const suspect = watched.toSorted((a, b) => this.#began(b) - this.#began(a))[0];
    if (suspect === undefined) {
      for (const each of this.#suspects) {
        if (!silent.includes(each)) this.#suspects.delete(each);
      }
      if (silent.length > 1) return this.#lineUp(silent, now);
      this.#first = { plugin: silent[0] ?? "", at: now, found: false };
      return new Map();
    }
    const found = this.#suspects.delete(suspect);
    this.#first = silent.length === 1 ? { plugin: suspect, at: now, found } : undefined;
    if (found) {
      this.#turns.delete(suspect);
      return blame.set(suspect, { name: "culprit" });
    }
    return blame.set(suspect, this.#suspected(suspect, soon));
  }

  /** Gives it a turn when the others are up. */
  #suspected(plugin: string, soon: number): Blame {
    this.#suspects.add(plugin);
    this.#turns.set(plugin, { began: undefined, until: Number.POSITIVE_INFINITY });
    const until = Math.max(soon + this.#length, this.#end);
    this.#end = until + this.#length;
    return { name: "waits", until };
  }

  #lineUp(silent: readonly string[], now: number): Map<string, Blame> {
    const { turn, longestWait, crashWindow, firstRestart } = this.#settings;
    // Nobody was found the last time: whoever did it takes its time.
    const again = now - this.#lastLineUp < crashWindow;
    this.#length = again ? Math.min(this.#length * 2, Math.max(turn, longestWait)) : turn;
    this.#lastLineUp = now;
    const inOrder = silent.toSorted((a, b) => this.#lastAt(a) - this.#lastAt(b));
    const begin = Math.max(now + firstRestart, this.#end);
    this.#end = begin + inOrder.length * this.#length;
    return new Map(
      inOrder.map((plugin, place) => {
        this.#turns.set(plugin, { began: undefined, until: Number.POSITIVE_INFINITY });
        return [plugin, { name: "waits", until: begin + place * this.#length }];
      }),
    );
  }

  #began(plugin: string): number {
    return this.#turns.get(plugin)?.began ?? 0;
  }

  #lastAt(plugin: string): number {
    return this.#lastDeeds.get(plugin)?.()?.at ?? 0;
  }
}
