/** A server with members, its devices, and somebody who administers it; for tests of this package. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, openWorkspace, type Workspace } from "@croft/core";
import type { ListenOptions, ServerOptions } from "../options.ts";
import { type RunningServer, startServer } from "../server.ts";
import { mintToken, type MintOptions } from "../token.ts";

/** What servers of the rig sign with. */
export const SECRET = "a secret for these tests only";

/** An answer of the HTTP interface. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** Of JSON; otherwise a text. */
  readonly body: unknown;
}

/** See the top of this file. */
export class AdminRig {
  readonly #cleanups: (() => Promise<unknown> | void)[] = [];
  readonly #options: ServerOptions & ListenOptions;
  readonly data: string = mkdtempSync(join(tmpdir(), "croft-admin-"));
  #server: RunningServer | undefined;
  /** What the server logged. */
  readonly logged: string[] = [];

  constructor(options: ServerOptions & ListenOptions = {}) {
    this.#options = options;
    this.#cleanups.push(() => rmSync(this.data, { recursive: true }));
  }

  get server(): RunningServer {
    if (!this.#server) throw new Error("not started");
    return this.#server;
  }

  /** Starts the server, or starts it again. */
  async start(): Promise<void> {
    await this.#server?.close();
    this.#server = await startServer({
      ...{ port: 0, secret: SECRET, data: this.data, access: "members" },
      log: (_level, message) => this.logged.push(message),
      ...this.#options,
    });
  }

  /** Asks the HTTP interface, as the operator unless a token is given. */
  async ask(
    method: string,
    path: string,
    {
      body,
      token,
      headers = {},
    }: { body?: unknown; token?: string; headers?: Record<string, string> } = {},
  ): Promise<Answered> {
    const shown = token ?? (await this.mint({ user: "operator", admin: true }));
    const answer = await fetch(`${this.server.url}/api/acme${path}`, {
      method,
      headers: { authorization: `Bearer ${shown}`, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get("content-type") === "application/json";
    const read: unknown = isJson ? JSON.parse(text) : text;
    return { status: answer.status, headers: answer.headers, body: read };
  }

  mint(options: Omit<MintOptions, "secret" | "workspace">): Promise<string> {
    return mintToken({ secret: SECRET, workspace: "acme", ...options });
  }

  /** A device of a user, on a real socket. */
  async device(
    user: string,
    token: () => Promise<string> = () => this.mint({ user }),
  ): Promise<Workspace> {
    const workspace = await openWorkspace({
      ...{ id: "acme", user },
      store: async () => createMemoryStore(),
      sync: {
        url: this.server.url.replace("http", "ws"),
        backOff: { first: 20, max: 100 },
        token,
      },
    });
    this.#cleanups.push(() => workspace.dispose());
    return workspace;
  }

  /** Calls something when the rig is taken down, first what came last. */
  cleanUp(work: () => Promise<unknown> | void): void {
    this.#cleanups.push(work);
  }

  async dispose(): Promise<void> {
    const [first, ...others] = this.#cleanups;
    for (const cleanup of others.toReversed()) await cleanup();
    await this.#server?.close();
    await first?.();
  }
}
