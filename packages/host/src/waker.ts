/**
 * Starts plugins that nobody called for: at start-up, when something wakes them, and when what they need is back after a
 * crash. What a person stopped, and what failed, it leaves alone.
 */

import { CroftError, toCroftError, type Unsubscribe } from "@croft/core";
import type { Manifests } from "./dependency-order.ts";
import { type Lack, lackOf, needs } from "./lack.ts";
import { isRunning, type PluginState } from "./lifecycle.ts";
import type { RegisteredPlugin } from "./registered-plugin.ts";

/** What a waker needs of its host. */
export interface WakerOptions {
  readonly plugins: ReadonlyMap<string, RegisteredPlugin>;
  readonly manifests: () => Manifests;
  /** The plugin of that id; throws when it is unknown, or the host was disposed. */
  readonly get: (id: string) => RegisteredPlugin;
  readonly activate: (id: string) => Promise<void>;
  /** Calls `listener` on each change of any plugin. */
  readonly onChange: (listener: () => void) => Unsubscribe;
  readonly onProblem: (problem: CroftError) => void;
}

/** See the top of this file. */
export class Waker {
  readonly #options: WakerOptions;
  /** Activated at start-up already, or explained why not since the last registration. */
  readonly #tried = new Set<string>();
  /** To be activated when what they need is back: it crashed. */
  readonly #returning = new Set<string>();
  #started = false;
  #stopped = false;

  constructor(options: WakerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#started = true;
    await this.#startUp();
  }

  /** Starts nothing any more. */
  stop(): void {
    this.#stopped = true;
    this.#returning.clear();
  }

  /** A plugin was registered. */
  registered(): void {
    this.#tried.clear();
    // What is registered in one go may come in any order.
    if (this.#started) queueMicrotask(() => void this.#startUp());
  }

  /** A plugin is gone. */
  unregistered(id: string): void {
    this.#returning.delete(id);
  }

  /** Whether something may wake a plugin in this state; while it is to be restarted it hears of it then. */
  isWakeable({ name }: PluginState): boolean {
    return this.#started && !this.#stopped && (name === "registered" || name === "crashed");
  }

  /** Something woke a plugin. */
  async woken(registered: RegisteredPlugin): Promise<void> {
    if (registered.runner.state.name === "crashed") return;
    await this.startAlone(registered);
    if (!this.#returning.has(registered.manifest.id)) registered.forgetWake();
  }

  /**
   * Resolves when a plugin is active that was woken for a reason, in words that continue "was woken by". Waits for the start: what
   * it needs may be registered until then.
   */
  async wake(id: string, reason: string): Promise<void> {
    while (!this.#started && this.#options.get(id).runner.state.name === "registered") {
      await this.#change(id);
    }
    await this.bring(id, reason);
  }

  /** Resolves when a plugin is active, as {@link Waker.wake} does, without waiting for the start: for what runs already and calls it. */
  async bring(id: string, reason: string): Promise<void> {
    const registered = this.#options.get(id);
    registered.supervisor.noted(`was woken by ${reason}`);
    const isNew = registered.runner.state.name === "registered";
    const inVain = isNew ? await this.startAlone(registered) : undefined;
    for (;;) {
      const { state } = this.#options.get(id).runner;
      if (state.name === "active") return;
      // What it needs does not come back by itself, though it would then.
      const lack = isRunning(state) ? undefined : this.lackOf(id);
      if (lack && !lack.passes) throw lack.error;
      const comes = isRunning(state) || state.name === "crashed" || this.#returning.has(id);
      if (!comes) {
        if ("error" in state) throw state.error;
        throw lack?.error ?? inVain ?? deactivated(id);
      }
      await this.#change(id);
    }
  }

  /** A plugin is about to end since one that it needs crashed. */
  ends(id: string, crashed: string): void {
    const { plugins, manifests } = this.#options;
    const name = plugins.get(id)?.runner.state.name;
    // What crashed in the same moment ends for the other's sake, and comes back with it.
    const runs = name === "activating" || name === "active" || name === "crashing";
    if (runs && !this.#stopped && needs(id, crashed, manifests())) this.#returning.add(id);
  }

  /** Somebody deactivates a plugin: neither it nor what waits for it comes back. */
  stays(id: string): void {
    for (const each of this.#returning) {
      if (each === id || needs(each, id, this.#options.manifests())) this.#returning.delete(each);
    }
  }

  /** A plugin's state is another one. */
  moved(id: string, { name }: PluginState): void {
    if (name === "activating") this.#returning.delete(id);
    if (name !== "active") return;
    for (const each of this.#returning) {
      const registered = this.#options.plugins.get(each);
      if (registered && needs(each, id, this.#options.manifests())) {
        void this.startAlone(registered);
      }
    }
  }

  /** What keeps a plugin from running that lies in those that it needs. */
  lackOf(id: string): Lack | undefined {
    const { plugins, manifests } = this.#options;
    return lackOf(id, manifests(), (each) => plugins.get(each)?.runner.state);
  }

  /** Activates without anybody having called for it: problems go to `onProblem`. Resolves with what kept a new one from running. */
  async startAlone(registered: RegisteredPlugin, isAgain = false): Promise<CroftError | undefined> {
    const { manifest, runner } = registered;
    const { id } = manifest;
    if (this.#stopped || this.#options.plugins.get(id) !== registered) return undefined;
    const before = runner.state;
    try {
      const lack = this.lackOf(id);
      if (lack?.passes) {
        this.#returning.add(id);
        return undefined;
      }
      // What failed is tried again by a person, not because something else was registered.
      if (lack) throw lack.error;
      await this.#options.activate(id);
      return undefined;
    } catch (error) {
      if (!this.#stopped && before.name === "crashed" && runner.state === before) {
        // No doing of its own: something that it needs was lost meanwhile, and it comes back with that, if it is not back already.
        this.#returning.add(id);
        if (this.lackOf(id)) return undefined;
        if (isAgain) await this.#anyChange();
        if (this.#returning.has(id)) await this.startAlone(registered, !isAgain);
        return undefined;
      }
      // The runner has told of the plugin's own failure.
      if (this.#stopped || runner.state.name !== "registered") return undefined;
      const problem = toCroftError(error, "plugin/failed", `${id} cannot be activated`);
      // Of a lack it is enough to hear once.
      if (!this.#tried.has(id)) this.#options.onProblem(problem);
      this.#tried.add(id);
      return problem;
    }
  }

  /** Activates what wants to run from the start and has not been tried since the last change. */
  async #startUp(): Promise<void> {
    const all = [...this.#options.plugins.values()];
    const due = all.filter(
      ({ atStartup, runner }) => atStartup && runner.state.name === "registered",
    );
    for (const registered of all) registered.lookAtDocuments();
    const suspects = due.filter(({ supervisor }) => supervisor.isSuspect);
    const others = due.filter((registered) => !suspects.includes(registered));
    await Promise.all(others.map((registered) => this.startAlone(registered)));
    // One by one, after the others are up: if the page dies again, the one being started did it.
    for (const suspect of suspects) await this.startAlone(suspect);
  }

  /** Waits until something changes. Throws what `get` throws. */
  async #change(id: string): Promise<void> {
    await this.#anyChange();
    this.#options.get(id);
  }

  async #anyChange(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.#options.onChange(resolve);
    await promise;
    stop();
  }
}

function deactivated(plugin: string): CroftError {
  return new CroftError("plugin/failed", `${plugin} was deactivated.`, {
    plugin,
    hint: "Activate it if it is to run.",
  });
}
