/** Events through device hubs and a server, and among the tabs of a device. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryDisk, createMemoryStore } from "../store/memory-store.ts";
import { createRig, grants, type Rig } from "../testing/rig.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";
import type { WorkspaceEvent } from "./workspace-events.ts";

// Many devices in one process take their time where others want it, too.
vi.setConfig({ testTimeout: 60_000 });

const TOPIC = "notes/page-opened";
const JOINED = "app/joined";

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.dispose());

/** All that a workspace hears from now on. */
function listening(workspace: Workspace): readonly WorkspaceEvent[] {
  const heard: WorkspaceEvent[] = [];
  workspace.events.listen((event) => void (event.topic !== JOINED && heard.push(event)));
  return heard;
}

/** Resolves when what `from` publishes reaches everybody in `to`. */
async function joined(from: Workspace, ...to: readonly Workspace[]): Promise<void> {
  const reached = new Set<Workspace>();
  const stops = to.map((each) =>
    each.events.listen(({ topic }) => void (topic === JOINED && reached.add(each))),
  );
  await expect
    .poll(() => {
      from.events.publish(JOINED, null);
      return reached.size;
    })
    .toBe(to.length);
  for (const stop of stops) stop();
}

describe("events of a workspace", () => {
  it("reach all devices, with who sent them, and not who published", async () => {
    const [ada, ben, phone] = [
      (await rig.device("ada")).workspace,
      (await rig.device("ben")).workspace,
      (await rig.device("ada")).workspace,
    ];
    const heard = [ada, ben, phone].map(listening);
    await joined(ada, ben, phone);
    const data = { page: 42, tags: ["a", null], title: undefined };
    ada.events.publish(TOPIC, data);
    ada.events.publish(TOPIC, 2, { plugin: "stats" });
    await expect.poll(() => heard.map(({ length }) => length)).toEqual([0, 2, 2]);
    expect(heard[1]).toEqual([
      { topic: TOPIC, user: "ada", plugin: undefined, data: { page: 42, tags: ["a", null] } },
      { topic: TOPIC, user: "ada", plugin: "stats", data: 2 },
    ]);
  });

  it("[INV-4] do not reach who may not read the topic's path at the server", async () => {
    const [ada, ben] = [(await rig.device("ada")).workspace, (await rig.device("ben")).workspace];
    const heard = listening(ben);
    await joined(ada, ben);
    rig.gate.limitUser("ben", grants("app/**:write", "notes/**:none"));
    ada.events.publish(TOPIC, "secret");
    await joined(ada, ben);
    expect(heard).toEqual([]);
    const heardByAda = listening(ada);
    ben.events.publish(TOPIC, "forged");
    await expect.poll(() => ben.events.dropped["no-access"]).toBe(1);
    expect(heardByAda).toEqual([]);
  });

  it("are lost while a device is offline, which is counted, and come again afterwards", async () => {
    const [ada, ben] = [(await rig.device("ada")).workspace, (await rig.device("ben")).workspace];
    const [heard, back] = [listening(ben), listening(ada)];
    await joined(ada, ben);
    const told: number[] = [];
    ada.events.onDropped(({ offline }) => told.push(offline));
    ada.sync.pause();
    ada.events.publish(TOPIC, "unheard");
    ben.events.publish(TOPIC, "unheard");
    await expect.poll(() => ada.events.dropped.offline).toBe(1);
    expect(told).toEqual([1]);
    ada.sync.resume();
    await joined(ada, ben);
    await joined(ben, ada);
    ada.events.publish(TOPIC, "heard");
    ben.events.publish(TOPIC, "heard");
    await expect.poll(() => heard.map(({ data }) => data)).toEqual(["heard"]);
    await expect.poll(() => back.map(({ data }) => data)).toEqual(["heard"]);
  });

  it("reach the other tabs of a device without any server, and each once", async () => {
    const disk = createMemoryDisk();
    const store = Object.assign(async () => createMemoryStore(disk), { sharedAs: "event-tabs" });
    const tabs: Workspace[] = [];
    for (let n = 0; n < 3; n++) tabs.push(await openWorkspace({ id: "w", user: "ada", store }));
    const [first, second, third] = tabs;
    if (!first || !second || !third) throw new Error("three tabs were opened");
    const heard = tabs.map(listening);
    await joined(first, second, third);
    await joined(second, first, third);
    second.events.publish(TOPIC, "from a tab that follows");
    first.events.publish(TOPIC, "from the one that leads");
    await expect.poll(() => heard.map(({ length }) => length)).toEqual([1, 1, 2]);
    for (const tab of tabs.toReversed()) await tab.dispose();
  });

  it("are refused when they are not JSON, too large, or of no topic", async () => {
    const { events } = (await rig.device("ada")).workspace;
    const refused = [
      new Date(),
      new Map(),
      1n,
      Number.NaN,
      () => 1,
      [undefined],
      "x".repeat(20_000),
    ];
    for (const data of refused) {
      expect(() => events.publish(TOPIC, data)).toThrow(
        expect.objectContaining({ code: "input/invalid" }),
      );
    }
    expect(() => events.publish("notes", 1)).toThrow(
      expect.objectContaining({ code: "input/invalid" }),
    );
  });
});
