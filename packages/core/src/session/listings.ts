/** The listings that a peer asks its hub for: asked anew, under another number, at each connection. */

import type { Listing, ListingMark } from "../protocol/listing-messages.ts";
import type { UpMessage } from "../protocol/message.ts";

/** Who wants a listing. */
export interface ListingHandler {
  /** Up to where it was told; asked whenever the session comes up. */
  after(): ListingMark | undefined;
  take(listing: Omit<Listing, "id">): void;
}

/** A listing that was asked for. */
export interface AskedListing {
  /** Asks again, from where the handler says that it stands. */
  restart(): void;
  close(): void;
}

interface Asked {
  /** Its number at this connection, and no other's. */
  id: number;
  readonly prefix: string;
  readonly handler: ListingHandler;
}

/** All listings of a session. */
export class Listings {
  readonly #send: (message: UpMessage) => void;
  readonly #all = new Set<Asked>();
  #last = 0;

  /** `send` does nothing while the session is down. */
  constructor(send: (message: UpMessage) => void) {
    this.#send = send;
  }

  ask(prefix: string, handler: ListingHandler): AskedListing {
    const asked: Asked = { id: 0, prefix, handler };
    this.#all.add(asked);
    this.#start(asked);
    const stop = (): void => this.#send({ type: "unlist", id: asked.id });
    return {
      restart: () => {
        if (!this.#all.has(asked)) return;
        stop();
        this.#start(asked);
      },
      close: () => {
        if (this.#all.delete(asked)) stop();
      },
    };
  }

  /** The session is up. */
  opened(): void {
    for (const asked of this.#all) this.#start(asked);
  }

  receive({ id, ...listing }: Listing): void {
    // One that was closed a moment ago may still be told.
    for (const asked of this.#all) if (asked.id === id) asked.handler.take(listing);
  }

  clear(): void {
    this.#all.clear();
  }

  #start(asked: Asked): void {
    asked.id = ++this.#last;
    const { id, prefix, handler } = asked;
    this.#send({ type: "list", id, prefix, after: handler.after() });
  }
}
