/** Presence: ephemeral per-peer state on a document. Never stored. */

import { bytes, type Codec, struct, text, uint } from "./codec.ts";
import { MAX_PRESENCE_BYTES } from "./limits.ts";

/**
 * Both ways: the state of one presence id. Up, the id must be the session's own (first use claims
 * it); down, the hub adds who it is.
 */
export interface Presence {
  readonly doc: number;
  /** Presence id: random 32 bits, never a Yjs client id. */
  readonly id: number;
  /** Grows with each change of this id's state. */
  readonly clock: number;
  /** Stamp of the principal; what a peer sends up is overwritten by the hub. */
  readonly author: string;
  /** JSON in UTF-8; empty when the id is gone. */
  readonly state: Uint8Array;
}

export const presence: Codec<Presence> = struct<Presence>({
  doc: uint,
  id: uint,
  clock: uint,
  author: text(320),
  state: bytes(MAX_PRESENCE_BYTES),
});
