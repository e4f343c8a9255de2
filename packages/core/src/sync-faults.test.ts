/** Faults in unlucky moments between a device and its server; each of these once lost or leaked. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import type { DocumentHandle } from "./replica/document-handle.ts";
import { createGateway } from "./testing/gateway.ts";
import { copyDisk, createRig, grants, type Rig, type RigDevice } from "./testing/rig.ts";

const PAGE = "notes/page";

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(async () => {
  await rig.dispose();
});

function text(handle: DocumentHandle): string {
  return handle.doc.getText("body").toString();
}

function type(handle: DocumentHandle, what: string): void {
  const body = handle.doc.getText("body");
  body.insert(body.length, what);
}

async function pages(
  ...users: readonly string[]
): Promise<readonly { device: RigDevice; page: DocumentHandle }[]> {
  return Promise.all(
    users.map(async (user) => {
      const device = await rig.device(user);
      const page = device.workspace.open(PAGE);
      await page.caughtUp();
      return { device, page };
    }),
  );
}

function pendingOf({ disk }: RigDevice, page: DocumentHandle): number {
  const entries = disk.documents.get(page.path)?.entries.values() ?? [];
  return [...entries].filter(({ pending }) => pending).length;
}

describe("what comes down", () => {
  it("[SYNC-4] behind an entry whose commit fails is not taken before that entry", async () => {
    const [ada, ben, cleo] = await pages("ada", "ben", "cleo");
    if (!ada || !ben || !cleo) return;
    const held = createGateway();
    const atCommit = createGateway();
    ben.device.store.beforeCommit = () => {
      atCommit.open();
      return held.passed;
    };
    type(ada.page, "one ");
    await ada.page.saved("server");
    await atCommit.passed;
    // Made without a need for the first one, so that bytes cannot show that it is missing.
    cleo.page.doc.getText("other").insert(0, "x");
    await cleo.page.saved("server");
    ben.device.store.failWith = "store/full";
    ben.device.store.beforeCommit = () => {
      ben.device.store.failWith = undefined;
    };
    held.open();
    await expect.poll(() => ben.page.doc.getText("other").toString()).toBe("x");
    await expect.poll(() => text(ben.page)).toBe("one ");
    await expect.poll(() => ben.page.state).toMatchObject({ live: true, error: undefined });
  });

  it("[SYNC-4] a snapshot with an acknowledgement leaves nothing pending", async () => {
    const [ada, ben] = await pages("ada", "ben");
    if (!ada || !ben) return;
    type(ada.page, "start ");
    await expect.poll(() => text(ben.page)).toBe("start ");
    ben.device.wire?.hold(1);
    type(ben.page, "mine");
    await expect.poll(() => text(ada.page)).toContain("mine");
    for (let i = 0; i < 30; i++) {
      type(ada.page, "y".repeat(40_000));
      await ada.page.saved("server");
    }
    await expect
      .poll(() => rig.disk.documents.get(ada.page.path)?.record.base ?? 0)
      .toBeGreaterThan(0);
    ben.device.wire?.cut();
    await expect.poll(() => ben.page.state.saved).toBe("server");
    await expect.poll(() => text(ben.page)).toBe(text(ada.page));
    expect(pendingOf(ben.device, ben.page)).toBe(0);
  });

  it("another person's deletion stays, when ours of the same is refused", async () => {
    const [ada, ben] = await pages("ada", "ben");
    if (!ada || !ben) return;
    type(ada.page, "abc");
    await expect.poll(() => text(ben.page)).toBe("abc");
    ben.device.workspace.sync.pause();
    ben.page.doc.getText("body").delete(1, 1);
    await ben.page.saved("device");
    ada.page.doc.getText("body").delete(1, 1);
    await ada.page.saved("server");
    rig.gate.limitUser("ben", grants("**:read"));
    ben.device.workspace.sync.resume();
    await expect.poll(() => ben.device.workspace.quarantine.list()).toHaveLength(1);
    await expect.poll(() => ben.page.state.live).toBe(true);
    expect(text(ben.page)).toBe("ac");
    expect(text(ada.page)).toBe("ac");
  });
});

describe("what goes up", () => {
  it("[SYNC-16] an edit goes up by itself when the answer to its commit was lost", async () => {
    const [ada] = await pages("ada");
    if (!ada) return;
    ada.device.store.loseNextAnswer = true;
    type(ada.page, "lonely");
    await expect.poll(() => ada.page.state.saved).toBe("server");
  });

  it("[SYNC-22] who waits for the server is told what it refused, and so is the application", async () => {
    const [ada, ben] = await pages("ada", "ben");
    if (!ada || !ben) return;
    type(ada.page, "fine");
    await expect.poll(() => text(ben.page)).toBe("fine");
    ben.device.workspace.sync.pause();
    type(ben.page, " refused");
    await ben.page.saved("device");
    const codes: string[] = [];
    ben.page.onDenied(({ code }) => codes.push(code));
    const saved = ben.page.saved("server");
    rig.gate.limitUser("ben", grants("**:read"));
    ben.device.workspace.sync.resume();
    await expect(saved).rejects.toMatchObject({ code: "access/denied", path: PAGE });
    expect(codes).toEqual(["no-access"]);
    await expect.poll(() => text(ben.page)).toBe("fine");
  });

  it("[SYNC-2] an edit between a fork and the next opening is whole, here or in the quarantine", async () => {
    const [ada] = await pages("ada");
    if (!ada) return;
    type(ada.page, "base ");
    await ada.page.saved("server");
    ada.device.wire?.hold(0);
    type(ada.page, "pending ");
    await ada.page.saved("device");
    const held = createGateway();
    const atCommit = createGateway();
    ada.device.store.beforeCommit = ({ meta }) => {
      if (!meta) return undefined;
      atCommit.open();
      return held.passed;
    };
    await rig.device("ada", copyDisk(ada.device.disk));
    await atCommit.passed;
    rig.stopServer();
    held.open();
    await expect.poll(() => ada.device.workspace.problem?.code).toBe("session/replaced");
    type(ada.page, "typed after");
    await ada.page.saved("device").catch(() => undefined);
    const quarantined = await ada.device.workspace.quarantine.list();
    expect(
      JSON.stringify(
        quarantined.flatMap(({ updates }) =>
          updates.map((update) => new TextDecoder("latin1").decode(update)),
        ),
      ),
    ).toContain("typed after");
    const merged = new Y.Doc();
    const entries = ada.device.disk.documents.get(ada.page.path)?.entries.values() ?? [];
    for (const { update } of entries) Y.applyUpdate(merged, update);
    expect(merged.store.pendingStructs).toBeNull();
  });

  it("[SYNC-6] a recovery that was about to be offered is not offered twice after a cut", async () => {
    const [ada] = await pages("ada");
    if (!ada) return;
    type(ada.page, "first ");
    await ada.page.saved("server");
    const backup = copyDisk(rig.disk);
    type(ada.page, "second");
    await ada.page.saved("server");
    const held = createGateway();
    let reads = 0;
    ada.device.store.afterRead = (method) => {
      if (method !== "readLog") return undefined;
      reads++;
      return held.passed;
    };
    await rig.restartServer(backup);
    await expect.poll(() => reads).toBe(1);
    ada.device.wire?.cut();
    await expect.poll(() => reads).toBe(2);
    held.open();
    await expect.poll(() => ada.page.state.error?.code).toBe("hub/behind");
    await expect.poll(() => ada.device.workspace.sync.state).toEqual({ name: "online" });
  });
});

describe("plugins on a device", () => {
  it("hear nothing of documents that they may not read", async () => {
    const [ada] = await pages("ada");
    if (!ada) return;
    const spy = ada.device.workspace.createPluginReplica("stats");
    const foreign = spy.open(PAGE);
    await foreign.ready;
    expect(foreign.state.access).toBe("none");
    const heard: number[] = [];
    foreign.onState(({ waiting }) => heard.push(waiting));
    rig.stopServer();
    for (let i = 0; i < 3; i++) {
      type(ada.page, "private");
      await ada.page.saved("device");
    }
    // What is told to the plugin comes in order: its own document after all that.
    const own = spy.open("stats/own");
    own.doc.getMap("x").set("y", 1);
    await own.saved("device");
    expect(heard).toEqual([]);
  });

  it("[SYNC-11] may not write under the client id of somebody on another device", async () => {
    const [ada, ben] = await pages("ada", "ben");
    if (!ada || !ben) return;
    type(ada.page, "ada's ");
    await expect.poll(() => text(ben.page)).toBe("ada's ");
    ben.device.workspace.gate.setPluginGrants("stats", grants("notes/**:write"));
    const own = ben.device.workspace.createPluginReplica("stats").open(PAGE);
    await expect.poll(() => text(own)).toBe("ada's ");
    const forged = ada.page.doc.clientID;
    let resets = 0;
    ben.page.onReset(() => resets++);
    own.doc.clientID = forged;
    type(own, "forged");
    // It is renamed on the device already, so that nobody's editor is built anew for it.
    await expect.poll(() => text(ada.page)).toBe("ada's forged");
    const structs = ada.page.doc.store.clients.get(forged) ?? [];
    expect(structs.reduce((clock, struct) => clock + struct.length, 0)).toBe("ada's ".length);
    expect(resets).toBe(0);
  });
});
