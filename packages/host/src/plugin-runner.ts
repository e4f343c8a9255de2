/**
 * Runs one plugin: the effects of its lifecycle. Waits for the plugin's code, but only so long; a
 * plugin that throws or hangs costs nobody but itself.
 */

import { type Clock, CroftError, toCroftError, unreachable } from "@croft/core";
import type { Plugin } from "@croft/plugin";
import type { Activation } from "@croft/plugin/remote";
import { abortOf, type Deadline, type Outcome, outcomeOf, startDeadline } from "./deadline.ts";
import { type LifecycleEvent, next, type PluginState } from "./lifecycle.ts";
import { pluginLate, pluginThrew } from "./plugin-error.ts";

/** How long a plugin may take, in milliseconds. */
export interface Deadlines {
  readonly activate: number;
  readonly deactivate: number;
}

/** What a runner needs of an activation. */
export type RunnableActivation = Pick<Activation, "context" | "abort" | "release" | "end">;

/** Options of {@link createPluginRunner}. */
export interface PluginRunnerOptions {
  readonly plugin: Plugin;
  readonly clock: Pick<Clock, "delay">;
  readonly deadlines: Deadlines;
  /** Creates what one activation runs on; may throw. */
  readonly open: () => RunnableActivation;
  readonly onState: (state: PluginState) => void;
  readonly onProblem: (problem: CroftError) => void;
}

/** See the top of this file. */
export interface PluginRunner {
  readonly state: PluginState;
  /**
   * Resolves when the plugin is active. Rejects with `plugin/failed` when it threw or took too
   * long, and when it was deactivated meanwhile.
   */
  activate(): Promise<void>;
  /** Resolves when nothing of the plugin is left. Never rejects. */
  deactivate(): Promise<void>;
}

/** Creates a runner in the state `registered`. */
export function createPluginRunner(options: PluginRunnerOptions): PluginRunner {
  return new Runner(options);
}

interface Run {
  readonly activation: RunnableActivation;
  /** What became of the plugin's `activate`. */
  readonly entered: Promise<Outcome>;
}

class Runner implements PluginRunner {
  state: PluginState = { name: "registered" };
  readonly #options: PluginRunnerOptions;
  #run: Run | undefined;
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> = Promise.resolve();

  constructor(options: PluginRunnerOptions) {
    this.#options = options;
  }

  activate(): Promise<void> {
    const { state } = this;
    switch (state.name) {
      case "active":
        return Promise.resolve();
      case "activating":
        return this.#starting;
      case "deactivating":
        return this.#stopping.then(() => this.activate());
      case "registered":
      case "inactive":
      case "failed":
        this.#apply({ name: "activate" });
        this.#starting = this.#start();
        return this.#starting;
      default:
        return unreachable(state);
    }
  }

  deactivate(): Promise<void> {
    const { state } = this;
    switch (state.name) {
      case "activating":
      case "active":
        this.#apply({ name: "deactivate" });
        this.#stopping = this.#stop();
        return this.#stopping;
      case "deactivating":
        return this.#stopping;
      case "registered":
      case "inactive":
      case "failed":
        return Promise.resolve();
      default:
        return unreachable(state);
    }
  }

  get #id(): string {
    return this.#options.plugin.manifest.id;
  }

  async #start(): Promise<void> {
    const { plugin, clock, deadlines } = this.#options;
    let activation: RunnableActivation;
    try {
      activation = this.#options.open();
    } catch (error) {
      throw this.#fail(toCroftError(error, "plugin/failed", `${this.#id} cannot be activated`));
    }
    const entered = outcomeOf(async () => {
      // Not within `activate`, so that the plugin's code finds this runner in order.
      await Promise.resolve();
      activation.context.signal.throwIfAborted();
      await plugin.activate(activation.context);
    });
    this.#run = { activation, entered };
    const deadline = startDeadline(clock, deadlines.activate);
    const aborted = abortOf(activation.context.signal);
    const outcome = await Promise.race([entered, deadline.passed, aborted]);
    deadline.cancel();
    if (this.state.name !== "activating") {
      await this.#stopping;
      throw new CroftError("plugin/failed", `${this.#id} was deactivated while it was activated.`, {
        plugin: this.#id,
      });
    }
    if (outcome.kind === "done") {
      this.#apply({ name: "activated" });
      return;
    }
    this.#run = undefined;
    activation.abort();
    await this.#finish(activation, startDeadline(clock, deadlines.deactivate));
    throw this.#fail(this.#describe(outcome, "activate", deadlines.activate));
  }

  async #stop(): Promise<void> {
    const { plugin, clock, deadlines } = this.#options;
    const run = this.#run;
    this.#run = undefined;
    if (run) {
      const { activation, entered } = run;
      const deadline = startDeadline(clock, deadlines.deactivate);
      activation.abort();
      const start = await Promise.race([entered, deadline.passed]);
      if (start.kind === "done") {
        const stopped = outcomeOf(() => plugin.deactivate(activation.context));
        this.#report(await Promise.race([stopped, deadline.passed]));
      } else if (!isOf(activation.context.signal, start)) {
        this.#report(start);
      }
      await this.#finish(activation, deadline);
    } else {
      // The activation has failed and is being cleaned up.
      await outcomeOf(() => this.#starting);
    }
    this.#apply({ name: "deactivated" });
  }

  /** Takes back what an activation holds, the plugin's own steps until the deadline only. */
  async #finish(activation: RunnableActivation, deadline: Deadline): Promise<void> {
    const released = outcomeOf(() => activation.release());
    if (!deadline.over) this.#report(await Promise.race([released, deadline.passed]));
    deadline.cancel();
    await activation.end();
  }

  /** Tells of a deactivation that did not go well. */
  #report(outcome: Outcome): void {
    if (outcome.kind === "done") return;
    const { onProblem, deadlines } = this.#options;
    onProblem(this.#describe(outcome, "deactivate", deadlines.deactivate));
  }

  /** Ends an activation; returns the error that it ends with. */
  #fail(error: CroftError): CroftError {
    // While it cleaned up somebody may have deactivated it: then the event has no effect.
    this.#apply({ name: "failed", error });
    this.#options.onProblem(error);
    return error;
  }

  #describe(outcome: Outcome, method: "activate" | "deactivate", ms: number): CroftError {
    if (outcome.kind === "threw") return pluginThrew(this.#id, `in \`${method}\``, outcome.error);
    return pluginLate(this.#id, method, ms);
  }

  #apply(event: LifecycleEvent): void {
    const state = next(this.state, event);
    if (state === this.state) return;
    this.state = state;
    this.#options.onState(state);
  }
}

/** Whether the plugin stopped because it was told to: with the signal's own reason. */
function isOf(signal: AbortSignal, outcome: Outcome): boolean {
  if (outcome.kind !== "threw") return false;
  const { error } = outcome;
  return error === signal.reason || (error instanceof Error && error.name === "AbortError");
}
