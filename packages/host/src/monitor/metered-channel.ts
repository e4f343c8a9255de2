/**
 * A channel to a plugin that counts what passes, and hands on what comes from the plugin more slowly while it is throttled. What
 * waits is bounded: a plugin that goes on sending all the same is ended.
 */

import { type Channel, type Clock, CloseCode, type Unsubscribe } from "@croft/core";
import type { PluginMeter } from "./meter.ts";

/** While a plugin is throttled: frames that are handed on at a time, and how often, in milliseconds. */
const FRAMES = 10;
const EVERY = 100;
/** Frames that may wait. */
const MAX_WAITING = 5_000;

/** Counts what passes, and slows it down. */
export function meteredChannel(
  channel: Channel,
  meter: PluginMeter | undefined,
  clock: Pick<Clock, "delay">,
): Channel {
  if (!meter) return channel;
  const waiting: Uint8Array[] = [];
  let listener: (frame: Uint8Array) => void = () => undefined;
  let stop: Unsubscribe | undefined;
  const handOn = (): void => {
    stop = undefined;
    for (const frame of waiting.splice(0, meter.throttled ? FRAMES : MAX_WAITING)) listener(frame);
    if (waiting.length > 0) stop ??= clock.delay(EVERY, handOn);
  };
  const take = (frame: Uint8Array): void => {
    meter.message("in", frame.length);
    if (!meter.throttled && waiting.length === 0) {
      listener(frame);
      return;
    }
    if (waiting.length === MAX_WAITING) {
      channel.close(CloseCode.violation, "it sends more than it may, though it was slowed down");
      return;
    }
    waiting.push(frame);
    stop ??= clock.delay(EVERY, handOn);
  };
  channel.onClose(() => {
    stop?.();
    waiting.length = 0;
  });
  return {
    send(frame) {
      meter.message("out", frame.length);
      channel.send(frame);
    },
    get buffered() {
      return channel.buffered;
    },
    onDrain: (drained) => channel.onDrain(drained),
    onFrame(heard) {
      listener = heard;
      return channel.onFrame(take);
    },
    onClose: (closed) => channel.onClose(closed),
    close: (code, reason) => channel.close(code, reason),
    get closed() {
      return channel.closed;
    },
  };
}
