import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createGate,
  createHub,
  createMemoryStore,
  createMemoryDisk,
  type DocPath,
  importDocument,
  type LimitedEdit,
  openWorkspace,
  type Workspace,
} from "@croft/core";
import { afterEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { type RunningServer, startServer } from "../server.ts";
import { mintToken } from "../token.ts";
import { createServerLimits, type Quotas } from "./quotas.ts";

const secret = "a secret for these tests only";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function edit(more: Partial<LimitedEdit> = {}): LimitedEdit {
  const principal = { user: "ada", grants: [] };
  return {
    principal,
    session: undefined,
    path: "notes/a" as DocPath,
    isNew: false,
    bytes: 1,
    ...more,
  };
}

function createLimits(quotas: Quotas): {
  readonly limit: (edit: LimitedEdit) => unknown;
  readonly pass: (ms: number) => void;
} {
  let time = 0;
  const limits = createServerLimits(quotas, { now: () => time });
  const limit = limits?.limitOf(createMemoryStore());
  return { limit: (one) => limit?.(one), pass: (ms) => (time += ms) };
}

describe("rates", () => {
  it("let a burst through, then so much a second, for a user over all its connections", () => {
    const { limit, pass } = createLimits({ userUpdates: 5 });
    const sessions = [{}, {}];
    const ask = (index: number): unknown => limit(edit({ session: sessions[index % 2] }));
    for (let count = 0; count < 50; count++) expect(ask(count)).toBe(undefined);
    expect(ask(0)).toMatchObject({ code: "rate", wait: 200 });
    expect(limit(edit({ principal: { user: "bob", grants: [] } }))).toBe(undefined);
    pass(200);
    expect(ask(1)).toBe(undefined);
    expect(ask(0)).toMatchObject({ code: "rate" });
  });

  it("are of each connection, and take what is larger than a burst once there is anything left", () => {
    const { limit, pass } = createLimits({ connectionBytes: 100 });
    const [session, other] = [{}, {}];
    expect(limit(edit({ session, bytes: 5000 }))).toBe(undefined);
    expect(limit(edit({ session }))).toMatchObject({ code: "rate", wait: 40_010 });
    expect(limit(edit({ session: other, bytes: 900 }))).toBe(undefined);
    pass(40_010);
    expect(limit(edit({ session }))).toBe(undefined);
  });

  it("are none where nothing is said", () => {
    expect(createServerLimits({}, { now: () => 0 })).toBe(undefined);
  });
});

describe("what a workspace may hold", () => {
  it("counts what is there, what comes, and what went away since", async () => {
    const disk = createMemoryDisk();
    const store = createMemoryStore(disk);
    const hub = await createHub({ store, gate: createGate() });
    cleanups.push(() => hub.dispose());
    const doc = new Y.Doc();
    doc.getText("body").insert(0, "x".repeat(1000));
    const update = Y.encodeStateAsUpdate(doc);
    await importDocument(hub, { path: "notes/a", update, author: "ada" });
    let time = 0;
    const quotas = { workspaceBytes: 3000, workspaceDocuments: 2 };
    const limit = createServerLimits(quotas, { now: () => time })?.limitOf(store);
    const ask = (more: Partial<LimitedEdit>): unknown => limit?.(edit(more));
    const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    await settled();
    expect(ask({ bytes: 2500 })).toMatchObject({ code: "disk-full" });
    expect(ask({ bytes: 1000 })).toBe(undefined);
    expect(ask({ path: "notes/b" as DocPath, isNew: true })).toBe(undefined);
    expect(ask({ path: "notes/b" as DocPath, isNew: true })).toBe(undefined);
    expect(ask({ path: "notes/c" as DocPath, isNew: true })).toMatchObject({ code: "disk-full" });
    await hub.deleteDocument("notes/a");
    time += 15_000;
    ask({ bytes: 5000 });
    await settled();
    expect(ask({ bytes: 2900 })).toBe(undefined);
  });
});

describe("a server with quotas", () => {
  const start = async (data: string, quotas: Quotas, port = 0): Promise<RunningServer> => {
    const server = await startServer({ port, secret, data, quotas, log: () => undefined });
    cleanups.push(() => server.close());
    return server;
  };
  const device = async ({ url }: RunningServer, user = "ada"): Promise<Workspace> => {
    const workspace = await openWorkspace({
      ...{ id: "acme", user },
      store: async () => createMemoryStore(),
      sync: {
        url: url.replace("http", "ws"),
        token: () => mintToken({ secret, workspace: "acme", user }),
        backOff: { first: 20, max: 200 },
      },
    });
    cleanups.push(() => workspace.dispose());
    return workspace;
  };
  const folder = (): string => {
    const data = mkdtempSync(join(tmpdir(), "croft-quotas-"));
    cleanups.push(() => rmSync(data, { recursive: true }));
    return data;
  };

  it("[SYNC-12] makes who sends too fast wait, and denies and loses nothing", async () => {
    const server = await start(folder(), { connectionUpdates: 20 });
    const page = (await device(server)).open("notes/a");
    await page.caughtUp();
    const denied: unknown[] = [];
    page.onDenied((denial) => denied.push(denial));
    const begun = Date.now();
    for (let count = 0; count < 240; count++) {
      page.doc.getText("body").insert(0, "x");
      await page.saved("server");
    }
    // 200 at once, and the others at 20 a second.
    expect(Date.now() - begun).toBeGreaterThan(1500);
    expect(denied).toEqual([]);
    const cold = (await device(server, "bob")).open("notes/a");
    await cold.caughtUp();
    expect(cold.doc.getText("body").length).toBe(240);
  }, 30_000);

  it("[SYNC-12] keeps what is over the workspace's quota waiting on its device, and over HTTP says 503", async () => {
    const data = folder();
    const server = await start(data, { workspaceDocuments: 1 });
    const ada = await device(server);
    const first = ada.open("notes/a");
    first.doc.getText("body").insert(0, "first");
    await first.saved("server");
    const second = ada.open("notes/b");
    second.doc.getText("body").insert(0, "second");
    await expect.poll(() => second.state.error?.message ?? "").toContain("1 documents");
    first.doc.getText("body").insert(0, "more: ");
    await first.saved("server");
    const token = await mintToken({ secret, workspace: "acme", user: "eve" });
    const answer = await fetch(`${server.url}/api/acme/documents/notes/c`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: Buffer.from(Y.encodeStateAsUpdate(first.doc)),
    });
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("15");
    await server.close();
    const roomier = await start(data, { workspaceDocuments: 2 }, server.port);
    await second.saved("server");
    const cold = (await device(roomier, "bob")).open("notes/b");
    await cold.caughtUp();
    expect(cold.doc.getText("body").toString()).toBe("second");
  }, 30_000);
});
