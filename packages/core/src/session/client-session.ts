/**
 * The peer's end of a session: connects, greets, keeps the connection alive, comes back after it
 * was lost, and carries any number of lanes, one a document. Replicas and links sit on top; what
 * the messages of a lane mean is theirs to know.
 */

import type { Channel, Connect } from "../channel/channel.ts";
import type { Clock } from "../clock.ts";
import type { DocPath } from "../doc-path.ts";
import { createEmitter, type Unsubscribe } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import type { RandomBytes, WriterId } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { ProtocolError } from "../protocol/codec.ts";
import type { Deleted } from "../protocol/deletion-messages.ts";
import type { History, HistoryAnswer } from "../protocol/history-messages.ts";
import type { Changed } from "../protocol/document-messages.ts";
import { decodeDown, type DownMessage, encodeUp, type UpMessage } from "../protocol/message.ts";
import type { Welcome } from "../protocol/session-messages.ts";
import { PROTOCOL_VERSION } from "../protocol/version.ts";
import { backOff, type BackOffOptions } from "./back-off.ts";
import { type EventCalls, SessionEventCalls } from "./event-calls.ts";
import { completed, createInbox, createOutbox, type Inbox, type Outbox } from "./framing.ts";
import type { Lane, LaneHandler } from "./lane.ts";
import { type AskedListing, type ListingHandler, Listings } from "./listings.ts";
import { refusal } from "./refusal.ts";
import { DELETING, type HubRequest, offline, Requests, TELLING } from "./requests.ts";
import { next, type SessionEvent, type SessionState } from "./session-state.ts";

/** Options of {@link createClientSession}. */
export interface ClientSessionOptions {
  readonly connect: Connect;
  readonly workspace: string;
  /** Asked at each connection: the writer may change after a fork. */
  readonly writer: () => WriterId;
  /** The term of the store behind it; 0, the default, for whoever has none. */
  readonly term?: number | undefined;
  /** Fetches the token; absent where the channel itself vouches for the peer. */
  readonly token?: (() => string | Promise<string>) | undefined;
  readonly agent: string;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly backOff?: BackOffOptions | undefined;
  /** Told about the hub's welcome; throwing a CroftError refuses the session for good. */
  readonly onWelcome?: ((welcome: Welcome) => void) | undefined;
  /** Told which subtrees were deleted. */
  readonly onDeleted?: ((deleted: Deleted) => void) | undefined;
}

/** The peer's end of a session. */
export interface ClientSession {
  readonly state: SessionState;
  onState(listener: (state: SessionState) => void): Unsubscribe;
  /** Why the session is refused, for people. */
  readonly error: CroftError | undefined;
  start(): void;
  /** Closes the connection and stays offline until {@link ClientSession.start}. */
  stop(): void;
  /** Tries again at once: the network came back, or there are new credentials. */
  retry(): void;
  /** The platform says that the network is gone: the connection is given up, and tried again later. */
  lost(): void;
  /** Adds a lane; it is opened whenever the session is up. */
  attach(path: DocPath, handler: LaneHandler): Lane;
  /** Listens to changes of any document that may be read; the hub is asked to tell them. */
  watch(listener: (changed: Changed) => void): Unsubscribe;
  /** Asks which documents there are under a prefix, at each connection, and is told until it is closed. */
  list(prefix: string, handler: ListingHandler): AskedListing;
  /** What is published to the whole workspace. */
  readonly events: EventCalls;
  readonly hasRoom: boolean;
  /**
   * Asks the hub to do something; resolves with the number of documents that it concerned.
   *
   * @throws CroftError what the hub answers; `link/offline` when it is not there, or goes away before
   *   it answered (then it may have been done).
   */
  request(asked: HubRequest): Promise<number>;
  /**
   * Asks for a page of the history of a document. Byte arrays in it are views of a frame.
   *
   * @throws CroftError as {@link ClientSession.request}.
   */
  history(asked: Omit<History, "id">): Promise<HistoryAnswer>;
  dispose(): void;
}

/** Creates a {@link ClientSession}; call `start()`. */
export function createClientSession(options: ClientSessionOptions): ClientSession {
  return new PeerSession(options);
}

interface Connection {
  readonly channel: Channel;
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  heardSince: boolean;
  pings: number;
}

class PeerSession implements ClientSession {
  readonly #options: ClientSessionOptions;
  readonly #lanes = new Map<number, { readonly path: DocPath; readonly handler: LaneHandler }>();
  readonly #states = createEmitter<SessionState>();
  readonly #changes = createEmitter<Changed>();
  #state: SessionState = { name: "stopped" };
  #connection: Connection | undefined;
  #connecting: AbortController | undefined;
  #timers: (() => void)[] = [];
  #attempts = 0;
  #lastLane = 0;
  readonly #requests = new Requests();
  readonly #listings = new Listings((message) => this.#send(0, message));
  readonly events: SessionEventCalls = new SessionEventCalls({
    isOpen: () => this.#state.name === "open",
    hasRoom: () => this.hasRoom,
    send: (message) => this.#send(0, message),
  });
  #token: string | undefined;
  /** A token was refused, and another one is to be asked for; not again before one was good. */
  #mayTryOther = true;
  #error: CroftError | undefined;
  #disposed = false;

  constructor(options: ClientSessionOptions) {
    this.#options = options;
  }

  get state(): SessionState {
    return this.#state;
  }

  get error(): CroftError | undefined {
    return this.#error;
  }

  get hasRoom(): boolean {
    return this.#state.name === "open" && (this.#connection?.outbox.hasRoom ?? false);
  }

  onState(listener: (state: SessionState) => void): Unsubscribe {
    return this.#states.on(listener);
  }

  start(): void {
    if (!this.#disposed) this.#apply({ name: "start" });
  }

  stop(): void {
    this.#apply({ name: "stop" });
  }

  retry(): void {
    this.#mayTryOther = true;
    this.#apply({ name: "retry" });
  }

  lost(): void {
    this.#apply({ name: "closed", code: CloseCode.lost, reason: "there is no network" });
  }

  attach(path: DocPath, handler: LaneHandler): Lane {
    const doc = ++this.#lastLane;
    this.#lanes.set(doc, { path, handler });
    // While the session is down there is nobody to open it at; it is opened when it comes up.
    const resume = (): void => {
      if (this.#state.name !== "open") return;
      this.#send(doc, { type: "open", doc, path, cursor: handler.cursor() });
    };
    resume();
    return {
      resume,
      submit: (submission) => this.#send(doc, { type: "submit", doc, ...submission }),
      recover: (state) => this.#send(doc, { type: "recover", doc, ...state }),
      compare: (shown) => this.#send(doc, { type: "compare", doc, ...shown }),
      presence: (state) => this.#send(doc, { type: "presence", doc, ...state }),
      close: () => {
        if (this.#lanes.delete(doc)) this.#send(doc, { type: "close", doc });
      },
    };
  }

  watch(listener: (changed: Changed) => void): Unsubscribe {
    const unsubscribe = this.#changes.on(listener);
    if (this.#changes.size === 1) this.#send(0, { type: "watch", on: true });
    return () => {
      unsubscribe();
      if (this.#changes.size === 0) this.#send(0, { type: "watch", on: false });
    };
  }

  list(prefix: string, handler: ListingHandler): AskedListing {
    return this.#listings.ask(prefix, handler);
  }

  request(asked: HubRequest): Promise<number> {
    if (this.#state.name !== "open") return Promise.reject(offline(asked.path, DELETING));
    return this.#requests.ask(asked, (message) => this.#send(0, message));
  }

  history(asked: Omit<History, "id">): Promise<HistoryAnswer> {
    if (this.#state.name !== "open") return Promise.reject(offline(asked.path, TELLING));
    return this.#requests.askHistory(asked, (message) => this.#send(0, message));
  }

  dispose(): void {
    this.#disposed = true;
    this.stop();
    this.#states.clear();
    this.#changes.clear();
    this.#lanes.clear();
    this.#listings.clear();
    this.events.clear();
  }

  #apply(event: SessionEvent): void {
    const before = this.#state;
    const after = next(before, event);
    if (after === before) return;
    this.#state = after;
    this.#leave(before);
    this.#enter(after);
    if (this.#state === after) this.#states.emit(after);
  }

  #leave(before: SessionState): void {
    if (before.name === "open" && this.#state.name !== "open") {
      for (const { handler } of [...this.#lanes.values()]) handler.down();
      this.#requests.lost();
    }
    const cancels = this.#timers;
    this.#timers = [];
    for (const cancel of cancels) cancel();
  }

  #enter(state: SessionState): void {
    switch (state.name) {
      case "stopped":
        this.#disconnect(CloseCode.normal, "");
        break;
      case "connecting":
        this.#error = undefined;
        // A server that takes the connection and never answers, a token that is never fetched.
        this.#after(HELLO_TIMEOUT, () =>
          this.#apply({ name: "closed", code: CloseCode.timeout, reason: "no connection in time" }),
        );
        void this.#connect();
        break;
      case "greeting":
        break;
      case "open":
        this.#mayTryOther = true;
        for (const [doc, { path, handler }] of [...this.#lanes]) {
          this.#send(doc, { type: "open", doc, path, cursor: handler.cursor() });
        }
        if (this.#changes.size > 0) this.#send(0, { type: "watch", on: true });
        this.#listings.opened();
        this.events.opened();
        break;
      case "waiting":
        this.#disconnect(state.code, "");
        this.#after(backOff(state.attempt, this.#options.random, this.#options.backOff), () =>
          this.#apply({ name: "retry" }),
        );
        break;
      case "refused":
        this.#disconnect(CloseCode.normal, "");
        this.#error ??= refusal(state.code, state.reason);
        if (state.code === CloseCode.unauthorized && this.#mayTryOther) void this.#tryOtherToken();
        break;
    }
  }

  #after(ms: number, run: () => void): void {
    this.#timers.push(this.#options.clock.delay(ms, run));
  }

  async #connect(): Promise<void> {
    const abort = new AbortController();
    this.#connecting?.abort();
    this.#connecting = abort;
    let channel: Channel;
    try {
      this.#token = (await this.#options.token?.()) ?? "";
      channel = await this.#options.connect(abort.signal);
    } catch (error) {
      if (abort.signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.#apply({ name: "closed", code: CloseCode.lost, reason });
      return;
    }
    if (abort.signal.aborted) {
      channel.close(CloseCode.normal, "");
      return;
    }
    const outbox = createOutbox(channel, (lane, last, part) =>
      encodeUp({ type: "fragment", lane, last, part }),
    );
    const connection = { channel, outbox, inbox: createInbox(), heardSince: true, pings: 0 };
    this.#connection = connection;
    this.#apply({ name: "connected" });
    outbox.onRoom(() => this.#tellRoom());
    channel.onClose(({ code, reason }) => {
      if (this.#connection === connection) this.#apply({ name: "closed", code, reason });
    });
    channel.onFrame((frame) => this.#receive(connection, frame));
    this.#send(0, {
      type: "hello",
      version: PROTOCOL_VERSION,
      workspace: this.#options.workspace,
      writer: this.#options.writer(),
      term: this.#options.term ?? 0,
      attempt: ++this.#attempts,
      token: this.#token,
      agent: this.#options.agent,
    });
    this.#after(HELLO_TIMEOUT, () => {
      if (this.#state.name === "greeting") {
        this.#apply({ name: "closed", code: CloseCode.timeout, reason: "the hub does not answer" });
      }
    });
  }

  #disconnect(code: number, reason: string): void {
    this.#connecting?.abort();
    this.#connecting = undefined;
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.outbox.dispose();
    connection?.channel.close(code === CloseCode.lost ? CloseCode.normal : code, reason);
  }

  #send(lane: number, message: UpMessage): void {
    const greeting = message.type === "hello";
    if (this.#state.name !== "open" && !greeting) return;
    this.#connection?.outbox.send(lane, encodeUp(message));
  }

  #tellRoom(): void {
    for (const { handler } of [...this.#lanes.values()]) {
      if (!this.hasRoom) return;
      handler.room();
    }
  }

  #receive(connection: Connection, frame: Uint8Array): void {
    if (this.#connection !== connection) return;
    connection.heardSince = true;
    try {
      this.#handle(connection, decodeDown(frame));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      connection.channel.close(CloseCode.violation, error.message.slice(0, 100));
      this.#apply({ name: "closed", code: CloseCode.violation, reason: error.message });
    }
  }

  #handle(connection: Connection, message: DownMessage): void {
    switch (message.type) {
      case "fragment": {
        const whole = completed(connection.inbox, message, decodeDown);
        if (whole) this.#handle(connection, whole);
        break;
      }
      case "welcome":
        this.#welcome(connection, message);
        break;
      case "ping":
        this.#send(0, { type: "pong", id: message.id });
        break;
      case "pong":
        break;
      case "changed":
        this.#changes.emit(message);
        break;
      case "event":
        this.events.receive(message);
        break;
      case "missed":
        this.events.missed(message);
        break;
      case "listing":
        this.#listings.receive(message);
        break;
      case "deleted":
        this.#options.onDeleted?.(message);
        break;
      case "history-page":
        this.#requests.history(message);
        break;
      case "done":
        this.#requests.done(message);
        break;
      case "failed":
        this.#requests.failed(message);
        break;
      default:
        // A lane that was closed a moment ago may still be spoken to; that is not an error.
        this.#lanes.get(message.doc)?.handler.receive(message);
    }
  }

  #welcome(connection: Connection, welcome: Welcome): void {
    if (welcome.version !== PROTOCOL_VERSION) {
      throw new ProtocolError(`the hub speaks version ${welcome.version} of the protocol`);
    }
    try {
      this.#options.onWelcome?.(welcome);
    } catch (error) {
      if (!(error instanceof CroftError)) throw error;
      this.#error = error;
      this.#apply({ name: "closed", code: CloseCode.forbidden, reason: error.message });
      return;
    }
    this.events.user = welcome.user;
    // In an open session the welcome answers new credentials, and tells how long they hold.
    const first = this.#state.name === "greeting";
    this.#apply({ name: "welcomed" });
    // Without a heartbeat the channel itself tells when the other side is gone.
    if (first && welcome.heartbeat > 0) this.#beat(connection, welcome.heartbeat / 2);
    if (welcome.expiresIn > 0) {
      this.#after(Math.min(welcome.expiresIn * 0.8, LONGEST_TIMER), () => void this.#refresh());
    }
  }

  #beat(connection: Connection, interval: number): void {
    this.#after(interval, () => {
      if (this.#connection !== connection) return;
      if (!connection.heardSince) {
        this.#apply({ name: "closed", code: CloseCode.timeout, reason: "the hub fell silent" });
        return;
      }
      connection.heardSince = false;
      this.#send(0, { type: "ping", id: ++connection.pings });
      this.#beat(connection, interval);
    });
  }

  // A refresh that fails is not the end: the hub closes with `unauthorized` when the old token
  // runs out, and the token is asked for again.
  async #refresh(): Promise<void> {
    const token = await this.#fetchToken();
    if (token === undefined || token === this.#token) return;
    this.#token = token;
    this.#send(0, { type: "authenticate", token });
  }

  // After a refusal exactly one more question, for a token that is not the refused one: a person
  // who has to sign in again must not become a reconnect storm, also where every token is new.
  async #tryOtherToken(): Promise<void> {
    this.#mayTryOther = false;
    const refused = this.#token;
    const token = await this.#fetchToken();
    if (token === undefined || token === refused || this.#state.name !== "refused") return;
    this.#apply({ name: "retry" });
  }

  async #fetchToken(): Promise<string | undefined> {
    try {
      return await this.#options.token?.();
    } catch (error) {
      this.#error ??= new CroftError("auth/refused", "The token could not be fetched.", {
        cause: error,
      });
      return undefined;
    }
  }
}

/** Timers hold 31 bits of milliseconds; what is longer would run at once. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** How long it may take to connect, and then a hub to answer the hello, in milliseconds. */
const HELLO_TIMEOUT = 15_000;
