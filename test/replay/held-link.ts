/**
 * A link that lets go up exactly as much of an author's work as the other one is to see: what the
 * device sends waits, in order, until it is allowed. It stands for the network's latency, so
 * nothing is changed or reordered; only a message of several updates is cut into messages of one,
 * which the device might have sent as well. (Holding what comes down would not do: once a server
 * has compacted a log, a reconnecting reader gets all of it at once.)
 */

import { type Channel, type Connect, inspectUpdate, type SoundUpdate } from "@croft/core";
import { decodeUp, encodeUp } from "@croft/core/protocol";

/** See the top of this file. */
export interface HeldLink {
  /** The same connections, held. */
  wrap(connect: Connect): Connect;
  /** Lets go up until that many characters were inserted and removed. Never takes back. */
  allow(work: number): void;
  /** How many went up. */
  readonly shown: number;
}

interface Held {
  readonly frame: Uint8Array;
  readonly update: Uint8Array;
}

/**
 * Creates a link; `before` tells how much of the author's work came before the first update that
 * goes up: after a crash the server may have more than the device knows.
 */
export function createHeldLink(before: (update: SoundUpdate) => number): HeldLink {
  const known = new Set<string>();
  let shown: number | undefined;
  let allowed = 0;
  let queue: Held[] = [];
  let channel: Channel | undefined;

  function release(): void {
    for (let next = queue[0]; next && channel; next = queue[0]) {
      const inspection = inspectUpdate(next.update);
      if (!inspection.ok) throw new Error(inspection.message);
      const fresh = newWork(inspection, known);
      shown ??= before(inspection);
      if (fresh.length > 0 && shown >= allowed) return;
      shown += fresh.length;
      // An entry ends wherever the other one looks, or the replay is not exact.
      if (shown > allowed)
        throw new Error(`${shown} would be seen where the trace shows ${allowed}`);
      for (const unit of fresh) known.add(unit);
      queue.shift();
      channel.send(next.frame);
    }
  }

  function send(frame: Uint8Array): void {
    const message = decodeUp(frame);
    switch (message.type) {
      case "submit":
        for (const [index, entry] of message.updates.entries()) {
          const first = message.first + index;
          queue.push({
            frame: encodeUp({ ...message, first, updates: [entry] }),
            update: entry.update,
          });
        }
        release();
        break;
      case "fragment":
        throw new Error("an author's messages are too small to be cut");
      case "open":
        // What was sent before is sent again after it.
        queue = [];
        channel?.send(frame);
        break;
      default:
        channel?.send(frame);
    }
  }

  return {
    get shown() {
      return shown ?? 0;
    },
    allow(work) {
      allowed = Math.max(allowed, work);
      release();
    },
    wrap: (connect) => async (signal) => {
      const opened = await connect(signal);
      queue = [];
      channel = opened;
      return {
        send: (frame) => {
          if (channel === opened) send(frame);
        },
        get buffered() {
          return opened.buffered;
        },
        onDrain: (listener) => opened.onDrain(listener),
        onFrame: (listener) => opened.onFrame(listener),
        onClose: (listener) => opened.onClose(listener),
        close: (code, reason) => opened.close(code, reason),
        get closed() {
          return opened.closed;
        },
      };
    },
  };
}

/** The characters that an update inserts or removes, without those in `known`. */
function newWork(update: SoundUpdate, known: ReadonlySet<string>): readonly string[] {
  const units: string[] = [];
  const add = (sign: string, client: number, clock: number): void => {
    const unit = `${sign}${client}:${clock}`;
    if (!known.has(unit)) units.push(unit);
  };
  for (const { client, from, to } of update.clients) {
    for (let clock = from; clock < to; clock++) add("+", client, clock);
  }
  for (const { client, from, to } of update.deletes) {
    for (let clock = from; clock < to; clock++) add("-", client, clock);
  }
  return units;
}
