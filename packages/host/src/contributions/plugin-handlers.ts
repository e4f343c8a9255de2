/** The handlers that one plugin registered, and the calls that run in them: with a time-out, and ended with the plugin. */

import { type Clock, CroftError, type Unsubscribe } from "@croft/core";
import type { ContributionHandler, HandlerKind } from "@croft/plugin/remote";
import { pluginThrew } from "../plugin-error.ts";

/** How a contribution is called. */
export interface CallOptions {
  /** Gives up, and tells the handler. */
  readonly signal?: AbortSignal | undefined;
  /** How long the handler may take once the plugin is active, in milliseconds. Default 60,000. */
  readonly timeout?: number | undefined;
}

/** Options of {@link PluginHandlers}. */
export interface PluginHandlersOptions {
  readonly plugin: string;
  readonly clock: Pick<Clock, "delay">;
  /** Activates the plugin. */
  readonly wake: () => Promise<void>;
  /** A handler of this kind came or went. */
  readonly onChange: (kind: HandlerKind) => void;
  readonly onProblem: (problem: CroftError) => void;
}

/** Calls of one plugin at a time. */
const MAX_CALLS = 100;
const PATIENCE = 60_000;
const MAX_PATIENCE = 2 ** 31 - 1;

/** See the top of this file. */
export class PluginHandlers {
  readonly #options: PluginHandlersOptions;
  readonly #handlers = new Map<string, ContributionHandler>();
  /** Ends each call that is running. */
  readonly #calls = new Set<(reason: CroftError) => void>();
  #waiting = 0;

  constructor(options: PluginHandlersOptions) {
    this.#options = options;
  }

  has(kind: HandlerKind, name: string): boolean {
    return this.#handlers.has(keyOf(kind, name));
  }

  register(kind: HandlerKind, name: string, handler: ContributionHandler): Unsubscribe {
    const key = keyOf(kind, name);
    this.#handlers.set(key, handler);
    this.#options.onChange(kind);
    return () => {
      if (this.#handlers.get(key) !== handler) return;
      this.#handlers.delete(key);
      this.#options.onChange(kind);
    };
  }

  /**
   * Wakes the plugin and calls its handler.
   *
   * @throws CroftError `plugin/failed` for what the plugin threw, `plugin/timeout`, `plugin/busy`, what activating it
   *   throws, and the signal's reason.
   */
  async call(
    kind: HandlerKind,
    name: string,
    data: unknown,
    { signal, timeout = PATIENCE }: CallOptions,
  ): Promise<unknown> {
    const { plugin, wake } = this.#options;
    if (!(timeout > 0 && timeout <= MAX_PATIENCE)) {
      throw new CroftError("input/invalid", "`timeout` must be a number of milliseconds above 0.", {
        hint: `Leave it out for ${PATIENCE / 1000} s.`,
      });
    }
    signal?.throwIfAborted();
    if (this.#waiting === MAX_CALLS) {
      throw new CroftError("plugin/busy", `${plugin} has ${MAX_CALLS} calls to answer already.`, {
        plugin,
        hint: "Wait until it has answered some of them.",
      });
    }
    this.#waiting++;
    try {
      await orAborted(wake(), signal);
      const handler = this.#handlers.get(keyOf(kind, name));
      if (handler) return await this.#run(handler, name, data, signal, timeout);
    } finally {
      this.#waiting--;
    }
    throw new CroftError("plugin/failed", `${plugin} has no handler for the ${kind} ${name}.`, {
      plugin,
      hint: "It contributes it, and did not register it when it was activated.",
    });
  }

  /** The plugin ends: what runs is ended, and nothing of it is called any more. */
  end(): void {
    const { plugin } = this.#options;
    const gone = new CroftError("plugin/failed", `${plugin} was deactivated.`, {
      plugin,
      hint: "Call again if it is to do it: the call activates it.",
    });
    for (const stop of this.#calls) stop(gone);
    this.#handlers.clear();
  }

  async #run(
    handler: ContributionHandler,
    name: string,
    data: unknown,
    signal: AbortSignal | undefined,
    timeout: number,
  ): Promise<unknown> {
    const { plugin, clock, onProblem } = this.#options;
    const controller = new AbortController();
    const stopped = Promise.withResolvers<never>();
    let reason: { readonly value: unknown } | undefined;
    const stop = (value: unknown): void => {
      reason ??= { value };
      stopped.reject(value);
      controller.abort(value);
    };
    const giveUp = (): void => stop(signal?.reason);
    const late = (): void => {
      const error = handlerLate(plugin, name, timeout);
      onProblem(error);
      stop(error);
    };
    this.#calls.add(stop);
    signal?.addEventListener("abort", giveUp, { once: true });
    const cancel = clock.delay(timeout, late);
    try {
      return await Promise.race([handler(data, controller.signal), stopped.promise]);
    } catch (error) {
      if (reason) throw reason.value;
      // The host's own word that the plugin is gone; all else is what the plugin threw.
      if (isGone(error, plugin)) throw error;
      const problem = pluginThrew(plugin, `in the handler of ${name}`, error);
      onProblem(problem);
      throw problem;
    } finally {
      cancel();
      this.#calls.delete(stop);
      signal?.removeEventListener("abort", giveUp);
    }
  }
}

function keyOf(kind: HandlerKind, name: string): string {
  return `${kind} ${name}`;
}

function isGone(error: unknown, plugin: string): boolean {
  return error instanceof CroftError && error.code === "plugin/failed" && error.plugin === plugin;
}

function handlerLate(plugin: string, name: string, ms: number): CroftError {
  return new CroftError(
    "plugin/timeout",
    `${plugin} did not answer ${name} within ${ms / 1000} s.`,
    { plugin, hint: "It was told to stop, but its code may still be running." },
  );
}

async function orAborted(done: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return done;
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await Promise.race([done, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
