/** Counts the bytes on their way and tells when they have drained: a sender's half of back-pressure. */

import { createEmitter, type Unsubscribe } from "../emitter.ts";
import { LOW_WATER } from "./channel.ts";

/** Bytes on their way. */
export interface Meter {
  readonly buffered: number;
  /** So many bytes more are on their way. */
  add(bytes: number): void;
  /** So many bytes have arrived; tells the listeners if that crossed {@link LOW_WATER}. */
  take(bytes: number): void;
  /** Sets the count, where somebody else counts; tells as {@link Meter.take} does. */
  set(bytes: number): void;
  /**
   * The count, as somebody else has it, after a send. Never tells: whoever is sending would be
   * called from inside of its own send. If the count fell, {@link Meter.set} is to follow.
   */
  rise(bytes: number): void;
  /** Nothing is on its way any more and nobody is told: the channel closed. */
  stop(): void;
  /** As {@link Channel.onDrain}. */
  onDrain(listener: () => void): Unsubscribe;
}

/** Creates a {@link Meter}. */
export function createMeter(): Meter {
  const drained = createEmitter<void>();
  let buffered = 0;
  let stopped = false;
  function set(bytes: number): void {
    if (stopped) return;
    const before = buffered;
    buffered = Math.max(0, bytes);
    if (before > LOW_WATER && buffered <= LOW_WATER) drained.emit();
  }
  return {
    get buffered() {
      return buffered;
    },
    add: (bytes) => set(buffered + bytes),
    take: (bytes) => set(buffered - bytes),
    set,
    rise(bytes) {
      if (!stopped) buffered = Math.max(buffered, bytes);
    },
    stop() {
      stopped = true;
      buffered = 0;
      drained.clear();
    },
    onDrain: (listener) => drained.on(listener),
  };
}
