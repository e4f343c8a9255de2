/**
 * The server: WebSocket sessions of many workspaces on one HTTP listener, its own or one that is
 * there already. What a session may do is decided elsewhere.
 */

import { once } from "node:events";
import { join } from "node:path";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { CloseCode, CroftError, type Replica } from "@croft/core";
import { createBackedUpStores } from "./backup/backed-up-stores.ts";
import { AddressLimits } from "./address-limits.ts";
import { createAuthenticator, createCautious } from "./authenticate.ts";
import { createWorkerCompactor } from "./compaction/worker-compactor.ts";
import { adminRoutes } from "./http/admin/routes.ts";
import { appendingRoutes } from "./http/appending.ts";
import { createHttpApi } from "./http/http-api.ts";
import { readingRoutes } from "./http/reading-documents.ts";
import { createListener, type Listener } from "./listener.ts";
import { createMetrics, type Metrics, NO_METRICS } from "./metrics.ts";
import { LocalReplicas, type OpenAs } from "./local-replicas.ts";
import {
  checkServerOptions,
  DEFAULT_HOST,
  DEFAULT_PORT,
  type ListenOptions,
  type ServerOptions,
  type ServerSettings,
} from "./options.ts";
import { createServerLimits } from "./quotas/quotas.ts";
import { createSqliteStores, type SqliteStores } from "./sqlite-stores.ts";
import { createDatabaseStores } from "./database-stores.ts";
import { createWebhooks } from "./webhooks/webhooks.ts";
import { traceCommits } from "./tracing.ts";
import { version } from "./version.ts";
import { createWorkspaces } from "./workspaces.ts";

/** How a server is. */
export interface Health {
  readonly status: "ok" | "stopping";
  /** Of `@croft/server`. */
  readonly version: string;
  /** Seconds since the start. */
  readonly uptime: number;
  /** Workspaces that are open. */
  readonly workspaces: number;
  readonly sessions: number;
}

/** A croft server on an HTTP server. */
export interface CroftServer {
  /** How it is now, as it answers at `/health`. */
  health(): Health;
  /**
   * Opens a replica of a workspace in this process, to read and edit its documents as any client does: a user's name is on what it
   * changes, and its grants count. Dispose it; what is left ends with the server.
   *
   * @throws {@link CroftError} `input/invalid`; `store/…` when the workspace cannot be opened.
   * @example
   * ```ts
   * const server = await startServer({ secret, data: "./data" });
   * const replica = await server.open("acme", { user: "importer", grants: ["notes/**:write"] });
   * const page = replica.open("notes/pages/1");
   * await page.caughtUp();
   * page.doc.getText("body").insert(0, "From Node. ");
   * await page.saved("device"); // on the server's disk
   * await replica.dispose();
   * ```
   */
  open(workspace: string, as: OpenAs): Promise<Replica>;
  /**
   * Answers a request of the HTTP interface (`/api/<workspace>/documents…`, `/members`, and the rest of what `/api/openapi.json` describes),
   * and returns whether it is one. A server of its own does so by itself; on yours, ask it in your listener for requests, after your own
   * routes below `/api/`.
   */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
  /** Figures in the format of Prometheus, of {@link CroftServer.metricsType}; empty unless `metrics` was asked for. */
  metrics(): Promise<string>;
  /** The `Content-Type` of {@link CroftServer.metrics}. */
  readonly metricsType: string;
  /**
   * Refuses new sessions, tells the others to come back later (over `drainTime`), commits what has arrived and closes
   * the stores. Idempotent.
   */
  close(): Promise<void>;
}

/** A croft server with an HTTP server of its own. */
export interface RunningServer extends CroftServer {
  /** For example `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly port: number;
  /** Where Prometheus finds figures, as `http://127.0.0.1:9464/metrics`; absent unless `metricsPort` was given. */
  readonly metricsUrl: string | undefined;
}

/**
 * Adds croft to an HTTP server: upgrades below `/sync/` are its own, and below `yPath` if there is one; other upgrades get 404 if
 * nobody else listens for them. Requests are left alone, so `/health` is yours to answer, and so are documents over HTTP ({@link CroftServer.answer}).
 *
 * @throws {@link CroftError} `input/invalid` when an option is.
 * @example
 * ```ts
 * const croft = attachToServer(httpServer, { secret, data: "./data" });
 * process.once("SIGTERM", () => void croft.close());
 * ```
 */
export function attachToServer(httpServer: Server, options: ServerOptions): CroftServer {
  return attach(httpServer, options);
}

/**
 * Starts a server of its own: sessions below `/sync/` and `/y/`, documents below `/api/`, `/health` (with `/health/live` and
 * `/health/ready` for whoever starts and stops it), and 404 for the rest.
 *
 * @throws {@link CroftError} `input/invalid` when an option is, or when it cannot listen.
 * @example
 * ```ts
 * const server = await startServer({ port: 8787, secret, data: "./data" });
 * console.log(server.url);
 * await server.close();
 * ```
 */
export async function startServer(options: ServerOptions & ListenOptions): Promise<RunningServer> {
  const { port = DEFAULT_PORT, host = DEFAULT_HOST, metricsPort, metricsHost } = options;
  const httpServer = createServer();
  const metrics = options.metrics || metricsPort !== undefined;
  const croft = attach(httpServer, { ...options, metrics, yPath: options.yPath ?? DEFAULT_Y_PATH });
  httpServer.on("request", (request, response) => {
    if (!croft.answer(request, response)) answer(request, response, croft.health());
  });
  let metricsServer: Server | undefined;
  let url: URL;
  let metricsUrl: string | undefined;
  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    await croft.close();
    const servers = metricsServer ? [httpServer, metricsServer] : [httpServer];
    await Promise.all(servers.map(closeServer));
  }
  try {
    url = await listen(httpServer, host, port);
    if (metricsPort !== undefined) {
      metricsServer = createServer((request, response) => {
        void answerMetrics(request, response, croft);
      });
      const at = await listen(metricsServer, metricsHost ?? DEFAULT_HOST, metricsPort);
      metricsUrl = new URL("/metrics", at).href;
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url: url.origin,
    port: Number(url.port),
    metricsUrl,
    metrics: () => croft.metrics(),
    metricsType: croft.metricsType,
    health: () => croft.health(),
    open: (workspace, as) => croft.open(workspace, as),
    answer: (request, response) => croft.answer(request, response),
    close: () => (closing ??= close()),
  };
}

/** Resolves with where it listens. */
async function listen(server: Server, host: string, port: number): Promise<URL> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    throw cannotListen(cause, host, port);
  }
  const address = server.address();
  const actual = address !== null && typeof address === "object" ? address.port : port;
  return new URL(`http://${host.includes(":") ? `[${host}]` : host}:${actual}`);
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

async function answerMetrics(
  { method, url = "" }: IncomingMessage,
  response: ServerResponse,
  croft: CroftServer,
): Promise<void> {
  const isAsked = method === "GET" && url.replace(/\?.*$/s, "") === "/metrics";
  const text = isAsked ? await croft.metrics() : "Figures are at /metrics.\n";
  response.writeHead(isAsked ? 200 : 404, {
    "content-type": isAsked ? croft.metricsType : "text/plain",
  });
  response.end(text);
}

/** Where clients of the y-websocket protocol are on a server of its own. */
const DEFAULT_Y_PATH = "/y";
const NOTHING_HERE =
  "Nothing is here. Sessions are at /sync/<workspace>, over a WebSocket; documents at /api/<workspace>/documents.";

function attach(httpServer: Server, options: ServerOptions): CroftServer {
  const settings = checkServerOptions(options);
  const { log, clock, idleAfter, maxUpdateBytes, recover } = settings;
  const { keepDeleted, keepHistory } = settings;
  const database = settings.openStore ? undefined : createDatabaseStores(settings.postgres, log);
  const stores = settings.openStore
    ? { openStore: settings.openStore }
    : (database ?? openSqlite(settings));
  const compactor = createWorkerCompactor();
  const metrics: Metrics = settings.metrics
    ? createMetrics(() => ({ sessions: listener.sessions, workspaces: workspaces.size }))
    : NO_METRICS;
  const webhooks =
    settings.webhooks.length > 0
      ? createWebhooks({ ...settings, directory: join(settings.data, "webhooks") })
      : undefined;
  const serverLimits = createServerLimits(settings.quotas, clock);
  const workspaces = createWorkspaces({
    openStore: async (workspace) => {
      const store = metrics.observe(await stores.openStore(workspace));
      return traceCommits(store, workspace, settings.tracer);
    },
    compactor: compactor.compact,
    idleAfter,
    maxUpdateBytes,
    recover,
    keepDeleted,
    keepHistory,
    access: settings.access,
    keepAudit: settings.keepAudit,
    ...(serverLimits && { limitOf: (store) => serverLimits.limitOf(store) }),
    ...(webhooks && { onOpened: (name, hub) => webhooks.opened(name, hub) }),
    clock,
    log,
  });
  webhooks?.start(async (workspace) => {
    const lease = await workspaces.acquire(workspace);
    return () => lease.release();
  });
  const exists = "exists" in stores ? stores.exists : undefined;
  const authenticate = createCautious(createAuthenticator(settings), log, exists);
  const limits = new AddressLimits({
    maxWaiting: settings.maxWaitingPerAddress,
    maxRefused: settings.maxRefusedPerAddress,
    clock,
  });
  const replicas = new LocalReplicas(workspaces);
  const listener: Listener = createListener(httpServer, settings, limits, {
    ...settings,
    authenticate,
    workspaces,
    replicas,
    metrics,
  });
  const routes = [
    ...readingRoutes({ replicas }),
    ...appendingRoutes({ settings }),
    ...adminRoutes({ settings, authenticate }),
  ];
  const api = createHttpApi(routes, { settings, authenticate, limits, workspaces, metrics, log });
  const startedAt = performance.now();
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    listener.refuse();
    if (settings.drainTime > 0) {
      log("info", "draining", { sessions: listener.sessions, drainTime: settings.drainTime });
      await listener.drain(settings.drainTime, CloseCode.restarting, "the server shuts down");
    }
    await listener.closePlain(CloseCode.restarting, "the server shuts down");
    await replicas.dispose();
    await webhooks?.dispose();
    // First the hubs: they commit, acknowledge and then end their sessions. Then who has not greeted.
    await workspaces.dispose();
    await database?.close();
    await compactor.dispose();
    await listener.closeSessions(CloseCode.restarting, "the server shuts down");
    await listener.dispose();
  }

  return {
    health: () => ({
      status: closing ? "stopping" : "ok",
      version,
      uptime: Math.floor((performance.now() - startedAt) / 1000),
      workspaces: workspaces.size,
      sessions: listener.sessions.croft + listener.sessions["y-websocket"],
    }),
    open: (workspace, as) => replicas.open(workspace, as),
    answer: api,
    metrics: () => metrics.text(),
    metricsType: metrics.contentType,
    close: () => (closing ??= close()),
  };
}

function openSqlite({ data, backup, log }: ServerSettings): SqliteStores {
  const stores = createSqliteStores(data);
  return backup ? createBackedUpStores(stores, data, backup, log) : stores;
}

/** `/health` tells how the server is; `/health/live` that it runs; `/health/ready` whether it takes sessions. */
function answer(request: IncomingMessage, response: ServerResponse, health: Health): void {
  const path = (request.url ?? "").replace(/\?.*$/s, "");
  const isAsked = request.method === "GET" || request.method === "HEAD";
  const isHealth = isAsked && /^\/health(\/live|\/ready)?$/.test(path);
  const isGood = path === "/health/live" || health.status === "ok";
  const status = isHealth ? (isGood ? 200 : 503) : 404;
  const text = JSON.stringify(isHealth ? health : { error: NOTHING_HERE });
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  response.end(request.method === "HEAD" ? undefined : text);
}

function cannotListen(cause: unknown, host: string, port: number): CroftError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return new CroftError("input/invalid", `Port ${port} on ${host} is in use.`, {
        hint: "Stop the program that uses it, or choose another port (0 takes any free one).",
        cause,
      });
    case "EACCES":
      return new CroftError("input/invalid", `This user may not listen on port ${port}.`, {
        hint: "Choose a port above 1023.",
        cause,
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new CroftError("input/invalid", `This machine has no address ${host}.`, {
        hint: "Use 127.0.0.1 for this machine alone, or 0.0.0.0 for every address.",
        cause,
      });
    default:
      return new CroftError("input/invalid", `Cannot listen on ${host}:${port}: ${String(cause)}`, {
        cause,
      });
  }
}
