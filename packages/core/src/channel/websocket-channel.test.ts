import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { LOW_WATER } from "./channel.ts";
import { connectWebSocket, type WebSocketEvent, type WebSocketLike } from "./websocket-channel.ts";
import { fromWebSocketCode, toWebSocketCode } from "./websocket-code.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function listen(onSocket: (socket: import("ws").WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", onSocket);
  await new Promise((resolve) => server.once("listening", resolve));
  cleanups.push(() => {
    for (const socket of server.clients) socket.terminate();
    return new Promise((resolve) => server.close(resolve));
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** A socket whose network is the test's to play. */
class FakeSocket implements WebSocketLike {
  binaryType = "";
  bufferedAmount = 0;
  readonly readyState = 1;
  readonly #happens: WebSocketEvent["type"];

  constructor(happens: WebSocketEvent["type"]) {
    this.#happens = happens;
  }

  send(): void {}
  close(): void {}
  addEventListener(type: WebSocketEvent["type"], listener: (event: WebSocketEvent) => void): void {
    if (type === this.#happens) queueMicrotask(() => listener({ type }));
  }
}

function creating(socket: WebSocketLike): new (url: string) => WebSocketLike {
  return function create() {
    return socket;
  } as unknown as new (url: string) => WebSocketLike;
}

describe("connectWebSocket", () => {
  it("rejects with link/offline when nobody listens", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await expect(connectWebSocket(`ws://127.0.0.1:${port}/?token=x`)).rejects.toMatchObject({
      code: "link/offline",
      message: `Cannot connect to ws://127.0.0.1:${port}/.`,
    });
  });

  it("rejects with link/offline when the server is no WebSocket server", async () => {
    const server = createServer((_, response) => response.end("hello"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    await expect(connectWebSocket(`ws://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: "link/offline",
    });
  });

  it("rejects when the browser tells of an error and no close, as where a policy forbids it", async () => {
    const WebSocket = creating(new FakeSocket("error"));
    await expect(connectWebSocket("ws://fake/", { WebSocket })).rejects.toMatchObject({
      code: "link/offline",
    });
  });

  it("rejects with input/invalid when the address is none", async () => {
    await expect(connectWebSocket("what?")).rejects.toMatchObject({ code: "input/invalid" });
  });

  it("gives up when aborted, before and while connecting", async () => {
    const reason = new Error("enough");
    await expect(
      connectWebSocket("ws://127.0.0.1:1/", { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    const url = await listen(() => undefined);
    const controller = new AbortController();
    const connecting = connectWebSocket(url, { signal: controller.signal });
    controller.abort(reason);
    await expect(connecting).rejects.toBe(reason);
  });

  it("keeps an open channel when the signal is aborted later", async () => {
    const url = await listen((socket) => socket.send(new Uint8Array([1])));
    const controller = new AbortController();
    const channel = await connectWebSocket(url, { signal: controller.signal });
    controller.abort();
    await new Promise((resolve) => channel.onFrame(resolve));
    expect(channel.closed).toBe(false);
    channel.close(1000, "");
  });

  it("keeps what arrives together with the opening", async () => {
    const url = await listen((socket) => {
      socket.send(new Uint8Array([7]));
      socket.close(4401, "no token");
    });
    const channel = await connectWebSocket(url);
    const close = await new Promise((resolve) => channel.onClose(resolve));
    expect(close).toEqual({ code: 4401, reason: "no token" });
    expect(await new Promise((resolve) => channel.onFrame(resolve))).toEqual(new Uint8Array([7]));
  });

  it("never tells of a drain while it sends, but soon after", async () => {
    const socket = new FakeSocket("open");
    const channel = await connectWebSocket("ws://fake/", { WebSocket: creating(socket) });
    let sending = false;
    const told: string[] = [];
    const drained = new Promise<void>((resolve) => {
      channel.onDrain(() => {
        told.push(sending ? "while sending" : "later");
        resolve();
      });
    });
    socket.bufferedAmount = 2 * LOW_WATER;
    channel.send(new Uint8Array(1));
    // Between two sends the network took everything; a sender in the middle of something would
    // otherwise be called again from its own send.
    socket.bufferedAmount = 0;
    sending = true;
    channel.send(new Uint8Array(1));
    sending = false;
    await drained;
    expect(told).toEqual(["later"]);
  });

  it("a text message is a violation", async () => {
    const heard = Promise.withResolvers<number>();
    const url = await listen((socket) => {
      socket.on("close", (code) => heard.resolve(code));
      socket.send("text");
    });
    const channel = await connectWebSocket(url);
    const close = await new Promise((resolve) => channel.onClose(resolve));
    expect(close).toEqual({ code: 4400, reason: "a text message" });
    expect(await heard.promise).toBe(4400);
  });
});

describe("WebSocket close codes", () => {
  it("every code may be sent by a browser and arrives as what it was", () => {
    for (const code of [1000, 1001, 1006, 4400, 4401, 4413, 4500, 4503]) {
      const wire = toWebSocketCode(code);
      expect(wire === 1000 || (wire >= 3000 && wire <= 4999)).toBe(true);
      expect(fromWebSocketCode(wire)).toBe(code);
    }
  });

  it("what cannot be sent becomes a failure, and ws' own limit becomes ours", () => {
    expect(toWebSocketCode(17)).toBe(4501);
    expect(fromWebSocketCode(1009)).toBe(4413);
    expect(fromWebSocketCode(1005)).toBe(1005);
  });
});
