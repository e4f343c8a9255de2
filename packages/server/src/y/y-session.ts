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
  limits,
  type Principal,
  type Refusal,
  type Replica,
  submitPlain,
  toWebSocketCode,
  type Unsubscribe,
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
import type { DeletedClients } from "./deleted-clients.ts";
import * as messages from "./messages.ts";

/** Largest presence state that hubs take, in bytes of JSON. */
const MAX_PRESENCE: number = limits.MAX_PRESENCE_BYTES;
/** What a message may have besides an update, in bytes. */
const HEAD = 1024;

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
  readonly deleted: DeletedClients;
  readonly log: Log;
  /** How long it may take to let somebody in and to open the document, in milliseconds. */
  readonly patience: number;
  /** How often the client must answer a ping, in milliseconds. */
  readonly heartbeat: number;
  readonly maxUpdateBytes: number;
}

/** The document was deleted: what the client shows of it is not to come back. */
const DELETED = 4410;
/** Bytes on their way to a client above which it is not listened to. */
const HIGH_WATER = 1024 * 1024;
/** The same of what others do, above which it is cut off: it asks for the difference when it is back. */
const MAX_BEHIND = 64 * 1024 * 1024;
/** Messages that wait above which nothing more is read. */
const MAX_WAITING = 32;
/** Most states in one awareness message. */
const MAX_PRESENCES = 1_000;
/** How often somebody may show itself, in milliseconds: each time everybody else is told. */
const SHOW_EVERY = 20;
/** The least wait before something is tried again, in milliseconds. */
const MIN_WAIT = 100;
/** How long a refused client waits for its answer, in milliseconds: old ones come back at once, in vain. */
const REFUSAL_DELAY = 1_000;
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
  /** Under which the client's editor shows itself, and whom it was told of. */
  #presence: number | undefined;
  readonly #told = new Set<number>();
  /** When it showed itself last. */
  #shownAt = Number.NEGATIVE_INFINITY;
  /** Bytes on their way that are an answer, however long. */
  #allowed = MAX_BEHIND;

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
    const { acquire, identify, join, log, patience } = this.#context;
    const late = AbortSignal.timeout(patience);
    const signal = AbortSignal.any([this.#ended.signal, late]);
    let lease: Promise<Lease> | undefined;
    let replica: Promise<Replica> | undefined;
    let stopWatch: Unsubscribe | undefined;
    let isOpen = false;
    try {
      const verdict = await unless(signal, identify());
      if ("code" in verdict) {
        const { code, reason } = verdict;
        if (!isTransient(code)) visit.refused();
        log("warn", "session refused", { workspace, path, code, reason });
        await this.#refuse(code, reason);
        return;
      }
      visit.admitted();
      const { user } = verdict.principal;
      log("info", "session opened", { workspace, path, user, agent: "y-websocket" });
      this.#socket.on("close", (code, reason) => {
        log("info", "session closed", { workspace, path, user, code, reason: reason.toString() });
      });
      lease = acquire();
      const { hub, membership } = await unless(signal, lease);
      const refusal = membership.refusalOf(verdict.principal);
      if (refusal) {
        await this.#refuse(refusal.code, refusal.reason);
        return;
      }
      stopWatch = membership.watch(
        () => verdict.principal,
        ({ code, reason }) => this.end(code, reason),
      );
      replica = join(verdict.principal);
      const handle = (await unless(signal, replica)).open(path);
      // Who may not read waits for ever.
      handle.onState(() => this.#checkAccess(handle));
      await handle.caughtUp({ signal });
      isOpen = true;
      await this.#serve(hub, handle, verdict);
    } catch (error) {
      if (late.aborted && !isOpen) this.end(CloseCode.timeout, "the document did not come in time");
      else if (!this.#isOver)
        log("error", "session failed", { workspace, path, error: String(error) });
      this.end(CloseCode.failed, "this document cannot be opened; the server's log says why");
    } finally {
      stopWatch?.();
      this.#release(lease, replica);
    }
  }

  /** Ends the session. Idempotent. */
  end(code: number, reason: string): void {
    if (this.#isOver) return;
    if (!isTransient(code)) this.#socket.send(messages.denied(reason));
    this.#stop();
    this.#socket.resume();
    this.#socket.close(toWebSocketCode(code), clipReason(reason));
  }

  /** Ends it for good, after a while. */
  async #refuse(code: number, reason: string): Promise<void> {
    if (!isTransient(code)) await this.#wait(REFUSAL_DELAY);
    this.end(code, reason);
  }

  get #isOver(): boolean {
    return this.#ended.signal.aborted;
  }

  #stop(): void {
    this.#ended.abort();
    this.#inbox.length = 0;
    this.#wake();
  }

  /** Gives back what was asked for, also what comes when the session is over. */
  #release(lease: Promise<Lease> | undefined, replica: Promise<Replica> | undefined): void {
    const disposed = replica?.then((each) => each.dispose()) ?? Promise.resolve();
    void disposed
      .catch(() => undefined)
      .then(() => lease)
      .then((each) => each?.release())
      .catch(() => undefined);
  }

  async #serve(
    hub: Hub,
    handle: DocumentHandle,
    { principal, expiresAt }: VerifiedToken,
  ): Promise<void> {
    const { doc, awareness } = handle;
    const { workspace, path } = this.#source;
    const tell = (bytes: Uint8Array): void => this.#tell(messages.update(bytes));
    const show = (change: Record<"added" | "updated" | "removed", readonly number[]>): void =>
      this.#showOthers(handle, [...change.added, ...change.updated, ...change.removed]);
    const stops = [
      handle.onReset(({ former }) => {
        if (!handle.state.deleted) {
          this.end(CloseCode.restarting, "the document was built anew");
          return;
        }
        this.#context.deleted.add(workspace, path, former.store.clients.keys());
        this.end(DELETED, "the document was deleted");
      }),
      this.#beat(),
      this.#expire(expiresAt),
    ];
    // It is here when its editor says so.
    awareness.setLocalState(null);
    doc.on("update", tell);
    awareness.on("update", show);
    try {
      this.#checkAccess(handle);
      this.#answer(messages.step1(Y.encodeStateVector(doc)));
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
    if (state.access === "none")
      void this.#refuse(CloseCode.forbidden, "this document may not be read");
  }

  #receive(bytes: Uint8Array): void {
    const { maxUpdateBytes } = this.#context;
    if (this.#isOver) return;
    if (bytes.length > maxUpdateBytes + HEAD) {
      this.end(CloseCode.tooLarge, `a message of ${bytes.length} bytes; at most ${maxUpdateBytes}`);
      return;
    }
    this.#inbox.push(bytes);
    this.#inboxBytes += bytes.length;
    if (this.#inbox.length >= MAX_WAITING || this.#inboxBytes > maxUpdateBytes)
      this.#socket.pause();
    this.#wake();
  }

  /** The next message, in a turn of its own; nothing when the session is over. */
  async #next(): Promise<Uint8Array | undefined> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#isOver) return undefined;
      // Who does not read the answers is asked nothing more.
      if (this.#socket.bufferedAmount > HIGH_WATER) {
        await this.#wait(MIN_WAIT);
        continue;
      }
      const bytes = this.#inbox.shift();
      if (bytes) {
        this.#inboxBytes -= bytes.length;
        if (this.#inbox.length === 0) this.#socket.resume();
        return bytes;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
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
        this.#tellLacking(doc, message.vector);
        break;
      case "step2":
        this.#asksAll = false;
        // Whoever comes back tells all that it ever deleted: nothing of that is new.
        if (!hasDeleted(doc, message.update))
          await this.#submit(message.update, { hub, doc, principal, isAll: true });
        break;
      case "update":
        // All that the hub lacks is on its way, and has this in it.
        if (!this.#asksAll)
          await this.#submit(message.update, { hub, doc, principal, isAll: false });
        break;
      case "awareness":
        await this.#wait(this.#shownAt + SHOW_EVERY - performance.now());
        this.#shownAt = performance.now();
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
    {
      hub,
      doc,
      principal,
      isAll,
    }: {
      readonly hub: Hub;
      readonly doc: Y.Doc;
      readonly principal: Principal;
      readonly isAll: boolean;
    },
  ): Promise<void> {
    const { workspace, path } = this.#source;
    const writerOf = plainWriters(workspace, principal);
    let bytes = update;
    let isPart = false;
    while (!this.#isOver) {
      if (this.#context.deleted.has(workspace, path, clientsOf(bytes))) {
        await this.#refuse(DELETED, "it is from before the document was deleted");
        return;
      }
      // An Awareness of y-protocols has the document's client id.
      const asked = { principal, path, update: bytes, writerOf, own: this.#presence };
      const outcome = await submitPlain(hub, asked);
      switch (outcome.kind) {
        case "stored":
          return;
        case "hidden":
          await this.#refuse(CloseCode.forbidden, "this document may not be read");
          return;
        case "refused":
          await this.#refuse(
            outcome.code === "no-access" ? CloseCode.forbidden : CloseCode.violation,
            outcome.reason,
          );
          return;
        case "later":
          await this.#wait(Math.max(MIN_WAIT, outcome.wait));
          break;
        case "incomplete":
          if (!isAll) {
            // It was typed before the client had told what it has.
            this.#asksAll = true;
            this.#answer(messages.step1(Y.encodeStateVector(doc)));
            return;
          }
          if (isPart) {
            this.end(CloseCode.failed, outcome.reason);
            return;
          }
          // The client waits for something itself, which nobody has: what does not need that is taken.
          bytes = completePart(doc, bytes);
          isPart = true;
          break;
      }
    }
  }

  /** Tells a client what it lacks. */
  #tellLacking(doc: Y.Doc, vector: Uint8Array): void {
    let lacked: Uint8Array;
    try {
      lacked = Y.encodeStateAsUpdate(doc, vector);
    } catch {
      this.end(CloseCode.violation, "a malformed state vector");
      return;
    }
    this.#answer(messages.step2(lacked));
  }

  /** The client's own presence. It hears it back: what it hears nothing from it takes for lost. */
  #show(update: Uint8Array, { awareness }: DocumentHandle): void {
    try {
      const presences = messages.readPresences(update, MAX_PRESENCES);
      // What it heard of others it tells again.
      const own = presences.filter(({ client }) => !this.#told.has(client));
      const last =
        own.findLast(({ client }) => client === this.#presence) ??
        own.findLast(({ state }) => state !== "null");
      if (!last) return;
      this.#presence = last.client;
      const state = asState(last.state);
      // A hub takes no more of anybody.
      if (Buffer.byteLength(JSON.stringify(state)) <= MAX_PRESENCE) awareness.setLocalState(state);
      this.#tell(messages.awareness(update));
    } catch (error) {
      const why = error instanceof Error ? error.message : "";
      this.end(CloseCode.violation, `a malformed presence: ${why}`);
    }
  }

  #showOthers({ awareness }: DocumentHandle, clients: readonly number[]): void {
    const others = clients.filter((client) => client !== awareness.clientID);
    for (const client of others) this.#told.add(client);
    if (others.length > 0) this.#tell(messages.awareness(encodeAwarenessUpdate(awareness, others)));
  }

  /** Sends what was asked for, however long it is. */
  #answer(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#allowed = MAX_BEHIND + bytes.length;
    this.#socket.send(bytes);
  }

  /** Sends what others do. */
  #tell(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#socket.send(bytes);
    if (this.#socket.bufferedAmount <= this.#allowed) return;
    this.#stop();
    this.#socket.terminate();
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
      // What it says is not read while it is paused.
      if (!isHeard && !this.#socket.isPaused) this.#socket.terminate();
      isHeard = false;
      this.#socket.ping();
    }, heartbeat);
    return () => clearInterval(timer);
  }

  #expire(expiresAt: number | undefined): () => void {
    if (expiresAt === undefined) return () => undefined;
    let timer: NodeJS.Timeout;
    const look = (): void => {
      const left = expiresAt - Date.now();
      if (left <= 0) this.end(CloseCode.unauthorized, "the token has expired");
      else timer = setTimeout(look, Math.min(left, MAX_DELAY));
    };
    timer = setTimeout(look, 0);
    return () => clearTimeout(timer);
  }

  async #wait(milliseconds: number): Promise<void> {
    if (milliseconds <= 0) return;
    const { signal } = this.#ended;
    await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  }
}

/** Rejects when a signal says so, however long the work takes. */
async function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new Error("the session is over"));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  // What comes of it later nobody waits for.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** The part of an update that needs nothing which is in neither of both. */
function completePart(doc: Y.Doc, update: Uint8Array): Uint8Array {
  const both = new Y.Doc({ gc: false });
  Y.applyUpdate(both, Y.encodeStateAsUpdate(doc));
  Y.applyUpdate(both, update);
  both.store.pendingStructs = null;
  both.store.pendingDs = null;
  const part = Y.encodeStateAsUpdate(both, Y.encodeStateVector(doc));
  both.destroy();
  return part;
}

/** The clients that wrote in an update; none of what is malformed, which the hub says. */
function clientsOf(update: Uint8Array): Iterable<number> {
  try {
    return Y.parseUpdateMeta(update).to.keys();
  } catch {
    return [];
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

/** Whether an update brings nothing, and deletes nothing that is not deleted already. */
function hasDeleted(doc: Y.Doc, update: Uint8Array): boolean {
  // It begins with how many clients wrote in it.
  if (update[0] !== 0) return false;
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
