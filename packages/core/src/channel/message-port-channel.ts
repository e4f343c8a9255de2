/** A channel over a MessagePort: between a page, its frames and its workers. */

import type { Channel } from "./channel.ts";
import { createCreditChannel } from "./credit-channel.ts";

/**
 * Makes a channel of one end of a `MessageChannel`; the other end must be made one too. The port is
 * the channel's from then on, and is closed with it. That the other side died without a close is
 * noticed only where ports have a `close` event: Node has it, Chromium 156 does not. Whoever ends a
 * worker closes the channel to it.
 *
 * @example
 * ```ts
 * const { port1, port2 } = new MessageChannel();
 * worker.postMessage(port2, [port2]);
 * const channel = createMessagePortChannel(port1);
 * ```
 */
export function createMessagePortChannel(port: MessagePort): Channel {
  const end = createCreditChannel({
    sendFrame(frame) {
      // Always a copy: the frame may be a part of something else, or on its way to others as well,
      // and a transfer would empty it for them.
      const { buffer } = frame.slice();
      port.postMessage(buffer, [buffer]);
    },
    post: (note) => port.postMessage(note),
    free: () => port.close(),
  });
  port.addEventListener("message", (event: MessageEvent<unknown>) => end.receive(event.data));
  port.addEventListener("messageerror", () => end.receive(undefined));
  port.addEventListener("close", () => end.lose());
  port.start();
  return end.channel;
}
