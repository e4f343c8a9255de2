/** Counts what goes over channels; nothing else about them changes. */

import type { Connect } from "@croft/core";

/** Bytes of frames, without what WebSocket and TCP add. */
export interface Traffic {
  up: number;
  down: number;
}

/** Wraps `connect` so that all its channels count into `traffic`. */
export function countTraffic(connect: Connect, traffic: Traffic): Connect {
  return async (signal) => {
    const channel = await connect(signal);
    return {
      send(frame) {
        traffic.up += frame.byteLength;
        channel.send(frame);
      },
      get buffered() {
        return channel.buffered;
      },
      onDrain: (listener) => channel.onDrain(listener),
      onFrame: (listener) =>
        channel.onFrame((frame) => {
          traffic.down += frame.byteLength;
          listener(frame);
        }),
      onClose: (listener) => channel.onClose(listener),
      close: (code, reason) => channel.close(code, reason),
      get closed() {
        return channel.closed;
      },
    };
  };
}
