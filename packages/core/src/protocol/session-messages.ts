/** Messages about the session itself: greeting, credentials, heartbeat, fragments. */

import type { WriterId } from "../ids.ts";
import { bool, bytes, type Codec, hex, struct, text, uint } from "./codec.ts";
import { MAX_FRAME_BYTES, MAX_TOKEN_BYTES } from "./limits.ts";

/** Up, first: who asks, for which workspace, and under which writer it will submit. */
export interface Hello {
  /** {@link PROTOCOL_VERSION} of the peer. */
  readonly version: number;
  readonly workspace: string;
  readonly writer: WriterId;
  /**
   * The term that a device's store is held under, 0 for whoever has no store: of two sessions of one
   * writer the one with the lower term is a former leader, which may not end the other (SYNC rule 9).
   */
  readonly term: number;
  /**
   * Counts the connections of this peer, from 1: a greeting that was on its way for long, from a connection
   * that the peer has given up, ends no later one.
   */
  readonly attempt: number;
  /** Empty where the channel itself vouches for the peer (in process) or anonymity is allowed. */
  readonly token: string;
  /** Name and version of the program, for the operator's eyes. */
  readonly agent: string;
}

/** Down, answer to {@link Hello}, and to each {@link Authenticate} that was taken. */
export interface Welcome {
  readonly version: number;
  /** The user as the hub knows it. */
  readonly user: string;
  /** The plugin as the hub knows it; empty for the application itself. */
  readonly plugin: string;
  /** Largest update that will be accepted, in bytes. */
  readonly maxUpdateBytes: number;
  /** The peer must send something at least this often, in milliseconds. */
  readonly heartbeat: number;
  /** Milliseconds until the credentials expire; 0 for never. {@link Authenticate} before that. */
  readonly expiresIn: number;
}

/** Up: new credentials for the same user, while the session goes on. */
export interface Authenticate {
  readonly token: string;
}

/** Both ways: answered by {@link Pong} with the same number. */
export interface Ping {
  readonly id: number;
}

/** Both ways: the answer to {@link Ping}. */
export interface Pong {
  readonly id: number;
}

/**
 * Both ways: a part of a message too large for one frame. The parts of a lane arrive in order;
 * the last one completes the message, which is then handled as if it had come in one frame.
 */
export interface Fragment {
  /** Parts of one message share a lane; messages of different lanes interleave. */
  readonly lane: number;
  readonly last: boolean;
  readonly part: Uint8Array;
}

export const hello: Codec<Hello> = struct<Hello>({
  version: uint,
  workspace: text(128),
  writer: hex(16),
  term: uint,
  attempt: uint,
  token: text(MAX_TOKEN_BYTES),
  agent: text(128),
});
export const welcome: Codec<Welcome> = struct<Welcome>({
  version: uint,
  user: text(256),
  plugin: text(64),
  maxUpdateBytes: uint,
  heartbeat: uint,
  expiresIn: uint,
});
export const authenticate: Codec<Authenticate> = struct<Authenticate>({
  token: text(MAX_TOKEN_BYTES),
});
export const ping: Codec<Ping> = struct<Ping>({ id: uint });
export const pong: Codec<Pong> = struct<Pong>({ id: uint });
export const fragment: Codec<Fragment> = struct<Fragment>({
  lane: uint,
  last: bool,
  part: bytes(MAX_FRAME_BYTES),
});
