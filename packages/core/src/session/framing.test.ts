import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Channel } from "../channel/channel.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { ProtocolError } from "../protocol/codec.ts";
import { MAX_FRAME_BYTES } from "../protocol/limits.ts";
import { decodeUp, encodeUp } from "../protocol/message.ts";
import { completed, createInbox, createOutbox } from "./framing.ts";

const encodeFragment = (lane: number, last: boolean, part: Uint8Array): Uint8Array =>
  encodeUp({ type: "fragment", lane, last, part });

async function sendAll(
  messages: readonly { readonly lane: number; readonly bytes: Uint8Array }[],
): Promise<{ readonly frames: readonly Uint8Array[]; readonly whole: readonly Uint8Array[] }> {
  const [near, far] = createMemoryChannelPair();
  const outbox = createOutbox(near, encodeFragment);
  const inbox = createInbox();
  const frames: Uint8Array[] = [];
  const whole: Uint8Array[] = [];
  await new Promise<void>((resolve) => {
    far.onFrame((frame) => {
      frames.push(frame);
      if (frame[0] === 2) {
        const message = decodeUp(frame);
        if (message.type !== "fragment") throw new Error("a fragment was expected");
        const complete = inbox.add(message.lane, message.last, message.part);
        if (complete) whole.push(complete);
      } else {
        whole.push(frame);
      }
      if (whole.length === messages.length) resolve();
    });
    for (const { lane, bytes } of messages) outbox.send(lane, bytes);
  });
  outbox.dispose();
  return { frames, whole };
}

/** A message that does not look like a fragment, told by its first two bytes. */
const message = (mark: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length).fill(7);
  bytes[0] = 200;
  bytes[1] = mark;
  return bytes;
};

describe("framing", () => {
  it("keeps order within a lane and lets a keystroke pass a big document in another", async () => {
    const big = message(1, 2_000_000);
    const key = message(2, 20);
    const after = message(3, 20);
    const { frames, whole } = await sendAll([
      { lane: 1, bytes: big },
      { lane: 2, bytes: key },
      { lane: 1, bytes: after },
    ]);
    expect(whole.map((bytes) => bytes[1])).toEqual([2, 1, 3]);
    expect(whole[1]).toEqual(big);
    expect(Math.max(...frames.map(({ length }) => length))).toBeLessThanOrEqual(MAX_FRAME_BYTES);
  });

  it("two big messages of two lanes share the channel", async () => {
    const { whole } = await sendAll([
      { lane: 1, bytes: message(1, 3_000_000) },
      { lane: 2, bytes: message(2, 500_000) },
    ]);
    expect(whole.map((bytes) => bytes[1])).toEqual([2, 1]);
  });

  it("sends every part once even if the channel drains while it sends", () => {
    const sent: Uint8Array[] = [];
    let drain: () => void = () => undefined;
    const channel: Channel = {
      ...createMemoryChannelPair()[0],
      buffered: 0,
      closed: false,
      onDrain(listener) {
        drain = listener;
        return () => undefined;
      },
      send(frame) {
        sent.push(frame);
        drain();
      },
    };
    const big = message(1, 300_000);
    createOutbox(channel, encodeFragment).send(1, big);
    const inbox = createInbox();
    const whole = sent.flatMap((frame) => {
      const part = decodeUp(frame);
      if (part.type !== "fragment") throw new Error("a fragment was expected");
      return inbox.add(part.lane, part.last, part.part) ?? [];
    });
    expect(whole).toEqual([big]);
  });

  it("gives back every message, whatever its size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            lane: fc.integer({ min: 1, max: 3 }),
            length: fc.integer({ min: 2, max: 200_000 }),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        async (specs) => {
          const messages = specs.map(({ lane, length }, index) => ({
            lane,
            bytes: message(index, length),
          }));
          const { whole } = await sendAll(messages);
          for (const lane of [1, 2, 3]) {
            const marks = messages
              .filter((sent) => sent.lane === lane)
              .map(({ bytes }) => bytes[1]);
            const arrived = whole.map((bytes) => bytes[1]).filter((mark) => marks.includes(mark));
            expect(arrived).toEqual(marks);
          }
          for (const bytes of whole) expect(bytes).toEqual(messages[bytes[1] ?? 0]?.bytes);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("refuses fragments of fragments, which could nest without end", () => {
    const inner = encodeFragment(1, true, encodeUp({ type: "ping", id: 1 }));
    const message = { lane: 1, last: true, part: inner };
    expect(() => completed(createInbox(), message, decodeUp)).toThrow(/fragment of fragments/);
    const ping = { lane: 1, last: true, part: encodeUp({ type: "ping", id: 7 }) };
    expect(completed(createInbox(), ping, decodeUp)).toEqual({ type: "ping", id: 7 });
  });

  it("bounds what a peer leaves unfinished", () => {
    const inbox = createInbox(1000);
    inbox.add(1, false, new Uint8Array(600));
    expect(() => inbox.add(2, false, new Uint8Array(600))).toThrow(ProtocolError);
    const lanes = createInbox();
    expect(() => {
      for (let lane = 1; lane < 1000; lane++) lanes.add(lane, false, new Uint8Array(1));
    }).toThrow(/unfinished/);
    expect(() => createInbox().add(1, false, new Uint8Array())).toThrow(/empty/);
  });
});
