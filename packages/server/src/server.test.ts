import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, get } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Channel,
  type ChannelClose,
  CloseCode,
  connectWebSocket,
  createMemoryDisk,
  createMemoryStore,
  CroftError,
  createWriterId,
  fromHex,
  type DocumentHandle,
  openWorkspace,
} from "@croft/core";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { Log } from "./log.ts";
import type { ListenOptions, ServerOptions } from "./options.ts";
import type { AuthenticationRequest } from "./authenticate.ts";
import { parseGrant } from "./grant-text.ts";
import { attachToServer, type RunningServer, startServer } from "./server.ts";
import { mintToken } from "./token.ts";

/** For `expect.poll` on a machine that is busy. */
const SLOW = { timeout: 10_000 };
const secret = "a secret for these tests only";
const cleanups: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(options: ServerOptions & ListenOptions = {}): Promise<RunningServer> {
  const server = await startServer({
    port: 0,
    secret,
    openStore: async () => createMemoryStore(),
    log: () => undefined,
    ...options,
  });
  cleanups.push(() => server.close());
  return server;
}

async function connect(server: RunningServer, workspace = "demo"): Promise<Channel> {
  const channel = await connectWebSocket(`${server.url.replace("http", "ws")}/sync/${workspace}`);
  cleanups.push(() => channel.close(1000, ""));
  return channel;
}

/** A greeting by hand: type 16, version 3, workspace, writer, term, attempt, token, agent. */
function hello(token: string, workspace = "demo"): Uint8Array {
  const text = (value: string) => {
    const bytes = Buffer.from(value);
    return [(bytes.length & 0x7f) | 0x80, bytes.length >> 7, ...bytes];
  };
  const writer = fromHex(createWriterId());
  return new Uint8Array([
    ...[16, 3, ...text(workspace), ...writer, 0, 1],
    ...[...text(token), ...text("test/1")],
  ]);
}

async function enter(server: RunningServer, user = "ada", workspace = "demo"): Promise<Channel> {
  const channel = await connect(server, workspace);
  const welcomed = new Promise((resolve) => channel.onFrame(resolve));
  channel.send(hello(await mintToken({ secret, workspace, user }), workspace));
  const ended = closeOf(channel).then(({ code, reason }) =>
    Promise.reject(new Error(`${code} ${reason}`)),
  );
  await Promise.race([welcomed, ended]);
  return channel;
}

/** A document on a device of its own. */
async function openPage(server: RunningServer, user: string): Promise<DocumentHandle> {
  const workspace = await openWorkspace({
    id: "demo",
    user,
    store: async () => createMemoryStore(),
    sync: {
      url: server.url.replace("http", "ws"),
      token: () => mintToken({ secret, workspace: "demo", user }),
    },
  });
  cleanups.push(() => workspace.dispose());
  return workspace.open("notes/page");
}

function closeOf(channel: Channel): Promise<ChannelClose> {
  return new Promise((resolve) => channel.onClose(resolve));
}

/** Whether a session still answers a ping. */
async function answers(channel: Channel): Promise<boolean> {
  const pong = new Promise<Uint8Array>((resolve) => channel.onFrame(resolve));
  channel.send(new Uint8Array([0, 7]));
  return (await pong).join() === "1,7";
}

const statusOf = (url: string, headers: Record<string, string> = {}) =>
  new Promise<number | undefined>((resolve, reject) => {
    const socket = new WebSocket(url.replace("http", "ws"), { headers });
    socket.on("unexpected-response", (_, response) => {
      resolve(response.statusCode);
      socket.terminate();
    });
    socket.on("open", () => {
      resolve(101);
      socket.terminate();
    });
    socket.on("error", reject);
  }).catch(() => undefined);

describe("sessions", () => {
  it("a good token is let in", async () => {
    const server = await start();
    const channel = await enter(server);
    expect(await answers(channel)).toBe(true);
    expect(server.health()).toMatchObject({ status: "ok", sessions: 1, workspaces: 1 });
  });

  it("a bad token is closed with 4401 and a reason", async () => {
    const server = await start();
    const foreign = await mintToken({ secret: `not ${secret}`, workspace: "demo", user: "ada" });
    const old = await mintToken({ secret, workspace: "demo", user: "ada", expiresIn: -60_000 });
    const cases = [
      ["", "a token is needed"],
      ["garbage", "the token is malformed"],
      [foreign, "the token was not signed with this server's secret or keys"],
      [old, "the token has expired"],
      ["guest:ada", "the token is malformed"],
    ] as const;
    for (const [token, reason] of cases) {
      const channel = await connect(server);
      channel.send(hello(token));
      expect(await closeOf(channel)).toEqual({ code: CloseCode.unauthorized, reason });
    }
  });

  it("asks the operator's own program, and lets nobody in when that fails", async () => {
    const asked: AuthenticationRequest[] = [];
    const server = await start({
      secret: undefined,
      proxies: 1,
      authenticate: async (request) => {
        asked.push(request);
        if (request.token === "broken") throw new Error("the database is down");
        if (request.token !== "ada's cookie")
          return { code: CloseCode.forbidden, reason: "no member" };
        return { principal: { user: "ada", grants: [parseGrant("**:write")] } };
      },
    });
    const channel = await connect(server);
    const welcomed = new Promise((resolve) => channel.onFrame(resolve));
    channel.send(hello("ada's cookie"));
    await welcomed;
    expect(server.health()).toMatchObject({ sessions: 1, workspaces: 1 });
    for (const [token, code, reason] of [
      ["", CloseCode.forbidden, "no member"],
      ["broken", CloseCode.failed, "who you are cannot be checked now"],
    ] as const) {
      const other = await connect(server);
      other.send(hello(token));
      expect(await closeOf(other)).toEqual({ code, reason });
    }
    expect(asked.map(({ workspace, address }) => [workspace, address])).toEqual(
      Array.from({ length: 3 }, () => ["demo", "127.0.0.1"]),
    );
  });

  it("lets an address wait that was refused too often, and those that are in stay", async () => {
    const logged: unknown[] = [];
    const server = await start({
      maxRefusedPerAddress: 3,
      proxies: 1,
      log: (_level, message, fields) => logged.push([message, fields?.address]),
    });
    const statusOf = (address: string): Promise<number | "open"> => {
      const socket = new WebSocket(`${server.url.replace("http", "ws")}/sync/demo`, {
        headers: { "x-forwarded-for": `6.6.6.6, ${address}` },
      });
      return new Promise((resolve) => {
        socket.on("error", () => undefined);
        socket.on("unexpected-response", (_request, response) => {
          expect(response.headers["retry-after"]).toBe("2");
          resolve(response.statusCode ?? 0);
        });
        socket.on("open", () => {
          socket.send(hello("bad"));
          socket.on("close", () => resolve("open"));
        });
      });
    };
    const inside = await enter(server);
    for (let at = 0; at < 3; at++) expect(await statusOf("1.1.1.1")).toBe("open");
    expect(await statusOf("1.1.1.1")).toBe(429);
    expect(await statusOf("1.1.1.2")).toBe("open");
    expect(logged).toContainEqual(["address refused", "1.1.1.1"]);
    expect(await answers(inside)).toBe(true);
  });

  it("lets an address wait that opens too many sockets and says nothing", async () => {
    const server = await start({ maxWaitingPerAddress: 2 });
    const [first] = [await connect(server), await connect(server)];
    await expect(connect(server)).rejects.toMatchObject({ code: "link/offline" });
    first?.close(1000, "");
    await expect
      .poll(
        () =>
          connect(server).then(
            () => true,
            () => false,
          ),
        SLOW,
      )
      .toBe(true);
  });

  it("a token for another workspace is closed with 4403", async () => {
    const server = await start();
    const token = await mintToken({ secret, workspace: "other", user: "ada" });
    const channel = await connect(server);
    channel.send(hello(token));
    expect((await closeOf(channel)).code).toBe(CloseCode.forbidden);
    const greeting = await connect(server);
    greeting.send(hello(token, "other")); // The address says `demo`.
    expect((await closeOf(greeting)).code).toBe(CloseCode.forbidden);
  });

  it("opens no store for those who are not let in", async () => {
    const data = mkdtempSync(join(tmpdir(), "croft-server-"));
    cleanups.push(() => rmSync(data, { recursive: true }));
    const opened: string[] = [];
    const server = await start({
      data,
      openStore: async (workspace) => {
        opened.push(workspace);
        return createMemoryStore();
      },
    });
    for (const workspace of ["demo", "..%2f..%2fetc", "a".repeat(100)]) {
      const channel = await connect(server, workspace).catch(() => undefined);
      channel?.send(hello("bad", workspace));
      if (channel) await closeOf(channel);
    }
    expect(opened).toEqual([]);
    expect(readdirSync(data)).toEqual([]);
  });

  it("garbage ends its own session with 4400, and no other", async () => {
    const server = await start();
    const good = await enter(server);
    const frames = [
      new Uint8Array(0), // Nothing.
      new Uint8Array([99]), // An unknown type.
      new Uint8Array([0, 1, 2]), // Something follows a ping.
      new Uint8Array([20, 5, 0]), // A submission to a document that is not open, cut short.
      new Uint8Array([19, 5]), // Closes a document that is not open.
      new Uint8Array(1000).fill(255),
    ];
    for (const frame of frames) {
      const before = await connect(server);
      before.send(frame);
      expect((await closeOf(before)).code).toBe(CloseCode.violation);
      const after = await enter(server, "mallory");
      after.send(frame);
      const { code, reason } = await closeOf(after);
      expect(code).toBe(CloseCode.violation);
      expect(reason).not.toBe("");
    }
    expect(await answers(good)).toBe(true);
  });

  it("a text message ends its session with 4400", async () => {
    const server = await start();
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/sync/demo`);
    socket.on("open", () => socket.send("hello"));
    const code = await new Promise((resolve) => socket.on("close", resolve));
    expect(code).toBe(CloseCode.violation);
  });

  it("a frame too large ends its own session with 4413, and no other", async () => {
    const server = await start();
    const good = await enter(server);
    for (const size of [70_000, 10_000_000]) {
      const channel = await enter(server, "mallory");
      channel.send(new Uint8Array(size));
      expect((await closeOf(channel)).code).toBe(CloseCode.tooLarge);
    }
    expect(await answers(good)).toBe(true);
  });

  it("who does not greet is closed with 4502", async () => {
    const server = await start({ helloTimeout: 20 });
    expect((await closeOf(await connect(server))).code).toBe(CloseCode.timeout);
  });

  it("too many sessions are closed with 4503", async () => {
    const server = await start({ maxSessions: 1 });
    const first = await enter(server);
    expect((await closeOf(await connect(server))).code).toBe(CloseCode.overloaded);
    first.close(1000, "");
    await expect.poll(() => server.health().sessions, SLOW).toBe(0);
    await enter(server);
  });

  it("guests come in by name where anonymous access was asked for", async () => {
    const server = await start({ secret: undefined, anonymousAccess: true });
    const channel = await connect(server);
    const welcome = new Promise<Uint8Array>((resolve) => channel.onFrame(resolve));
    channel.send(hello("guest:ada"));
    expect(Buffer.from(await welcome).toString()).toContain("guest:ada");
  });
});

describe("workspaces", () => {
  it("one that cannot be opened is refused as transient and logged; others go on", async () => {
    const lines: string[] = [];
    const log: Log = (level, message, fields) => {
      if (level === "error") lines.push([message, fields?.workspace, fields?.code].join(" "));
    };
    let opened = 0;
    const server = await start({
      log,
      openStore: async (workspace) => {
        if (workspace !== "broken") return createMemoryStore();
        opened++;
        throw new CroftError("store/corrupt", "The file is damaged.");
      },
    });
    const good = await enter(server);
    const token = await mintToken({ secret, workspace: "broken", user: "ada" });
    for (let i = 0; i < 3; i++) {
      const channel = await connect(server, "broken");
      channel.send(hello(token, "broken"));
      expect((await closeOf(channel)).code).toBe(CloseCode.failed);
    }
    expect(lines).toEqual(["workspace cannot be opened broken store/corrupt"]);
    expect(opened).toBe(1); // Not tried again for a few seconds.
    expect(await answers(good)).toBe(true);
  });

  it("an idle one is closed, and opened again when it is wanted", async () => {
    const disk = createMemoryDisk();
    let opened = 0;
    const server = await start({
      idleAfter: 20,
      openStore: async () => {
        opened++;
        return createMemoryStore(disk);
      },
    });
    const first = await enter(server);
    const second = await enter(server, "bob");
    expect([opened, server.health().workspaces]).toEqual([1, 1]);
    first.close(1000, "");
    second.close(1000, "");
    await expect.poll(() => server.health().workspaces, SLOW).toBe(0);
    await enter(server);
    expect([opened, server.health().workspaces]).toEqual([2, 1]);
  });

  it("one whose store another process took is opened anew", async () => {
    const disk = createMemoryDisk();
    const server = await start({ openStore: async () => createMemoryStore(disk) });
    const [ada, bob] = await Promise.all([openPage(server, "ada"), openPage(server, "bob")]);
    ada.doc.getText("t").insert(0, "one");
    await ada.saved("server");
    await createMemoryStore(disk).takeTerm();
    ada.doc.getText("t").insert(3, " two");
    await ada.saved("server");
    await expect.poll(() => bob.doc.getText("t").toJSON(), SLOW).toBe("one two");
  }, 15_000);

  it("two devices share a document, and closing keeps what was accepted", async () => {
    const disk = createMemoryDisk();
    const openStore = async () => createMemoryStore(disk);
    const server = await start({ openStore });
    const [ada, bob] = await Promise.all([openPage(server, "ada"), openPage(server, "bob")]);
    ada.doc.getText("t").insert(0, "hello");
    await expect.poll(() => bob.doc.getText("t").toJSON(), SLOW).toBe("hello");
    await server.close();
    const again = await start({ openStore, port: server.port });
    bob.doc.getText("t").insert(5, " there");
    await expect.poll(() => ada.doc.getText("t").toJSON(), SLOW).toBe("hello there");
    expect(again.port).toBe(server.port);
  }, 15_000);
});

describe("HTTP", () => {
  it("answers /health", async () => {
    const server = await start();
    const response = await fetch(`${server.url}/health`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: "ok",
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      uptime: expect.any(Number),
      workspaces: 0,
      sessions: 0,
    });
    const head = await fetch(`${server.url}/health?x=1`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    for (const path of ["/health/live", "/health/ready"])
      expect((await fetch(server.url + path)).status).toBe(200);
    expect((await fetch(`${server.url}/health/lively`)).status).toBe(404);
  });

  it("answers 404 in JSON to the rest", async () => {
    const server = await start();
    for (const [path, method] of [
      ["/", "GET"],
      ["/sync/demo", "GET"],
      ["/health", "POST"],
      ["/../../etc/passwd", "GET"],
    ] as const) {
      const body = method === "POST" ? "x".repeat(1_000_000) : null;
      const response = await fetch(server.url + path, { method, body });
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ error: expect.any(String) });
    }
  });

  it("refuses upgrades that are no sessions", async () => {
    const server = await start();
    expect(await statusOf(`${server.url}/sync/demo`)).toBe(101);
    for (const path of [
      "/",
      "/sync",
      "/sync/",
      "/sync/a/b",
      "/sync/%",
      "/sync/..%2fx",
      "/other/x",
    ]) {
      expect(await statusOf(server.url + path)).toBe(404);
    }
  });

  it("refuses pages of other origins", async () => {
    const listed = await start({ origins: ["https://app.example.org"] });
    const sync = `${listed.url}/sync/demo`;
    expect(await statusOf(sync)).toBe(101);
    expect(await statusOf(sync, { origin: "https://app.example.org" })).toBe(101);
    expect(await statusOf(sync, { origin: "https://evil.example" })).toBe(403);
    const open = await start({ anonymousAccess: true });
    expect(await statusOf(`${open.url}/sync/demo`, { origin: "https://evil.example" })).toBe(403);
    expect(await statusOf(`${open.url}/sync/demo`, { origin: "http://localhost:5173" })).toBe(101);
  });

  it("says that a port is in use", async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toMatchObject({
      code: "input/invalid",
      message: `Port ${port} on 127.0.0.1 is in use.`,
    });
  });
});

describe("closing", () => {
  it("tells the sessions, answers 503 meanwhile, and is over once", async () => {
    const closingStore = Promise.withResolvers<void>();
    const server = await start({
      openStore: async () => {
        const store = createMemoryStore();
        const close = store.close.bind(store);
        store.close = async () => {
          await closingStore.promise;
          await close();
        };
        return store;
      },
    });
    const channel = await enter(server);
    const silent = await connect(server);
    const closed = server.close();
    expect((await closeOf(channel)).code).toBe(CloseCode.restarting);
    const response = await fetch(`${server.url}/health`);
    expect([response.status, (await response.json()).status]).toEqual([503, "stopping"]);
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    expect(await statusOf(`${server.url}/sync/demo`)).toBe(503);
    closingStore.resolve();
    expect((await closeOf(silent)).code).toBe(CloseCode.restarting);
    await Promise.all([closed, server.close()]);
    await expect(fetch(`${server.url}/health`)).rejects.toThrow("fetch failed");
  });

  it("does not wait for a peer that does not answer", async () => {
    const server = await start({ closeTimeout: 50 });
    // A socket that reads nothing cannot take part in the closing handshake.
    const request = get(`${server.url}/sync/demo`, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.alloc(16).toString("base64"),
      },
    });
    const raw = await new Promise<import("node:net").Socket>((resolve) => {
      request.on("upgrade", (_, socket) => resolve(socket));
    });
    raw.pause();
    raw.on("error", () => undefined);
    await server.close();
    raw.destroy();
  });

  it("does not wait for who was refused and keeps its side open", async () => {
    const server = await start();
    const socket = connectTcp({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
    cleanups.push(() => void socket.destroy());
    socket.on("error", () => undefined);
    socket.write("GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    const answer = await new Promise((resolve) => socket.once("data", resolve));
    expect(String(answer)).toMatch(/^HTTP\/1.1 404 Not Found\r\n/);
    await server.close();
  });

  it("can be attached to an HTTP server that is there already", async () => {
    const httpServer = createServer((_, response) => response.end("mine"));
    await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => new Promise((resolve) => httpServer.close(resolve)));
    const { port } = httpServer.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const croft = attachToServer(httpServer, {
      secret,
      openStore: async () => createMemoryStore(),
      log: () => undefined,
    });
    expect(await (await fetch(url)).text()).toBe("mine");
    expect(await statusOf(`${url}/other`)).toBe(404);
    httpServer.on("upgrade", (request, socket) => {
      if (request.url === "/other") socket.end("HTTP/1.1 418 Teapot\r\nconnection: close\r\n\r\n");
    });
    expect(await statusOf(`${url}/other`)).toBe(418);
    expect(await statusOf(`${url}/sync/demo`)).toBe(101);
    expect(croft.health()).toMatchObject({ status: "ok" });
    await croft.close();
    expect(await (await fetch(url)).text()).toBe("mine");
  });
});

describe("options", () => {
  it("are checked", async () => {
    const bad: (ServerOptions & ListenOptions)[] = [
      {},
      { secret: "short" },
      { secret, origins: ["example.org"] },
      { secret, path: "sync" },
      { secret, maxSessions: 0 },
      { secret, heartbeat: -1 },
      { secret, data: "/dev/null/x" },
    ];
    for (const options of bad) {
      await expect(startServer({ port: 0, ...options })).rejects.toMatchObject({
        code: "input/invalid",
      });
    }
  });
});
