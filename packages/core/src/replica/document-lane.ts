/**
 * One of the ways from a document to a hub: a lane, how many of its openings are not answered yet, when it
 * is to be opened again, and the last number that the hub took from this replica. What comes over a lane that
 * does not lead now is not applied to the document.
 */

import type { Clock } from "../clock.ts";
import type { DocPath } from "../doc-path.ts";
import type { Cursor, Numbered, Upstream } from "../protocol/document-messages.ts";
import type { Lane, LaneHandler, LaneMessage } from "../session/lane.ts";
import { NOTHING_ACKNOWLEDGED } from "./submissions.ts";

/** A hub that documents of a replica can be opened at. */
export interface HubWay {
  attach(path: DocPath, handler: LaneHandler): Lane;
  readonly hasRoom: boolean;
}

/** See the top of this file. */
export class DocumentLane implements LaneHandler {
  readonly way: HubWay;
  /** What the hub has of this replica, kept while another lane leads. */
  acknowledged: Numbered = NOTHING_ACKNOWLEDGED;
  /** Where the hub above this hub stands; unknown while the session is down. */
  upstream: Upstream["state"] | undefined;
  /** Whether this is the lane that the document lives by. */
  leads: boolean;
  /** Whether the hub has answered the last opening. */
  isOpen = false;
  readonly #clock: Clock;
  readonly #owner: LaneHandler;
  readonly #aside: (message: LaneMessage) => void;
  readonly #lane: Lane;
  #awaiting = 0;
  #cancelRetry: (() => void) | undefined;

  constructor(
    path: DocPath,
    way: HubWay,
    owner: LaneHandler,
    {
      clock,
      leads,
      aside,
    }: {
      readonly clock: Clock;
      readonly leads: boolean;
      /** Told what comes while the lane does not lead. */
      readonly aside: (message: LaneMessage) => void;
    },
  ) {
    this.way = way;
    this.leads = leads;
    this.#clock = clock;
    this.#owner = owner;
    this.#aside = aside;
    this.#lane = way.attach(path, this);
  }

  resume(): void {
    this.#lane.resume();
  }

  /** Resumes in a while, unless the session goes down before. */
  resumeAfter(wait: number): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#clock.delay(wait, () => this.#lane.resume());
  }

  /** Another lane leads now. */
  stepBack(): void {
    this.leads = false;
    this.#cancelRetry?.();
  }

  submit(submission: Parameters<Lane["submit"]>[0]): void {
    this.#lane.submit(submission);
  }

  compare(shown: Parameters<Lane["compare"]>[0]): void {
    this.#lane.compare(shown);
  }

  presence(state: Parameters<Lane["presence"]>[0]): void {
    this.#lane.presence(state);
  }

  close(): void {
    this.#cancelRetry?.();
    this.#lane.close();
  }

  cursor(): Cursor | undefined {
    this.#awaiting++;
    this.isOpen = false;
    this.upstream = undefined;
    return this.leads ? this.#owner.cursor() : undefined;
  }

  receive(message: LaneMessage): void {
    if (message.type === "opened") {
      if (message.asked) this.#awaiting = Math.max(0, this.#awaiting - 1);
      // Only the answer to the last opening counts, and what a hub says unasked goes on from an earlier one.
      if (this.#awaiting > 0) return;
      this.isOpen = true;
    } else if (!always(message) && this.#awaiting > 0) {
      return;
    }
    if (message.type === "upstream") this.upstream = message.state;
    if (this.leads) this.#owner.receive(message);
    else this.#aside(message);
  }

  down(): void {
    this.#awaiting = 0;
    this.isOpen = false;
    this.upstream = undefined;
    this.#cancelRetry?.();
    if (this.leads) this.#owner.down();
  }

  room(): void {
    if (this.leads) this.#owner.room();
  }
}

/** What is true whatever opening it was told in. */
function always({ type }: LaneMessage): boolean {
  return type === "restart" || type === "refused" || type === "presence";
}
