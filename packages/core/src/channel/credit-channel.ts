/**
 * A channel over something that passes messages inside one browser or process, in order, but tells
 * neither how much the other side has taken nor that it closed. Three kinds of messages pass:
 * an ArrayBuffer is a frame, a number is an acknowledgement of so many bytes taken, and
 * `{ code, reason }` is the close. The other side is not trusted to send nothing else.
 */

import { CloseCode } from "../protocol/close-code.ts";
import { type Channel, type ChannelClose, LOW_WATER } from "./channel.ts";
import { clipReason } from "./close-reason.ts";
import { createInbox } from "./inbox.ts";
import { createMeter } from "./meter.ts";

/** What messages pass over. */
export interface CreditWire {
  /** Passes a copy of `frame` as an ArrayBuffer. */
  sendFrame(frame: Uint8Array): void;
  /** Passes an acknowledgement or the close. */
  post(note: number | ChannelClose): void;
  /** Frees what is underneath, once; what was passed before still arrives. */
  free(): void;
}

/** A channel and the entries for what comes in. */
export interface CreditChannel {
  readonly channel: Channel;
  /** Takes one message of the other side. */
  receive(message: unknown): void;
  /** The other side is gone without a close. */
  lose(): void;
}

/** Taken bytes are acknowledged in steps, since each acknowledgement is a message of its own. */
const STEP = LOW_WATER / 4;

/** Makes a channel of a {@link CreditWire}. */
export function createCreditChannel(wire: CreditWire): CreditChannel {
  const meter = createMeter();
  let taken = 0;
  const inbox = createInbox({
    onTaken(bytes) {
      taken += bytes;
      if (taken < STEP || inbox.closed) return;
      wire.post(taken);
      taken = 0;
    },
  });

  function end(close: ChannelClose): void {
    if (inbox.closed) return;
    meter.stop();
    wire.free();
    inbox.end(close);
  }

  function close(code: number, reason: string): void {
    if (inbox.closed) return;
    const value: ChannelClose = { code, reason: clipReason(reason) };
    meter.stop();
    wire.post(value);
    wire.free();
    inbox.shut(value);
  }

  return {
    channel: {
      send(frame) {
        if (inbox.closed) return;
        meter.add(frame.byteLength);
        wire.sendFrame(frame);
      },
      get buffered() {
        return meter.buffered;
      },
      onDrain: (listener) => meter.onDrain(listener),
      onFrame: (listener) => inbox.onFrame(listener),
      onClose: (listener) => inbox.onClose(listener),
      close,
      get closed() {
        return inbox.closed;
      },
    },
    receive(message) {
      if (inbox.closed) return;
      if (message instanceof ArrayBuffer) {
        inbox.push(new Uint8Array(message));
      } else if (typeof message === "number") {
        const possible = Number.isSafeInteger(message) && message > 0 && message <= meter.buffered;
        if (possible) meter.take(message);
        else close(CloseCode.violation, "bytes were acknowledged that were not sent");
      } else {
        const received = readClose(message);
        if (received) end(received);
        else close(CloseCode.violation, "neither a frame, an acknowledgement nor a close");
      }
    },
    lose: () => end({ code: CloseCode.lost, reason: "the other side is gone" }),
  };
}

function readClose(message: unknown): ChannelClose | undefined {
  if (typeof message !== "object" || message === null) return undefined;
  if (!Object.hasOwn(message, "code") || !Object.hasOwn(message, "reason")) return undefined;
  const { code, reason } = message as { readonly code: unknown; readonly reason: unknown };
  if (typeof code !== "number" || !Number.isInteger(code) || typeof reason !== "string") {
    return undefined;
  }
  return { code, reason: clipReason(reason) };
}
