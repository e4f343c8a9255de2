/**
 * Offers the newest build of a plugin to applications on the same machine. One request, which waits for what is newer than
 * the asker has:
 *
 *     GET /?after=<build>
 *     200  the package; 422  what is wrong, as text: both with the header `croft-build`, which names this build
 *     204  nothing newer came; ask again
 *
 * An application needs no token: whoever is on this machine may read what is here. Pages of other origins than this machine's may
 * not, and neither may those that reach it under another name.
 */

import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { CroftError } from "@croft/core";

/** How long a request waits for a newer build, in milliseconds. */
const WAIT = 20_000;
const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** What became of a build. */
export type Built =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly problem: string };

/** See the top of this file. */
export class DevServer {
  readonly #server: Server;
  readonly #waiting = new Set<() => void>();
  // Another process's builds have other names.
  readonly #session = randomUUID();
  #count = 0;
  #newest: Built | undefined;

  constructor() {
    this.#server = createServer((request, response) => void this.#respond(request, response));
  }

  /**
   * Listens on this machine only.
   *
   * @param port 0 takes any that is free.
   * @returns The server's URL.
   * @throws CroftError `input/invalid` when the port cannot be had.
   */
  async listen(port: number): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(port, "127.0.0.1", resolve);
    try {
      await promise;
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new CroftError("input/invalid", `Port ${port} cannot be had: ${detail}.`, {
        hint: "Name another one with --port.",
        cause,
      });
    }
    const address = this.#server.address();
    const taken = typeof address === "object" && address ? address.port : port;
    return `http://127.0.0.1:${taken}`;
  }

  /** Offers a build from now on. */
  offer(built: Built): void {
    this.#newest = built;
    this.#count++;
    for (const wake of [...this.#waiting]) wake();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const wake of [...this.#waiting]) wake();
    this.#server.closeAllConnections();
    await closed;
  }

  get #build(): string {
    return `${this.#session}-${this.#count}`;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origin, host = "" } = request.headers;
    if (!LOCAL.test(host) || (origin !== undefined && !isLocal(origin))) {
      response.writeHead(403).end("Only this machine's pages may read this.\n");
      return;
    }
    if (origin !== undefined) {
      response.setHeader("access-control-allow-origin", origin);
      response.setHeader("access-control-expose-headers", "croft-build");
      response.setHeader("vary", "origin");
    }
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    if (request.method !== "GET" || pathname !== "/") {
      response.writeHead(404).end();
      return;
    }
    const after = searchParams.get("after");
    if (this.#newest === undefined || after === this.#build) await this.#wait(request);
    if (response.destroyed) return;
    const newest = this.#newest;
    if (newest === undefined || after === this.#build) {
      response.writeHead(204).end();
      return;
    }
    response.setHeader("croft-build", this.#build);
    response.setHeader("cache-control", "no-store");
    if (newest.ok) {
      response.setHeader("content-type", "application/octet-stream");
      response.writeHead(200).end(newest.bytes);
    } else {
      response.setHeader("content-type", "text/plain; charset=utf-8");
      response.writeHead(422).end(newest.problem);
    }
  }

  /** Resolves at the next build, when it has taken too long, or when nobody waits any more. */
  async #wait(request: IncomingMessage): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, WAIT);
    request.once("close", resolve);
    this.#waiting.add(resolve);
    await promise;
    this.#waiting.delete(resolve);
    clearTimeout(timer);
  }
}

function isLocal(origin: string): boolean {
  return URL.canParse(origin) && LOCAL.test(new URL(origin).host);
}
