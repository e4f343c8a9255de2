/** Calls between plugins of which one runs elsewhere: its end, and its host's. */

import { CroftError, type Unsubscribe } from "@croft/core";
import * as z from "zod";
import { type ApiName, parseApiName } from "../api-name.ts";
import type { ApiCall, PluginApis } from "../apis.ts";
import { anyContract, type RawApis, type RespondToCall } from "./api-ends.ts";
import type { Calls } from "./calls.ts";
import { either } from "./signals.ts";

const offered = z.strictObject({ api: z.string(), methods: z.array(z.string()).max(1_000) });
const calling = z.strictObject({
  api: z.string(),
  method: z.string(),
  input: z.unknown(),
  timeout: z.number().optional(),
});
const called = z.strictObject({
  api: z.string(),
  method: z.string(),
  input: z.unknown(),
  caller: z.string(),
});

/** Passes on what a plugin at the other end offers and calls; returns what takes its offers back. */
export function serveApis(
  calls: Calls,
  apis: PluginApis,
  onRefused: (message: string) => void,
): Unsubscribe {
  const provided = new Map<string, Unsubscribe>();
  const withdraw = (api: string): void => {
    provided.get(api)?.();
    provided.delete(api);
  };
  calls.hear("apis/provide", offered, ({ api, methods }) => {
    const respond =
      (method: string) =>
      (input: unknown, { caller, signal }: ApiCall) =>
        calls.ask("apis/called", { api, method, input, caller }, signal);
    try {
      const contract = anyContract(parseApiName(api), methods);
      const implementation = Object.fromEntries(methods.map((each) => [each, respond(each)]));
      provided.set(api, apis.provide(contract, implementation));
    } catch (error) {
      onRefused(error instanceof Error ? error.message : String(error));
    }
  });
  calls.hear("apis/withdraw", z.string(), withdraw);
  calls.answer("apis/call", calling, ({ api, method, input, timeout }, signal) => {
    const client = apis.use(anyContract(parseApiName(api), [method]));
    return client[method]?.(input, { signal, timeout });
  });
  return () => {
    for (const api of [...provided.keys()]) withdraw(api);
  };
}

/** Has the host call other plugins, and answers what they call; until `ended`. */
export function rawApisOver(calls: Calls, { plugin, offers, ended }: RemoteApisOptions): RawApis {
  const provided = new Map<ApiName, RespondToCall>();
  calls.answer("apis/called", called, ({ api, method, input, caller }, signal) => {
    const respond = provided.get(parseApiName(api));
    if (respond) return respond(method, input, { caller, signal });
    throw new CroftError("plugin/unavailable", `${plugin} does not provide ${api} any more.`, {
      hint: `Call again once ${plugin} provides it.`,
    });
  });
  return {
    call: (api, method, input, { signal, timeout }) =>
      calls.ask("apis/call", { api, method, input, timeout }, either(ended, signal)),
    provide(api, methods, respond) {
      ended.throwIfAborted();
      checkOffer(api, plugin, offers, provided.has(api));
      provided.set(api, respond);
      calls.tell("apis/provide", { api, methods });
      return () => {
        if (provided.get(api) !== respond) return;
        provided.delete(api);
        calls.tell("apis/withdraw", api);
      };
    },
  };
}

/** Options of {@link rawApisOver}. */
export interface RemoteApisOptions {
  readonly plugin: string;
  /** The names in its manifest. */
  readonly offers: readonly { readonly name: string }[];
  readonly ended: AbortSignal;
}

/**
 * Whether a plugin may provide an API.
 *
 * @throws {@link CroftError} `input/invalid` if not.
 */
export function checkOffer(
  api: ApiName,
  plugin: string,
  offers: readonly { readonly name: string }[],
  isProvided: boolean,
): void {
  const isOffered = offers.some(({ name }) => api === `${plugin}/${name}`);
  if (isOffered && !isProvided) return;
  const why = isOffered ? "is provided already" : `is none that ${plugin} says it offers`;
  throw new CroftError("input/invalid", `The API ${api} ${why}.`, {
    plugin,
    hint: isOffered ? "Take the first back before." : "Name it in the manifest's `apis`.",
  });
}
