/**
 * Which upgrade requests of an HTTP server become sessions, and the list of those that did. Refuses
 * by HTTP status what is no session of ours, and by close code what is, since browsers show only
 * that one.
 */

import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { CloseCode } from "@croft/core";
import { type WebSocket, WebSocketServer } from "ws";
import { addressOf, type AddressLimits } from "./address-limits.ts";
import { drain } from "./drain.ts";
import { isOriginAllowed } from "./origin.ts";
import type { ServerSettings } from "./options.ts";
import {
  type ServerSession,
  type SessionContext,
  type SessionSource,
  startSession,
} from "./session.ts";
import type { LocalReplicas } from "./local-replicas.ts";
import type { Metrics, Protocol } from "./metrics.ts";
import { MAX_SOCKET_FRAME_BYTES } from "./websocket-channel.ts";
import { endSpan, startServerSpan } from "./tracing.ts";
import { workspaceOf } from "./workspace-name.ts";
import { type PlainDocument, plainDocumentOf } from "./y/address.ts";
import { DeletedClients } from "./y/deleted-clients.ts";
import { startYSession } from "./y/y-session.ts";

/** What sessions of both kinds need of their server. */
export interface ListenerContext extends SessionContext {
  readonly replicas: LocalReplicas;
  readonly metrics: Metrics;
}

/** The sessions on one HTTP server. */
export interface Listener {
  /** How many there are, by how they speak. */
  readonly sessions: Readonly<Record<Protocol, number>>;
  /** From now on nobody is let in. */
  refuse(): void;
  /** Sends all sessions away, of both kinds, spread over some milliseconds; resolves when they are over. */
  drain(time: number, code: CloseCode, reason: string): Promise<void>;
  /** Closes the sessions of y-websocket clients, which go by replicas; resolves when they are over. */
  closePlain(code: CloseCode, reason: string): Promise<void>;
  /** Closes all sessions; resolves when they are over. */
  closeSessions(code: CloseCode, reason: string): Promise<void>;
  /** Waits a moment for the sockets to close, then ends them; lets go of the HTTP server. */
  dispose(): Promise<void>;
}

/** Sockets above the most sessions that are told so by a close code; more get an HTTP 503. */
const SPARE_SOCKETS = 100;
/** How long a peer may take to answer a close, in milliseconds. */
const CLOSE_TIMEOUT = 5000;

const STATUS: Readonly<Record<number, string>> = {
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  503: "Service Unavailable",
};

/** Starts to take sessions from an HTTP server. */
export function createListener(
  httpServer: Server,
  settings: ServerSettings,
  limits: AddressLimits,
  context: ListenerContext,
): Listener {
  const { path, yPath, maxSessions, closeTimeout, proxies, log } = settings;
  const deleted = new DeletedClients();
  const { metrics } = context;
  const sockets = new Set<WebSocket>();
  const sessions = new Set<ServerSession>();
  const plain = new Set<ServerSession>();
  let refusing = false;
  // A variable, because the types of ws do not know `closeTimeout` yet.
  const upgraderOptions = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    // Over the channel's own limit, so that it is the channel which says 4413.
    maxPayload: 4 * MAX_SOCKET_FRAME_BYTES,
    closeTimeout: CLOSE_TIMEOUT,
  };
  const upgrader = new WebSocketServer(upgraderOptions);
  // A message is a whole update there; what is too large is told by the session, within bounds.
  const maxPayload = 4 * settings.maxUpdateBytes + 1024;
  const plainUpgrader = new WebSocketServer({ ...upgraderOptions, maxPayload });

  function refuse(...refusal: Parameters<typeof refuseUpgrade>): void {
    metrics.refused(refusal[1]);
    refuseUpgrade(...refusal);
  }

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = request.url ?? "";
    const prefixes = yPath === undefined ? [path] : [path, yPath];
    const ours = prefixes.some((each) => url === each || url.startsWith(`${each}/`));
    if (!ours && httpServer.listenerCount("upgrade") > 1) return; // Another listener's.
    // A socket may break at any time; its close is all that matters.
    socket.on("error", () => undefined);
    const document = yPath === undefined ? undefined : plainDocumentOf(request, yPath);
    const workspace = document?.workspace ?? workspaceOf(url, path);
    if (workspace === undefined) {
      refuse(
        socket,
        404,
        `Sessions are at ${path}/<workspace>${yPath === undefined ? "" : `, those of y-websocket at ${yPath}/<workspace>/<document>`}.`,
      );
      return;
    }
    const { origin, host } = request.headers;
    if (!isOriginAllowed({ origin, host }, settings)) {
      log("warn", "origin refused", { workspace, origin });
      refuse(socket, 403, "Pages of this origin may not connect; see the option --origin.");
      return;
    }
    if (refusing || sockets.size >= maxSessions + SPARE_SOCKETS) {
      refuse(socket, 503, "Come back later.");
      return;
    }
    const address = addressOf(
      request.socket.remoteAddress,
      request.headers["x-forwarded-for"],
      proxies,
    );
    const visit = limits.enter(address);
    if (!visit) {
      log("warn", "address refused", { workspace, address });
      const later = { "retry-after": String(limits.retryAfter) };
      refuse(socket, 429, "Too many sessions of this address were refused.", later);
      return;
    }
    socket.once("close", () => visit.left());
    const source = { workspace, address, origin, visit };
    if (document) {
      plainUpgrader.handleUpgrade(request, socket, head, (client) =>
        accept(client, workspace, "y-websocket", () => startPlain(client, source, document)),
      );
      return;
    }
    upgrader.handleUpgrade(request, socket, head, (client) =>
      accept(client, workspace, "croft", () => startSession(client, source, context)),
    );
  }

  function startPlain(
    socket: WebSocket,
    { workspace, address, origin, visit }: SessionSource,
    { path: document, token }: PlainDocument,
  ): ServerSession {
    const { authenticate, workspaces, replicas, heartbeat, helloTimeout } = context;
    const { maxUpdateBytes } = settings;
    return startYSession(
      socket,
      { workspace, path: document, visit },
      {
        identify: () => authenticate({ workspace, token, address, origin }),
        acquire: () => workspaces.acquire(workspace),
        join: (principal) => replicas.join(workspace, principal),
        ...{ deleted, log, heartbeat, maxUpdateBytes },
        patience: helloTimeout,
      },
    );
  }

  function accept(
    socket: WebSocket,
    workspace: string,
    protocol: Protocol,
    start: () => ServerSession,
  ): void {
    sockets.add(socket);
    metrics.opened(protocol);
    const span = startServerSpan(settings.tracer, "croft.session", {
      "croft.workspace": workspace,
      "croft.protocol": protocol,
    });
    socket.on("close", (code) => {
      sockets.delete(socket);
      metrics.closed(protocol, code);
      endSpan(span, { "croft.close_code": code });
    });
    socket.on("error", () => undefined);
    if (refusing) {
      socket.close(CloseCode.restarting, "the server shuts down");
      return;
    }
    const count = sessions.size + plain.size;
    if (count >= maxSessions) {
      log("warn", "too many sessions", { workspace, sessions: count });
      socket.close(CloseCode.overloaded, "the server has too many sessions");
      return;
    }
    const session = start();
    const kind = protocol === "croft" ? sessions : plain;
    kind.add(session);
    void session.done.then(() => kind.delete(session));
  }

  async function closeAll(
    all: ReadonlySet<ServerSession>,
    code: CloseCode,
    reason: string,
  ): Promise<void> {
    for (const session of all) session.close(code, reason);
    await Promise.all([...all].map(({ done }) => done));
  }

  httpServer.on("upgrade", onUpgrade);
  return {
    get sessions() {
      return { croft: sessions.size, "y-websocket": plain.size };
    },
    refuse() {
      refusing = true;
    },
    drain: (time, code, reason) =>
      drain(
        [...sessions, ...plain].map((session) => ({
          sendAway: () => session.close(code, reason),
          done: session.done,
        })),
        time,
        settings.clock,
      ),
    closePlain: (code, reason) => closeAll(plain, code, reason),
    closeSessions: (code, reason) => closeAll(sessions, code, reason),
    async dispose() {
      const closed = [...sockets].map(
        (socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
      );
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.terminate();
      }, closeTimeout);
      await Promise.all(closed);
      clearTimeout(timer);
      httpServer.off("upgrade", onUpgrade);
      upgrader.close();
      plainUpgrader.close();
    },
  };
}

function refuseUpgrade(
  socket: Duplex,
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify({ error });
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS[status] ?? ""}\r\n${more.join("")}` +
      "connection: close\r\ncontent-type: application/json\r\n" +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    // A peer that does not close its side would keep the HTTP server from closing.
    () => socket.destroy(),
  );
}
