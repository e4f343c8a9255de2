/** Events that plugins publish to a whole workspace: across devices, past grants on both of them. */

import { type PluginHost } from "@croft/host";
import {
  definePlugin,
  type EventInfo,
  type PluginContext,
  type PluginManifestInput,
} from "@croft/plugin";
import { createTestTeam, type TestDevice, type TestTeam } from "@croft/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";

// Many devices in one process take their time where others want it, too.
vi.setConfig({ testTimeout: 60_000 });

const TOPIC = "chat/said";

let team: TestTeam;
beforeEach(async () => {
  team = await createTestTeam();
});
afterEach(() => team.dispose());

interface Heard {
  readonly data: unknown;
  readonly event: EventInfo;
}

/** A plugin that keeps what it hears of the topic. */
function listener(id: string, permissions: PluginManifestInput["permissions"] = {}) {
  const heard: Heard[] = [];
  let context: PluginContext | undefined;
  const plugin = definePlugin({
    manifest: { id, name: id, version: "1.0.0", engine: "*", permissions },
    activate(given) {
      context = given;
      try {
        given.events.subscribe(TOPIC, (data, event) => void heard.push({ data, event }));
      } catch (error) {
        // Without the grant.
        given.log.warn("hears nothing", error);
      }
    },
  });
  return {
    plugin,
    heard,
    get context(): PluginContext {
      if (!context) throw new Error(`${id} is not active`);
      return context;
    },
  };
}

const chat = () => listener("chat");
const spy = () =>
  listener("spy", { events: [{ topic: TOPIC, direction: "subscribe", reason: "To listen." }] });

/** Publishes until the other device hears: both are in touch then. */
async function inTouch(from: PluginHost, to: PluginHost): Promise<void> {
  let reached = false;
  const stop = to.events.subscribe("app/touch", () => void (reached = true));
  await expect
    .poll(async () => {
      await from.events.publish("app/touch", null, { scope: "workspace" });
      return reached;
    })
    .toBe(true);
  stop();
}

async function together(...devices: readonly TestDevice[]): Promise<void> {
  for (const from of devices) {
    for (const to of devices) if (from !== to) await inTouch(from.host, to.host);
  }
}

describe("events of the whole workspace", () => {
  it("are heard on all devices, at home once and at once, with whose they are", async () => {
    const [one, two] = [chat(), chat()];
    const ada = await team.device("ada", { plugins: [one.plugin] });
    const ben = await team.device("ben", { plugins: [two.plugin] });
    await together(ada, ben);
    for (let n = 0; n < 20; n++) await one.context.events.publish(TOPIC, n, { scope: "workspace" });
    await one.context.events.publish(TOPIC, "for this device");
    await expect.poll(() => [one.heard.length, two.heard.length]).toEqual([21, 20]);
    expect(two.heard.map(({ data }) => data)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    const event = { topic: TOPIC, publisher: "chat", user: "ada" };
    expect(one.heard[0]?.event).toEqual({ ...event, origin: "device" });
    expect(two.heard[0]?.event).toEqual({ ...event, origin: "remote" });
    expect([...ada.problems, ...ben.problems]).toEqual([]);
  });

  it("[INV-4] are not heard by a plugin without the grant, nor by one whose grant was revoked", async () => {
    const [one, granted, refused] = [chat(), spy(), spy()];
    const ada = await team.device("ada", { plugins: [one.plugin] });
    const ben = await team.device("ben", { plugins: [granted.plugin] });
    const cyd = await team.device("cyd", { plugins: [refused.plugin], granted: false });
    await together(ada, ben, cyd);
    await one.context.events.publish(TOPIC, "first", { scope: "workspace" });
    await expect.poll(() => granted.heard.length).toBe(1);
    ben.host.revoke("spy");
    await one.context.events.publish(TOPIC, "second", { scope: "workspace" });
    await together(ada, ben, cyd);
    expect(granted.heard.map(({ data }) => data)).toEqual(["first"]);
    expect(refused.heard).toEqual([]);
    const publish = granted.context.events.publish(TOPIC, "forged", { scope: "workspace" });
    await expect(publish).rejects.toMatchObject({ code: "access/denied" });
  });

  it("[INV-4] are not heard by plugins of a person without access to the topic's path", async () => {
    const [one, two] = [chat(), chat()];
    const ada = await team.device("ada", { plugins: [one.plugin] });
    const ben = await team.device("ben", { plugins: [two.plugin] });
    await together(ada, ben);
    team.limit("ben", { "**": "write", "chat/**": "none" });
    await one.context.events.publish(TOPIC, "secret", { scope: "workspace" });
    await two.context.events.publish(TOPIC, "unwanted", { scope: "workspace" });
    await together(ada, ben);
    expect(one.heard.map(({ data }) => data)).toEqual(["secret"]);
    expect(two.heard.map(({ data }) => data)).toEqual(["unwanted"]);
    await expect.poll(() => ben.host.events.dropped["no-access"]).toBe(1);
  });

  it("are checked by the topic's schema where they arrive, and refused where they begin", async () => {
    const strict = (word: string) => {
      const heard: unknown[] = [];
      const plugin = definePlugin({
        manifest: { id: "chat", name: "Chat", version: "1.0.0", engine: "*" },
        topics: { [TOPIC]: z.object({ text: z.string().startsWith(word) }) },
        activate: ({ events }) => void events.subscribe(TOPIC, (data) => void heard.push(data)),
      });
      return { plugin, heard };
    };
    const [one, two] = [strict("a"), strict("ab")];
    const ada = await team.device("ada", { plugins: [one.plugin] });
    const ben = await team.device("ben", { plugins: [two.plugin] });
    await together(ada, ben);
    const say = (text: string) => ada.host.events.publish(TOPIC, { text }, { scope: "workspace" });
    await expect(say("b")).rejects.toMatchObject({ code: "input/invalid" });
    await say("a");
    await say("abc");
    await expect.poll(() => two.heard).toEqual([{ text: "abc" }]);
    expect(ben.host.events.dropped.invalid).toBe(1);
    expect(one.heard).toEqual([{ text: "a" }, { text: "abc" }]);
    const date = ada.host.events.publish("app/x", new Date(), { scope: "workspace" });
    await expect(date).rejects.toMatchObject({ code: "input/invalid" });
  });

  it("[INV-6] of one plugin leave room for those of others", async () => {
    const [one, two] = [chat(), chat()];
    const loud = listener("loud");
    const ada = await team.device("ada", { plugins: [one.plugin, loud.plugin] });
    const ben = await team.device("ben", { plugins: [two.plugin] });
    await together(ada, ben);
    const flood = Array.from({ length: 1_000 }, (_, n) =>
      loud.context.events.publish("loud/noise", n, { scope: "workspace" }),
    );
    const outcomes = await Promise.allSettled(flood);
    const refused = outcomes.filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThan(500);
    expect(refused[0]).toMatchObject({ reason: { code: "plugin/busy", plugin: "loud" } });
    await one.context.events.publish(TOPIC, "still heard", { scope: "workspace" });
    await expect.poll(() => two.heard.map(({ data }) => data)).toEqual(["still heard"]);
  });

  it("are lost for who is offline, and counted", async () => {
    const [one, two] = [chat(), chat()];
    const ada = await team.device("ada", { plugins: [one.plugin] });
    const ben = await team.device("ben", { plugins: [two.plugin] });
    await together(ada, ben);
    const told: number[] = [];
    ada.host.events.onDropped(({ offline }) => told.push(offline));
    ada.goOffline();
    await expect.poll(() => ada.workspace.sync.state.name).not.toBe("online");
    await one.context.events.publish(TOPIC, "at home", { scope: "workspace" });
    await expect.poll(() => told.at(-1)).toBe(1);
    expect(one.heard.map(({ data }) => data)).toEqual(["at home"]);
    ada.goOnline();
    await together(ada, ben);
    expect(two.heard).toEqual([]);
  });
});
