/**
 * Sends the requests of plugins: those that were granted, with nothing of the application's in them, and within limits.
 * What is revoked ends what is under way.
 */

import { type Clock, CroftError } from "@croft/core";
import type { NetworkGrant, NetworkRequest, NetworkResponse, PluginNetwork } from "@croft/plugin";
import { allowsRequest, isLocal } from "@croft/plugin/remote";
import { unlessAborted } from "../abort.ts";
import { readBody } from "../read-body.ts";
import { deniedFor, tooMuch } from "./denied.ts";
import { type CheckedRequest, checkRequest, shownHeaders } from "./network-request.ts";
import { PerPlugin, Rate } from "./rate.ts";

/** How plugins reach the network. */
export interface NetworkOptions {
  /** What sends. Default: the platform's `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Whether plugins may be granted plain HTTP to this very machine, for development. Default false. */
  readonly allowLocalhost?: boolean | undefined;
  /**
   * Origins that no plugin reaches, whatever is granted: the application's own, that of its sync server. Default: the page's
   * origin. Give `[]` to have a person's grant decide about it as about any other.
   */
  readonly closedOrigins?: readonly string[] | undefined;
  /** In bytes. Default 1 MiB. */
  readonly maxRequestBytes?: number | undefined;
  /** In bytes, as they are after decompression. Default 8 MiB. */
  readonly maxResponseBytes?: number | undefined;
  /** Until the whole answer is there, in milliseconds. Default 30,000. */
  readonly timeout?: number | undefined;
  /** Requests of one plugin at a time. Default 6. */
  readonly maxConcurrent?: number | undefined;
  /** Requests of one plugin in a minute. Default 120. */
  readonly maxPerMinute?: number | undefined;
}

type Filled = Pick<NetworkOptions, "fetch"> & {
  readonly [K in Exclude<keyof NetworkOptions, "fetch">]-?: NonNullable<NetworkOptions[K]>;
};

type Ongoing = Pick<CheckedRequest, "url" | "method"> & { readonly controller: AbortController };

interface Usage {
  readonly rate: Rate;
  readonly ongoing: Set<Ongoing>;
}

/** See the top of this file. */
export class NetworkBroker {
  readonly #options: Filled;
  readonly #clock: Clock;
  readonly #usage: PerPlugin<Usage>;

  constructor(options: NetworkOptions, clock: Clock) {
    const {
      fetch,
      allowLocalhost = false,
      closedOrigins = ownOrigin(),
      maxRequestBytes = 2 ** 20,
      maxResponseBytes = 8 * 2 ** 20,
      timeout = 30_000,
      maxConcurrent = 6,
      maxPerMinute = 120,
    } = options;
    this.#options = {
      fetch,
      allowLocalhost,
      closedOrigins,
      maxRequestBytes,
      maxResponseBytes,
      timeout,
      maxConcurrent,
      maxPerMinute,
    };
    this.#clock = clock;
    this.#usage = new PerPlugin(() => ({
      rate: new Rate(clock, maxPerMinute, 60_000),
      ongoing: new Set(),
    }));
  }

  /** The network for one activation of a plugin. */
  open(plugin: string, granted: () => readonly NetworkGrant[], ended: AbortSignal): PluginNetwork {
    return {
      fetch: async (url, request = {}) => {
        ended.throwIfAborted();
        const checked = checkRequest(plugin, url, request, this.#options.maxRequestBytes);
        this.#admit(plugin, checked, granted());
        return this.#send(plugin, checked, ended, request.signal);
      },
    };
  }

  /** Ends what is under way and not granted any more. */
  recheck(plugin: string, granted: readonly NetworkGrant[]): void {
    for (const { url, method, controller } of this.#usage.get(plugin).ongoing) {
      if (!allowsRequest(granted, method, url))
        controller.abort(deniedRequest(plugin, method, url));
    }
  }

  forget(plugin: string): void {
    this.#usage.delete(plugin);
  }

  #admit(plugin: string, { method, url }: CheckedRequest, granted: readonly NetworkGrant[]): void {
    if (!allowsRequest(granted, method, url)) throw deniedRequest(plugin, method, url);
    const { closedOrigins, allowLocalhost, maxConcurrent } = this.#options;
    if (closedOrigins.includes(url.origin) || (isLocal(url) && !allowLocalhost)) {
      throw new CroftError(
        "access/denied",
        `${plugin} may not reach ${url.origin}: it is closed to plugins here, though the permission \`network\` is granted.`,
        { plugin, hint: "The application's `network` options say what is closed." },
      );
    }
    const { ongoing, rate } = this.#usage.get(plugin);
    if (ongoing.size >= maxConcurrent) throw tooMuch(plugin, "Too many requests are under way");
    if (!rate.take()) throw tooMuch(plugin, "There were too many requests in a minute");
  }

  async #send(
    plugin: string,
    request: CheckedRequest,
    ended: AbortSignal,
    given: NetworkRequest["signal"],
  ): Promise<NetworkResponse> {
    const { timeout } = this.#options;
    const { url, method } = request;
    const controller = new AbortController();
    const ongoing = { url, method, controller };
    const { ongoing: all } = this.#usage.get(plugin);
    const signals = [controller.signal, ended, ...(given ? [given] : [])];
    const signal = AbortSignal.any(signals);
    const stopTimer = this.#clock.delay(timeout, () => {
      controller.abort(failed(plugin, url, `did not answer within ${timeout / 1000} s`, LATER));
    });
    all.add(ongoing);
    try {
      return await unlessAborted(this.#exchange(plugin, request, signal), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CroftError) throw error;
      throw failed(plugin, url, "cannot be reached, or broke off", REACH, error);
    } finally {
      stopTimer();
      all.delete(ongoing);
      // Whatever still comes is not taken.
      controller.abort();
    }
  }

  async #exchange(
    plugin: string,
    { url, method, headers, body }: CheckedRequest,
    signal: AbortSignal,
  ): Promise<NetworkResponse> {
    const { fetch = globalThis.fetch, maxResponseBytes } = this.#options;
    const response = await fetch(url.href, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      signal,
      // Nothing of the person's or the application's goes along, and nothing stays.
      credentials: "omit",
      referrerPolicy: "no-referrer",
      cache: "no-store",
      // Browsers do not say where to; and that it would be granted, nobody but the server says.
      redirect: "manual",
    });
    if (response.type === "opaqueredirect" || REDIRECTS.has(response.status)) {
      await response.body?.cancel();
      const hint = "Ask the address that it redirects to.";
      throw failed(plugin, url, "redirects to another address, which is not followed", hint);
    }
    const what = `answers with more than ${maxResponseBytes} bytes`;
    const tooLarge = failed(plugin, url, what, "Ask it for less at a time.");
    // What it says is no promise, but enough to be refused.
    if (Number(response.headers.get("content-length")) > maxResponseBytes) {
      await response.body?.cancel();
      throw tooLarge;
    }
    const read = await readBody(response, maxResponseBytes);
    if (!read) throw tooLarge;
    return { status: response.status, headers: shownHeaders(response.headers), body: read };
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function ownOrigin(): readonly string[] {
  const { location } = globalThis as { readonly location?: { readonly origin: string } };
  return location ? [location.origin] : [];
}

function deniedRequest(plugin: string, method: string, { origin, pathname }: URL): CroftError {
  return deniedFor(plugin, "network", `${method.slice(0, 20)} ${origin}${pathname}`);
}

const LATER = "Try it again later.";
const REACH =
  "Look whether this device has a network, and try it again; a server also has to allow pages of other origins (CORS).";

function failed(
  plugin: string,
  { origin }: URL,
  what: string,
  hint: string,
  cause?: unknown,
): CroftError {
  return new CroftError("network/failed", `${origin} ${what}, which ${plugin} asked.`, {
    plugin,
    hint,
    cause,
  });
}
