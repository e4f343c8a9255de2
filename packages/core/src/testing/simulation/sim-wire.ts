/**
 * A connection between two processes of the simulation: delays, silence in one direction, and the
 * ways in which a connection is lost. Frames of one direction arrive in order.
 */

import type { Channel, ChannelClose } from "../../channel/channel.ts";
import { createInbox } from "../../channel/inbox.ts";
import { createMeter } from "../../channel/meter.ts";
import { CloseCode } from "../../protocol/close-code.ts";
import type { Dice } from "../random-edits.ts";
import type { SimProcess } from "./sim-process.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Who listens on the wire, at the moment of sending. */
export interface WireTap {
  up(frame: Uint8Array): void;
  down(frame: Uint8Array): void;
}

/** Options of {@link createSimWire}. */
export interface SimWireOptions {
  readonly time: VirtualTime;
  readonly dice: Dice;
  /** Longest delay of a frame, in milliseconds. */
  readonly delay: number;
  /** Whoever connects. */
  readonly near: SimProcess;
  /** Whoever serves. */
  readonly far: SimProcess;
  readonly tap?: WireTap | undefined;
}

/** See the top of this file. */
export interface SimWire {
  readonly near: Channel;
  readonly far: Channel;
  readonly closed: boolean;
  /** Nothing arrives in this direction until {@link SimWire.release}. */
  hold(direction: "up" | "down"): void;
  release(): void;
  /** Both sides lose it; what is on its way is dropped. */
  cut(): void;
  /**
   * The near side loses it at once; the far side goes on hearing what is on its way and learns of
   * it `ms` later.
   */
  halfCut(ms: number): void;
}

interface Line {
  /** Sends, closes, and what is on its way. */
  send(item: Uint8Array | ChannelClose): void;
  hold(): void;
  release(): void;
  /** Nothing arrives any more but `close`, now. */
  lose(close: ChannelClose): void;
  /** Nothing that is sent from now on arrives. */
  stop(): void;
  readonly inbox: ReturnType<typeof createInbox>;
  readonly meter: ReturnType<typeof createMeter>;
}

const LOST: ChannelClose = { code: CloseCode.lost, reason: "the connection was lost" };

/** Creates a {@link SimWire}. */
export function createSimWire(options: SimWireOptions): SimWire {
  const { near, far, tap, time } = options;
  const up = createLine(far, options);
  const down = createLine(near, options);
  return {
    near: createEnd(up, down, tap && ((frame) => tap.up(frame))),
    far: createEnd(down, up, tap && ((frame) => tap.down(frame))),
    get closed() {
      return up.inbox.closed && down.inbox.closed;
    },
    hold(direction) {
      (direction === "up" ? up : down).hold();
    },
    release() {
      up.release();
      down.release();
    },
    cut() {
      up.lose(LOST);
      down.lose(LOST);
    },
    halfCut(ms) {
      down.lose(LOST);
      up.stop();
      time.schedule(ms, () => up.lose(LOST));
    },
  };
}

function createLine(to: SimProcess, { time, dice, delay }: SimWireOptions): Line {
  const meter = createMeter();
  const inbox = createInbox({ onTaken: (bytes) => meter.take(bytes) });
  const onWire: (Uint8Array | ChannelClose)[] = [];
  let last = 0;
  let lost = false;
  let stopped = false;
  /** How many could have arrived since the line is held. */
  let owed: number | undefined;
  const take = (): void => {
    if (lost) return;
    if (owed !== undefined) {
      owed++;
      return;
    }
    const item = onWire.shift();
    if (item instanceof Uint8Array) inbox.push(item);
    else if (item) inbox.end(item);
  };
  const schedule = (): void => {
    last = Math.max(last, time.now + dice(delay + 1));
    to.later(last - time.now, take);
  };
  return {
    inbox,
    meter,
    send(item) {
      if (stopped) return;
      if (item instanceof Uint8Array) meter.add(item.byteLength);
      else meter.stop();
      onWire.push(item);
      schedule();
    },
    hold() {
      owed ??= 0;
    },
    release() {
      const count = owed ?? 0;
      owed = undefined;
      for (let i = 0; i < count; i++) schedule();
    },
    lose(close) {
      if (lost) return;
      lost = true;
      stopped = true;
      meter.stop();
      to.later(0, () => inbox.end(close));
    },
    stop() {
      stopped = true;
    },
  };
}

function createEnd(
  out: Line,
  incoming: Line,
  tap: ((frame: Uint8Array) => void) | undefined,
): Channel {
  incoming.inbox.onClose(() => out.meter.stop());
  return {
    send(frame) {
      if (incoming.inbox.closed) return;
      tap?.(frame);
      out.send(frame);
    },
    get buffered() {
      return out.meter.buffered;
    },
    onDrain: (listener) => out.meter.onDrain(listener),
    onFrame: (listener) => incoming.inbox.onFrame(listener),
    onClose: (listener) => incoming.inbox.onClose(listener),
    close(code, reason) {
      if (incoming.inbox.closed) return;
      incoming.inbox.shut({ code, reason });
      out.send({ code, reason });
    },
    get closed() {
      return incoming.inbox.closed;
    },
  };
}
