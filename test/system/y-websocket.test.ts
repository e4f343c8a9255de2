/** Clients of the y-websocket protocol, the real ones from npm, at a real server, beside clients of croft. */

import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, type DocumentHandle, openWorkspace, type Workspace } from "@croft/core";
import { attachToServer, mintToken, type RunningServer, startServer } from "@croft/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { WebsocketProvider } from "y-websocket";
import { WebsocketProvider as ProviderOf1 } from "y-websocket-1";
import { WebsocketProvider as ProviderOf2 } from "y-websocket-2";
import * as Y from "yjs";

const secret = "a secret for these tests only";
const PAGE = "notes/pages/1";
/** For a machine that is busy. */
const SLOW = { timeout: 15_000 };

const versions = { 1: ProviderOf1, 2: ProviderOf2, 3: WebsocketProvider } as const;
type Version = keyof typeof versions;

let data: string;
let server: RunningServer;
const cleanups: (() => unknown)[] = [];

async function start(port = 0): Promise<RunningServer> {
  return startServer({ port, secret, data, log: () => undefined });
}

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "croft-y-"));
  server = await start();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await server.close();
  rmSync(data, { recursive: true });
});

interface YClient {
  readonly doc: Y.Doc;
  readonly provider: WebsocketProvider;
  /** Codes that connections ended with. */
  readonly codes: number[];
  readonly text: () => string;
  readonly write: (text: string) => void;
}

async function connect(
  user: string,
  {
    version = 3,
    doc = new Y.Doc(),
    grants = ["**:write"],
    path = PAGE,
    token,
  }: {
    readonly version?: Version;
    readonly doc?: Y.Doc;
    readonly grants?: readonly string[];
    readonly path?: string;
    readonly token?: string;
  } = {},
): Promise<YClient> {
  const shown = token ?? (await mintToken({ secret, workspace: "acme", user, grants }));
  const Provider = versions[version] as typeof WebsocketProvider;
  const provider = new Provider(`ws://127.0.0.1:${server.port}/y/acme`, path, doc, {
    params: { token: shown },
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
    maxBackoffTime: 100,
  });
  cleanups.push(() => provider.destroy());
  const codes: number[] = [];
  provider.on("connection-close", (event: { readonly code: number } | null) => {
    if (event) codes.push(event.code);
  });
  return {
    doc,
    provider,
    codes,
    text: () => doc.getText("body").toString(),
    write: (text) => doc.getText("body").insert(doc.getText("body").length, text),
  };
}

async function synced(client: YClient): Promise<YClient> {
  await expect.poll(() => client.provider.synced, SLOW).toBe(true);
  return client;
}

async function open(user: string): Promise<{ page: DocumentHandle; workspace: Workspace }> {
  const token = await mintToken({ secret, workspace: "acme", user });
  const workspace = await openWorkspace({
    id: "acme",
    user,
    store: async () => createMemoryStore(),
    sync: { url: `ws://127.0.0.1:${server.port}`, token: () => token },
  });
  cleanups.push(() => workspace.dispose());
  const page = workspace.open(PAGE);
  await page.caughtUp();
  return { page, workspace };
}

const textOf = (page: DocumentHandle): string => page.doc.getText("body").toString();

describe.each([1, 2, 3] as const)("a client of y-websocket %d", (version) => {
  it("edits the documents that clients of croft have, under its user's name", async () => {
    const { page, workspace } = await open("ada");
    page.doc.getText("body").insert(0, "Ada. ");
    await page.saved("server");
    const ben = await synced(await connect("ben", { version }));
    await expect.poll(ben.text, SLOW).toBe("Ada. ");
    ben.write("Ben. ");
    await expect.poll(() => textOf(page), SLOW).toBe("Ada. Ben. ");
    page.doc.getText("body").insert(0, "1. ");
    await expect.poll(ben.text, SLOW).toBe("1. Ada. Ben. ");
    const { changes } = await workspace.history(PAGE).changes();
    expect(new Set(changes.map(({ author }) => author.user))).toEqual(new Set(["ada", "ben"]));
  });

  it("goes on after it was away, and after the server was", async () => {
    const ben = await synced(await connect("ben", { version }));
    const cleo = await synced(await connect("cleo", { version }));
    ben.write("one ");
    await expect.poll(cleo.text, SLOW).toBe("one ");
    ben.provider.disconnect();
    ben.write("two ");
    ben.doc.getText("body").delete(0, 2);
    ben.provider.connect();
    await expect.poll(cleo.text, SLOW).toBe("e two ");
    const { port } = server;
    await server.close();
    ben.write("three ");
    server = await start(port);
    await expect.poll(cleo.text, SLOW).toBe("e two three ");
    const fresh = await synced(await connect("dora", { version }));
    expect(fresh.text()).toBe("e two three ");
  });

  it("sees who is there, and is seen until it goes", async () => {
    const { page } = await open("ada");
    const names = (states: Map<number, Record<string, unknown>>): readonly string[] =>
      [...states.values()]
        .flatMap(({ name }) => (typeof name === "string" ? [name] : []))
        .toSorted();
    const ben = await synced(await connect("ben", { version }));
    const cleo = await synced(await connect("cleo", { version }));
    page.awareness.setLocalStateField("name", "Ada");
    ben.provider.awareness.setLocalStateField("name", "Ben");
    cleo.provider.awareness.setLocalStateField("name", "Cleo");
    for (const awareness of [page.awareness, ben.provider.awareness, cleo.provider.awareness]) {
      await expect.poll(() => names(awareness.getStates()), SLOW).toEqual(["Ada", "Ben", "Cleo"]);
    }
    ben.provider.destroy();
    for (const awareness of [page.awareness, cleo.provider.awareness]) {
      await expect.poll(() => names(awareness.getStates()), SLOW).toEqual(["Ada", "Cleo"]);
    }
  });
});

describe.each([1, 2, 3] as const)("a client of y-websocket %d that comes back", (version) => {
  it("does not bring back a document that was deleted while it showed it", async () => {
    const { page, workspace } = await open("ada");
    const ben = await synced(await connect("ben", { version }));
    ben.write("will be gone");
    await expect.poll(() => textOf(page), SLOW).toBe("will be gone");
    await workspace.delete(PAGE);
    // An old client tries it again.
    await expect.poll(() => ben.codes.length, SLOW).toBeGreaterThan(version === 3 ? 0 : 1);
    expect(new Set(ben.codes)).toEqual(new Set([4410]));
    expect(ben.provider.shouldConnect).toBe(version !== 3);
    const cleo = await synced(await connect("cleo"));
    expect(cleo.text()).toBe("");
    cleo.write("new");
    await expect.poll(() => textOf(page), SLOW).toBe("new");
  });
});

describe("a client of y-websocket", () => {
  it("may bring what somebody else made, who goes on with it", async () => {
    const ada = await synced(await connect("ada"));
    ada.provider.disconnect();
    ada.write("by Ada. ");
    const ben = await synced(await connect("ben"));
    Y.applyUpdate(ben.doc, Y.encodeStateAsUpdate(ada.doc));
    ben.provider.disconnect();
    ben.provider.connect();
    const cleo = await synced(await connect("cleo"));
    await expect.poll(cleo.text, SLOW).toBe("by Ada. ");
    ada.provider.connect();
    await synced(ada);
    ada.write("Again.");
    await expect.poll(cleo.text, SLOW).toBe("by Ada. Again.");
    expect([...ada.codes, ...ben.codes].filter((code) => code >= 4400)).toEqual([]);
  });

  it("that waits for something nobody has tells the rest", async () => {
    const source = new Y.Doc();
    const updates: Uint8Array[] = [];
    source.on("update", (bytes: Uint8Array) => updates.push(bytes));
    for (const part of ["a", "b", "c"]) source.getText("other").insert(0, part);
    const doc = new Y.Doc();
    doc.getText("body").insert(0, "complete");
    Y.applyUpdate(doc, updates[2] ?? new Uint8Array());
    const ben = await synced(await connect("ben", { doc }));
    const cleo = await synced(await connect("cleo"));
    await expect.poll(cleo.text, SLOW).toBe("complete");
    expect(ben.codes).toEqual([]);
  });

  it("shows nobody but its own person, and harms nobody by showing too much", async () => {
    const ada = await synced(await connect("ada"));
    ada.provider.awareness.setLocalStateField("name", "Ada");
    const bot = await synced(await connect("bot"));
    bot.provider.awareness.setLocalState(null);
    const names = (client: YClient): readonly unknown[] =>
      [...client.provider.awareness.getStates().values()].flatMap(({ name }) => name ?? []);
    await expect.poll(() => names(bot), SLOW).toEqual(["Ada"]);
    // Providers tell again what they heard.
    bot.provider.disconnect();
    bot.provider.connect();
    await synced(bot);
    bot.provider.awareness.setLocalState({ name: "x".repeat(5_000) });
    bot.provider.awareness.setLocalState({ name: "Bot" });
    await expect
      .poll(() => names(ada).toSorted((a, b) => (String(a) < String(b) ? -1 : 1)), SLOW)
      .toEqual(["Ada", "Bot"]);
    expect([...ada.codes, ...bot.codes].filter((code) => code >= 4400)).toEqual([]);
  });

  it("cannot keep the server from others by asking again and again", async () => {
    const ada = await synced(await connect("ada"));
    ada.write("x".repeat(200_000));
    const token = await mintToken({
      secret,
      workspace: "acme",
      user: "mallory",
      grants: ["notes/**:read"],
    });
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/y/acme/${PAGE}?token=${token}`);
    await new Promise((resolve) => socket.once("message", resolve));
    const [step1, states] = [new Uint8Array([0, 0, 1, 0]), new Uint8Array(60_006)];
    // As many states as fit into one message.
    states.set([1, 0xe2, 0xd4, 0x03, 0xe2, 0xd4, 0x03]);
    // Whoever does not read the answers.
    socket.pause();
    for (let at = 0; at < 5_000; at++) socket.send(step1);
    const startedAt = performance.now();
    let longest = 0;
    for (let at = 0; at < 20; at++) {
      const asked = performance.now();
      expect((await fetch(`http://127.0.0.1:${server.port}/health`)).status).toBe(200);
      longest = Math.max(longest, performance.now() - asked);
    }
    console.log(
      `held up for ${longest.toFixed(0)} ms at most in ${(performance.now() - startedAt).toFixed(0)} ms`,
    );
    socket.send(states);
    socket.terminate();
    const ben = await synced(await connect("ben"));
    expect(ben.text().length).toBe(200_000);
  });

  it("that sends too much at once is told so", async () => {
    await server.close();
    server = await startServer({
      port: 0,
      secret,
      data,
      maxUpdateBytes: 5_000,
      log: () => undefined,
    });
    const ben = await synced(await connect("ben"));
    ben.write("x".repeat(10_000));
    await expect.poll(() => ben.codes, SLOW).toEqual([4413]);
    expect(ben.provider.shouldConnect).toBe(false);
  });

  it("is not waited for when the server closes, also not while it is looked at who it is", async () => {
    const asked = Promise.withResolvers<void>();
    const other = await startServer({
      port: 0,
      data,
      helloTimeout: 30_000,
      authenticate: () => {
        asked.resolve();
        return new Promise(() => undefined);
      },
      log: () => undefined,
    });
    const socket = new WebSocket(`ws://127.0.0.1:${other.port}/y/acme/${PAGE}?token=x`);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    await asked.promise;
    await other.close();
    expect(await closed).toBe(4500);
    const again = await startServer({
      port: 0,
      data,
      helloTimeout: 50,
      authenticate: () => new Promise(() => undefined),
      log: () => undefined,
    });
    const late = new WebSocket(`ws://127.0.0.1:${again.port}/y/acme/${PAGE}?token=x`);
    expect(await new Promise((resolve) => late.once("close", resolve))).toBe(4502);
    expect(again.health().sessions).toBe(0);
    await again.close();
  });

  it("finds the application's own server where croft is added to one", async () => {
    const http = createServer();
    const croft = attachToServer(http, { secret, data, log: () => undefined });
    const own = new WebSocketServer({ noServer: true });
    http.on("upgrade", (request, socket, head) => {
      if (request.url?.startsWith("/y/"))
        own.handleUpgrade(request, socket, head, (client) => client.send("mine"));
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const { port } = http.address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/y/acme/notes/page`);
    const said = await new Promise((resolve) =>
      socket.once("message", (data: Buffer) => resolve(data.toString())),
    );
    expect(said).toBe("mine");
    socket.terminate();
    await croft.close();
    own.close();
    http.close();
  });

  it("is refused for good without a token, for another workspace, and where it may not read", async () => {
    const other = await mintToken({ secret, workspace: "other", user: "ben" });
    for (const [client, code] of [
      [await connect("ben", { token: "bad" }), 4401],
      [await connect("ben", { token: other }), 4403],
      [await connect("ben", { grants: ["tasks/**:write"] }), 4403],
    ] as const) {
      await expect.poll(() => client.codes, SLOW).toEqual([code]);
      // This version knows that trying again does not help.
      expect(client.provider.shouldConnect).toBe(false);
      expect(client.text()).toBe("");
    }
  });

  it("reads what it may read, and is cut off when it writes there", async () => {
    const ada = await synced(await connect("ada"));
    ada.write("by Ada");
    const ben = await synced(await connect("ben", { grants: ["notes/**:read"] }));
    await expect.poll(ben.text, SLOW).toBe("by Ada");
    ada.write("!");
    await expect.poll(ben.text, SLOW).toBe("by Ada!");
    expect(ben.codes).toEqual([]);
    ben.write(" and Ben");
    await expect.poll(() => ben.codes, SLOW).toEqual([4403]);
    const fresh = await synced(await connect("cleo"));
    expect(fresh.text()).toBe("by Ada!");
  });

  it("cannot write under the ids of another user, nor replace what is there", async () => {
    const ada = await synced(await connect("ada"));
    ada.write("by Ada");
    const ben = await synced(await connect("ben"));
    await expect.poll(ben.text, SLOW).toBe("by Ada");
    const lie = new Y.Doc();
    Y.applyUpdate(lie, Y.encodeStateAsUpdate(ada.doc));
    lie.clientID = ada.doc.clientID;
    lie.getText("body").insert(0, "not ");
    const mallory = await connect("mallory", { doc: lie });
    await expect.poll(() => mallory.codes, SLOW).toEqual([4400]);
    const fork = new Y.Doc();
    fork.clientID = ada.doc.clientID;
    fork.getText("body").insert(0, "BY ADA, they say");
    const other = await connect("mallory", { doc: fork });
    await expect.poll(() => other.codes, SLOW).toEqual([4400]);
    ada.write(", still");
    await expect.poll(ben.text, SLOW).toBe("by Ada, still");
  });

  it("ends by garbage, and nobody else does", async () => {
    const ada = await synced(await connect("ada"));
    const token = await mintToken({ secret, workspace: "acme", user: "mallory" });
    const garbage = [
      [],
      [255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
      [0, 0, 5, 1],
      [0, 2, 3, 9, 9, 9],
      [1, 3, 1, 1, 1],
      [0, 0, 2, 255, 255],
    ];
    for (const bytes of garbage) {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/y/acme/${PAGE}?token=${token}`);
      const code = await new Promise((resolve) => {
        socket.on("open", () => socket.send(new Uint8Array(bytes)));
        socket.on("close", resolve);
      });
      expect([bytes, code]).toEqual([bytes, 4400]);
    }
    ada.write("goes on");
    const ben = await synced(await connect("ben"));
    expect(ben.text()).toBe("goes on");
    const missing = new WebSocket(`ws://127.0.0.1:${server.port}/y/acme/notes`);
    const status = await new Promise((resolve) => {
      missing.on("error", () => undefined);
      missing.on("unexpected-response", (_request, response) => resolve(response.statusCode));
    });
    expect(status).toBe(404);
  });

  it("ends with its token", async () => {
    const token = await mintToken({ secret, workspace: "acme", user: "ben", expiresIn: 1 });
    await server.close();
    server = await startServer({
      port: 0,
      secret,
      data,
      clockTolerance: 2_000,
      log: () => undefined,
    });
    const ben = await connect("ben", { token });
    await expect.poll(() => ben.provider.synced, SLOW).toBe(true);
    await expect.poll(() => ben.codes, SLOW).toEqual([4401]);
  });

  it("comes to the same with many others, whoever is away meanwhile", async () => {
    const { page } = await open("ada");
    const clients: YClient[] = [];
    for (const version of [1, 2, 3, 3] as const)
      clients.push(await synced(await connect(`user-${clients.length}`, { version })));
    for (let round = 0; round < 30; round++) {
      for (const [index, client] of clients.entries()) {
        const body = client.doc.getText("body");
        if ((round + index) % 5 === 0) client.provider.disconnect();
        body.insert(Math.min(round, body.length), `${index}`);
        if (round % 3 === 0 && body.length > 2) body.delete(1, 1);
        if ((round + index) % 5 === 2) client.provider.connect();
      }
      page.doc.getText("body").insert(0, "a");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    for (const { provider } of clients) provider.connect();
    for (const client of clients)
      await expect.poll(() => client.text() === textOf(page), SLOW).toBe(true);
    const fresh = await synced(await connect("fresh"));
    expect(fresh.text()).toBe(textOf(page));
    expect(clients.flatMap(({ codes }) => codes).filter((code) => code >= 4400)).toEqual([]);
  });
});
