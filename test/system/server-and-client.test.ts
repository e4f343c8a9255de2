/** A real server process and a workspace over a real WebSocket: what goes wrong between them. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Clock,
  connectWebSocket,
  createMemoryStore,
  openWorkspace,
  systemClock,
  type Workspace,
} from "@croft/core";
import { mintToken } from "@croft/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SECRET, type ServerProcess, startServerProcess } from "../support/server-process.ts";

const PAGE = "notes/page";
const everything = ["**:write"];

let data: string;
let server: ServerProcess;
const opened: Workspace[] = [];

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "croft-system-"));
  server = await startServerProcess({ data });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((workspace) => workspace.dispose()));
  await server.kill();
  await rm(data, { recursive: true, force: true });
});

interface Client {
  readonly workspace: Workspace;
  /** Connections that were tried. */
  readonly connects: () => number;
  /** Tokens that were asked for. */
  readonly tokens: () => number;
  /** Timers that are set now. */
  readonly timers: () => number;
}

async function open(user: string, token: () => Promise<string>): Promise<Client> {
  let connects = 0;
  let tokens = 0;
  const timers = new Set<object>();
  const clock: Clock = {
    ...systemClock,
    delay(ms, run) {
      const timer = {};
      timers.add(timer);
      const cancel = systemClock.delay(ms, () => {
        timers.delete(timer);
        run();
      });
      return () => {
        timers.delete(timer);
        cancel();
      };
    },
  };
  const workspace = await openWorkspace({
    id: "acme",
    user,
    clock,
    store: async () => createMemoryStore(),
    sync: {
      url: server.url,
      backOff: { first: 20, max: 100 },
      token: () => {
        tokens++;
        return token();
      },
      connect: (signal) => {
        connects++;
        return connectWebSocket(`${server.url}/sync/acme`, { signal });
      },
    },
  });
  opened.push(workspace);
  return { workspace, connects: () => connects, tokens: () => tokens, timers: () => timers.size };
}

function tokenFor(user: string, options: { secret?: string } = {}): Promise<string> {
  const { secret = SECRET } = options;
  return mintToken({ secret, workspace: "acme", user, grants: everything });
}

describe("a token that the server refuses", () => {
  it("is not tried again until there is another; edits stay on the device and go up then", async () => {
    let secret = "another server's secret, not this one's";
    const ada = await open("ada", () => tokenFor("ada", { secret }));
    const page = ada.workspace.open(PAGE);
    page.doc.getText("body").insert(0, "kept");
    await page.saved("device");
    await expect.poll(() => ada.workspace.sync.state.name).toBe("refused");
    expect(ada.workspace.sync.state).toMatchObject({ error: { code: "auth/refused" } });
    expect(page.state).toMatchObject({ saved: "device", error: { code: "auth/refused" } });
    // Every token is newly minted, so the second question gives another one, which fails as well.
    await expect.poll(() => ada.timers()).toBe(0);
    expect(ada.connects()).toBeLessThanOrEqual(2);
    secret = SECRET;
    ada.workspace.sync.retry();
    await page.saved("server");
    expect(page.state.error).toBeUndefined();
  });

  it("the same refused token is not sent twice", async () => {
    const token = await tokenFor("ada", { secret: "another server's secret, not this one's" });
    const ada = await open("ada", async () => token);
    await expect.poll(() => ada.workspace.sync.state.name).toBe("refused");
    await expect.poll(() => ada.tokens()).toBe(2);
    expect([ada.connects(), ada.timers()]).toEqual([1, 0]);
  });

  it("of another user is refused by the device, and nothing of it is sent", async () => {
    const ada = await open("ada", () => tokenFor("mallory"));
    const page = ada.workspace.open(PAGE);
    page.doc.getText("body").insert(0, "ada's");
    await expect.poll(() => ada.workspace.sync.state.name).toBe("refused");
    expect(ada.workspace.sync.state).toMatchObject({ error: { code: "auth/other-user" } });
    const mallory = await open("mallory", () => tokenFor("mallory"));
    const other = mallory.workspace.open(PAGE);
    await other.caughtUp();
    expect(other.doc.getText("body").toString()).toBe("");
  });
});

describe("a server that is away", () => {
  it("is said to be, edits are saved here, and go up when it is back", async () => {
    const ada = await open("ada", () => tokenFor("ada"));
    const page = ada.workspace.open(PAGE);
    await page.caughtUp();
    await server.kill();
    await expect.poll(() => ada.workspace.sync.state.name).toBe("offline");
    page.doc.getText("body").insert(0, "written alone");
    await page.saved("device");
    expect(page.state).toMatchObject({ saved: "device", live: false, waiting: 1 });
    server = await startServerProcess({ data, port: server.port });
    await page.saved("server");
  });

  it("[SYNC-6] and lost its disk: devices wait, and give everything back when it may recover", async () => {
    const ada = await open("ada", () => tokenFor("ada"));
    const page = ada.workspace.open(PAGE);
    page.doc.getText("body").insert(0, "all of it");
    await page.saved("server");
    await server.kill();
    await rm(data, { recursive: true });
    server = await startServerProcess({ data, port: server.port });
    await expect.poll(() => page.state.error?.code, { timeout: 5_000 }).toBe("hub/behind");
    expect(page.doc.getText("body").toString()).toBe("all of it");
    await server.kill();
    server = await startServerProcess({ data, port: server.port, recover: true });
    await expect.poll(() => page.state.live, { timeout: 5_000 }).toBe(true);
    const ben = await open("ben", () => tokenFor("ben"));
    const other = ben.workspace.open(PAGE);
    await expect.poll(() => other.doc.getText("body").toString()).toBe("all of it");
  });
});
