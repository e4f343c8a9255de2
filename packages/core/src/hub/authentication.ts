/**
 * Who a peer is, at the hub's end of a session: from its greeting on, through each token that it renews its credentials
 * with, until they end. Ends the session of whoever is late, may not come in, or stays longer than it may.
 */

import type { Principal } from "../access/access.ts";
import { type Clock, systemClock } from "../clock.ts";
import { reportUncaught, type Unsubscribe } from "../emitter.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { ProtocolError } from "../protocol/codec.ts";
import type { DownMessage } from "../protocol/message.ts";
import type { Hello } from "../protocol/session-messages.ts";
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from "../protocol/version.ts";
import type { Admission, Admit, Refusal } from "./admission.ts";
import type { HubCore } from "./hub-core.ts";
import { type FencedSession, REPLACED } from "./hub-sessions.ts";

/** The session of a peer. */
export interface AuthenticatedSession extends FencedSession {
  send(lane: number, message: DownMessage): void;
  /** The hub failed: the peer may come back. */
  fail(): void;
  /** The peer came in; it is welcomed next. */
  entered(hub: HubCore): void;
  /** The peer was welcomed; not for the first time if it came with a new token: its rights may be others. */
  welcomed(): void;
}

/** How long a peer may take and be silent. */
export interface AuthenticationOptions {
  /** How often a peer must be heard, in milliseconds; 0 (default) where the channel tells. */
  readonly heartbeat?: number;
  /** Times the greeting, before a hub is found. Default: the platform's. */
  readonly clock?: Clock;
  /** How long a peer may take to greet, in milliseconds. Default 10,000. */
  readonly helloTimeout?: number;
}

/** See the top of this file. */
export class Authentication {
  readonly #session: AuthenticatedSession;
  readonly #admit: Admit;
  readonly #heartbeat: number;
  #hello: Hello | undefined;
  #hub: HubCore | undefined;
  #principal: Principal | undefined;
  readonly #cancelGreeting: Unsubscribe;
  #cancelExpiry: Unsubscribe | undefined;

  constructor(session: AuthenticatedSession, admit: Admit, options: AuthenticationOptions) {
    this.#session = session;
    this.#admit = admit;
    const { clock = systemClock, helloTimeout = 10_000, heartbeat = 0 } = options;
    this.#heartbeat = heartbeat;
    this.#cancelGreeting = clock.delay(helloTimeout, () =>
      session.dispose(CloseCode.timeout, "no greeting"),
    );
  }

  /**
   * What the peer said of itself.
   *
   * @throws ProtocolError before it did.
   */
  get hello(): Hello {
    if (!this.#hello) throw new ProtocolError("not greeted");
    return this.#hello;
  }

  /** Whether the peer has greeted, be it that it was not answered yet. */
  get hasGreeted(): boolean {
    return this.#hello !== undefined;
  }

  /**
   * Who the peer is.
   *
   * @throws ProtocolError before it came in.
   */
  get principal(): Principal {
    if (!this.#principal) throw new ProtocolError("not greeted");
    return this.#principal;
  }

  /** Lets the peer in, or ends its session. */
  async greet(hello: Hello): Promise<void> {
    this.#hello = hello;
    const session = this.#session;
    if (hello.version > PROTOCOL_VERSION || hello.version < OLDEST_PROTOCOL_VERSION) {
      session.dispose(CloseCode.version, `this hub speaks version ${PROTOCOL_VERSION}`);
      return;
    }
    const admission = await this.#ask(hello);
    if (!admission || session.ended) return;
    const { hub, principal, expiresAt } = admission;
    const problem = await hub.core.sessions
      .enter(hello.writer, principal, session)
      .catch(() => "failed" as const);
    if (session.ended) return;
    if (problem) {
      // Overtaken: most likely dead. Told "replaced", a living one would take it for a copy of itself.
      if (problem === "overtaken") session.fail();
      else if (problem === "replaced") session.dispose(CloseCode.replaced, REPLACED);
      else if (problem === "failed") session.fail();
      else session.dispose(CloseCode.forbidden, "this writer belongs to another user");
      return;
    }
    this.#cancelGreeting();
    this.#hub = hub.core;
    this.#principal = principal;
    this.#expire(hub.core, expiresAt);
    session.entered(hub.core);
    this.#welcome(hub.core, expiresAt);
    session.welcomed();
  }

  /** Credentials may be renewed in a session, never changed to another user's. */
  async renew(token: string): Promise<void> {
    const session = this.#session;
    const hub = this.#hub;
    if (!hub) return;
    const admission = await this.#ask({ ...this.hello, token });
    if (!admission || session.ended) return;
    const { principal, expiresAt } = admission;
    if (
      admission.hub.core !== hub ||
      principal.user !== this.principal.user ||
      principal.plugin !== this.principal.plugin
    ) {
      session.dispose(CloseCode.forbidden, "the new token is another user's");
      return;
    }
    this.#principal = principal;
    this.#expire(hub, expiresAt);
    this.#welcome(hub, expiresAt);
    session.welcomed();
  }

  dispose(): void {
    this.#cancelGreeting();
    this.#cancelExpiry?.();
  }

  async #ask(hello: Hello): Promise<Admission | undefined> {
    let answer: Admission | Refusal;
    try {
      answer = await this.#admit(hello);
    } catch (error) {
      this.#session.fail();
      reportUncaught(error);
      return undefined;
    }
    if ("hub" in answer) return answer;
    this.#session.dispose(answer.code, answer.reason);
    return undefined;
  }

  #welcome(hub: HubCore, expiresAt: number | undefined): void {
    const { user, plugin = "" } = this.principal;
    this.#session.send(0, {
      type: "welcome",
      version: this.hello.version,
      user,
      plugin,
      maxUpdateBytes: hub.maxUpdateBytes,
      heartbeat: this.#heartbeat,
      expiresIn: expiresAt === undefined ? 0 : Math.max(1, Math.round(expiresAt - hub.clock.now())),
    });
  }

  #expire(hub: HubCore, expiresAt: number | undefined): void {
    this.#cancelExpiry?.();
    this.#cancelExpiry = undefined;
    if (expiresAt === undefined) return;
    const { clock } = hub;
    // Timers hold 31 bits of milliseconds; a longer life is looked at again then.
    const wait = Math.min(expiresAt - clock.now(), 2 ** 31 - 1);
    this.#cancelExpiry = clock.delay(Math.max(0, wait), () => {
      if (expiresAt <= clock.now()) {
        this.#session.dispose(CloseCode.unauthorized, "the token expired");
      } else this.#expire(hub, expiresAt);
    });
  }
}
