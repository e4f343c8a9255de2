import { describe, expect, it } from "vitest";
import { describeChannel } from "../testing/channel-conformance.ts";
import type { Channel, ChannelClose } from "./channel.ts";
import { LOW_WATER } from "./channel.ts";
import { createMessagePortChannel } from "./message-port-channel.ts";

describeChannel(
  "message port",
  async () => {
    const { port1, port2 } = new MessageChannel();
    return { ends: [createMessagePortChannel(port1), createMessagePortChannel(port2)] };
  },
  { describe, it, expect },
);

const closeOf = (channel: Channel) =>
  new Promise<ChannelClose>((resolve) => channel.onClose(resolve));

describe("message port channel", () => {
  it("hears that the other port is gone", async () => {
    const { port1, port2 } = new MessageChannel();
    const channel = createMessagePortChannel(port1);
    port2.close();
    expect((await closeOf(channel)).code).toBe(1006);
  });

  it("leaves the memory of what it sends alone", async () => {
    const { port1, port2 } = new MessageChannel();
    const [a, b] = [createMessagePortChannel(port1), createMessagePortChannel(port2)];
    const frame = new Uint8Array([1, 2, 3]);
    a.send(frame);
    a.send(frame);
    await new Promise((resolve) => b.onFrame(resolve));
    expect(frame).toEqual(new Uint8Array([1, 2, 3]));
    a.close(1000, "");
  });

  const hostile: [string, unknown][] = [
    ["nothing", undefined],
    ["text", "hello"],
    ["a view", new Uint8Array(3)],
    ["an acknowledgement of what was not sent", 1],
    ["a negative acknowledgement", -1],
    ["an acknowledgement that is no number", Number.NaN],
    ["a close without a reason", { code: 1000 }],
    ["a close with a fraction", { code: 1.5, reason: "" }],
  ];
  for (const [name, message] of hostile) {
    it(`closes on ${name}`, async () => {
      const { port1, port2 } = new MessageChannel();
      const channel = createMessagePortChannel(port1);
      port2.postMessage(message);
      expect((await closeOf(channel)).code).toBe(4400);
    });
  }

  it("a side that takes nothing holds the sender back, and its death ends that", async () => {
    const { port1, port2 } = new MessageChannel();
    const channel = createMessagePortChannel(port1);
    port2.start();
    channel.send(new Uint8Array(2 * LOW_WATER));
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(channel.buffered).toBe(2 * LOW_WATER);
    port2.close();
    await closeOf(channel);
    expect(channel.buffered).toBe(0);
  });
});
