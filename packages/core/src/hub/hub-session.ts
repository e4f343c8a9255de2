/**
 * The hub's end of a session: greeting, credentials, and the dispatch of what a peer sends.
 * Everything a peer does wrong ends its own session and nothing else.
 */

import type { Principal } from "../access/access.ts";
import type { Channel } from "../channel/channel.ts";
import { type Clock, systemClock } from "../clock.ts";
import { isDocPath } from "../doc-path.ts";
import { reportUncaught, type Unsubscribe } from "../emitter.ts";
import { toCroftError } from "../errors.ts";
import type { WriterId } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { ProtocolError } from "../protocol/codec.ts";
import type { Open } from "../protocol/document-messages.ts";
import { Backlog } from "./backlog.ts";
import { MAX_HELLO_BYTES, MAX_MESSAGE_BYTES } from "../protocol/limits.ts";
import { decodeUp, type DownMessage, encodeDown, type UpMessage } from "../protocol/message.ts";
import type { List } from "../protocol/listing-messages.ts";
import type { Hello } from "../protocol/session-messages.ts";
import { PROTOCOL_VERSION } from "../protocol/version.ts";
import {
  completed,
  createInbox,
  createOutbox,
  type Inbox,
  type Outbox,
} from "../session/framing.ts";
import type { Hub } from "./hub.ts";
import { type HubCore, REPLACED } from "./hub-core.ts";
import { doRequest } from "./deletion.ts";
import { HubLane } from "./hub-lane.ts";
import { HubListing } from "./hub-listing.ts";
import { HubWatch } from "./hub-watch.ts";

/** A peer that may come in. */
export interface Admission {
  readonly hub: Hub;
  readonly principal: Principal;
  /** When the credentials end, in milliseconds since 1970; absent for never. */
  readonly expiresAt?: number | undefined;
}

/** A peer that may not. */
export interface Refusal {
  readonly code: CloseCode;
  /** For a person; at most 123 bytes of UTF-8. */
  readonly reason: string;
}

/** Decides about a peer from its greeting; asked again with each new token. */
export type Admit = (
  hello: Pick<Hello, "workspace" | "token" | "writer" | "agent">,
) => Promise<Admission | Refusal>;

/** Options of {@link servePeer}. */
export interface ServeOptions {
  /** How often a peer must be heard, in milliseconds; 0 (default) where the channel tells. */
  readonly heartbeat?: number;
  /** Times the greeting, before a hub is found. Default: the platform's. */
  readonly clock?: Clock;
  /** How long a peer may take to greet, in milliseconds. Default 10,000. */
  readonly helloTimeout?: number;
  /** Most documents that one session may have open. Default 10,000. */
  readonly maxDocuments?: number;
}

/** A running session. */
export interface PeerService {
  /** Closes the session. */
  dispose(code?: CloseCode, reason?: string): void;
  /** Resolves when the session is over. */
  readonly done: Promise<void>;
}

/** A document that is being loaded for a lane. */
interface Opening {
  readonly path: string;
  /** Where the peer stands, for each time that it asked to open it; each is answered. */
  readonly cursors: Open["cursor"][];
}

/** Bytes of unfinished messages beside the largest update. */
const INBOX_ROOM = 1024 * 1024;
/** How many sessions have greeted in this process. */
let greetings = 0;

/** Requests of a session that are not answered yet. */
const MAX_ASKED = 64;
/** Listings of a session at once. */
const MAX_LISTINGS = 64;
/** How often a document may be opened while it is loaded. */
const MAX_OPENINGS = 64;

/** Runs the hub's end of one session until its channel closes. */
export function servePeer(channel: Channel, admit: Admit, options: ServeOptions = {}): PeerService {
  return new HubSession(channel, admit, options);
}

/** See {@link servePeer}. */
export class HubSession implements PeerService {
  readonly done: Promise<void>;
  /** A newer session of the same writer took over. */
  fenced = false;
  /** Where it stands among all sessions of this process, in the order of greetings. */
  order = 0;
  readonly backlog: Backlog = new Backlog();
  /** The writer is known to the store as this principal's. */
  bound = false;
  readonly #channel: Channel;
  readonly #admit: Admit;
  readonly #options: ServeOptions;
  readonly #outbox: Outbox;
  #inbox: Inbox = createInbox(MAX_HELLO_BYTES);
  /** The last ping that is not answered: a peer that does not read is owed one answer, not all. */
  #ping: number | undefined;
  readonly #lanes = new Map<number, HubLane | Opening>();
  readonly #listings = new Map<number, HubListing>();
  readonly #timers = new Map<"hello" | "expiry" | "silence", Unsubscribe>();
  #hello: Hello | undefined;
  #hub: HubCore | undefined;
  #principal: Principal | undefined;
  #watch: HubWatch | undefined;
  #heard = true;
  #ended = false;

  constructor(channel: Channel, admit: Admit, options: ServeOptions) {
    this.#channel = channel;
    this.#admit = admit;
    this.#options = options;
    this.#outbox = createOutbox(channel, (lane, last, part) =>
      encodeDown({ type: "fragment", lane, last, part }),
    );
    this.#outbox.onRoom(() => this.#pumpAll());
    this.done = new Promise((resolve) => {
      channel.onClose(() => {
        this.#end();
        resolve();
      });
    });
    const { clock = systemClock, helloTimeout = 10_000 } = options;
    const cancel = clock.delay(helloTimeout, () => this.dispose(CloseCode.timeout, "no greeting"));
    this.#timers.set("hello", cancel);
    channel.onFrame((frame) => this.#receive(frame));
  }

  get principal(): Principal {
    if (!this.#principal) throw new ProtocolError("not greeted");
    return this.#principal;
  }

  get writer(): WriterId {
    if (!this.#hello) throw new ProtocolError("not greeted");
    return this.#hello.writer;
  }

  get term(): number {
    return this.#hello?.term ?? 0;
  }

  get attempt(): number {
    return this.#hello?.attempt ?? 0;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get hasRoom(): boolean {
    return !this.#ended && this.#outbox.hasRoom;
  }

  /** Sends a message on a lane. */
  send(lane: number, message: DownMessage): void {
    if (!this.#ended) this.#outbox.send(lane, encodeDown(message));
  }

  /** Something failed at the hub: the peer may come back and start over. */
  fail(): void {
    this.dispose(CloseCode.failed, "the hub failed; nothing was lost");
  }

  dispose(code: CloseCode = CloseCode.normal, reason = ""): void {
    this.#channel.close(code, reason);
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#watch?.close();
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#outbox.dispose();
    for (const lane of this.#lanes.values()) if (lane instanceof HubLane) lane.close();
    this.#lanes.clear();
    for (const listing of this.#listings.values()) listing.close();
    this.#listings.clear();
    if (this.#hello) this.#hub?.leave(this.#hello.writer, this);
  }

  #receive(frame: Uint8Array): void {
    if (this.#ended) return;
    this.#heard = true;
    try {
      if (!this.#principal && frame.length > MAX_HELLO_BYTES) {
        throw new ProtocolError("a greeting is too large");
      }
      this.#handle(decodeUp(frame));
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        this.fail();
        reportUncaught(error);
        return;
      }
      this.dispose(CloseCode.violation, error.message.slice(0, 100));
    }
  }

  #handle(message: UpMessage): void {
    if (!this.#principal) {
      if (message.type !== "hello" || this.#hello)
        throw new ProtocolError("a greeting was expected");
      this.#hello = message;
      this.order = ++greetings;
      void this.#greet(message);
      return;
    }
    switch (message.type) {
      case "hello":
        throw new ProtocolError("a second greeting");
      case "fragment": {
        const whole = completed(this.#inbox, message, decodeUp);
        if (whole) this.#handle(whole);
        break;
      }
      case "authenticate":
        void this.#authenticate(message.token);
        break;
      case "open":
        this.#open(message);
        break;
      case "close":
        this.#close(message.doc);
        break;
      case "submit":
        this.#lane(message.doc).submissions.submit(message);
        break;
      case "recover":
        this.#lane(message.doc).recover(message);
        break;
      case "compare":
        this.#lane(message.doc).compare(message);
        break;
      case "presence":
        this.#lane(message.doc).setPresence(message);
        break;
      case "watch":
        this.#setWatch(message.on);
        break;
      case "list":
        this.#list(message);
        break;
      case "unlist":
        this.#listings.get(message.id)?.close();
        this.#listings.delete(message.id);
        break;
      case "delete":
      case "undelete":
        this.#answer(message);
        break;
      case "ping":
        this.#ping = message.id;
        this.#answerPing();
        break;
      case "pong":
        break;
    }
  }

  async #greet(hello: Hello): Promise<void> {
    if (hello.version !== PROTOCOL_VERSION) {
      this.dispose(CloseCode.version, `this hub speaks version ${PROTOCOL_VERSION}`);
      return;
    }
    const admission = await this.#ask(hello);
    if (!admission || this.#ended) return;
    const { hub, principal, expiresAt } = admission;
    const problem = await hub.core
      .enter(hello.writer, principal, this)
      .catch(() => "failed" as const);
    if (this.#ended) return;
    if (problem) {
      // Overtaken: most likely dead. Told "replaced", a living one would take it for a copy of itself.
      if (problem === "overtaken") this.fail();
      else if (problem === "replaced") this.dispose(CloseCode.replaced, REPLACED);
      else if (problem === "failed") this.fail();
      else this.dispose(CloseCode.forbidden, "this writer belongs to another user");
      return;
    }
    this.#timers.get("hello")?.();
    this.#hub = hub.core;
    this.#principal = principal;
    // Honest peers have one large message under way, and small ones; a recovery is a whole document.
    this.#inbox = createInbox(
      hub.core.recovering ? MAX_MESSAGE_BYTES : hub.core.maxUpdateBytes + INBOX_ROOM,
    );
    this.#expire(expiresAt);
    const heartbeat = this.#options.heartbeat ?? 0;
    if (heartbeat > 0) this.#listenForSilence(heartbeat * 1.5);
    this.#welcome(hub.core, expiresAt);
  }

  #welcome(hub: HubCore, expiresAt: number | undefined): void {
    const { user, plugin = "" } = this.principal;
    this.send(0, {
      type: "welcome",
      version: PROTOCOL_VERSION,
      user,
      plugin,
      maxUpdateBytes: hub.maxUpdateBytes,
      heartbeat: this.#options.heartbeat ?? 0,
      expiresIn: expiresAt === undefined ? 0 : Math.max(1, Math.round(expiresAt - hub.clock.now())),
    });
  }

  /** Credentials may be renewed in a session, never changed to another user's. */
  async #authenticate(token: string): Promise<void> {
    const hello = this.#hello;
    const hub = this.#hub;
    if (!hello || !hub) return;
    const admission = await this.#ask({ ...hello, token });
    if (!admission || this.#ended) return;
    const { principal, expiresAt } = admission;
    if (
      admission.hub.core !== hub ||
      principal.user !== this.principal.user ||
      principal.plugin !== this.principal.plugin
    ) {
      this.dispose(CloseCode.forbidden, "the new token is another user's");
      return;
    }
    this.#principal = principal;
    this.#expire(expiresAt);
    this.#welcome(hub, expiresAt);
    for (const lane of this.#lanes.values()) if (lane instanceof HubLane) lane.recheck();
    for (const listing of this.#listings.values()) listing.recheck();
  }

  async #ask(hello: Hello): Promise<Admission | undefined> {
    let answer: Admission | Refusal;
    try {
      answer = await this.#admit(hello);
    } catch (error) {
      this.fail();
      reportUncaught(error);
      return undefined;
    }
    if ("hub" in answer) return answer;
    this.dispose(answer.code, answer.reason);
    return undefined;
  }

  #expire(expiresAt: number | undefined): void {
    this.#timers.get("expiry")?.();
    this.#timers.delete("expiry");
    const clock = this.#hub?.clock;
    if (expiresAt === undefined || !clock) return;
    // Timers hold 31 bits of milliseconds; a longer life is looked at again then.
    const wait = Math.min(expiresAt - clock.now(), 2 ** 31 - 1);
    const cancel = clock.delay(Math.max(0, wait), () => {
      if (expiresAt <= clock.now()) this.dispose(CloseCode.unauthorized, "the token expired");
      else this.#expire(expiresAt);
    });
    this.#timers.set("expiry", cancel);
  }

  #listenForSilence(ms: number): void {
    const cancel = this.#hub?.clock.delay(ms, () => {
      if (!this.#heard) this.dispose(CloseCode.timeout, "the peer fell silent");
      this.#heard = false;
      if (!this.#ended) this.#listenForSilence(ms);
    });
    if (cancel) this.#timers.set("silence", cancel);
  }

  #open({ doc, path, cursor }: Open): void {
    const known = this.#lanes.get(doc);
    if (doc === 0 || !isDocPath(path)) throw new ProtocolError("no such document can be");
    if (known && known.path !== path) throw new ProtocolError("the lane is taken");
    if (known) {
      if (known instanceof HubLane) known.open(cursor);
      else if (known.cursors.push(cursor) > MAX_OPENINGS)
        throw new ProtocolError("the document is opened again and again");
      return;
    }
    if (this.#lanes.size >= (this.#options.maxDocuments ?? 10_000)) {
      throw new ProtocolError("too many open documents");
    }
    const hub = this.#hub;
    if (!hub) return;
    // An object of its own: the number may be closed and given to another document meanwhile.
    const opening: Opening = { path, cursors: [cursor] };
    this.#lanes.set(doc, opening);
    const ready = hub.acquire(path).then((document) => {
      if (this.#ended || this.#lanes.get(doc) !== opening) {
        hub.release(path);
        return;
      }
      const lane = new HubLane(hub, this, document, doc);
      this.#lanes.set(doc, lane);
      for (const each of opening.cursors) lane.open(each);
    });
    hub.run(ready, () => this.fail());
  }

  #close(doc: number): void {
    const lane = this.#lanes.get(doc);
    if (!lane) throw new ProtocolError("a document that is not open");
    this.#lanes.delete(doc);
    if (lane instanceof HubLane) lane.close();
  }

  #lane(doc: number): HubLane {
    const lane = this.#lanes.get(doc);
    if (!(lane instanceof HubLane)) throw new ProtocolError("a document that is not open");
    return lane;
  }

  /** Does what is asked besides editing, for this principal. */
  #answer(message: Extract<UpMessage, { type: "delete" | "undelete" }>): void {
    const hub = this.#hub;
    if (!hub) return;
    if (++this.#asked > MAX_ASKED) throw new ProtocolError("too many requests at once");
    const { id, ...asked } = message;
    const task = doRequest(hub, this.principal, asked).then(
      (count) => this.send(0, { type: "done", id, count }),
      (error: unknown) => {
        const { code, message: reason } = toCroftError(error, "store/failed", "The hub failed");
        this.send(0, { type: "failed", id, code, reason: reason.slice(0, 300) });
      },
    );
    hub.run(
      task.finally(() => {
        this.#asked--;
      }),
      () => this.fail(),
    );
  }
  #asked = 0;

  /** Those that were ended and still read something, too: each costs the hub until it stops. */
  #runningListings = 0;

  #list(asked: List): void {
    if (asked.id === 0 || this.#listings.has(asked.id)) {
      throw new ProtocolError("the listing is asked for already");
    }
    if (this.#runningListings >= MAX_LISTINGS) throw new ProtocolError("too many listings");
    if (!this.#hub) return;
    this.#runningListings++;
    const ended = (): void => {
      this.#runningListings--;
    };
    this.#listings.set(asked.id, new HubListing(this.#hub, this, asked, ended));
  }

  #setWatch(on: boolean): void {
    this.#watch?.close();
    this.#watch = on && this.#hub ? new HubWatch(this.#hub, this) : undefined;
  }

  #answerPing(): void {
    if (this.#ping === undefined || !this.hasRoom) return;
    const id = this.#ping;
    this.#ping = undefined;
    this.send(0, { type: "pong", id });
  }

  #pumpAll(): void {
    this.#answerPing();
    this.#watch?.pump();
    for (const listing of this.#listings.values()) listing.pump();
    for (const lane of [...this.#lanes.values()]) {
      if (!this.hasRoom) return;
      if (lane instanceof HubLane) lane.pump();
    }
  }
}
