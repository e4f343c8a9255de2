/** The migrations of this device: begun when they are due, one for each package, and told of when they end. */

import { type CroftError, toCroftError } from "@croft/core";
import type { PluginPackage } from "@croft/plugin/package";
import { whatItWaitsFor } from "./claim.ts";
import type { Standing } from "./judge-installed.ts";
import { migrateData, type Migration } from "./migrate-data.ts";

/** How long to wait for a turn at least, and at most, in milliseconds. */
const WAIT = { least: 200, most: 2_000 } as const;

type Attempt =
  | { readonly name: "running"; readonly done: Promise<void> }
  | { readonly name: "waiting"; readonly waitsFor: "server" | "turn"; readonly until: number }
  | { readonly name: "failed"; readonly error: CroftError };

/** See the top of this file. */
export class Migrations {
  readonly #migration: Migration;
  readonly #changed: () => void;
  readonly #onProblem: (problem: CroftError) => void;
  readonly #attempts = new Map<string, Attempt>();

  constructor(
    migration: Migration,
    options: {
      readonly changed: () => void;
      readonly onProblem: (problem: CroftError) => void;
    },
  ) {
    this.#migration = migration;
    this.#changed = options.changed;
    this.#onProblem = options.onProblem;
  }

  /** How it stands with the migration that a package needs; begins it where it is due. */
  standing(found: PluginPackage): Standing {
    const { hash } = found;
    const attempt = this.#attempts.get(hash);
    if (attempt?.name === "failed") return { name: "refused", error: attempt.error };
    if (attempt?.name === "waiting" && this.#isToWait(attempt)) {
      return { name: "migrating", waitsFor: attempt.waitsFor };
    }
    // Who may not write the list waits for somebody who may.
    if (this.#migration.list.shared.state.access !== "write") {
      return { name: "migrating", waitsFor: "turn" };
    }
    if (attempt?.name !== "running") {
      this.#attempts.set(hash, { name: "running", done: this.#run(found) });
    }
    return { name: "migrating", waitsFor: undefined };
  }

  /** What failed is tried again: a person asks for it. */
  retry(): void {
    for (const [hash, { name }] of this.#attempts)
      if (name === "failed") this.#attempts.delete(hash);
  }

  /** When one that waits is to be tried again; what waits for the server is as soon as that is there. */
  get next(): number {
    const now = this.#migration.clock.now();
    const waiting = [...this.#attempts.values()].filter((attempt) => attempt.name === "waiting");
    return Math.min(...waiting.map(({ until }) => until).filter((until) => until > now));
  }

  /** Resolves when none is running. */
  async ended(): Promise<void> {
    for (const attempt of [...this.#attempts.values()]) {
      if (attempt.name === "running") await attempt.done;
    }
  }

  #isToWait({ waitsFor, until }: Extract<Attempt, { name: "waiting" }>): boolean {
    const { clock, workspace } = this.#migration;
    const { name } = workspace.sync.state;
    if (waitsFor === "server" && name !== "online" && name !== "none") return true;
    return clock.now() < until;
  }

  async #run(found: PluginPackage): Promise<void> {
    const { hash, manifest } = found;
    const { clock, signal } = this.#migration;
    // What is said about it comes after whoever began it has noted that it runs.
    await Promise.resolve();
    try {
      await migrateData(found, this.#migration);
      this.#attempts.delete(hash);
    } catch (thrown) {
      if (signal.aborted) return;
      const waitsFor = whatItWaitsFor(thrown);
      if (waitsFor) {
        // At random: of two that saw each other one is quicker the next time.
        const wait = WAIT.least + Math.random() * (WAIT.most - WAIT.least);
        this.#attempts.set(hash, { name: "waiting", waitsFor, until: clock.now() + wait });
      } else {
        const what = `The data of ${manifest.id} cannot be brought over`;
        const error = toCroftError(thrown, "plugin/migration", what);
        this.#attempts.set(hash, { name: "failed", error });
        this.#onProblem(error);
      }
    }
    this.#changed();
  }
}
