/**
 * Runs one plugin: the effects of its lifecycle. Waits for the plugin's code, but only so long; a
 * plugin that throws or hangs costs nobody but itself.
 */

import { type Clock, CroftError, toCroftError, unreachable } from "@croft/core";
import type { Plugin } from "@croft/plugin";
import type { Activation } from "@croft/plugin/remote";
import { unlessAborted } from "./abort.ts";
import { abortOf, type Deadline, type Outcome, outcomeOf, startDeadline } from "./deadline.ts";
import { type LifecycleEvent, next, type PluginState, type Verdict } from "./lifecycle.ts";
import { hostLate, pluginCrashed, pluginDied, pluginLate, pluginThrew } from "./plugin-error.ts";
import type { Supervisor } from "./supervisor.ts";

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
  /** Creates what one activation runs on, which says with `crashed` that it has died; may throw. */
  readonly open: (crashed: (error: unknown) => void) => RunnableActivation;
  /** Resolves when what the plugin may read at once is there, which is the host's affair. */
  readonly prepare: () => Promise<void>;
  /** Says what becomes of it when it crashed or failed. */
  readonly supervisor: Pick<Supervisor, "crashed" | "startFailed" | "startPrevented">;
  /** Ends those that need the plugin: they go before what it held. Never rejects. */
  readonly endDependents: () => Promise<void>;
  readonly onState: (state: PluginState, before: PluginState) => void;
  /** The plugin did something wrong. */
  readonly onProblem: (problem: CroftError) => void;
  /** It cannot be started, and that is none of its doing. */
  readonly onPrevented: (problem: CroftError) => void;
}

/** See the top of this file. */
export interface PluginRunner {
  readonly state: PluginState;
  /**
   * Resolves when the plugin is active. Rejects with `plugin/failed` when it threw or took too
   * long, and when it was deactivated meanwhile; with what `open` and `prepare` throw.
   */
  activate(): Promise<void>;
  /**
   * Resolves when nothing of the plugin is left. Never rejects.
   *
   * @param deadline Until when it may end by itself; by default its own.
   */
  deactivate(deadline?: Deadline): Promise<void>;
  /** Resolves when the end that is under way is over. Never rejects. */
  ended(): Promise<void>;
  /** Has it started by persons only, from now on. Has no effect while it runs. */
  suspend(verdict: Extract<Verdict, { name: "suspend" }>): void;
}

/** Creates a runner in the state `registered`. */
export function createPluginRunner(options: PluginRunnerOptions): PluginRunner {
  return new Runner(options);
}

interface Run {
  readonly activation: RunnableActivation;
  /** What became of the plugin's `activate`. */
  readonly entered: Promise<Outcome>;
  readonly death: Death;
}

/** How an activation died, if it did. */
interface Death {
  outcome: Outcome | undefined;
  readonly came: PromiseWithResolvers<Outcome>;
}

class Runner implements PluginRunner {
  state: PluginState = { name: "registered" };
  readonly #options: PluginRunnerOptions;
  #run: Run | undefined;
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> = Promise.resolve();
  /** Until when all has to end, if somebody has said so. */
  #given: Deadline | undefined;

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
      case "crashing":
        return this.#stopping.then(() => this.activate());
      case "registered":
      case "inactive":
      case "failed":
      case "crashed":
      case "suspended":
        this.#apply({ name: "activate" });
        this.#starting = this.#start(state.name === "crashed");
        return this.#starting;
      default:
        return unreachable(state);
    }
  }

  deactivate(deadline?: Deadline): Promise<void> {
    const { state } = this;
    this.#given = deadline ?? this.#given;
    switch (state.name) {
      case "activating":
      case "active":
        this.#apply({ name: "deactivate" });
        this.#stopping = this.#stop(this.#deadline());
        return this.#stopping;
      case "crashing":
        this.#apply({ name: "deactivate" });
        return this.#stopping;
      case "deactivating":
        return this.#stopping;
      case "crashed":
        this.#apply({ name: "deactivate" });
        return Promise.resolve();
      case "registered":
      case "inactive":
      case "failed":
      case "suspended":
        return Promise.resolve();
      default:
        return unreachable(state);
    }
  }

  ended(): Promise<void> {
    return this.#stopping;
  }

  suspend(verdict: Extract<Verdict, { name: "suspend" }>): void {
    this.#judged(verdict);
  }

  get #id(): string {
    return this.#options.plugin.manifest.id;
  }

  async #start(afterCrash: boolean): Promise<void> {
    const { plugin, clock, deadlines } = this.#options;
    const death: Death = { outcome: undefined, came: Promise.withResolvers() };
    let activation: RunnableActivation;
    try {
      activation = this.#options.open((error) => this.#died(death, error));
    } catch (error) {
      throw this.#prevent(error);
    }
    let isPrepared = false;
    const entered = (async (): Promise<Outcome> => {
      // Not within `activate`, so that the plugin's code finds this runner in order.
      await Promise.resolve();
      const { signal } = activation.context;
      const prepared = await outcomeOf(() => unlessAborted(this.#options.prepare(), signal));
      if (prepared.kind === "threw") return { kind: "prevented", error: prepared.error };
      isPrepared = true;
      return outcomeOf(() => {
        signal.throwIfAborted();
        return plugin.activate(activation.context);
      });
    })();
    this.#run = { activation, entered, death };
    const deadline = startDeadline(clock, deadlines.activate);
    const aborted = abortOf(activation.context.signal);
    const first = await Promise.race([entered, death.came.promise, deadline.passed, aborted]);
    deadline.cancel();
    // What has died did not start, even if `activate` came back in the same moment.
    const outcome = death.outcome ?? first;
    if (this.state.name !== "activating") {
      await this.#stopping;
      throw new CroftError("plugin/failed", `${this.#id} was deactivated while it was activated.`, {
        plugin: this.#id,
        hint: "Activate it again if it is to run.",
      });
    }
    if (outcome.kind === "done") {
      this.#apply({ name: "activated" });
      return;
    }
    this.#run = undefined;
    activation.abort();
    await this.#finish(activation, this.#deadline());
    if (outcome.kind === "prevented") throw this.#prevent(outcome.error);
    if (outcome.kind === "late" && !isPrepared) {
      throw this.#prevent(hostLate(this.#id, deadlines.activate));
    }
    throw this.#fail(this.#describe(outcome, "activate", deadlines.activate), afterCrash);
  }

  async #stop(deadline: Deadline): Promise<void> {
    const { plugin } = this.#options;
    const run = this.#run;
    this.#run = undefined;
    if (run) {
      const { activation, entered } = run;
      activation.abort();
      const start = await Promise.race([entered, deadline.passed]);
      if (start.kind === "done") {
        const stopped = outcomeOf(() => plugin.deactivate(activation.context));
        this.#report(await Promise.race([stopped, deadline.passed]));
      } else if (start.kind !== "prevented" && !isOf(activation.context.signal, start)) {
        this.#report(start);
      }
      await this.#finish(activation, deadline);
    } else {
      deadline.cancel();
      // The activation has failed and is being cleaned up.
      await outcomeOf(() => this.#starting);
    }
    this.#apply({ name: "deactivated" });
  }

  /** An activation says that it has died. */
  #died(death: Death, error: unknown): void {
    const run = this.#run;
    // One that is over anyway, or says so again.
    if (run?.death !== death || death.outcome) return;
    death.outcome = { kind: "crashed", error };
    death.came.resolve(death.outcome);
    if (this.state.name !== "active") return;
    this.#run = undefined;
    const problem = pluginCrashed(this.#id, error);
    const verdict = this.#options.supervisor.crashed(problem);
    this.#apply({ name: "crashed", error: problem });
    this.#stopping = this.#bury(run.activation, verdict);
    this.#options.onProblem(problem);
  }

  async #bury(activation: RunnableActivation, verdict: Verdict): Promise<void> {
    activation.abort();
    await this.#options.endDependents();
    await this.#finish(activation, this.#deadline());
    // Somebody may have deactivated it meanwhile.
    if (this.state.name === "deactivating") this.#apply({ name: "deactivated" });
    else this.#judged(verdict);
  }

  /** Takes back what an activation holds, the plugin's own steps until the deadline only. */
  async #finish(activation: RunnableActivation, deadline: Deadline): Promise<void> {
    try {
      const released = outcomeOf(() => activation.release());
      if (!deadline.over) this.#report(await Promise.race([released, deadline.passed]));
    } finally {
      deadline.cancel();
      // Whatever came before: the plugin would go on with what it was granted.
      await activation.end();
    }
  }

  /** Tells of a deactivation that did not go well. */
  #report(outcome: Outcome): void {
    if (outcome.kind === "done") return;
    const { onProblem, deadlines } = this.#options;
    onProblem(this.#describe(outcome, "deactivate", deadlines.deactivate));
  }

  /** Ends an activation; returns the error that it ends with. */
  #fail(error: CroftError, afterCrash: boolean): CroftError {
    // While it cleaned up somebody may have deactivated it: then the events have no effect.
    this.#apply({ name: "failed", error });
    this.#options.onProblem(error);
    const verdict = this.#options.supervisor.startFailed(error, { afterCrash });
    if (verdict) this.#judged(verdict);
    return error;
  }

  /** Ends an activation that the plugin had no part in; returns the error that it ends with. */
  #prevent(thrown: unknown): CroftError {
    const error = toCroftError(thrown, "plugin/failed", `${this.#id} cannot be activated`);
    this.#apply({ name: "failed", error });
    this.#options.supervisor.startPrevented();
    this.#options.onPrevented(error);
    return error;
  }

  #judged(verdict: Verdict): void {
    const before = this.state;
    this.#apply(verdict);
    if (this.state !== before && verdict.name === "suspend") {
      this.#options.onProblem(verdict.error);
    }
  }

  #deadline(): Deadline {
    if (this.#given) return this.#given;
    return startDeadline(this.#options.clock, this.#options.deadlines.deactivate);
  }

  #describe(outcome: Outcome, method: "activate" | "deactivate", ms: number): CroftError {
    if (outcome.kind === "threw") return pluginThrew(this.#id, `in \`${method}\``, outcome.error);
    if (outcome.kind === "crashed") return pluginDied(this.#id, outcome.error);
    return pluginLate(this.#id, method, ms);
  }

  #apply(event: LifecycleEvent): void {
    const state = next(this.state, event);
    const before = this.state;
    if (state === before) return;
    this.state = state;
    this.#options.onState(state, before);
  }
}

/** Whether the plugin stopped because it was told to: with the signal's own reason. */
function isOf(signal: AbortSignal, outcome: Outcome): boolean {
  if (outcome.kind !== "threw") return false;
  const { error } = outcome;
  return error === signal.reason || (error instanceof Error && error.name === "AbortError");
}
