/** The network for a plugin that runs elsewhere: its end, and its host's. */

import * as z from "zod";
import type { NetworkResponse, PluginNetwork } from "../network.ts";
import type { Calls } from "./calls.ts";
import { either } from "./signals.ts";

const bytes = z.instanceof(Uint8Array);
const headers = z.record(z.string(), z.string());
const asking = z.strictObject({
  url: z.string(),
  method: z.string().optional(),
  headers: headers.optional(),
  body: z.union([z.string(), bytes]).optional(),
});
const answer: z.ZodType<NetworkResponse> = z.strictObject({
  status: z.int(),
  headers,
  body: bytes,
});

/** Passes on the requests of a plugin at the other end. */
export function serveNetwork(calls: Calls, network: PluginNetwork): void {
  calls.answer("network/fetch", asking, ({ url, ...request }, signal) =>
    network.fetch(url, { ...request, signal }),
  );
}

/** Has the host send requests, until `ended`. */
export function networkOver(calls: Calls, ended: AbortSignal): PluginNetwork {
  return {
    async fetch(url, { signal, ...request } = {}) {
      const { method, headers: sent, body } = request;
      const asked = { url, method, headers: sent && { ...sent }, body };
      return answer.parse(await calls.ask("network/fetch", asked, either(ended, signal)));
    },
  };
}
