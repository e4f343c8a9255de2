/**
 * A channel inside one process, and the wire between its two ends that a test or a simulation can
 * hold, release and cut. Frames are handed over asynchronously and are not copied.
 */

import type { Clock } from "../clock.ts";
import { CloseCode } from "../protocol/close-code.ts";
import type { Channel, ChannelClose } from "./channel.ts";
import { clipReason } from "./close-reason.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import { createMeter, type Meter } from "./meter.ts";

/** Options of {@link createMemoryChannelPair} and {@link createMemoryWire}. */
export interface MemoryChannelOptions {
  /** Hands frames over with `clock.soon`, for a simulation; default: in a microtask. */
  readonly clock?: Pick<Clock, "soon"> | undefined;
}

/** Which of the two ends sends: the first or the second one. */
export type MemoryEnd = 0 | 1;

/** Two connected channels and what can happen to the wire between them. */
export interface MemoryWire {
  readonly ends: readonly [Channel, Channel];
  /** Keeps what the end `from` (default: both) sends, its close too, until {@link release}. */
  hold(from?: MemoryEnd): void;
  /** Lets what was held arrive, in order. */
  release(from?: MemoryEnd): void;
  /** The connection is lost: what is on its way is dropped, both ends hear 1006. */
  cut(): void;
}

/**
 * Creates two channels connected to each other.
 *
 * @example
 * ```ts
 * const [a, b] = createMemoryChannelPair();
 * b.onFrame((frame) => console.log(frame)); // Uint8Array [1, 2]
 * a.send(new Uint8Array([1, 2]));
 * ```
 */
export function createMemoryChannelPair(options: MemoryChannelOptions = {}): [Channel, Channel] {
  const [first, second] = createMemoryWire(options).ends;
  return [first, second];
}

/**
 * Creates two connected channels with a wire that can be held, released and cut.
 *
 * @example
 * ```ts
 * const wire = createMemoryWire();
 * wire.hold(0); // what ends[0] sends waits …
 * wire.cut(); // … and is lost
 * ```
 */
export function createMemoryWire(options: MemoryChannelOptions = {}): MemoryWire {
  const { clock } = options;
  const soon = clock ? (run: () => void) => clock.soon(run) : queueMicrotask;
  const there = createLane(soon);
  const back = createLane(soon);
  const lost: ChannelClose = { code: CloseCode.lost, reason: "the connection was cut" };

  function lanes(from: MemoryEnd | undefined): readonly Lane[] {
    if (from === undefined) return [there, back];
    return [from === 0 ? there : back];
  }

  return {
    ends: [createEnd(there, back), createEnd(back, there)],
    hold(from) {
      for (const lane of lanes(from)) lane.hold();
    },
    release(from) {
      for (const lane of lanes(from)) lane.release();
    },
    cut() {
      for (const lane of [back, there]) lane.cut(lost);
    },
  };
}

/** One direction: what one end sends and the other receives. */
interface Lane {
  readonly inbox: Inbox;
  readonly meter: Meter;
  send(frame: Uint8Array): void;
  close(close: ChannelClose): void;
  hold(): void;
  release(): void;
  cut(close: ChannelClose): void;
}

function createLane(soon: (run: () => void) => void): Lane {
  const meter = createMeter();
  const inbox = createInbox({ onTaken: (bytes) => meter.take(bytes), soon });
  let onWire: (Uint8Array | ChannelClose)[] = [];
  let held = false;
  let scheduled = false;

  function pump(): void {
    if (scheduled || held || onWire.length === 0) return;
    scheduled = true;
    soon(() => {
      scheduled = false;
      if (held) return;
      const arrived = onWire;
      onWire = [];
      for (const item of arrived) {
        if (item instanceof Uint8Array) inbox.push(item);
        else inbox.end(item);
      }
    });
  }

  return {
    inbox,
    meter,
    send(frame) {
      onWire.push(frame);
      meter.add(frame.byteLength);
      pump();
    },
    close(close) {
      onWire.push(close);
      meter.stop();
      pump();
    },
    hold() {
      held = true;
    },
    release() {
      held = false;
      pump();
    },
    cut(close) {
      onWire = [];
      meter.stop();
      inbox.end(close);
    },
  };
}

function createEnd(out: Lane, incoming: Lane): Channel {
  // A channel is one thing with two directions: once this end has heard the close, nothing it
  // sends arrives, and the other way round.
  incoming.inbox.onClose(() => out.meter.stop());
  return {
    send(frame) {
      if (!incoming.inbox.closed) out.send(frame);
    },
    get buffered() {
      return out.meter.buffered;
    },
    onDrain: (listener) => out.meter.onDrain(listener),
    onFrame: (listener) => incoming.inbox.onFrame(listener),
    onClose: (listener) => incoming.inbox.onClose(listener),
    close(code, reason) {
      if (incoming.inbox.closed) return;
      const close: ChannelClose = { code, reason: clipReason(reason) };
      incoming.inbox.shut(close);
      out.close(close);
    },
    get closed() {
      return incoming.inbox.closed;
    },
  };
}
