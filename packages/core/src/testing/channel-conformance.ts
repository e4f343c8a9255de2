/** What every kind of channel must do; one suite for all of them. */

import { type Channel, type ChannelClose, HIGH_WATER, LOW_WATER } from "../channel/channel.ts";
import { CloseCode } from "../protocol/close-code.ts";
import type { TestKit } from "./test-kit.ts";

/** Two connected channels, and how to free what they stand on (a server, a port). */
export interface ChannelPair {
  readonly ends: readonly [Channel, Channel];
  dispose?(): Promise<void>;
}

/**
 * Declares the conformance suite for one kind of channel.
 *
 * @example
 * ```ts
 * describeChannel("memory", async () => ({ ends: createMemoryChannelPair() }), { describe, it, expect });
 * ```
 */
export function describeChannel(
  name: string,
  connectPair: () => Promise<ChannelPair>,
  { describe, it, expect }: TestKit,
): void {
  /** Runs `body` in both directions, each with a fresh pair. */
  function both(title: string, body: (a: Channel, b: Channel) => Promise<void>): void {
    for (const direction of ["first to second", "second to first"]) {
      it(`${title} (${direction})`, async () => {
        const pair = await connectPair();
        const { ends } = pair;
        const [a, b] = direction === "first to second" ? ends : [ends[1], ends[0]];
        try {
          await body(a, b);
        } finally {
          a.close(CloseCode.normal, "");
          b.close(CloseCode.normal, "");
          await pair.dispose?.();
        }
      });
    }
  }

  describe(`${name} channel`, () => {
    both("delivers frames whole and in order", async (a, b) => {
      const sent = Array.from({ length: 200 }, (_, i) => pattern((i * 37) % 300, i));
      const received = collect(b, sent.length);
      for (const frame of sent) a.send(frame);
      expect(await received).toEqual(sent);
    });

    both("delivers after the call to send, not within it", async (a, b) => {
      let heard = false;
      const arrived = new Promise<void>((resolve) => {
        b.onFrame(() => {
          heard = true;
          resolve();
        });
      });
      a.send(pattern(3, 1));
      expect(heard).toBe(false);
      await arrived;
    });

    both("carries empty frames and frames of a megabyte", async (a, b) => {
      const large = pattern(1024 * 1024, 7);
      const received = collect(b, 3);
      a.send(new Uint8Array(0));
      a.send(large);
      a.send(new Uint8Array(0));
      const frames = await received;
      expect(frames.map((frame) => frame.byteLength)).toEqual([0, large.byteLength, 0]);
      expect(sameBytes(frames[1], large)).toBe(true);
    });

    both("carries a view without the bytes around it, and leaves its owner whole", async (a, b) => {
      const owner = pattern(64, 3);
      const received = collect(b, 2);
      a.send(owner.subarray(10, 20));
      a.send(owner.subarray(20, 30));
      const frames = await received;
      expect(frames).toEqual([pattern(64, 3).slice(10, 20), pattern(64, 3).slice(20, 30)]);
      expect(owner.byteLength).toBe(64);
    });

    both("keeps frames that arrive before somebody listens", async (a, b) => {
      a.send(pattern(5, 1));
      a.send(pattern(6, 2));
      // An answer over the same channel shows that the frames had the time to arrive.
      const answered = collect(a, 1);
      b.send(pattern(1, 3));
      await answered;
      expect(await collect(b, 2)).toEqual([pattern(5, 1), pattern(6, 2)]);
    });

    both("has one listener at a time", async (a, b) => {
      const first: Uint8Array[] = [];
      const stopFirst = b.onFrame((frame) => first.push(frame));
      const second = collect(b, 1);
      stopFirst(); // It was replaced: this must not remove the second one.
      a.send(pattern(4, 1));
      expect(await second).toEqual([pattern(4, 1)]);
      expect(first).toEqual([]);
    });

    both("tells both sides once when one closes, with code and reason", async (a, b) => {
      const closes = [record(a), record(b)];
      a.close(CloseCode.replaced, "someone else took over");
      expect(a.closed).toBe(true);
      await Promise.all([heardClose(a), heardClose(b)]);
      a.close(CloseCode.normal, "again");
      b.close(CloseCode.normal, "again");
      await turn();
      const expected: ChannelClose = { code: CloseCode.replaced, reason: "someone else took over" };
      expect(closes).toEqual([[expected], [expected]]);
      expect([a.closed, b.closed]).toEqual([true, true]);
    });

    both("delivers what was sent before the close", async (a, b) => {
      const order: string[] = [];
      b.onFrame((frame) => order.push(`frame ${frame.byteLength}`));
      const closed = heardClose(b).then(() => order.push("close"));
      a.send(pattern(1, 1));
      a.send(pattern(2, 1));
      a.close(CloseCode.restarting, "");
      await closed;
      expect(order).toEqual(["frame 1", "frame 2", "close"]);
    });

    both("keeps frames for a late listener even if the sender closed since", async (a, b) => {
      a.send(pattern(9, 1));
      a.close(CloseCode.goingAway, "bye");
      await heardClose(b);
      expect(await collect(b, 1)).toEqual([pattern(9, 1)]);
    });

    both("tells a late listener of the close", async (a, b) => {
      a.close(CloseCode.goingAway, "bye");
      await heardClose(b);
      expect(await heardClose(b)).toEqual({ code: CloseCode.goingAway, reason: "bye" });
      expect(await heardClose(a)).toEqual({ code: CloseCode.goingAway, reason: "bye" });
    });

    both("hears nothing more after its own close", async (a, b) => {
      const heard = collectAll(a);
      b.send(pattern(3, 1));
      a.close(CloseCode.normal, "");
      await heardClose(b);
      await turn();
      expect(heard).toEqual([]);
    });

    both("does not throw after the close", async (a, b) => {
      a.close(CloseCode.normal, "");
      a.send(pattern(3, 1));
      await heardClose(b);
      b.send(pattern(3, 1));
      b.close(CloseCode.normal, "");
      expect([a.buffered, b.buffered]).toEqual([0, 0]);
    });

    both("cuts a reason that is too long between characters", async (a, b) => {
      a.close(CloseCode.violation, "ä".repeat(100));
      const { code, reason } = await heardClose(b);
      expect(code).toBe(CloseCode.violation);
      expect(new TextEncoder().encode(reason).byteLength).toBeLessThanOrEqual(123);
      expect(reason).toBe(`${"ä".repeat(60)}…`);
    });

    both("counts what is buffered and tells when it has drained", async (a, b) => {
      const frame = pattern(64 * 1024, 5);
      const count = (16 * HIGH_WATER) / frame.byteLength;
      const drained = new Promise<number>((resolve) => a.onDrain(() => resolve(a.buffered)));
      for (let i = 0; i < count; i++) a.send(frame);
      expect(a.buffered).toBeGreaterThan(HIGH_WATER);
      const received = collect(b, count);
      expect(await drained).toBeLessThanOrEqual(LOW_WATER);
      expect((await received).length).toBe(count);
    });

    both("keeps the rest for the next listener when one stops on the way", async (a, b) => {
      const first = new Promise<void>((resolve) => {
        const stop = b.onFrame(() => {
          stop();
          resolve();
        });
      });
      for (const seed of [1, 2, 3]) a.send(pattern(1, seed));
      await first;
      expect(await collect(b, 2)).toEqual([pattern(1, 2), pattern(1, 3)]);
    });
  });
}

function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i * 31 + seed;
  return bytes;
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);
}

function collect(channel: Channel, count: number): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  return new Promise((resolve) => {
    channel.onFrame((frame) => {
      frames.push(frame);
      if (frames.length === count) resolve(frames);
    });
  });
}

function collectAll(channel: Channel): Uint8Array[] {
  const frames: Uint8Array[] = [];
  channel.onFrame((frame) => frames.push(frame));
  return frames;
}

function record(channel: Channel): ChannelClose[] {
  const closes: ChannelClose[] = [];
  channel.onClose((close) => closes.push(close));
  return closes;
}

function heardClose(channel: Channel): Promise<ChannelClose> {
  return new Promise((resolve) => channel.onClose(resolve));
}

/** One turn of the event loop: what would wrongly happen has had its chance. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
