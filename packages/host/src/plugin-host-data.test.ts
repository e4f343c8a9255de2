/** What plugins reach of the documents, and what they hear of their changes. */

import { parseDocPath } from "@croft/core";
import { type DataChanged } from "@croft/plugin";
import { describe, expect, it } from "vitest";
import { activate, ASKS, plugin, rig, stateOf, text, write } from "./testing/plugin-host-rig.ts";
import { settle } from "./testing/settle.ts";

describe("what a plugin reaches", () => {
  it("its own subtree", async () => {
    const { host, workspace } = await rig();
    const { context } = await activate(host, "stats");
    const own = context.documents.open(context.documents.own("summary"));
    expect(own.path).toBe("stats/summary");
    await own.ready;
    expect(own.state.access).toBe("write");
    own.doc.getText("body").insert(0, "7 words");
    await own.saved("device");
    const seen = workspace.open("stats/summary");
    await expect.poll(() => text(seen)).toBe("7 words");
  });

  it("not another plugin's path: no content, and edits are denied and taken back", async () => {
    const { host, workspace } = await rig();
    const page = await write(workspace, "notes/pages/1", "secret");
    const { context } = await activate(host, "stats", ASKS);
    const handle = context.documents.open("notes/pages/1");
    await handle.ready;
    expect(handle.state.access).toBe("none");
    expect(text(handle)).toBe("");

    const denial = new Promise<string>((resolve) =>
      handle.onDenied(({ reason }) => resolve(reason)),
    );
    handle.doc.getText("body").insert(0, "mine now");
    const saved = handle.saved("device");
    await expect(saved).rejects.toMatchObject({ code: "access/denied", path: "notes/pages/1" });
    expect(await denial).toMatch(/\w/);
    await expect.poll(() => text(handle)).toBe("");
    expect(text(page)).toBe("secret");
  });

  it("with a grant what was granted, and at once nothing when it is revoked", async () => {
    const { host, workspace } = await rig();
    const page = await write(workspace, "notes/pages/1", "Hello");
    const { context } = await activate(host, "stats", ASKS);
    const handle = context.documents.open("notes/pages/1");
    await handle.ready;

    host.grant("stats", { documents: [{ pattern: "notes/pages/*", access: "read" }] });
    await expect.poll(() => text(handle)).toBe("Hello");
    expect(handle.state.access).toBe("read");
    handle.doc.getText("body").insert(0, "> ");
    await expect(handle.saved("device")).rejects.toMatchObject({ code: "access/denied" });
    await expect.poll(() => text(handle)).toBe("Hello");

    host.grant("stats", ASKS.permissions);
    await expect.poll(() => handle.state.access).toBe("write");
    handle.doc.getText("body").insert(0, "> ");
    await handle.saved("device");
    await expect.poll(() => text(page)).toBe("> Hello");

    host.revoke("stats");
    await expect.poll(() => handle.state.access).toBe("none");
    page.doc.getText("body").insert(0, "After. ");
    await page.saved("device");
    handle.doc.getText("body").insert(0, "too late ");
    await expect(handle.saved("device")).rejects.toMatchObject({ code: "access/denied" });
    expect(text(page)).toBe("After. > Hello");
    expect(text(handle)).not.toContain("After.");
    // Also without a server: what it typed while it might is a person's to decide.
    const kept = await workspace.quarantine.list(parseDocPath("notes/pages/1"));
    expect(kept).toMatchObject([
      { author: "ada/stats@1.0.0", code: "no-access" },
      { author: "ada/stats@1.0.0", code: "no-access" },
    ]);
    const [, late] = kept;
    if (!late) throw new Error("nothing is kept");
    const { withEdits } = await workspace.quarantine.read(late.id);
    expect(withEdits.getText("body").toString()).toContain("too late ");
  });

  it("only what it asked for can be granted", async () => {
    const { host } = await rig();
    host.register(plugin("stats", ASKS));
    expect(() =>
      host.grant("stats", { documents: [{ pattern: "tasks/**", access: "read" }] }),
    ).toThrow(expect.objectContaining({ code: "input/invalid", plugin: "stats" }));
    expect(host.list()[0]?.granted.documents).toEqual([]);
  });

  it("nothing any more once it was unregistered, and registered again", async () => {
    const { host, workspace } = await rig();
    await write(workspace, "notes/pages/1", "Hello");
    host.register(plugin("stats", ASKS));
    host.grant("stats", ASKS.permissions);
    await host.unregister("stats");
    const principal = { user: "ada", plugin: "stats", grants: [] };
    expect(workspace.gate.check(principal, parseDocPath("notes/pages/1")).access).toBe("none");
    const { context } = await activate(host, "stats", ASKS);
    const handle = context.documents.open("notes/pages/1");
    await handle.ready;
    expect(handle.state.access).toBe("none");
  });
});

describe("data_changed", () => {
  it("tells which document changed, by whom, and whether by the plugin itself", async () => {
    const { host, workspace } = await rig();
    const heard: DataChanged[] = [];
    const { context } = await activate(host, "stats", ASKS);
    context.events.subscribe("data_changed", (change) => void heard.push(change));
    host.grant("stats", ASKS.permissions);
    await write(workspace, "notes/pages/1", "Hello");
    await expect
      .poll(() => heard)
      .toEqual([{ path: "notes/pages/1", author: "ada", origin: "device", byThisPlugin: false }]);
    heard.splice(0);
    const own = context.documents.open("stats/summary");
    await own.ready;
    own.doc.getMap("words").set("notes/pages/1", 1);
    await expect
      .poll(() => heard)
      .toEqual([
        { path: "stats/summary", author: "ada/stats@1.0.0", origin: "device", byThisPlugin: true },
      ]);
  });

  it("keeps silent about what the plugin may not read, from the moment of a revocation", async () => {
    const { host, workspace } = await rig();
    const heard: string[] = [];
    const { context } = await activate(host, "stats", ASKS);
    context.events.subscribe("data_changed", ({ path }) => void heard.push(path));
    const told: string[] = [];
    host.events.subscribe("data_changed", ({ path }) => void told.push(path));
    await write(workspace, "notes/pages/1", "Hello");
    await expect.poll(() => told).toEqual(["notes/pages/1"]);
    host.grant("stats", ASKS.permissions);
    await write(workspace, "notes/pages/2", "Hello");
    await expect.poll(() => heard).toEqual(["notes/pages/2"]);
    host.revoke("stats");
    await write(workspace, "notes/pages/3", "Hello");
    await expect.poll(() => told).toEqual(["notes/pages/1", "notes/pages/2", "notes/pages/3"]);
    expect(heard).toEqual(["notes/pages/2"]);
  });

  it("wakes a plugin that waits for it, which then hears what woke it", async () => {
    const { host, workspace } = await rig();
    const heard: string[] = [];
    host.register(
      plugin("stats", { ...ASKS, activation: ["event:data_changed"] }, ({ events }) => {
        events.subscribe("data_changed", ({ path }) => void heard.push(path));
      }),
    );
    await host.start();
    await write(workspace, "notes/pages/1", "not for it");
    await settle();
    expect(stateOf(host, "stats")).toBe("registered");
    host.grant("stats", ASKS.permissions);
    await write(workspace, "notes/pages/2", "Hello");
    await write(workspace, "notes/pages/3", "Hello");
    await expect.poll(() => heard).toEqual(["notes/pages/2", "notes/pages/3"]);
    expect(stateOf(host, "stats")).toBe("active");
  });
});
