/** Events between a host and its plugins. */

import { definePlugin } from "@croft/plugin";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { activate, manifest, plugin, rig, stateOf } from "./testing/plugin-host-rig.ts";
import { settle } from "./testing/settle.ts";

describe("events", () => {
  it("between host and plugins: own topics are free, others need a grant", async () => {
    const { host } = await rig();
    const heard: unknown[] = [];
    const notes = await activate(host, "notes");
    const stats = await activate(host, "stats", {
      permissions: {
        events: [{ topic: "notes/opened", direction: "subscribe", reason: "To show it." }],
      },
    });
    const listen = (): unknown =>
      stats.context.events.subscribe("notes/opened", (data, { publisher }) => {
        heard.push([publisher, data]);
      });
    expect(listen).toThrow(
      expect.objectContaining({
        code: "access/denied",
        plugin: "stats",
        message: "stats may not subscribe notes/opened.",
      }),
    );
    await expect(stats.context.events.publish("notes/opened", 1)).rejects.toMatchObject({
      code: "access/denied",
    });

    host.grant("stats", stats.plugin.manifest.permissions);
    listen();
    await notes.context.events.publish("notes/opened", { page: 1 });
    await host.events.publish("notes/opened", { page: 2 });
    await expect
      .poll(() => heard)
      .toEqual([
        ["notes", { page: 1 }],
        ["app", { page: 2 }],
      ]);
    host.revoke("stats");
    await notes.context.events.publish("notes/opened", { page: 3 });
    await settle();
    expect(heard).toHaveLength(2);
  });

  it("checks what has a schema, whoever publishes", async () => {
    const { host } = await rig({ topics: { "app/theme": z.enum(["light", "dark"]) } });
    const stats = definePlugin({
      manifest: manifest("stats"),
      topics: { "stats/counted": z.object({ words: z.number() }) },
      activate: () => undefined,
    });
    host.register(stats);
    await expect(host.events.publish("stats/counted", { words: "7" })).rejects.toMatchObject({
      code: "input/invalid",
    });
    await host.events.publish("stats/counted", { words: 7 });
    // @ts-expect-error: the host's own topics are typed
    await expect(host.events.publish("app/theme", "pink")).rejects.toMatchObject({
      code: "input/invalid",
    });
    // @ts-expect-error: nor is it anybody's to publish
    await expect(host.events.publish("data_changed", 1)).rejects.toMatchObject({
      code: "access/denied",
    });
  });

  it("a listener that throws is that plugin's problem; the others hear", async () => {
    const { host, problems } = await rig();
    const heard: string[] = [];
    const notes = await activate(host, "notes");
    const listen = (name: string) => async (): Promise<void> => {
      heard.push(name);
      throw new Error(`${name} cannot`);
    };
    notes.context.events.subscribe("notes/opened", listen("first"));
    notes.context.events.subscribe("notes/opened", listen("second"));
    host.events.subscribe("notes/opened", () => void heard.push("host"));
    await host.events.publish("notes/opened", 1);
    await expect.poll(() => heard.toSorted()).toEqual(["first", "host", "second"]);
    await expect
      .poll(() => problems.map(({ plugin: id, message }) => [id, message]))
      .toEqual([
        ["notes", "notes threw in a listener of notes/opened: first cannot"],
        ["notes", "notes threw in a listener of notes/opened: second cannot"],
      ]);
  });

  it("wake the plugin that waits for the topic, once the host has started", async () => {
    const { host } = await rig();
    const heard: unknown[] = [];
    host.register(
      plugin("stats", { activation: ["event:stats/count"] }, async ({ events }) => {
        await settle();
        events.subscribe("stats/count", (data) => void heard.push(data));
        await settle();
      }),
    );
    await host.events.publish("stats/count", "too early");
    await settle();
    await host.start();
    expect(stateOf(host, "stats")).toBe("registered");
    for (const n of [1, 2, 3]) {
      await host.events.publish("stats/count", n);
      await settle();
    }
    await expect.poll(() => heard).toEqual([1, 2, 3]);
    // Somebody stopped it: events do not bring it back.
    await host.deactivate("stats");
    await host.events.publish("stats/count", 4);
    await settle();
    expect(stateOf(host, "stats")).toBe("inactive");
  });
});
