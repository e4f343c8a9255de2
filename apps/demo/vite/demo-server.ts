/**
 * What `npm start` runs: the sync server with SQLite, the demo's backend, and the app, all in one
 * process and on this machine alone. By its address `127.0.0.1`: under the name `localhost`
 * browsers lack what the sandboxes of plugins need.
 */

import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { CroftError } from "@croft/core";
import { type Log, type RunningServer, startServer } from "@croft/server";
import { createServer as createVite } from "vite";
import { type AnswerFile, buildAppFiles } from "./app-files.ts";
import { loadSecret } from "./demo-secret.ts";
import { EXAMPLES_PATH, packExamples } from "./example-plugins.ts";
import { answerSession, SESSION_PATH } from "./session-endpoint.ts";

/** Options of {@link startDemo}. */
export interface DemoOptions {
  /** Of the app. The sync server takes the next free one. */
  readonly port: number;
  /** Directory of the server's SQLite files and of the secret. */
  readonly data: string;
  /** Serves the app with Vite's development server, which reloads pages when the source changes. */
  readonly watch: boolean;
  readonly log: Log;
}

/** The running demo. */
export interface Demo {
  readonly url: string;
  /** Of the sync server. */
  readonly syncPort: number;
  close(): Promise<void>;
}

interface App {
  readonly answer: AnswerFile;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const WORKSPACE = "demo";
/** How many ports are tried for the sync server. */
const TRIES = 20;
const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Starts the demo.
 *
 * @throws {@link CroftError} `input/invalid` when the port is in use.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { port, data, watch, log } = options;
  const secret = loadSecret(data);
  const ready = Promise.withResolvers<AnswerFile>();
  const http = createHttpServer((request, response) => {
    if (isOwnHost(request.headers.host, port)) {
      // Who asks while the app is being built waits for it.
      void ready.promise.then((answer) => answer(request, response));
    } else {
      response.writeHead(403).end();
    }
  });
  await listen(http, port);
  let sync: RunningServer | undefined;
  let app: App;
  try {
    sync = await startSync(port + 1, { secret, data, log });
    app = watch ? await developApp(http) : await serveApp(sync.port);
  } catch (error) {
    await sync?.close();
    http.close();
    http.closeAllConnections();
    throw error;
  }
  // Not waited for: whoever asks for one waits.
  const examples = packExamples(data, log);
  examples.catch((error: unknown) => log("error", "no example plugins", { error: String(error) }));
  const endpoint = { secret, workspace: WORKSPACE, url: syncUrl(sync.port) };
  ready.resolve((request, response) => {
    if (request.url?.startsWith(EXAMPLES_PATH)) {
      examples.then(
        (answer) => answer(request, response),
        () => response.writeHead(500).end(),
      );
      return;
    }
    if (request.url?.split("?")[0] !== SESSION_PATH) {
      app.answer(request, response);
      return;
    }
    answerSession(request, response, endpoint).catch((error: unknown) => {
      log("error", "no token", { error: String(error) });
      response.writeHead(500).end();
    });
  });
  const parts = { http, sync, app };
  let closing: Promise<void> | undefined;
  return {
    url: `http://${HOST}:${port}/`,
    syncPort: sync.port,
    close: () => (closing ??= close(parts)),
  };
}

async function close(parts: {
  readonly http: Server;
  readonly sync: RunningServer;
  readonly app: App;
}): Promise<void> {
  const { http, sync, app } = parts;
  const closed = new Promise((resolve) => http.close(resolve));
  await Promise.all([sync.close(), app.close()]);
  http.closeAllConnections();
  await closed;
}

async function serveApp(syncPort: number): Promise<App> {
  const answer = await buildAppFiles(ROOT, syncUrl(syncPort));
  return { answer, close: () => Promise.resolve() };
}

async function developApp(http: Server): Promise<App> {
  const vite = await createVite({
    root: ROOT,
    mode: "development",
    appType: "spa",
    clearScreen: false,
    logLevel: "warn",
    // With the HTTP server here: Vite's own exits the process before the sync server has closed.
    server: { middlewareMode: true, hmr: { server: http } },
  });
  return {
    answer: (request, response) => {
      vite.middlewares(request, response);
    },
    close: () => vite.close(),
  };
}

async function listen(http: Server, port: number): Promise<void> {
  try {
    http.listen(port, HOST);
    await once(http, "listening");
  } catch (cause) {
    if (!isInUse(cause)) throw cause;
    throw new CroftError("input/invalid", `Port ${port} is in use.`, {
      hint: `Is the demo running already? For another port: PORT=${port + 10} npm start`,
      cause,
    });
  }
}

async function startSync(
  first: number,
  options: { readonly secret: string; readonly data: string; readonly log: Log },
): Promise<RunningServer> {
  for (let port = first; ; port++) {
    try {
      return await startServer({ ...options, port, host: HOST });
    } catch (error) {
      const inUse = error instanceof CroftError && isInUse(error.cause);
      if (!inUse || port >= first + TRIES) throw error;
    }
  }
}

function syncUrl(port: number): string {
  return `ws://${HOST}:${port}`;
}

/** Only by the printed address: a name that somebody else points here must not get tokens. */
function isOwnHost(host: string | undefined, port: number): boolean {
  return host === `${HOST}:${port}` || (port === 80 && host === HOST);
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}
