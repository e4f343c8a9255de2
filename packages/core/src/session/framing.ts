/**
 * From messages to frames and back: messages larger than a frame travel as fragments on a lane
 * of their own, interleaved with the messages of other lanes, so that one big document does not
 * hold up a keystroke in another. Within a lane order is kept.
 */

import { type Channel, HIGH_WATER } from "../channel/channel.ts";
import type { Unsubscribe } from "../emitter.ts";
import { ProtocolError } from "../protocol/codec.ts";
import type { Fragment } from "../protocol/session-messages.ts";
import { MAX_FRAME_BYTES, MAX_MESSAGE_BYTES } from "../protocol/limits.ts";

/** Bytes of a message that go into one fragment; leaves room for the fragment's own fields. */
const PART_BYTES = MAX_FRAME_BYTES - 32;
/** Most lanes on which a peer may have unfinished messages. */
const MAX_OPEN_LANES = 64;

/** Encodes one fragment. */
export type EncodeFragment = (lane: number, last: boolean, part: Uint8Array) => Uint8Array;

/** Sends messages over a channel, in frames. */
export interface Outbox {
  /** Sends a message; lane 0 is the session's own. */
  send(lane: number, message: Uint8Array): void;
  /** Whether more may be sent now; if not, wait for {@link Outbox.onRoom}. */
  readonly hasRoom: boolean;
  /** Calls `listener` when there is room again. */
  onRoom(listener: () => void): Unsubscribe;
  dispose(): void;
}

/** Creates the {@link Outbox} of a channel. */
export function createOutbox(channel: Channel, encodeFragment: EncodeFragment): Outbox {
  const lanes = new Map<number, { queue: Uint8Array[]; at: number }>();
  let queued = 0;
  let listener: (() => void) | undefined;
  const unsubscribe = channel.onDrain(() => {
    sendQueued();
    if (outbox.hasRoom) listener?.();
  });

  // One part of each lane in turn, as long as the channel takes it.
  function sendQueued(): void {
    while (lanes.size > 0 && channel.buffered <= HIGH_WATER && !channel.closed) {
      for (const [lane, state] of [...lanes]) {
        const message = state.queue[0];
        if (!message) continue;
        const from = state.at;
        const end = Math.min(message.length, from + PART_BYTES);
        const last = end === message.length;
        // All of this before the send: should it lead back here, the part must not go out twice.
        queued -= end - from;
        state.at = last ? 0 : end;
        if (last) {
          state.queue.shift();
          if (state.queue.length === 0) lanes.delete(lane);
        }
        const whole = from === 0 && last;
        channel.send(whole ? message : encodeFragment(lane, last, message.subarray(from, end)));
        if (channel.buffered > HIGH_WATER) return;
      }
    }
  }

  const outbox: Outbox = {
    send(lane, message) {
      const waiting = lanes.get(lane);
      if (!waiting && message.length <= MAX_FRAME_BYTES) {
        channel.send(message);
        return;
      }
      queued += message.length;
      if (waiting) waiting.queue.push(message);
      else lanes.set(lane, { queue: [message], at: 0 });
      sendQueued();
    },
    get hasRoom() {
      return queued + channel.buffered <= HIGH_WATER;
    },
    onRoom(call) {
      listener = call;
      return () => {
        if (listener === call) listener = undefined;
      };
    },
    dispose() {
      unsubscribe();
      listener = undefined;
      lanes.clear();
      queued = 0;
    },
  };
  return outbox;
}

/** Puts messages together again. */
export interface Inbox {
  /**
   * Takes a fragment; returns the message that it completes.
   *
   * @throws ProtocolError when a peer leaves too much unfinished.
   */
  add(lane: number, last: boolean, part: Uint8Array): Uint8Array | undefined;
}

/** Creates an {@link Inbox} that holds at most `maxBytes` of unfinished messages. */
export function createInbox(maxBytes: number = MAX_MESSAGE_BYTES): Inbox {
  const lanes = new Map<number, { parts: Uint8Array[]; length: number }>();
  let held = 0;
  return {
    add(lane, last, part) {
      const state = lanes.get(lane) ?? { parts: [], length: 0 };
      if (part.length === 0) throw new ProtocolError("an empty fragment");
      held += part.length;
      if (held > maxBytes) throw new ProtocolError(`more than ${maxBytes} bytes of fragments`);
      state.parts.push(part);
      state.length += part.length;
      if (!last) {
        lanes.set(lane, state);
        if (lanes.size > MAX_OPEN_LANES) throw new ProtocolError("too many unfinished messages");
        return undefined;
      }
      lanes.delete(lane);
      held -= state.length;
      const message = new Uint8Array(state.length);
      let at = 0;
      for (const piece of state.parts) {
        message.set(piece, at);
        at += piece.length;
      }
      return message;
    },
  };
}

/**
 * Takes a fragment; returns the message that it completes.
 *
 * @throws ProtocolError when that is a fragment again: parts of parts could nest without end.
 */
export function completed<M extends { readonly type: string }>(
  inbox: Inbox,
  { lane, last, part }: Fragment,
  decode: (message: Uint8Array) => M,
): M | undefined {
  const bytes = inbox.add(lane, last, part);
  if (!bytes) return undefined;
  const message = decode(bytes);
  if (message.type === "fragment") throw new ProtocolError("a fragment of fragments");
  return message;
}
