/** Yjs client ids that go on being used (SYNC rule 11): each costs its document something for ever. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { createClientIds } from "./replica/client-ids.ts";
import type { DocumentHandle } from "./replica/document-handle.ts";
import type { MemoryDisk } from "./store/memory-store.ts";
import { copyDisk, createRig, grants, type Rig, type RigDevice } from "./testing/rig.ts";

const PAGE = "notes/a";

let rig: Rig;
/** Users share the process, and with it its locks. */
let user = "";
let users = 0;
beforeEach(async () => {
  rig = await createRig();
  user = `user-${++users}`;
});
afterEach(() => rig.dispose());

async function open(disk?: MemoryDisk): Promise<{ device: RigDevice; page: DocumentHandle }> {
  const device = await rig.device(user, disk);
  const page = device.workspace.open(PAGE);
  await page.caughtUp();
  return { device, page };
}

const ids = ({ doc }: DocumentHandle): readonly number[] =>
  [...Y.decodeStateVector(Y.encodeStateVector(doc)).keys()].toSorted((a, b) => a - b);

/** Waits until a replica that just caught up has taken over an id, if it can: locks are given in order. */
async function leaseSettled(): Promise<void> {
  (await createClientIds("nobody's").hold(PAGE, 1))?.();
}

async function type(page: DocumentHandle, words: string): Promise<void> {
  await leaseSettled();
  page.doc.getText("body").insert(0, words);
  await page.saved("server");
}

describe("[SYNC-11] a document that is opened again and again", () => {
  it("is written under one client id, which its next replica takes over", async () => {
    const first = await open();
    await type(first.page, "1");
    const { clientID } = first.page.doc;
    await first.device.workspace.dispose();
    for (const words of ["2", "3", "4"]) {
      const next = await open(first.device.disk);
      await expect.poll(() => next.page.doc.clientID).toBe(clientID);
      await type(next.page, words);
      expect(ids(next.page)).toEqual([clientID]);
      await next.device.workspace.dispose();
    }
    const last = await open(first.device.disk);
    expect(last.page.doc.getText("body").toString()).toBe("4321");
    expect(await last.device.workspace.quarantine.list()).toEqual([]);
  });

  it("finds its id among those of very many others", async () => {
    const other = (await rig.device(`${user}-other`)).workspace.open(PAGE);
    await other.caughtUp();
    for (let client = 1000; client < 1100; client++) {
      other.doc.clientID = client;
      other.doc.getText("body").insert(0, "x");
    }
    await other.saved("server");
    const first = await open();
    await type(first.page, "mine");
    const { clientID } = first.page.doc;
    await first.device.workspace.dispose();
    const next = await open(first.device.disk);
    await expect.poll(() => next.page.doc.clientID).toBe(clientID);
  });

  it("gets another one while the former owner may live", async () => {
    const first = await open();
    await type(first.page, "1");
    const { clientID } = first.page.doc;
    await first.device.workspace.dispose();
    // A window that lost its session, and has not come back yet.
    const give = await createClientIds(`acme/${user}`).hold(PAGE, clientID);
    const second = await open(first.device.disk);
    await type(second.page, "2");
    expect(second.page.doc.clientID).not.toBe(clientID);
    expect(ids(second.page)).toHaveLength(2);
    await second.device.workspace.dispose();
    give?.();
    const third = await open(first.device.disk);
    await expect.poll(() => ids(third.page)).toContain(third.page.doc.clientID);
  });

  it("gives two windows at once an id each", async () => {
    const { device, page } = await open();
    await type(page, "1");
    const other = device.workspace.createPluginReplica("notes");
    const theirs = other.open(PAGE);
    await theirs.caughtUp();
    await type(theirs, "2");
    expect(theirs.doc.clientID).not.toBe(page.doc.clientID);
    const pluginId = theirs.doc.clientID;
    const { clientID } = page.doc;
    await other.dispose();
    await device.workspace.dispose();
    // Where plugins run may know no locks: theirs are left alone.
    const next = await open(device.disk);
    await expect.poll(() => next.page.doc.clientID).toBe(clientID);
    expect(next.page.doc.clientID).not.toBe(pluginId);
  });

  it("keeps the id that something was written under before the hub had answered", async () => {
    const first = await open();
    await type(first.page, "1");
    await first.device.workspace.dispose();
    const device = await rig.device(user, first.device.disk);
    const page = device.workspace.open(PAGE);
    const { clientID } = page.doc;
    page.doc.getText("body").insert(0, "at once ");
    await page.saved("server");
    await leaseSettled();
    expect(page.doc.clientID).toBe(clientID);
    expect(ids(page)).toHaveLength(2);
  });

  it("never gets an id back of which the quarantine holds something", async () => {
    const first = await open();
    await type(first.page, "1");
    first.device.workspace.sync.pause();
    await expect.poll(() => first.device.workspace.sync.state.name).toBe("paused");
    rig.gate.limitUser(user, grants("**:read"));
    first.page.doc.getText("body").insert(0, "refused ");
    await first.page.saved("device");
    const { clientID } = first.page.doc;
    first.device.workspace.sync.resume();
    await expect.poll(() => first.device.workspace.quarantine.list()).toHaveLength(1);
    rig.gate.limitUser(user, undefined);
    await expect.poll(() => first.page.state.access).toBe("write");
    await first.device.workspace.dispose();
    const second = await open(first.device.disk);
    await type(second.page, "2");
    expect(second.page.doc.clientID).not.toBe(clientID);
    const [record] = await second.device.workspace.quarantine.list();
    if (!record) throw new Error("nothing is in the quarantine");
    await second.device.workspace.quarantine.retry(record.id);
    await expect
      .poll(() => second.page.doc.getText("body").toString().includes("refused "))
      .toBe(true);
  });

  it("[SYNC-2] gives up all ids when its store turns out to be a copy", async () => {
    const first = await open();
    await type(first.page, "1");
    const { clientID } = first.page.doc;
    await first.device.workspace.dispose();
    const copy = copyDisk(first.device.disk);
    const original = await open(first.device.disk);
    await expect.poll(() => original.page.doc.clientID).toBe(clientID);
    await type(original.page, "2");
    await original.device.workspace.dispose();
    const clone = await open(copy);
    await type(clone.page, "3");
    await clone.device.workspace.dispose();
    const again = await open(copy);
    let resets = 0;
    again.page.onReset(() => resets++);
    await type(again.page, "4");
    expect(resets).toBe(0);
    expect(again.page.doc.clientID).not.toBe(clientID);
    expect(again.page.doc.getText("body").toString()).toBe("4321");
  });
});
