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
import { isOriginAllowed } from "./origin.ts";
import type { ServerSettings } from "./options.ts";
import {
  type ServerSession,
  type SessionContext,
  type SessionSource,
  startSession,
} from "./session.ts";
import { MAX_SOCKET_FRAME_BYTES } from "./websocket-channel.ts";
import { workspaceOf } from "./workspace-name.ts";

/** The sessions on one HTTP server. */
export interface Listener {
  readonly sessions: number;
  /** From now on nobody is let in. */
  refuse(): void;
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
  context: SessionContext,
): Listener {
  const { path, maxSessions, closeTimeout, proxies, log } = settings;
  const sockets = new Set<WebSocket>();
  const sessions = new Set<ServerSession>();
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

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = request.url ?? "";
    const ours = url === path || url.startsWith(`${path}/`);
    if (!ours && httpServer.listenerCount("upgrade") > 1) return; // Another listener's.
    // A socket may break at any time; its close is all that matters.
    socket.on("error", () => undefined);
    const workspace = workspaceOf(url, path);
    if (workspace === undefined) {
      refuseUpgrade(socket, 404, `Sessions are at ${path}/<workspace>.`);
      return;
    }
    const { origin, host } = request.headers;
    if (!isOriginAllowed({ origin, host }, settings)) {
      log("warn", "origin refused", { workspace, origin });
      refuseUpgrade(socket, 403, "Pages of this origin may not connect; see the option --origin.");
      return;
    }
    if (refusing || sockets.size >= maxSessions + SPARE_SOCKETS) {
      refuseUpgrade(socket, 503, "Come back later.");
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
      refuseUpgrade(socket, 429, "Too many sessions of this address were refused.", later);
      return;
    }
    socket.once("close", () => visit.left());
    upgrader.handleUpgrade(request, socket, head, (client) =>
      accept(client, { workspace, address, origin, visit }),
    );
  }

  function accept(socket: WebSocket, source: SessionSource): void {
    const { workspace } = source;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    if (refusing) {
      socket.close(CloseCode.restarting, "the server shuts down");
      return;
    }
    if (sessions.size >= maxSessions) {
      log("warn", "too many sessions", { workspace, sessions: sessions.size });
      socket.close(CloseCode.overloaded, "the server has too many sessions");
      return;
    }
    const session = startSession(socket, source, context);
    sessions.add(session);
    void session.done.then(() => sessions.delete(session));
  }

  httpServer.on("upgrade", onUpgrade);
  return {
    get sessions() {
      return sessions.size;
    },
    refuse() {
      refusing = true;
    },
    async closeSessions(code, reason) {
      for (const session of sessions) session.close(code, reason);
      await Promise.all([...sessions].map(({ done }) => done));
    },
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
