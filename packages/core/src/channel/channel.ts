/**
 * A channel carries whole frames (byte arrays) in order between two ends, both ways, until it
 * closes. Sessions know nothing of what is underneath.
 */

import type { Unsubscribe } from "../emitter.ts";

/** Why a channel closed. */
export interface ChannelClose {
  /** A {@link CloseCode} or a WebSocket code (1000 normal, 1006 lost). */
  readonly code: number;
  /** For people; may be empty. At most 123 bytes of UTF-8. */
  readonly reason: string;
}

/**
 * One end of a connection. Frames arrive in the order they were sent, each whole, or the channel
 * closes. Frames that arrive before the first listener is attached are kept for it.
 */
export interface Channel {
  /**
   * Sends one frame. Never throws; after close it does nothing. The channel may keep `frame`
   * until it is sent: do not change it afterwards.
   */
  send(frame: Uint8Array): void;
  /** Bytes that were sent but which the other side or the network has not taken yet. */
  readonly buffered: number;
  /**
   * Calls `listener` when {@link Channel.buffered} has fallen to {@link LOW_WATER} or less; never
   * from inside of {@link Channel.send}, whose caller is in the middle of something.
   */
  onDrain(listener: () => void): Unsubscribe;
  /** Calls `listener` with each frame. One listener at a time. */
  onFrame(listener: (frame: Uint8Array) => void): Unsubscribe;
  /** Calls `listener` once, when either side closed or the connection was lost. */
  onClose(listener: (close: ChannelClose) => void): Unsubscribe;
  /** Closes; both sides hear it. Frames already sent are delivered first where that is possible. */
  close(code: number, reason: string): void;
  /** Whether the channel is closed. */
  readonly closed: boolean;
}

/** A sender pauses while more than this many bytes are buffered. */
export const HIGH_WATER: number = 256 * 1024;
/** A paused sender goes on when this many bytes or fewer are buffered. */
export const LOW_WATER: number = 64 * 1024;

/** Opens a channel to the other side; rejects or returns a closed one when that fails. */
export type Connect = (signal: AbortSignal) => Promise<Channel>;
