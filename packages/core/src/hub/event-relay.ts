/**
 * Passes events on to everybody at a hub who listens, and to the hub above. Keeps nothing: who is not there, or does not
 * read, misses them. What a member may hear is the member's to ask.
 */

import type { DocPath } from "../doc-path.ts";
import type { Unsubscribe } from "../emitter.ts";
import type { EventLoss } from "../protocol/event-messages.ts";

/** An event, stamped. */
export interface HubEvent {
  readonly topic: DocPath;
  readonly author: string;
  readonly data: Uint8Array;
}

/** Somebody who listens: a session. */
export interface EventMember {
  hear(event: HubEvent): void;
  /** Events of this device were dropped on their way up. */
  miss(why: EventLoss, count: number): void;
}

/** The hub above, where there is one. */
export interface EventsAbove {
  publish(event: HubEvent): void;
  /** Somebody here listens, or nobody does any more. */
  setListening(on: boolean): void;
}

/** See the top of this file. */
export class EventRelay {
  readonly #members = new Set<EventMember>();
  #above: EventsAbove | undefined;

  get above(): EventsAbove | undefined {
    return this.#above;
  }

  /** Set on a device by its link. */
  set above(above: EventsAbove | undefined) {
    this.#above = above;
    above?.setListening(this.#members.size > 0);
  }

  join(member: EventMember): Unsubscribe {
    this.#members.add(member);
    if (this.#members.size === 1) this.#above?.setListening(true);
    return () => {
      if (this.#members.delete(member) && this.#members.size === 0) {
        this.#above?.setListening(false);
      }
    };
  }

  /** Passes an event on to everybody but who it came from: a session, or the hub above. */
  publish(from: EventMember | EventsAbove, event: HubEvent): void {
    for (const member of [...this.#members]) if (member !== from) member.hear(event);
    if (this.#above !== from) this.#above?.publish(event);
  }

  /** Events of this device's were dropped on their way up. */
  lose(why: EventLoss, count: number): void {
    for (const member of [...this.#members]) member.miss(why, count);
  }
}
