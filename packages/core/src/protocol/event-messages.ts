/** Events: what somebody tells everybody who listens now. Never stored, never answered. */

import { bool, bytes, type Codec, oneOf, struct, text, uint } from "./codec.ts";
import { MAX_EVENT_BYTES } from "./limits.ts";

/** Both ways: something that was published. */
export interface Event {
  /** Whose first segment is who owns it, as of a doc path: the gate is asked for this path. */
  readonly topic: string;
  /** Stamp of the principal; what a peer sends up is overwritten by the hub. */
  readonly author: string;
  /** JSON in UTF-8. */
  readonly data: Uint8Array;
}

/** Up: asks for the events of all topics that may be read, or ends it. */
export interface Listen {
  readonly on: boolean;
}

/**
 * Why an event did not arrive: `offline`, the hub above was not there; `slow`, somebody on the way did not read as
 * fast; `rate`, more was published than may be; `no-access`, it may not be published.
 */
export type EventLoss = "offline" | "slow" | "rate" | "no-access";

/** Down: events of the peer's, or for it, were dropped since the last such message. */
export interface Missed {
  readonly why: EventLoss;
  readonly count: number;
}

export const event: Codec<Event> = struct<Event>({
  topic: text(512),
  author: text(320),
  data: bytes(MAX_EVENT_BYTES),
});
export const listen: Codec<Listen> = struct<Listen>({ on: bool });
export const missed: Codec<Missed> = struct<Missed>({
  why: oneOf("offline", "slow", "rate", "no-access"),
  count: uint,
});
