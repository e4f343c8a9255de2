/** The events of a session, at the peer's end: published while the hub is there and reads, heard while somebody listens. */

import { createEmitter, type Emitter, type Unsubscribe } from "../emitter.ts";
import type { Event, EventLoss, Missed } from "../protocol/event-messages.ts";
import type { UpMessage } from "../protocol/message.ts";

/** What a session is asked about events. */
export interface EventCalls {
  /** Who the hub takes this peer for, from its last welcome. */
  readonly user: string;
  /** Sends an event, or says why that cannot be done. Without an author it is stamped for the principal itself. */
  publish(event: Omit<Event, "author"> & { readonly author?: string }): EventLoss | undefined;
  /** The hub is asked for events while anybody listens. */
  listen(listener: (event: Event) => void): Unsubscribe;
  /** Tells of events that were dropped at the hub, or further up. */
  onMissed(listener: (missed: Missed) => void): Unsubscribe;
}

/** What it needs of its session. */
export interface EventSession {
  isOpen(): boolean;
  hasRoom(): boolean;
  /** Does nothing while the session is down. */
  send(message: UpMessage): void;
}

/** See the top of this file. */
export class SessionEventCalls implements EventCalls {
  user = "";
  readonly #session: EventSession;
  readonly #events: Emitter<Event> = createEmitter();
  readonly #missed: Emitter<Missed> = createEmitter();

  constructor(session: EventSession) {
    this.#session = session;
  }

  publish({
    topic,
    author = "",
    data,
  }: Omit<Event, "author"> & { readonly author?: string }): EventLoss | undefined {
    if (!this.#session.isOpen()) return "offline";
    if (!this.#session.hasRoom()) return "slow";
    this.#session.send({ type: "event", topic, author, data });
    return undefined;
  }

  listen(listener: (event: Event) => void): Unsubscribe {
    const unsubscribe = this.#events.on(listener);
    if (this.#events.size === 1) this.#session.send({ type: "listen", on: true });
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      unsubscribe();
      if (this.#events.size === 0) this.#session.send({ type: "listen", on: false });
    };
  }

  onMissed(listener: (missed: Missed) => void): Unsubscribe {
    return this.#missed.on(listener);
  }

  /** The session is up. */
  opened(): void {
    if (this.#events.size > 0) this.#session.send({ type: "listen", on: true });
  }

  receive(event: Event): void {
    this.#events.emit(event);
  }

  missed(missed: Missed): void {
    this.#missed.emit(missed);
  }

  clear(): void {
    this.#events.clear();
    this.#missed.clear();
  }
}
