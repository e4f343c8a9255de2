/**
 * The hub's end of a session: the dispatch of what a peer sends, and what it may have under way at once. Who the peer is
 * {@link Authentication} finds out. Everything a peer does wrong ends its own session and nothing else.
 */

import type { Principal } from "../access/access.ts";
import type { Channel } from "../channel/channel.ts";
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
import {
  completed,
  createInbox,
  createOutbox,
  type Inbox,
  type Outbox,
} from "../session/framing.ts";
import type { Admit } from "./admission.ts";
import {
  type AuthenticatedSession,
  Authentication,
  type AuthenticationOptions,
} from "./authentication.ts";
import type { HubCore } from "./hub-core.ts";
import { doRequest } from "./deletion.ts";
import { HubLane } from "./hub-lane.ts";
import { HubListing } from "./hub-listing.ts";
import { HubWatch } from "./hub-watch.ts";
import { HistoryAnswers } from "./history-answers.ts";
import { SessionEvents } from "./session-events.ts";
import { TellDeleted } from "./tell-deleted.ts";

/** Options of {@link servePeer}. */
export interface ServeOptions extends AuthenticationOptions {
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
export class HubSession implements PeerService, AuthenticatedSession {
  readonly done: Promise<void>;
  /** A newer session of the same writer took over. */
  fenced = false;
  /** Where it stands among all sessions of this process, in the order of greetings. */
  order = 0;
  readonly backlog: Backlog = new Backlog();
  /** The writer is known to the store as this principal's. */
  bound = false;
  /** Where several hubs share the store: which one of its writer's sessions it is. */
  number: number | undefined;
  readonly #channel: Channel;
  readonly #authentication: Authentication;
  readonly #options: ServeOptions;
  readonly #outbox: Outbox;
  #inbox: Inbox = createInbox(MAX_HELLO_BYTES);
  /** The last ping that is not answered: a peer that does not read is owed one answer, not all. */
  #ping: number | undefined;
  readonly #lanes = new Map<number, HubLane | Opening>();
  readonly #listings = new Map<number, HubListing>();
  /** Set once the peer came in. */
  #hub: HubCore | undefined;
  #cancelSilence: Unsubscribe | undefined;
  #watch: HubWatch | undefined;
  #events: SessionEvents | undefined;
  #deleted: TellDeleted | undefined;
  #history: HistoryAnswers | undefined;
  #heard = true;
  #ended = false;

  constructor(channel: Channel, admit: Admit, options: ServeOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#outbox = createOutbox(channel, (lane, last, part) =>
      encodeDown({ type: "fragment", lane, last, part }),
    );
    this.#outbox.onRoom(() => this.pump());
    this.#authentication = new Authentication(this, admit, options);
    this.done = new Promise((resolve) => {
      channel.onClose(() => {
        this.#end();
        resolve();
      });
    });
    channel.onFrame((frame) => this.#receive(frame));
  }

  get principal(): Principal {
    return this.#authentication.principal;
  }

  get writer(): WriterId {
    return this.#authentication.hello.writer;
  }

  get term(): number {
    return this.#authentication.hello.term;
  }

  get attempt(): number {
    return this.#authentication.hello.attempt;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get hasRoom(): boolean {
    return !this.#ended && this.#outbox.hasRoom && this.#hub?.isUpToDate !== false;
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
    this.#events?.close();
    this.#deleted?.close();
    this.#history?.close();
    this.#authentication.dispose();
    this.#cancelSilence?.();
    this.#outbox.dispose();
    for (const lane of this.#lanes.values()) if (lane instanceof HubLane) lane.close();
    this.#lanes.clear();
    for (const listing of this.#listings.values()) listing.close();
    this.#listings.clear();
    this.#hub?.sessions.leave(this.writer, this);
  }

  #receive(frame: Uint8Array): void {
    if (this.#ended) return;
    this.#heard = true;
    try {
      if (!this.#hub && frame.length > MAX_HELLO_BYTES) {
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
    if (!this.#hub) {
      if (message.type !== "hello" || this.#authentication.hasGreeted)
        throw new ProtocolError("a greeting was expected");
      this.order = ++greetings;
      void this.#authentication.greet(message);
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
        void this.#authentication.renew(message.token);
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
      case "event":
        this.#events?.take(message);
        break;
      case "listen":
        this.#events?.listen(message.on);
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
      case "history":
        this.#history?.ask(message);
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

  entered(hub: HubCore): void {
    this.#hub = hub;
    this.#events = new SessionEvents(hub, this);
    this.#history = new HistoryAnswers(hub, this);
    // Only devices make documents without a network, and those of the third version do not know of it.
    const isTold = !hub.uplink && this.#authentication.hello.version >= 4;
    this.#deleted = isTold ? new TellDeleted(hub, this) : undefined;
    // Honest peers have one large message under way, and small ones; a recovery is a whole document.
    this.#inbox = createInbox(hub.recovering ? MAX_MESSAGE_BYTES : hub.maxUpdateBytes + INBOX_ROOM);
    const heartbeat = this.#options.heartbeat ?? 0;
    if (heartbeat > 0) this.#listenForSilence(hub, heartbeat * 1.5);
  }

  welcomed(): void {
    this.#deleted?.tell();
    for (const lane of this.#lanes.values()) if (lane instanceof HubLane) lane.recheck();
    for (const listing of this.#listings.values()) listing.recheck();
  }

  #listenForSilence(hub: HubCore, ms: number): void {
    this.#cancelSilence = hub.clock.delay(ms, () => {
      if (!this.#heard) this.dispose(CloseCode.timeout, "the peer fell silent");
      this.#heard = false;
      if (!this.#ended) this.#listenForSilence(hub, ms);
    });
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

  /** Sends what can be sent. */
  pump(): void {
    this.#answerPing();
    this.#watch?.pump();
    this.#events?.pump();
    this.#history?.pump();
    for (const listing of this.#listings.values()) listing.pump();
    for (const lane of [...this.#lanes.values()]) {
      if (!this.hasRoom) return;
      if (lane instanceof HubLane) lane.pump();
    }
  }
}
