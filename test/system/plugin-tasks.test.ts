/** Work that one tab of a device, or one device of a workspace, does for all: with real devices, plugins and documents. */

import { createMemoryDisk, createMemoryStore, openWorkspace, parseDocPath } from "@croft/core";
import { createPluginHost, createRemotePlugin, type PluginHost } from "@croft/host";
import { definePlugin, type Plugin, type TaskTurn, type WorkspaceTurn } from "@croft/plugin";
import { servePlugin } from "@croft/plugin/remote";
import { createTestTeam, type TestDevice, type TestTeam } from "@croft/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

// Many devices in one process take their time where others want it, too.
vi.setConfig({ testTimeout: 60_000 });

const LEASE = 60_000;
const MANIFEST = { id: "digest", name: "Digest", version: "1.0.0", engine: "*" } as const;

let team: TestTeam;
let devices: TestDevice[];
beforeEach(async () => {
  team = await createTestTeam();
  devices = [];
});
afterEach(() => team.dispose());

/** A plugin that wants a turn, and what it knows of it. */
interface Worker {
  readonly plugin: Plugin;
  readonly turns: (TaskTurn & Partial<WorkspaceTurn>)[];
  readonly works: boolean;
}

function worker(
  scope: "device" | "workspace",
  { offline = "wait", work }: { offline?: "wait" | "run"; work?: () => void | Promise<void> } = {},
): Worker {
  const turns: Worker["turns"] = [];
  const run = (turn: TaskTurn): void | Promise<void> => {
    turns.push(turn);
    return work?.();
  };
  const plugin = definePlugin({
    manifest: MANIFEST,
    activate({ tasks }) {
      if (scope === "device") tasks.oncePerDevice("send", run);
      else tasks.oncePerWorkspace("send", run, { lease: LEASE, offline });
    },
  });
  return {
    plugin,
    turns,
    get works() {
      return turns.some(({ signal }) => !signal.aborted);
    },
  };
}

const working = (...workers: readonly Worker[]): readonly Worker[] =>
  workers.filter(({ works }) => works);

async function device(...options: Parameters<TestTeam["device"]>): Promise<TestDevice> {
  const opened = await team.device(...options);
  devices.push(opened);
  return opened;
}

/** Lets time pass, in steps in which what is under way comes to an end, until something is so. */
async function until(what: () => boolean, longest = 4 * LEASE): Promise<void> {
  for (let passed = 0; passed <= longest && !what(); passed += LEASE / 12) {
    team.advance(LEASE / 12);
    // What was said before the first has reached the server, and is with the others before the second is answered.
    for (let round = 0; round < 2; round++) await Promise.all(devices.map(roundTrip));
  }
  expect(what()).toBe(true);
}

async function roundTrip({ workspace }: TestDevice): Promise<void> {
  // What is going offline or coming back needs a moment.
  await new Promise((resolve) => setTimeout(resolve, 5));
  if (workspace.sync.state.name !== "online") return;
  // Of who may not do that, or is just going offline, too, it was heard.
  await workspace.undelete("app/nothing").catch(() => false);
}

async function pass(ms: number): Promise<void> {
  let passed = 0;
  await until(() => (passed += LEASE / 12) > ms, ms + LEASE);
}

describe("work once per workspace", () => {
  it("is taken in the name of the plugin and its version", async () => {
    const store = createMemoryStore();
    const workspace = await openWorkspace({ id: "acme", user: "ada", store: async () => store });
    const host = createPluginHost({ workspace });
    host.register(worker("workspace").plugin);
    await host.activate("digest");
    const authors = async () =>
      (await store.readLog(parseDocPath("digest/croft/leases"), 0, 1e6)).map(
        ({ author }) => author,
      );
    await expect.poll(authors).toContain("ada/digest@1.0.0");
    await host.dispose();
    await workspace.dispose();
  });

  it("is done on one device; when that one goes, another goes on within the lease", async () => {
    const [one, two] = [worker("workspace"), worker("workspace")];
    const ada = await device("ada", { plugins: [one.plugin] });
    await until(() => one.works);
    const ben = await device("ben", { plugins: [two.plugin] });
    await pass(3 * LEASE);
    expect([one.works, two.works]).toEqual([true, false]);
    expect([one.turns.length, two.turns.length]).toEqual([1, 0]);
    // As a laptop that is closed: nothing is given back.
    ada.goOffline();
    await until(() => two.works);
    expect(two.turns[0]?.fence).toBeGreaterThan(one.turns[0]?.fence ?? Infinity);
    ada.goOnline();
    await until(() => !one.works);
    await pass(2 * LEASE);
    expect(working(one, two)).toEqual([two]);
    expect([...ada.problems, ...ben.problems]).toEqual([]);
  });

  it("goes over when its plugin is deactivated, and a person's devices count as all others", async () => {
    const [one, two] = [worker("workspace"), worker("workspace")];
    const laptop = await device("ada", { plugins: [one.plugin] });
    await until(() => one.works);
    const phone = await device("ada", { plugins: [two.plugin] });
    await pass(LEASE / 2);
    await laptop.host.deactivate("digest");
    expect(one.works).toBe(false);
    await until(() => two.works, LEASE / 2);
    await laptop.host.activate("digest");
    await pass(2 * LEASE);
    expect(working(one, two)).toEqual([two]);
    await phone.host.deactivate("digest");
  });

  it("is done offline where nobody else is known to do it, and by one of two once they meet", async () => {
    const [one, two] = [worker("workspace"), worker("workspace")];
    const ada = await device("ada", { plugins: [one.plugin], offline: true });
    const ben = await device("ben", { plugins: [two.plugin], offline: true });
    await until(() => one.works && two.works);
    for (const device of [ada, ben]) device.goOnline();
    await until(() => working(one, two).length === 1);
    await pass(2 * LEASE);
    expect(working(one, two)).toHaveLength(1);
  });

  it("waits offline for who had it, unless asked for otherwise", async () => {
    const workers = [
      worker("workspace"),
      worker("workspace"),
      worker("workspace", { offline: "run" }),
    ];
    const [one, two, three] = workers as [Worker, Worker, Worker];
    await device("ada", { plugins: [one.plugin] });
    await until(() => one.works);
    const others: TestDevice[] = [];
    for (const { plugin } of [two, three]) others.push(await device("ben", { plugins: [plugin] }));
    await pass(LEASE);
    for (const device of others) device.goOffline();
    await until(() => three.works);
    expect([one.works, two.works]).toEqual([true, false]);
  });

  it("is nobody's who may only read", async () => {
    const [one, two] = [worker("workspace"), worker("workspace")];
    team.limit("ben", { "**": "read" });
    const ben = await device("ben", { plugins: [two.plugin] });
    await pass(3 * LEASE);
    expect(two.works).toBe(false);
    await device("ada", { plugins: [one.plugin] });
    await until(() => one.works);
    expect(await ben.workspace.quarantine.list()).toEqual([]);
  });

  it("that fails is told, and somebody else tries", async () => {
    let broken = true;
    const fail = () => {
      if (broken) throw new Error("no mail server");
    };
    const one = worker("workspace", { work: fail });
    const ada = await device("ada", { plugins: [one.plugin] });
    await until(() => ada.problems.length > 0);
    expect(ada.problems[0]).toMatchObject({ code: "plugin/failed", plugin: "digest" });
    expect(ada.problems[0]?.message).toContain("no mail server");
    broken = false;
    const before = one.turns.length;
    await until(() => one.turns.length > before);
  });

  it("leaves nothing behind that waits", async () => {
    const one = worker("workspace");
    const ada = await device("ada", { plugins: [one.plugin] });
    await until(() => one.works);
    await ada.host.deactivate("digest");
    expect(one.turns.every(({ signal }) => signal.aborted)).toBe(true);
    const documents = await ada.workspace.list("digest/");
    expect(documents.map(({ path }) => path)).toEqual(["digest/croft/leases"]);
    const { head } = documents[0] ?? {};
    await pass(3 * LEASE);
    expect((await ada.workspace.list("digest/"))[0]?.head).toBe(head);
  });
});

describe("work once per device", () => {
  it("is done in one tab, and goes on in another when that one is closed", async () => {
    const disk = createMemoryDisk();
    const store = Object.assign(async () => createMemoryStore(disk), { sharedAs: "task-tabs" });
    const workers = [worker("device"), worker("device"), worker("workspace"), worker("workspace")];
    const tabs: { close(): Promise<void> }[] = [];
    for (const [index, { plugin }] of workers.entries()) {
      const workspace = await openWorkspace({ id: "acme", user: "ada", store });
      const host = createPluginHost({ workspace });
      host.register(plugin);
      await host.start();
      await expect.poll(() => workers[index - (index % 2)]?.works).toBe(true);
      tabs.push({
        async close() {
          await host.dispose();
          await workspace.dispose();
        },
      });
    }
    expect(workers.map(({ works }) => works)).toEqual([true, false, true, false]);
    await tabs[0]?.close();
    await tabs[2]?.close();
    await expect.poll(() => workers.map(({ works }) => works)).toEqual([false, true, false, true]);
    for (const index of [1, 3]) await tabs[index]?.close();
  });

  it("is done on each device", async () => {
    const [one, two] = [worker("device"), worker("device")];
    await device("ada", { plugins: [one.plugin] });
    await device("ada", { plugins: [two.plugin] });
    await expect.poll(() => working(one, two)).toHaveLength(2);
  });
});

describe("a plugin that runs elsewhere", () => {
  it("has turns as one that runs here", async () => {
    const workspace = await openWorkspace({
      id: "acme",
      user: "ada",
      store: async () => createMemoryStore(),
    });
    const warnings: string[] = [];
    const host: PluginHost = createPluginHost({
      workspace,
      onLog: ({ message }) => warnings.push(message),
    });
    const turns: (TaskTurn & Partial<WorkspaceTurn>)[] = [];
    let stopped = 0;
    const plugin = definePlugin({
      manifest: MANIFEST,
      activate({ tasks, signal }) {
        tasks.oncePerDevice("index", (turn) => void turns.push(turn));
        tasks.oncePerWorkspace("send", (turn) => void turns.push(turn), { lease: 5_000 });
        expect(() => tasks.oncePerDevice("index", () => undefined)).toThrow("already");
        expect(() => tasks.oncePerDevice("No name", () => undefined)).toThrow("lower-case");
        expect(() => tasks.oncePerWorkspace("x", () => undefined, { lease: 1 })).toThrow("lease");
        const given = tasks.oncePerDevice("once", async ({ signal: over }) => {
          await new Promise((resolve) => over.addEventListener("abort", resolve));
          stopped++;
        });
        void new Promise((resolve) => signal.addEventListener("abort", resolve)).then(() =>
          given.stop(),
        );
      },
    });
    host.register(
      createRemotePlugin({
        manifest: plugin.manifest,
        workspace,
        host,
        openRealm: async (admission) => {
          const { port1, port2 } = new MessageChannel();
          servePlugin(plugin, port2, admission);
          return { port: port1, close: () => port2.close() };
        },
      }),
    );
    await host.activate("digest");
    await expect.poll(() => turns.length).toBe(2);
    expect(turns.map(({ fence }) => typeof fence)).toContain("number");
    await host.deactivate("digest");
    expect(turns.every(({ signal }) => signal.aborted)).toBe(true);
    expect(stopped).toBe(1);
    expect(warnings).toEqual([]);
    await host.dispose();
    await workspace.dispose();
  });
});
