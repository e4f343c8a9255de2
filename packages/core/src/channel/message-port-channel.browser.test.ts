import { describe, expect, it } from "vitest";
import { describeChannel } from "../testing/channel-conformance.ts";
import { createMessagePortChannel } from "./message-port-channel.ts";

describeChannel(
  "message port (Chromium)",
  async () => {
    const { port1, port2 } = new MessageChannel();
    return { ends: [createMessagePortChannel(port1), createMessagePortChannel(port2)] };
  },
  { describe, it, expect },
);

describe("message port channel in Chromium", () => {
  it("reaches into a worker", async () => {
    // The other end by hand, so that the wire of credit-channel.ts is looked at from outside.
    const code = `onmessage = ({ data: port }) => {
      port.onmessage = ({ data }) => {
        if (!(data instanceof ArrayBuffer)) return;
        port.postMessage(data.byteLength);
        port.postMessage(data, [data]);
        port.postMessage({ code: 4500, reason: "done" });
      };
    };`;
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    const worker = new Worker(url);
    const { port1, port2 } = new MessageChannel();
    const channel = createMessagePortChannel(port1);
    worker.postMessage(port2, [port2]);
    const closed = new Promise((resolve) => channel.onClose(resolve));
    const heard = new Promise((resolve) => channel.onFrame(resolve));
    channel.send(new Uint8Array([1, 2, 3]).subarray(1));
    expect(await heard).toEqual(new Uint8Array([2, 3]));
    expect(await closed).toEqual({ code: 4500, reason: "done" });
    worker.terminate();
    URL.revokeObjectURL(url);
  });
});
