/** A database that a browser loses, closes or deletes, under a whole workspace. */

import {
  createGate,
  createHub,
  createMemoryChannelPair,
  createMemoryStore,
  createTag,
  type DocumentHandle,
  type Hub,
  openWorkspace,
  parsePattern,
  servePeer,
  type Workspace,
} from "@croft/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deleteIndexeddbStore, indexeddbStore } from "./index.ts";

const PATH = "notes/a";
let server: Hub;
let name: string;
const opened: Workspace[] = [];

beforeEach(async () => {
  server = await createHub({ store: createMemoryStore(), gate: createGate() });
  name = `lost-${createTag()}`;
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  await Promise.all(opened.splice(0).map((workspace) => workspace.dispose()));
  await server.dispose();
  await deleteIndexeddbStore(name);
});

async function open(): Promise<Workspace> {
  const workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: indexeddbStore({ name }),
    sync: {
      url: "ws://in-process",
      connect: async () => {
        const [near, far] = createMemoryChannelPair();
        const grants = [{ pattern: parsePattern("**"), access: "write" as const }];
        servePeer(far, async () => ({ hub: server, principal: { user: "ada", grants } }));
        return near;
      },
    },
  });
  opened.push(workspace);
  return workspace;
}

/** Makes so many changes, each saved on the device before the next. */
async function type(page: DocumentHandle, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    page.doc.getText("body").insert(page.doc.getText("body").length, text);
    await page.saved("device");
  }
}

const text = (page: DocumentHandle): string => page.doc.getText("body").toString();

/** What the server has, and three changes that it does not have. */
async function threeWaiting(): Promise<Workspace> {
  const workspace = await open();
  const page = workspace.open(PATH);
  await type(page, "at the server");
  await page.saved("server");
  workspace.sync.pause();
  await type(page, " one", " two", " three");
  return workspace;
}

/** What opens `name` next, without croft. */
function request(make: () => IDBOpenDBRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const made = make();
    made.addEventListener("success", () => {
      // Nothing is there after a deletion.
      (made.result as IDBDatabase | undefined)?.close();
      resolve();
    });
    made.addEventListener("error", () => reject(made.error ?? new Error("unknown")));
  });
}

const removeDatabase = (): Promise<void> => request(() => indexedDB.deleteDatabase(name));

function spyConnections(): IDBDatabase[] {
  const connections: IDBDatabase[] = [];
  const original = IDBFactory.prototype.open.bind(indexedDB);
  vi.spyOn(IDBFactory.prototype, "open").mockImplementation((...given) => {
    const made = original(...given);
    made.addEventListener("success", () => connections.push(made.result));
    return made;
  });
  return connections;
}

/** What a program that starts now finds in the database alone, without a server. */
async function stored(): Promise<string> {
  const alone = await openWorkspace({ id: "acme", user: "ada", store: indexeddbStore({ name }) });
  const page = alone.open(PATH);
  await page.ready;
  const found = text(page);
  await alone.dispose();
  return found;
}

describe("a database that went while the application was closed", () => {
  it("is told with what had not reached the server, which gives back the rest", async () => {
    await (await threeWaiting()).dispose();
    await removeDatabase();
    const workspace = await open();
    expect(workspace.losses).toEqual([{ path: PATH, changes: 3 }]);
    expect(workspace.problem).toMatchObject({ code: "store/lost", path: PATH });
    const page = workspace.open(PATH);
    await page.caughtUp();
    expect(text(page)).toBe("at the server");
    workspace.dismissLosses();
    await workspace.dispose();
    expect((await open()).losses).toEqual([]);
  });

  it("is no news when the application deleted it", async () => {
    await (await threeWaiting()).dispose();
    expect(localStorage.getItem(`croft/canary/${name}`)).toContain(PATH);
    await deleteIndexeddbStore(name);
    expect(localStorage.getItem(`croft/canary/${name}`)).toBeNull();
    const workspace = await open();
    expect([workspace.losses, workspace.problem]).toEqual([[], undefined]);
  });

  it("says nothing as long as it is there", async () => {
    await (await threeWaiting()).dispose();
    const workspace = await open();
    expect([workspace.losses, workspace.problem]).toEqual([[], undefined]);
    await workspace.open(PATH).saved("server");
  });
});

describe("a database that goes while it is open", () => {
  it("is made anew when another tab deletes it; what waited is in the quarantine", async () => {
    const workspace = await threeWaiting();
    const page = workspace.open(PATH);
    const problems: (string | undefined)[] = [];
    workspace.onProblem((problem) => problems.push(problem?.code));
    await removeDatabase();
    await expect.poll(() => problems).toEqual(["store/closed", undefined]);
    expect(await workspace.quarantine.list()).toMatchObject([{ path: PATH, code: "replaced" }]);
    expect(workspace.losses).toEqual([]);
    workspace.sync.resume();
    await expect.poll(() => text(page)).toBe("at the server");
    await type(page, ", and then");
    await page.saved("server");
    await workspace.dispose();
    expect(await stored()).toBe("at the server, and then");
    expect((await open()).losses).toEqual([]);
  });

  it.each([
    ["the browser ends it", (each: IDBDatabase) => each.dispatchEvent(new Event("close"))],
    ["it is closed without a word", (each: IDBDatabase) => each.close()],
  ])("is opened again when the connection is lost: %s", async (_, lose) => {
    const connections = spyConnections();
    const workspace = await threeWaiting();
    const page = workspace.open(PATH);
    for (const connection of connections) lose(connection);
    page.doc.getText("body").insert(0, "Still ");
    await page.saved("device");
    await expect.poll(() => workspace.problem).toBeUndefined();
    expect(connections).toHaveLength(2);
    workspace.sync.resume();
    await page.saved("server");
    expect(await workspace.quarantine.list()).toEqual([]);
    await workspace.dispose();
    expect(await stored()).toBe("Still at the server one two three");
  });

  it("is left to a newer version of the program that took it over", async () => {
    const workspace = await threeWaiting();
    const opens = vi.spyOn(IDBFactory.prototype, "open");
    await request(() => indexedDB.open(name, 1_000));
    await expect.poll(() => workspace.problem?.code).toBe("store/newer");
    await expect(workspace.list("")).rejects.toMatchObject({ code: "store/newer" });
    expect(opens).toHaveBeenCalledTimes(2);
  });
});

describe("the canary of a database", () => {
  it.each([
    ["absent, as in workers", { get: () => undefined }],
    [
      "forbidden",
      {
        get: () => {
          throw new DOMException("denied", "SecurityError");
        },
      },
    ],
  ])("does without a localStorage that is %s", async (_, property) => {
    const own = Object.getOwnPropertyDescriptor(globalThis, "localStorage");
    Object.defineProperty(globalThis, "localStorage", { configurable: true, ...property });
    try {
      expect(indexeddbStore({ name }).canary).toBeUndefined();
      const workspace = await open();
      await type(workspace.open(PATH), "typed");
      await workspace.dispose();
      await deleteIndexeddbStore(`${name}-other`);
    } finally {
      if (own) Object.defineProperty(globalThis, "localStorage", own);
    }
  });
});
