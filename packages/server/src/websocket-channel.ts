/** The server's end of a WebSocket as a core channel. Pings and time limits are the session's. */

import {
  type Channel,
  CloseCode,
  clipReason,
  createInbox,
  createMeter,
  fromWebSocketCode,
  HIGH_WATER,
  limits,
  LOW_WATER,
  toWebSocketCode,
} from "@croft/core";
import type { WebSocket } from "ws";

/** Options of {@link createServerChannel}. */
export interface ServerChannelOptions {
  /** A larger frame closes the channel with 4413. Default: the protocol's limit. */
  readonly maxFrameBytes?: number | undefined;
}

/** What a fragment's header may add to the payload of a full frame, with room to spare. */
const HEADER_ROOM = 1024;

/** Bytes on their way to a peer above which nothing more is read from it. */
const STOP_READING = 4 * HIGH_WATER;

/** The default of {@link ServerChannelOptions.maxFrameBytes}. */
export const MAX_SOCKET_FRAME_BYTES: number = limits.MAX_FRAME_BYTES + HEADER_ROOM;

/** Makes a channel of an open server socket. */
export function createServerChannel(
  socket: WebSocket,
  options: ServerChannelOptions = {},
): Channel {
  const { maxFrameBytes = MAX_SOCKET_FRAME_BYTES } = options;
  const inbox = createInbox();
  const meter = createMeter();
  const written = () => {
    meter.set(socket.bufferedAmount);
    if (socket.isPaused && socket.bufferedAmount <= LOW_WATER) socket.resume();
  };

  function close(code: number, reason: string): void {
    if (inbox.closed) return;
    const clipped = clipReason(reason);
    meter.stop();
    inbox.shut({ code, reason: clipped });
    // The closing handshake has to be read.
    socket.resume();
    socket.close(toWebSocketCode(code), clipped);
  }

  socket.binaryType = "nodebuffer";
  socket.on("message", (data, isBinary) => {
    if (!isBinary) {
      close(CloseCode.violation, "a text message");
    } else if (!(data instanceof Uint8Array)) {
      close(CloseCode.failed, "an unexpected kind of message");
    } else if (data.byteLength > maxFrameBytes) {
      close(CloseCode.tooLarge, `a frame of ${data.byteLength} bytes; at most ${maxFrameBytes}`);
    } else {
      // A plain view: the `slice` of a Buffer does not copy, which nobody expects of frames.
      inbox.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  });
  // What follows an error is always a close event, with a code that says more.
  socket.on("error", () => undefined);
  socket.on("close", (code, reason) => {
    meter.stop();
    inbox.end({ code: fromWebSocketCode(code), reason: reason.toString() });
  });

  return {
    send(frame) {
      if (inbox.closed || socket.readyState !== socket.OPEN) return;
      socket.send(frame, written);
      meter.rise(socket.bufferedAmount);
      // Who does not read the answers is asked nothing more: each question would cost memory here.
      if (socket.bufferedAmount > STOP_READING) socket.pause();
    },
    get buffered() {
      return inbox.closed ? 0 : socket.bufferedAmount;
    },
    onDrain: (listener) => meter.onDrain(listener),
    onFrame: (listener) => inbox.onFrame(listener),
    onClose: (listener) => inbox.onClose(listener),
    close,
    get closed() {
      return inbox.closed;
    },
  };
}
