// The plugin as its users have it: in a host on a device, and on two.

import type { Workspace } from "@croft/core";
import { createTestTeam, type TestDevice, type TestTeam } from "@croft/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { statsPlugin } from "./index.ts";

let team: TestTeam;
beforeEach(async () => {
  team = await createTestTeam();
});
afterEach(async () => team.dispose());

describe("on one device", () => {
  it("counts a page that it was granted, and again when it changes", async () => {
    const { workspace, host } = await openDevice("ada");
    host.grant("stats", statsPlugin.manifest.permissions);
    await write(workspace, "notes/pages/1", "three short words");
    await counts(workspace, { "notes/pages/1": 3 });
    await write(workspace, "notes/pages/1", "now ");
    await write(workspace, "notes/pages/2", "one");
    await counts(workspace, { "notes/pages/1": 4, "notes/pages/2": 1 });
  });

  it("sees nothing without a grant, and nothing that it did not ask for", async () => {
    const { workspace, host } = await openDevice("ada");
    await write(workspace, "notes/pages/1", "not to be seen");
    await write(workspace, "notes/index", "nor this");
    // Nothing to wait for: a page that it may read afterwards shows that it works.
    host.grant("stats", statsPlugin.manifest.permissions);
    await write(workspace, "notes/pages/2", "seen");
    await counts(workspace, { "notes/pages/2": 1 });
  });

  it("stops counting when the grant is revoked, and keeps what it counted", async () => {
    const { workspace, host } = await openDevice("ada");
    host.grant("stats", statsPlugin.manifest.permissions);
    await write(workspace, "notes/pages/1", "one");
    await counts(workspace, { "notes/pages/1": 1 });
    host.revoke("stats");
    const told = new Promise<void>((resolve) => {
      host.events.subscribe("data_changed", ({ path }) => {
        if (path === "notes/pages/2") resolve();
      });
    });
    await write(workspace, "notes/pages/2", "meanwhile");
    await told;
    host.grant("stats", statsPlugin.manifest.permissions);
    await write(workspace, "notes/pages/3", "again");
    await counts(workspace, { "notes/pages/1": 1, "notes/pages/3": 1 });
  });

  it("another plugin's page answers a clear denial to an edit", async () => {
    const { workspace } = await openDevice("ada");
    await write(workspace, "notes/pages/1", "Hello");
    const replica = workspace.createPluginReplica("stats");
    const page = replica.open("notes/pages/1");
    await page.ready;
    expect(page.state.access).toBe("none");
    page.doc.getText("body").insert(0, "Goodbye");
    await expect(page.saved("device")).rejects.toMatchObject({
      code: "access/denied",
      path: "notes/pages/1",
    });
    await replica.dispose();
  });

  it("leaves nothing running when it is deactivated", async () => {
    const { workspace, host } = await openDevice("ada");
    host.grant("stats", statsPlugin.manifest.permissions);
    await write(workspace, "notes/pages/1", "one");
    await host.deactivate("stats");
    // The count was not due yet, and its timer is gone.
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await totals(workspace)).toEqual({});
  });
});

describe("on two devices", () => {
  it("both come to the words of the merged page", async () => {
    const plugins = [statsPlugin];
    const ada = await team.device("ada", { plugins });
    const ben = await team.device("ben", { plugins });
    // A device has what was opened on it.
    const page = ben.workspace.open("notes/pages/1");
    await write(ada.workspace, "notes/pages/1", "shared ");
    await expect.poll(() => page.doc.getText("body").toString()).toBe("shared ");
    await counts(ben.workspace, { "notes/pages/1": 1 });

    ada.goOffline();
    ben.goOffline();
    await write(ada.workspace, "notes/pages/1", "two words ");
    await write(ben.workspace, "notes/pages/1", "and three words ");
    await counts(ada.workspace, { "notes/pages/1": 3 });
    await counts(ben.workspace, { "notes/pages/1": 4 });

    ada.goOnline();
    ben.goOnline();
    // Ben's device has all of it, and neither of the two counts was right.
    await counts(ada.workspace, { "notes/pages/1": 6 });
    await counts(ben.workspace, { "notes/pages/1": 6 });
    await team.converge();
    expect([...ada.problems, ...ben.problems]).toEqual([]);
  }, 20_000);
});

/** A device with the plugin running on it, which was granted nothing yet. */
async function openDevice(user: string): Promise<TestDevice> {
  return team.device(user, { plugins: [statsPlugin], granted: false });
}

/** Writes at the front of a page, as the application. */
async function write(workspace: Workspace, path: string, text: string): Promise<void> {
  const handle = workspace.open(path);
  await handle.ready;
  handle.doc.getText("body").insert(0, text);
  await handle.saved("device");
  handle.close();
}

/** Waits until the saved totals are these. */
async function counts(workspace: Workspace, expected: Record<string, number>): Promise<void> {
  await expect.poll(() => totals(workspace), { timeout: 8_000 }).toEqual(expected);
}

async function totals(workspace: Workspace): Promise<Record<string, unknown>> {
  const handle = workspace.open("stats/summary");
  await handle.ready;
  const saved = handle.doc.getMap("words").toJSON();
  handle.close();
  return saved;
}
