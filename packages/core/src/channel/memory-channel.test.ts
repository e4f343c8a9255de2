import { describe, expect, it } from "vitest";
import { describeChannel } from "../testing/channel-conformance.ts";
import { createMemoryChannelPair, createMemoryWire } from "./memory-channel.ts";

describeChannel("memory", async () => ({ ends: createMemoryChannelPair() }), {
  describe,
  it,
  expect,
});

describeChannel(
  "memory (on a clock)",
  async () => ({ ends: createMemoryChannelPair({ clock: { soon: (run) => setImmediate(run) } }) }),
  { describe, it, expect },
);

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

describe("memory wire", () => {
  it("holds and releases one direction", async () => {
    const wire = createMemoryWire();
    const [a, b] = wire.ends;
    const heard: string[] = [];
    a.onFrame((frame) => heard.push(`a ${frame[0]}`));
    b.onFrame((frame) => heard.push(`b ${frame[0]}`));
    wire.hold(0);
    a.send(new Uint8Array([1]));
    b.send(new Uint8Array([2]));
    await settled();
    expect(heard).toEqual(["a 2"]);
    expect(a.buffered).toBe(1);
    wire.release(0);
    await settled();
    expect(heard).toEqual(["a 2", "b 1"]);
    expect(a.buffered).toBe(0);
  });

  it("holds a close behind the frames before it", async () => {
    const wire = createMemoryWire();
    const [a, b] = wire.ends;
    const heard: string[] = [];
    b.onFrame(() => heard.push("frame"));
    b.onClose(({ code }) => heard.push(`close ${code}`));
    wire.hold();
    a.send(new Uint8Array([1]));
    a.close(4500, "");
    await settled();
    expect(heard).toEqual([]);
    expect(b.closed).toBe(false);
    wire.release();
    await settled();
    expect(heard).toEqual(["frame", "close 4500"]);
  });

  it("a cut loses what is on its way, and both ends hear 1006", async () => {
    const wire = createMemoryWire();
    const [a, b] = wire.ends;
    const heard: string[] = [];
    for (const [name, end] of [
      ["a", a],
      ["b", b],
    ] as const) {
      end.onFrame(() => heard.push(`${name} frame`));
      end.onClose(({ code }) => heard.push(`${name} close ${code}`));
    }
    a.send(new Uint8Array([1]));
    wire.cut();
    a.send(new Uint8Array([2]));
    await settled();
    expect(heard).toEqual(["a close 1006", "b close 1006"]);
    expect(a.buffered).toBe(0);
  });

  it("a cut hides a close that has not arrived", async () => {
    const wire = createMemoryWire();
    const [a, b] = wire.ends;
    const codes: number[] = [];
    a.onClose(({ code }) => codes.push(code));
    b.onClose(({ code }) => codes.push(code));
    wire.hold();
    a.close(1000, "");
    wire.cut();
    await settled();
    expect(codes).toEqual([1006, 1000]);
  });

  it("hands over the same bytes, not a copy", async () => {
    const [a, b] = createMemoryChannelPair();
    const frame = new Uint8Array([1, 2, 3]);
    const received = new Promise<Uint8Array>((resolve) => b.onFrame(resolve));
    a.send(frame);
    expect(await received).toBe(frame);
  });
});
