/**
 * A session of a client of the y-websocket protocol, which knows one document. Down it is told what a replica of its user in this
 * process shows; what it sends is judged by the hub as it is (`submitPlain`), since its client ids are its own. It gets a weaker
 * contract than a croft client: no acknowledgement, no quarantine; a refusal ends the session with a code.
 */

import { setTimeout as sleep } from "node:timers/promises";
import {
  CloseCode,
  clipReason,
  type DocPath,
  type DocumentHandle,
  type Hub,
  isTransient,
  type Principal,
  type Refusal,
  type Replica,
  submitPlain,
  toWebSocketCode,
} from "@croft/core";
import type { RawData, WebSocket } from "ws";
import { encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import type { Visit } from "../address-limits.ts";
import type { Log } from "../log.ts";
import { plainWriters } from "../plain-writers.ts";
import type { ServerSession } from "../session.ts";
import type { VerifiedToken } from "../token.ts";
import type { Lease } from "../workspaces.ts";
import * as messages from "./messages.ts";

/** Where a session comes from, and what it asks for. */
export interface YSource {
  readonly workspace: string;
  readonly path: DocPath;
  readonly visit: Visit;
}

/** What sessions need of their server. */
export interface YContext {
  readonly identify: () => Promise<VerifiedToken | Refusal>;
  readonly acquire: () => Promise<Lease>;
  readonly join: (principal: Principal) => Promise<Replica>;
  readonly log: Log;
  /** How often the client must answer a ping, in milliseconds. */
  readonly heartbeat: number;
  readonly maxUpdateBytes: number;
}

/** The document was deleted: what the client shows of it is not to come back. */
const DELETED = 4410;
/** How long a document may take to come, in milliseconds. */
const PATIENCE = 30_000;
/** Bytes on their way to a client above which it is cut off: it asks for the difference when it is back. */
const MAX_BUFFERED = 64 * 1024 * 1024;
/** The least wait before something is stored again, in milliseconds. */
const MIN_WAIT = 100;
/** The longest timer. */
const MAX_DELAY = 2 ** 31 - 1;

/** Runs a session over a socket. */
export function startYSession(
  socket: WebSocket,
  source: YSource,
  context: YContext,
): ServerSession {
  const session = new YSession(socket, source, context);
  return { done: session.run(), close: (code, reason) => session.end(code, reason) };
}

class YSession {
  readonly #socket: WebSocket;
  readonly #source: YSource;
  readonly #context: YContext;
  readonly #ended = new AbortController();
  /** What the client sent, oldest first, and how many bytes that is. */
  readonly #inbox: Uint8Array[] = [];
  #inboxBytes = 0;
  #wake: () => void = () => undefined;
  /** The client was asked for all that the hub lacks, and has not answered. */
  #asksAll = false;
  /** Under which the client's editor shows itself. */
  #presence: number | undefined;

  constructor(socket: WebSocket, source: YSource, context: YContext) {
    this.#socket = socket;
    this.#source = source;
    this.#context = context;
    socket.on("error", () => undefined);
    socket.on("close", () => {
      source.visit.left();
      this.#stop();
    });
    socket.on("message", (data) => this.#receive(bytesOf(data)));
  }

  async run(): Promise<void> {
    const { workspace, path, visit } = this.#source;
    const { acquire, identify, join, log } = this.#context;
    const verdict = await identify();
    if ("code" in verdict) {
      const { code, reason } = verdict;
      if (!isTransient(code)) visit.refused();
      log("warn", "session refused", { workspace, path, code, reason });
      this.end(code, reason);
      return;
    }
    visit.admitted();
    if (this.#isOver) return;
    const { user } = verdict.principal;
    log("info", "session opened", { workspace, path, user, agent: "y-websocket" });
    this.#socket.on("close", (code, reason) => {
      log("info", "session closed", { workspace, path, user, code, reason: reason.toString() });
    });
    let lease: Lease | undefined;
    let replica: Replica | undefined;
    try {
      lease = await acquire();
      replica = await join(verdict.principal);
      const handle = replica.open(path);
      // Who may not read waits for ever.
      handle.onState(() => this.#checkAccess(handle));
      const signals = [this.#ended.signal, AbortSignal.timeout(PATIENCE)];
      await handle.caughtUp({ signal: AbortSignal.any(signals) });
      await this.#serve(lease.hub, handle, verdict);
      handle.close();
    } catch (error) {
      if (!this.#isOver) log("error", "session failed", { workspace, path, error: String(error) });
      this.end(CloseCode.failed, "this document cannot be opened; the server's log says why");
    } finally {
      await replica?.dispose();
      lease?.release();
    }
  }

  /** Ends the session. Idempotent. */
  end(code: number, reason: string): void {
    if (this.#isOver) return;
    if (!isTransient(code)) this.#send(messages.denied(reason));
    this.#stop();
    this.#socket.close(toWebSocketCode(code), clipReason(reason));
  }

  get #isOver(): boolean {
    return this.#ended.signal.aborted;
  }

  #stop(): void {
    this.#ended.abort();
    this.#inbox.length = 0;
    this.#wake();
  }

  async #serve(
    hub: Hub,
    handle: DocumentHandle,
    { principal, expiresAt }: VerifiedToken,
  ): Promise<void> {
    const { doc, awareness } = handle;
    const tell = (bytes: Uint8Array): void => this.#send(messages.update(bytes));
    const show = (change: Record<"added" | "updated" | "removed", readonly number[]>): void =>
      this.#showOthers(handle, [...change.added, ...change.updated, ...change.removed]);
    const stops = [
      handle.onReset(() => {
        if (handle.state.deleted) this.end(DELETED, "the document was deleted");
        else this.end(CloseCode.restarting, "the document was built anew");
      }),
      this.#beat(),
      this.#expire(expiresAt),
    ];
    // It is here when its editor says so.
    awareness.setLocalState(null);
    doc.on("update", tell);
    awareness.on("update", show);
    try {
      this.#send(messages.step1(Y.encodeStateVector(doc)));
      this.#showOthers(handle, [...awareness.getStates().keys()]);
      for (;;) {
        const bytes = await this.#next();
        if (!bytes) return;
        await this.#take(readable(bytes), hub, handle, principal);
      }
    } finally {
      doc.off("update", tell);
      awareness.off("update", show);
      awareness.setLocalState(null);
      for (const stop of stops) stop();
    }
  }

  #checkAccess({ state }: DocumentHandle): void {
    if (state.access === "none") this.end(CloseCode.forbidden, "this document may not be read");
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#inbox.push(bytes);
    this.#inboxBytes += bytes.length;
    if (this.#inboxBytes > 2 * this.#context.maxUpdateBytes)
      this.end(CloseCode.overloaded, "more was sent at once than can be stored");
    this.#wake();
  }

  /** The next message; nothing when the session is over. */
  async #next(): Promise<Uint8Array | undefined> {
    while (!this.#isOver) {
      const bytes = this.#inbox.shift();
      if (bytes) {
        this.#inboxBytes -= bytes.length;
        return bytes;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return undefined;
  }

  async #take(
    message: messages.YMessage | undefined,
    hub: Hub,
    handle: DocumentHandle,
    principal: Principal,
  ): Promise<void> {
    const { doc, awareness } = handle;
    switch (message?.type) {
      case undefined:
        this.end(CloseCode.violation, "a malformed message");
        break;
      case "step1":
        this.#tell(doc, message.vector);
        break;
      case "step2":
        this.#asksAll = false;
        // Whoever comes back tells all that it ever deleted: nothing of that is new.
        if (!holds(doc, message.update))
          await this.#submit(message.update, hub, handle, principal, true);
        break;
      case "update":
        // All that the hub lacks is on its way, and has this in it.
        if (!this.#asksAll) await this.#submit(message.update, hub, handle, principal, false);
        break;
      case "awareness":
        this.#show(message.update, handle);
        break;
      case "query-awareness":
        this.#showOthers(handle, [...awareness.getStates().keys()]);
        break;
      case "unknown":
        break;
    }
  }

  async #submit(
    update: Uint8Array,
    hub: Hub,
    { doc }: DocumentHandle,
    principal: Principal,
    isAll: boolean,
  ): Promise<void> {
    const { workspace, path } = this.#source;
    const writerOf = plainWriters(workspace, principal);
    while (!this.#isOver) {
      const outcome = await submitPlain(hub, { principal, path, update, writerOf });
      if (outcome.kind === "stored") return;
      if (outcome.kind === "hidden") {
        this.end(CloseCode.forbidden, "this document may not be read");
        return;
      }
      if (outcome.kind === "refused" || (outcome.kind === "incomplete" && isAll)) {
        const isDenied = outcome.kind === "refused" && outcome.code === "no-access";
        this.end(isDenied ? CloseCode.forbidden : CloseCode.violation, outcome.reason);
        return;
      }
      if (outcome.kind === "incomplete") {
        // It was typed before the client had told what it has.
        this.#asksAll = true;
        this.#send(messages.step1(Y.encodeStateVector(doc)));
        return;
      }
      const { signal } = this.#ended;
      await sleep(Math.max(MIN_WAIT, outcome.wait), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Tells a client what it lacks. */
  #tell(doc: Y.Doc, vector: Uint8Array): void {
    let lacked: Uint8Array;
    try {
      lacked = Y.encodeStateAsUpdate(doc, vector);
    } catch {
      this.end(CloseCode.violation, "a malformed state vector");
      return;
    }
    this.#send(messages.step2(lacked));
  }

  /** The client's own presence. It hears it back: what it hears nothing from it takes for lost. */
  #show(update: Uint8Array, { awareness }: DocumentHandle): void {
    let presences: readonly messages.YPresence[];
    try {
      presences = messages.readPresences(update);
      for (const { client, state } of presences) {
        this.#presence ??= client;
        // What it heard of others it tells again.
        if (client === this.#presence) awareness.setLocalState(asState(state));
      }
    } catch (error) {
      this.end(
        CloseCode.violation,
        `a malformed presence: ${error instanceof Error ? error.message : ""}`,
      );
      return;
    }
    if (presences.some(({ client }) => client === this.#presence))
      this.#send(messages.awareness(update));
  }

  #showOthers({ awareness }: DocumentHandle, clients: readonly number[]): void {
    const others = clients.filter((client) => client !== awareness.clientID);
    if (others.length > 0) this.#send(messages.awareness(encodeAwarenessUpdate(awareness, others)));
  }

  #send(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#socket.send(bytes);
    // It asks for the difference when it is back.
    if (this.#socket.bufferedAmount > MAX_BUFFERED) this.#socket.terminate();
  }

  /** Ends a session whose client is gone without a word. */
  #beat(): () => void {
    const { heartbeat } = this.#context;
    if (heartbeat === 0) return () => undefined;
    let isHeard = true;
    const hear = (): void => {
      isHeard = true;
    };
    this.#socket.on("pong", hear);
    this.#socket.on("message", hear);
    const timer = setInterval(() => {
      if (!isHeard) this.#socket.terminate();
      isHeard = false;
      this.#socket.ping();
    }, heartbeat);
    return () => clearInterval(timer);
  }

  #expire(expiresAt: number | undefined): () => void {
    if (expiresAt === undefined) return () => undefined;
    const end = (): void => this.end(CloseCode.unauthorized, "the token has expired");
    const timer = setTimeout(end, Math.min(Math.max(0, expiresAt - Date.now()), MAX_DELAY));
    return () => clearTimeout(timer);
  }
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

function readable(bytes: Uint8Array): messages.YMessage | undefined {
  try {
    return messages.readMessage(bytes);
  } catch {
    return undefined;
  }
}

/** Whether a document has all that an update says; what is malformed it has not. */
function holds(doc: Y.Doc, update: Uint8Array): boolean {
  try {
    return Y.snapshotContainsUpdate(Y.snapshot(doc), update);
  } catch {
    return false;
  }
}

function asState(json: string): Record<string, unknown> | null {
  const state: unknown = JSON.parse(json);
  if (state === null) return null;
  if (typeof state !== "object" || Array.isArray(state)) throw new TypeError("it is no object");
  return { ...state };
}
