/** Requests of plugins, to a real server on this machine. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { type Clock, type CroftError, systemClock } from "@croft/core";
import type { NetworkGrant, PluginNetwork } from "@croft/plugin";
import { KINDS } from "@croft/plugin/remote";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NetworkBroker, type NetworkOptions } from "./network-broker.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let origin: string;
let handle: Handler;
/** What arrived. */
let requests: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[];
let granted: readonly NetworkGrant[];
let ended: AbortController;

beforeEach(async () => {
  requests = [];
  handle = (_request, response) => void response.end("hello");
  ended = new AbortController();
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      handle(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  granted = [KINDS.network.parse({ origin, paths: ["/v1/**"], methods: ["GET", "POST", "HEAD"] })];
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function open(options: NetworkOptions = {}, clock: Clock = systemClock) {
  const broker = new NetworkBroker({ allowLocalhost: true, ...options }, clock);
  const network = broker.open("stats", () => granted, ended.signal);
  return { broker, network };
}

const refusal = async (network: PluginNetwork, ...args: Parameters<PluginNetwork["fetch"]>) => {
  const error = await network.fetch(...args).catch((thrown: unknown) => thrown);
  return error as CroftError;
};

describe("a request", () => {
  it("reaches the server with what was given and nothing else, and brings the answer back", async () => {
    handle = (_request, response) => {
      response.writeHead(201, {
        "content-type": "text/plain",
        "set-cookie": "a=b",
        server: "secret",
      });
      response.end("made");
    };
    const { network } = open();
    const { status, headers, body } = await network.fetch(`${origin}/v1/words?q=1#part`, {
      method: "post",
      headers: { Authorization: "Bearer x", "content-type": "application/json" },
      body: "{}",
    });
    expect([status, new TextDecoder().decode(body)]).toEqual([201, "made"]);
    expect(Object.keys(headers).toSorted()).toEqual(["content-type", "date"]);
    expect(requests).toMatchObject([
      {
        method: "POST",
        url: "/v1/words?q=1",
        body: "{}",
        headers: { authorization: "Bearer x", "content-type": "application/json" },
      },
    ]);
    expect(requests[0]?.headers).not.toHaveProperty("cookie");
    expect(requests[0]?.headers).not.toHaveProperty("referer");
  });

  it("sends the bytes that were there when it was made", async () => {
    const { network } = open();
    const body = new TextEncoder().encode("before");
    const answer = network.fetch(`${origin}/v1/a`, { method: "POST", body });
    body.fill(88);
    await answer;
    expect(requests[0]?.body).toBe("before");
  });

  it("without a grant does not reach anybody, and the error names the permission", async () => {
    const { network } = open();
    for (const [path, method] of [
      ["/v2/a", "GET"],
      ["/v1", "GET"],
      ["/v1/a", "DELETE"],
      ["/v1/../v2", "GET"],
    ] as const) {
      expect(await refusal(network, origin + path, { method })).toMatchObject({
        code: "access/denied",
        plugin: "stats",
        message: expect.stringContaining("the permission `network`"),
      });
    }
    granted = [];
    expect(await refusal(network, `${origin}/v1/a`)).toMatchObject({ code: "access/denied" });
    expect(requests).toEqual([]);
  });

  it("to this machine, or to what is the application's, is refused though it is granted", async () => {
    const closed = [open({ allowLocalhost: false }), open({ closedOrigins: [origin] })];
    for (const { network } of closed) {
      expect(await refusal(network, `${origin}/v1/a`)).toMatchObject({
        code: "access/denied",
        message: expect.stringContaining("closed to plugins here"),
      });
    }
    expect(requests).toEqual([]);
  });

  it.each<[string, string, Parameters<PluginNetwork["fetch"]>[1]]>([
    ["no URL", "words", {}],
    ["a name in the URL", "https://ada@example.com/", {}],
    ["an encoded slash", "https://example.com/a%2fb", {}],
    ["plain HTTP", "http://example.com/", {}],
    ["a header that is not let through", "https://example.com/", { headers: { Cookie: "a=b" } }],
    ["another method in a header", "https://example.com/", { headers: { "X-HTTP-Method": "PUT" } }],
    ["two headers in one", "https://example.com/", { headers: { accept: "a\r\ncookie: b" } }],
    ["a body in a GET", "https://example.com/", { body: "x" }],
    ["a body that is too large", "https://example.com/", { method: "POST", body: "x".repeat(101) }],
  ])("that cannot be sent is refused: %s", async (_what, url, request) => {
    const { network } = open({ maxRequestBytes: 100 });
    expect(await refusal(network, url, request)).toMatchObject({ code: "input/invalid" });
  });
});

describe("an answer", () => {
  it.each([301, 302, 303, 307, 308])("that redirects is refused: %i", async (status) => {
    handle = (_request, response) => {
      response.writeHead(status, { location: `${origin}/v1/b` }).end();
    };
    const { network } = open();
    const error = await refusal(network, `${origin}/v1/a`);
    expect(error).toMatchObject({
      code: "network/failed",
      message: expect.stringContaining("redirects"),
    });
    expect(requests).toHaveLength(1);
  });

  it("that is larger than it may be is cut off, whether it says so or not, packed or not", async () => {
    const { network } = open({ maxResponseBytes: 1_000 });
    const huge: Handler[] = [
      (_request, response) => void response.end("x".repeat(1_001)),
      (_request, response) => {
        const pour = (): void => {
          while (!response.destroyed) if (!response.write("x".repeat(10_000))) break;
        };
        response.on("drain", pour);
        pour();
      },
      (_request, response) => {
        response.setHeader("content-encoding", "gzip");
        response.end(gzipSync(Buffer.alloc(1_000_000)));
      },
    ];
    for (const each of huge) {
      handle = each;
      expect(await refusal(network, `${origin}/v1/a`)).toMatchObject({
        code: "network/failed",
        message: expect.stringContaining("more than 1000 bytes"),
      });
    }
    handle = (_request, response) => void response.end("x".repeat(1_000));
    expect((await network.fetch(`${origin}/v1/a`)).body).toHaveLength(1_000);
  });

  it("that ends before it said it would is an error, and so is no answer", async () => {
    const { network } = open();
    handle = (_request, response) => {
      response.setHeader("content-length", "100");
      response.write("short", () => response.destroy());
    };
    expect(await refusal(network, `${origin}/v1/a`)).toMatchObject({ code: "network/failed" });
    handle = (_request, response) => void response.destroy();
    expect(await refusal(network, `${origin}/v1/a`)).toMatchObject({ code: "network/failed" });
  });

  it.each<[string, Handler]>([
    ["none", () => undefined],
    ["a body without end", (_request, response) => void response.write("slow")],
  ])("that does not come in time is given up: %s", async (_what, slow) => {
    const { clock, pass } = virtualClock();
    const { network } = open({ timeout: 7_000 }, clock);
    handle = slow;
    const answer = refusal(network, `${origin}/v1/a`);
    await expect.poll(() => requests.length).toBe(1);
    pass(7_000);
    expect(await answer).toMatchObject({
      code: "network/failed",
      message: expect.stringContaining("did not answer within 7 s"),
    });
  });
});

describe("a request under way", () => {
  const hang = async (network: PluginNetwork, signal?: AbortSignal) => {
    const closed = Promise.withResolvers<void>();
    handle = (_request, response) => {
      response.on("close", () => closed.resolve());
      response.write("begins");
    };
    const answer = refusal(network, `${origin}/v1/a`, { signal });
    await expect.poll(() => requests.length).toBe(1);
    return { answer, closed: closed.promise };
  };

  it("ends when its permission is revoked, and the connection with it", async () => {
    const { broker, network } = open();
    const { answer, closed } = await hang(network);
    broker.recheck("stats", granted);
    granted = [KINDS.network.parse({ origin, paths: ["/v1/**"], methods: ["POST"] })];
    broker.recheck("stats", granted);
    expect(await answer).toMatchObject({ code: "access/denied" });
    await closed;
  });

  it("ends when the plugin does, and no more begin", async () => {
    const { network } = open();
    const { answer, closed } = await hang(network);
    const gone = new Error("deactivated");
    ended.abort(gone);
    expect(await answer).toBe(gone);
    await closed;
    expect(await refusal(network, `${origin}/v1/a`)).toBe(gone);
  });

  it("ends when it is aborted", async () => {
    const { network } = open();
    const controller = new AbortController();
    const { answer, closed } = await hang(network, controller.signal);
    const enough = new Error("enough");
    controller.abort(enough);
    expect(await answer).toBe(enough);
    await closed;
  });

  it("counts: more than so many at a time are refused, until one ends", async () => {
    const { network } = open({ maxConcurrent: 2 });
    const waiting: ServerResponse[] = [];
    handle = (_request, response) => void waiting.push(response);
    const first = [network.fetch(`${origin}/v1/a`), network.fetch(`${origin}/v1/b`)];
    expect(await refusal(network, `${origin}/v1/c`)).toMatchObject({ code: "plugin/busy" });
    await expect.poll(() => waiting.length).toBe(2);
    for (const response of waiting) response.end();
    await Promise.all(first);
    handle = (_request, response) => void response.end();
    await network.fetch(`${origin}/v1/c`);
  });

  it("counts: more than so many in a minute are refused, until time has passed", async () => {
    const { clock, pass } = virtualClock();
    const { network } = open({ maxPerMinute: 2 }, clock);
    await network.fetch(`${origin}/v1/a`);
    await network.fetch(`${origin}/v1/a`);
    expect(await refusal(network, `${origin}/v1/a`)).toMatchObject({ code: "plugin/busy" });
    pass(30_000);
    await network.fetch(`${origin}/v1/a`);
    expect(await refusal(network, `${origin}/v1/a`)).toMatchObject({ code: "plugin/busy" });
    expect(requests).toHaveLength(3);
  });
});

/** A clock that stands still until it is moved. */
function virtualClock(): { clock: Clock; pass: (ms: number) => void } {
  let now = 0;
  const due = new Set<{ at: number; run: () => void }>();
  const clock: Clock = {
    now: () => now,
    delay(ms, run) {
      const timer = { at: now + ms, run };
      due.add(timer);
      return () => due.delete(timer);
    },
    soon: (run) => queueMicrotask(run),
  };
  const pass = (ms: number): void => {
    now += ms;
    for (const timer of [...due]) {
      if (timer.at > now) continue;
      due.delete(timer);
      timer.run();
    }
  };
  return { clock, pass };
}
