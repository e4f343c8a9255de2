/**
 * Ends a channel over which more comes than anybody needs. In a sandbox the frame bounds what is on its way; this bounds what
 * is done with it, of which the frame sees nothing.
 */

import { type Channel, type Clock, CloseCode } from "@croft/core";

/** Frames in a tenth of a second that nobody minds. */
const CALM = 500;
/** How many more than that, in a row, are a flood. */
const FLOOD = 2_000;
const SPAN = 100;

/** The same channel, closed with {@link CloseCode.overloaded} when it floods. */
export function endFloods(channel: Channel, clock: Pick<Clock, "now">): Channel {
  let since = clock.now();
  let count = 0;
  let excess = 0;

  function isFlood(): boolean {
    const now = clock.now();
    if (now - since > SPAN || now < since) {
      excess = Math.max(0, excess + count - CALM);
      since = now;
      count = 0;
    }
    return excess + ++count > CALM + FLOOD;
  }

  return {
    send: (frame) => channel.send(frame),
    get buffered() {
      return channel.buffered;
    },
    onDrain: (listener) => channel.onDrain(listener),
    onFrame: (listener) =>
      channel.onFrame((frame) => {
        if (!channel.closed && isFlood()) {
          channel.close(CloseCode.overloaded, "it sends more than anybody can take");
        }
        if (!channel.closed) listener(frame);
      }),
    onClose: (listener) => channel.onClose(listener),
    close: (code, reason) => channel.close(code, reason),
    get closed() {
      return channel.closed;
    },
  };
}
