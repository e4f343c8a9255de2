/** Joins the events of a device's hub to those of the hub above it. What cannot go up now is dropped and counted. */

import type { EventRelay, EventsAbove, HubEvent } from "../hub/event-relay.ts";
import { isDocPath } from "../doc-path.ts";
import type { Unsubscribe } from "../emitter.ts";
import type { EventCalls } from "../session/event-calls.ts";

/** See the top of this file. */
export class LinkEvents implements EventsAbove {
  readonly #relay: EventRelay;
  readonly #calls: EventCalls;
  readonly #stopMissed: Unsubscribe;
  #stopListening: Unsubscribe | undefined;

  constructor(relay: EventRelay, calls: EventCalls) {
    this.#relay = relay;
    this.#calls = calls;
    this.#stopMissed = calls.onMissed(({ why, count }) => relay.lose(why, count));
    relay.above = this;
  }

  publish(event: HubEvent): void {
    const why = this.#calls.publish(event);
    if (why !== undefined) this.#relay.lose(why, 1);
  }

  setListening(on: boolean): void {
    this.#stopListening?.();
    this.#stopListening = on
      ? this.#calls.listen(({ topic, author, data }) => {
          if (isDocPath(topic)) this.#relay.publish(this, { topic, author, data });
        })
      : undefined;
  }

  dispose(): void {
    this.#relay.above = undefined;
    this.#stopMissed();
    this.setListening(false);
  }
}
