/** A server over a fresh directory, and the authors that a test starts: all gone at its end. */

import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mintToken } from "@croft/server";
import { SECRET, type ServerProcess, startServerProcess } from "../support/server-process.ts";
import type { AuthorOrders } from "./author-messages.ts";
import { type AuthorProcess, startAuthor } from "./author-process.ts";
import type { ColdTarget } from "./cold-readers.ts";

/** See the top of this file. */
export interface Stage {
  readonly target: ColdTarget;
  /** Starts the process of an author, on the store that his user's earlier ones used. */
  author(orders: StageOrders): Promise<AuthorProcess>;
  /** The server dies where it is, and comes back at the same address. */
  crashServer(): Promise<void>;
  /** The server ends cleanly. */
  stopServer(): Promise<void>;
  /** The server comes back at the same address. */
  startServer(): Promise<void>;
  /** The file of the server's one store. */
  readonly serverStore: string;
  dispose(): Promise<void>;
}

/** What a test says of an author; the rest is the stage's. */
export type StageOrders = Pick<AuthorOrders, "trace" | "agent" | "user" | "crash" | "crashed">;

const WORKSPACE = "replay";
const DOCUMENT = "notes/replay";

/** Starts the server. */
export async function openStage(): Promise<Stage> {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "croft-replay-"));
  const data = join(directory, "server");
  let server: ServerProcess | undefined = await startServerProcess({ data });
  const { port, url } = server;
  const authors: AuthorProcess[] = [];
  const stage: Stage = {
    target: { url, workspace: WORKSPACE, document: DOCUMENT },
    async author(orders) {
      const { user } = orders;
      const token = await mintToken({ secret: SECRET, workspace: WORKSPACE, user });
      const author = startAuthor({
        ...orders,
        url,
        token,
        workspace: WORKSPACE,
        document: DOCUMENT,
        store: join(directory, `${user}.sqlite`),
      });
      authors.push(author);
      return author;
    },
    async crashServer() {
      await server?.kill();
      await stage.startServer();
    },
    async stopServer() {
      await server?.stop();
      server = undefined;
    },
    async startServer() {
      server = await startServerProcess({ data, port });
    },
    get serverStore() {
      const [file, ...more] = readdirSync(data).filter((name) => name.endsWith(".sqlite"));
      if (file === undefined || more.length > 0) throw new Error("the server has not one store");
      return join(data, file);
    },
    async dispose() {
      await Promise.all(authors.map((author) => author.kill()));
      await server?.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return stage;
}
