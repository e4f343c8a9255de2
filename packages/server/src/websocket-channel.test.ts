import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type Channel, connectWebSocket } from "@croft/core";
import { describeChannel } from "@croft/core/testing";
import { describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { createServerChannel, type ServerChannelOptions } from "./websocket-channel.ts";

const MEGABYTES = 4 * 1024 * 1024;

async function connect(
  options: ServerChannelOptions,
  client?: typeof WebSocket,
): Promise<{
  readonly client: Channel;
  readonly server: Channel;
  readonly dispose: () => Promise<void>;
}> {
  const listener = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    maxPayload: MEGABYTES,
    perMessageDeflate: false,
  });
  await once(listener, "listening");
  const accepted = new Promise<Channel>((resolve) => {
    listener.on("connection", (socket) => resolve(createServerChannel(socket, options)));
  });
  // The listener's own port: not a pipe, since a host was given.
  const { port } = listener.address() as AddressInfo;
  const channel = await connectWebSocket(`ws://127.0.0.1:${port}/`, { WebSocket: client });
  return {
    client: channel,
    server: await accepted,
    async dispose() {
      for (const socket of listener.clients) socket.terminate();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

for (const [name, client] of [
  ["websocket (platform's client)", undefined],
  ["websocket (client of ws)", WebSocket],
] as const) {
  describeChannel(
    name,
    async () => {
      const pair = await connect({ maxFrameBytes: MEGABYTES }, client);
      return { ends: [pair.client, pair.server], dispose: () => pair.dispose() };
    },
    { describe, it, expect },
  );
}

describe("server channel", () => {
  it("closes with 4413 on a frame over its limit", async () => {
    const { client, server, dispose } = await connect({ maxFrameBytes: 10 });
    const closes = Promise.all([closeOf(client), closeOf(server)]);
    client.send(new Uint8Array(11));
    expect((await closes).map(({ code }) => code)).toEqual([4413, 4413]);
    await dispose();
  });

  it("a message over the limit of ws itself is 4413 at the peer too", async () => {
    const { client, dispose } = await connect({});
    client.send(new Uint8Array(MEGABYTES + 1));
    expect((await closeOf(client)).code).toBe(4413);
    await dispose();
  });

  it("a connection that breaks is 1006 on both sides", async () => {
    const { client, server, dispose } = await connect({});
    const closes = Promise.all([closeOf(client), closeOf(server)]);
    await dispose(); // Terminates without a closing handshake.
    expect((await closes).map(({ code }) => code)).toEqual([1006, 1006]);
  });

  it("counts what a peer that does not read leaves behind", async () => {
    const { client, server, dispose } = await connect({});
    client.onFrame(() => undefined);
    let drained = false;
    server.onDrain(() => {
      drained = true;
    });
    for (let i = 0; i < 256; i++) server.send(new Uint8Array(64 * 1024));
    expect(server.buffered).toBeGreaterThan(1024 * 1024);
    await expect.poll(() => drained, { timeout: 5000 }).toBe(true);
    await dispose();
  });
});

function closeOf(channel: Channel): Promise<{ code: number; reason: string }> {
  return new Promise((resolve) => channel.onClose(resolve));
}
