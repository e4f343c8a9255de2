/**
 * Passes calls on between plugins: from who was granted to call, to who offers it, with a copy of the data and who calls. Each
 * call ends: with an answer, an error, a time-out, a revocation, or one of the two sides.
 */

import { APP_SUBTREE, type Clock, CroftError } from "@croft/core";
import {
  type ApiCallOptions,
  type ApiName,
  type GrantedPermissions,
  ownerOfApi,
  parseApiName,
  type PluginManifest,
} from "@croft/plugin";
import { checkOffer, copyPlain, type RawApis, type RespondToCall } from "@croft/plugin/remote";
import type { PluginState } from "../lifecycle.ts";
import { pluginThrew } from "../plugin-error.ts";
import { unlessAborted } from "../abort.ts";
import { deniedFor, tooMuch } from "./denied.ts";

/** Calls at a time from one plugin to another. */
const MAX_CALLS = 32;
/** Size of what is given and of what is answered, in bytes. */
const MAX_BYTES = 2 ** 20;
const TIMEOUT = 10_000;
const MAX_TIMEOUT = 300_000;

const PLAIN_HINT = "Hand over values, lists, plain objects and `Uint8Array`.";

/** Options of {@link ApiBroker}. */
export interface ApiBrokerOptions {
  readonly clock: Pick<Clock, "delay">;
  /** A registered plugin, as it is now. */
  readonly find: (plugin: string) => Callee | undefined;
  /** Activates a plugin for a reason, in words that continue "was woken by", or waits until it is back; rejects if it does not come. */
  readonly wake: (plugin: string, reason: string) => Promise<void>;
  /** A function threw what is no answer. */
  readonly onProblem: (problem: CroftError) => void;
}

/** What is known of who is called. */
export interface Callee {
  readonly manifest: PluginManifest;
  readonly state: PluginState;
}

interface Call {
  readonly caller: string;
  readonly callee: string;
  readonly api: ApiName;
  readonly controller: AbortController;
  /** Whether it was handed to the callee, which has to be active for that. */
  isHanded: boolean;
}

/** See the top of this file. */
export class ApiBroker {
  readonly #options: ApiBrokerOptions;
  readonly #providers = new Map<ApiName, RespondToCall>();
  readonly #calls = new Set<Call>();

  constructor(options: ApiBrokerOptions) {
    this.#options = options;
  }

  /** APIs for one activation of a plugin. */
  open(
    { id, apis }: PluginManifest,
    granted: () => GrantedPermissions,
    ended: AbortSignal,
  ): RawApis {
    return {
      call: async (api, method, input, options) => {
        ended.throwIfAborted();
        if (!mayCall(id, granted(), api)) throw deniedFor(id, "apis", `call ${api}`);
        return this.#call(id, api, method, input, options, ended);
      },
      provide: (api, _methods, respond) => {
        ended.throwIfAborted();
        checkOffer(api, id, apis, this.#providers.has(api));
        this.#providers.set(api, respond);
        const withdraw = (): void => {
          if (this.#providers.get(api) === respond) this.#providers.delete(api);
        };
        ended.addEventListener("abort", withdraw, { once: true });
        return withdraw;
      },
    };
  }

  /** Calls for the application, which may call everything. */
  callAsApp(
    api: ApiName,
    method: string,
    input: unknown,
    options: ApiCallOptions,
  ): Promise<unknown> {
    return this.#call(APP_SUBTREE, api, method, input, options);
  }

  /** Ends the calls of a plugin that are not granted any more. */
  recheck(plugin: string, granted: GrantedPermissions): void {
    for (const { caller, api, controller } of [...this.#calls]) {
      if (caller !== plugin || mayCall(plugin, granted, api)) continue;
      controller.abort(deniedFor(plugin, "apis", `call ${api}`));
    }
  }

  /** A plugin is being deactivated, or has ended: nobody waits for it, nor it for anybody. */
  leave(plugin: string): void {
    for (const { caller, callee, api, isHanded, controller } of [...this.#calls]) {
      if (callee === plugin) {
        // Whoever waits until it is active hears why it is not, or that it is again.
        if (!isHanded) continue;
        controller.abort(
          bare(
            new CroftError("plugin/failed", `${callee} ended before ${api} answered.`, {
              plugin,
              hint: "Call again once it runs.",
            }),
          ),
        );
      } else if (caller === plugin) {
        controller.abort(
          new CroftError("disposed", `The plugin ${plugin} was deactivated.`, { plugin }),
        );
      }
    }
  }

  async #call(
    caller: string,
    api: ApiName,
    method: string,
    input: unknown,
    { signal: given, timeout = TIMEOUT }: ApiCallOptions,
    ended?: AbortSignal,
  ): Promise<unknown> {
    given?.throwIfAborted();
    // Checked by who made the contract; what comes over a port may be anything.
    const callee = ownerOfApi(parseApiName(api));
    if (!(timeout > 0 && timeout <= MAX_TIMEOUT)) {
      throw new CroftError("input/invalid", `\`timeout\` must be within ${MAX_TIMEOUT} ms.`, {
        hint: `Leave it out for ${TIMEOUT} ms.`,
      });
    }
    const copied = copyPlain(input, MAX_BYTES);
    if ("problem" in copied) throw unfit(`What was given to ${api} ${method}`, copied.problem);
    const between = [...this.#calls].filter(
      (call) => call.caller === caller && call.callee === callee,
    );
    if (between.length >= MAX_CALLS)
      throw tooMuch(caller, `${callee} has not answered ${MAX_CALLS} calls`);
    const controller = new AbortController();
    const call: Call = { caller, callee, api, controller, isHanded: false };
    const signal = AbortSignal.any([
      controller.signal,
      ...(ended ? [ended] : []),
      ...(given ? [given] : []),
    ]);
    const stopTimer = this.#options.clock.delay(timeout, () =>
      controller.abort(this.#late(call, timeout)),
    );
    this.#calls.add(call);
    try {
      return await unlessAborted(this.#answer(call, method, copied.copy, signal), signal);
    } finally {
      stopTimer();
      this.#calls.delete(call);
    }
  }

  async #answer(call: Call, method: string, input: unknown, signal: AbortSignal): Promise<unknown> {
    const { caller, callee, api } = call;
    const respond = await this.#provider(api, callee);
    // Time may be up already, or the caller gone.
    signal.throwIfAborted();
    call.isHanded = true;
    // The caller's reason is nothing to hand out.
    const answering = new AbortController();
    const abort = (): void => answering.abort();
    signal.addEventListener("abort", abort, { once: true });
    try {
      const output = await respond(method, input, { caller, signal: answering.signal });
      const copied = copyPlain(output, MAX_BYTES);
      if (!("problem" in copied)) return copied.copy;
      throw new CroftError("plugin/failed", `What ${api} ${method} answered ${copied.problem}.`, {
        plugin: callee,
        hint: PLAIN_HINT,
      });
    } catch (error) {
      // What nobody waits for may end as it likes.
      if (!(error instanceof CroftError) && !signal.aborted) {
        this.#options.onProblem(pluginThrew(callee, `in ${api} ${method}`, error));
      }
      throw crossing(error, api, method, callee);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Who answers; activated if it never was, and waited for while it is to come back after a crash. */
  async #provider(api: ApiName, callee: string): Promise<RespondToCall> {
    const there = (): RespondToCall | undefined => {
      const name = this.#options.find(callee)?.state.name;
      return name === "active" || name === "activating" ? this.#providers.get(api) : undefined;
    };
    const now = there();
    if (now) return now;
    const found = this.#options.find(callee);
    if (!found) throw unavailable(api, callee, "is not installed", `Install ${callee}.`);
    if (!found.manifest.apis.some(({ name }) => api === `${callee}/${name}`)) {
      const hint = `Another version of ${callee} may offer it.`;
      throw unavailable(api, callee, "offers no such API", hint);
    }
    const { name } = found.state;
    if (name !== "active") {
      try {
        await this.#options.wake(callee, `a call of ${api}`);
      } catch (error) {
        const isBegun = name === "registered" || name === "activating";
        // One that was active and was ended is not begun anew by others.
        if (!isBegun) throw unavailable(api, callee, "does not run", `Activate ${callee}.`);
        // A sentence of its own, within another one.
        const why = messageOf(error).replace(/\.$/u, "");
        const hint = error instanceof CroftError ? error.hint : undefined;
        const known = hint ?? `Activate ${callee} once that is mended.`;
        throw unavailable(api, callee, `could not be activated: ${why}`, known);
      }
    }
    const respond = there();
    if (respond) return respond;
    if (this.#options.find(callee)?.state.name === "active") {
      const hint = `It declares the API and does not provide it: tell the author of ${callee}.`;
      throw unavailable(api, callee, "does not provide it", hint);
    }
    throw unavailable(api, callee, "does not run", `Activate ${callee}.`);
  }

  #late(call: Call, ms: number): CroftError {
    const { caller, callee, api, isHanded } = call;
    const way = this.#wayBack(callee, caller);
    const hint = way
      ? `They may wait for each other: ${[caller, ...way].join(" → ")}.`
      : "Try again later, or give it more time with `timeout`.";
    const what = isHanded
      ? `did not answer a call of ${api}`
      : `was not active for a call of ${api}`;
    const message = `${callee} ${what} within ${ms / 1000} s.`;
    return bare(new CroftError("plugin/timeout", message, { plugin: callee, hint }));
  }

  /** How `from` waits for `to` by calls, if it does. */
  #wayBack(from: string, to: string): readonly string[] | undefined {
    const ways: string[][] = [[from]];
    const seen = new Set([from]);
    for (let way = ways.shift(); way; way = ways.shift()) {
      for (const { caller, callee } of this.#calls) {
        if (caller !== way.at(-1)) continue;
        if (callee === to) return [...way, to];
        if (seen.has(callee)) continue;
        seen.add(callee);
        ways.push([...way, callee]);
      }
    }
    return undefined;
  }
}

function mayCall(plugin: string, { apis }: GrantedPermissions, api: ApiName): boolean {
  return ownerOfApi(api) === plugin || apis.some((grant) => grant.api === api);
}

/** An error as the caller gets it: what happened, and nothing of the inside of who was called. */
function crossing(error: unknown, api: ApiName, method: string, plugin: string): CroftError {
  if (error instanceof CroftError) {
    const { code, message, hint } = error;
    return bare(new CroftError(code, message.slice(0, 1_000), { plugin, hint }));
  }
  const message = `${api} ${method} failed: ${messageOf(error)}`;
  return bare(new CroftError("plugin/failed", message, { plugin }));
}

/** Without a stack: it goes to other plugins. */
function bare(error: CroftError): CroftError {
  error.stack = `${error.name}: ${error.message}`;
  return error;
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 1_000);
}

function unfit(what: string, problem: string): CroftError {
  return new CroftError("input/invalid", `${what} ${problem}.`, {
    hint: PLAIN_HINT,
  });
}

function unavailable(api: ApiName, plugin: string, why: string, hint: string): CroftError {
  const message = `${api} cannot be called: ${plugin} ${why}.`;
  return bare(new CroftError("plugin/unavailable", message, { plugin, hint }));
}
