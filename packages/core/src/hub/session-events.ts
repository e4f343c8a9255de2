/**
 * The events of one session, at the hub: what its peer publishes passes the gate, the budget and gets the hub's stamp; what
 * it hears waits in a bounded queue while it does not read. What is dropped is counted, and the peer told.
 */

import { type Access, allows, type Principal } from "../access/access.ts";
import { stampOf } from "../access/stamp.ts";
import { type DocPath, isDocPath, isPluginId, ownerOf } from "../doc-path.ts";
import type { Unsubscribe } from "../emitter.ts";
import { ProtocolError } from "../protocol/codec.ts";
import type { Event, EventLoss } from "../protocol/event-messages.ts";
import type { DownMessage } from "../protocol/message.ts";
import { EventBudget } from "./event-budget.ts";
import type { EventMember, HubEvent } from "./event-relay.ts";
import type { HubCore } from "./hub-core.ts";

/** The session of a peer that publishes or listens. */
export interface EventSession {
  readonly principal: Principal;
  readonly hasRoom: boolean;
  send(lane: number, message: DownMessage): void;
}

/** Most events, and most of their bytes, that wait for a peer that does not read. */
const MAX_WAITING = 256;
const MAX_WAITING_BYTES = 1024 * 1024;
/** How long what was dropped is added up before the peer is told, in milliseconds. */
const TELL_MISSED = 250;

/** See the top of this file. */
export class SessionEvents implements EventMember {
  readonly #hub: HubCore;
  readonly #session: EventSession;
  readonly #budget: EventBudget;
  readonly #missed = new Map<EventLoss, number>();
  #waiting: HubEvent[] = [];
  #bytes = 0;
  #leave: Unsubscribe | undefined;
  #cancelTelling: Unsubscribe | undefined;

  constructor(hub: HubCore, session: EventSession) {
    this.#hub = hub;
    this.#session = session;
    this.#budget = new EventBudget(hub.clock);
  }

  /** The peer publishes. */
  take({ topic, author, data }: Event): void {
    if (!isDocPath(topic)) throw new ProtocolError("no such topic can be");
    if (!this.#may(topic, "write")) this.miss("no-access", 1);
    else if (!this.#budget.take(data.length)) this.miss("rate", 1);
    else this.#hub.events.publish(this, { topic, author: this.#stamp(author), data });
  }

  /** The peer wants to hear events, or does not want to any more. */
  listen(on: boolean): void {
    this.#leave?.();
    this.#leave = on ? this.#hub.events.join(this) : undefined;
    if (!on) this.#forget();
  }

  hear(event: HubEvent): void {
    if (!this.#may(event.topic, "read")) return;
    if (this.#session.hasRoom && this.#waiting.length === 0) {
      this.#session.send(0, { type: "event", ...event });
      return;
    }
    const bytes = this.#bytes + event.data.length;
    if (this.#waiting.length >= MAX_WAITING || bytes > MAX_WAITING_BYTES) {
      this.miss("slow", 1);
      return;
    }
    this.#bytes = bytes;
    // The data may be a view of a whole frame.
    this.#waiting.push({ ...event, data: event.data.slice() });
  }

  miss(why: EventLoss, count: number): void {
    this.#missed.set(why, (this.#missed.get(why) ?? 0) + count);
    this.#cancelTelling ??= this.#hub.clock.delay(TELL_MISSED, () => this.#tellMissed());
  }

  /** Sends what waited, as far as there is room. */
  pump(): void {
    while (this.#waiting.length > 0 && this.#session.hasRoom) {
      const event = this.#waiting.shift();
      if (!event) return;
      this.#bytes -= event.data.length;
      // The right may have gone while there was no room.
      if (this.#may(event.topic, "read")) this.#session.send(0, { type: "event", ...event });
    }
  }

  close(): void {
    this.#leave?.();
    this.#leave = undefined;
    this.#cancelTelling?.();
    this.#forget();
  }

  #forget(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }

  #tellMissed(): void {
    this.#cancelTelling = undefined;
    if (!this.#session.hasRoom) {
      this.#cancelTelling = this.#hub.clock.delay(TELL_MISSED, () => this.#tellMissed());
      return;
    }
    for (const [why, count] of this.#missed) this.#session.send(0, { type: "missed", why, count });
    this.#missed.clear();
  }

  /**
   * Whether the principal may publish to a topic (`write`) or hear it (`read`). A plugin's own session has the plugin's own
   * topics only: which others it was granted, its host knows, and passes them on.
   */
  #may(topic: DocPath, needed: Access): boolean {
    const { principal } = this.#session;
    if (principal.plugin !== undefined && ownerOf(topic) !== principal.plugin) return false;
    return allows(this.#hub.gate.check(principal, topic).access, needed);
  }

  /** Who it is; which of the user's plugins speaks is the word of the device. */
  #stamp(author: string): string {
    const { principal } = this.#session;
    const stamp = stampOf(principal);
    const plugin = author.startsWith(`${stamp}/`) ? author.slice(stamp.length + 1) : "";
    return principal.plugin === undefined && isPluginId(plugin) ? author : stamp;
  }
}
