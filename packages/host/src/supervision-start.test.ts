/** Plugins that do not start, with a real host over a real workspace. */

import { describe, expect, it } from "vitest";
import type { Plugin } from "@croft/plugin";

import {
  COUNTS,
  showWords,
  stateOf,
  statusOf,
  untilState,
  setUpSupervision,
} from "./testing/supervised.ts";
import { settle } from "./testing/settle.ts";
import { createMemory } from "./testing/test-memory.ts";

const rig = setUpSupervision();
const { callable, crash, openHost, tracked } = rig;

describe("a plugin that does not start", () => {
  const broken = (id: string): Plugin =>
    tracked(id, {}, () => {
      throw new Error("no luck");
    });

  it("several times in a row, over starts of the application, is parked while the rest comes up", async () => {
    const memory = createMemory();
    for (let n = 1; n <= 3; n++) {
      const host = openHost({ memory });
      host.register(broken("bad"));
      host.register(tracked("good"));
      await host.start();
      expect(stateOf(host, "good")?.name).toBe("active");
      expect(stateOf(host, "bad")?.name).toBe(n < 3 ? "failed" : "suspended");
      await host.dispose();
    }
    rig.log.length = 0;
    rig.problems.length = 0;
    const host = openHost({ memory });
    host.register(broken("bad"));
    await host.start();
    expect(rig.log).toEqual([]);
    expect(statusOf(host, "bad").state).toMatchObject({
      name: "suspended",
      error: {
        message:
          "bad failed to start 3 times and is suspended: bad threw in `activate`: no luck " +
          "The last thing that it did: it began to start.",
      },
      report: { kind: "start", limit: 3 },
    });
    expect(rig.problems.map(({ code, plugin }) => [code, plugin])).toEqual([
      ["plugin/suspended", "bad"],
    ]);
    // Another version has a fresh start, and so has one that starts when a person tries it.
    await host.unregister("bad");
    host.register(tracked("bad", { version: "1.0.1" }));
    await expect.poll(() => stateOf(host, "bad")?.name).toBe("active");
    await host.dispose();
    expect(memory.text).toContain('"notes":[]');
  });

  it("counts when the page died meanwhile; suspects come last then, one by one", async () => {
    const memory = createMemory();
    const hanging = (id: string): Plugin => tracked(id, {}, () => new Promise(() => undefined));
    const dying = openHost({ memory });
    dying.register(hanging("bad"));
    dying.register(hanging("innocent"));
    void dying.start();
    await settle();
    // What a page that dies leaves: nothing is ended, the memory stays as it is.
    const left = createMemory(memory.text);
    const ended = dying.dispose();
    await rig.clock.pass();
    await ended;

    const order: string[] = [];
    const host = openHost({ memory: left });
    const slow = (id: string): Plugin =>
      tracked(id, {}, async () => {
        order.push(`${id} begins`);
        await settle();
        order.push(`${id} is up`);
      });
    host.register(slow("bad"));
    host.register(slow("innocent"));
    host.register(slow("fine"));
    expect(statusOf(host, "bad").trouble).toMatchObject({
      kind: "start",
      mishaps: [
        {
          reason: "the application ended while it was starting.",
          last: { what: "began to start" },
        },
      ],
    });
    await host.start();
    expect(order).toEqual(
      ["fine", "bad", "innocent"].flatMap((id) => [`${id} begins`, `${id} is up`]),
    );
    expect(host.list().map(({ trouble }) => trouble)).toEqual([undefined, undefined, undefined]);
  });

  it("since the page was closed has not failed", async () => {
    const memory = createMemory();
    const host = openHost({ memory });
    host.register(tracked("slow", {}, () => new Promise(() => undefined)));
    host.register(tracked("stats"));
    void host.start();
    await untilState(host, "stats", "active");
    memory.leave(false);
    expect(stateOf(host, "stats")?.name).toBe("active");
    expect(memory.text).toContain('"notes":[]');
    memory.leave(true);
    await settle();
    expect(rig.log).toEqual(["+slow", "+stats", "-stats"]);
    expect(() => host.register(tracked("late"))).toThrow(
      expect.objectContaining({ code: "disposed" }),
    );
    await rig.clock.pass();
    await host.dispose();
    expect(memory.text).toContain('"notes":[]');
  });

  it("is told in safe mode, where nothing starts by itself", async () => {
    const memory = createMemory();
    const before = openHost({ memory });
    before.register(broken("bad"));
    await before.start();
    await before.dispose();
    rig.log.length = 0;
    const host = openHost({ memory, safeMode: true });
    host.register(broken("bad"));
    host.register(
      tracked("stats", { activation: ["startup", "event:stats/x", "document:stats/*"] }),
    );
    await host.start();
    await host.events.publish("stats/x", 1);
    rig.workspace.open("stats/a");
    await settle();
    await expect(host.wake("stats", "a test")).rejects.toMatchObject({
      message: "stats is not started by itself in safe mode.",
    });
    expect([host.safeMode, rig.log]).toEqual([true, []]);
    expect(statusOf(host, "bad").trouble?.mishaps).toMatchObject([
      { reason: "bad threw in `activate`: no luck", last: { what: "began to start" } },
    ]);
    await host.activate("stats");
    expect(rig.log).toEqual(["+stats"]);
  });

  it("is started by no call and no view in safe mode, but by a person", async () => {
    const host = openHost({ safeMode: true });
    host.register(callable());
    await host.start();
    const keptDown = "stats is not started by itself in safe mode.";
    const view = showWords(host);
    await settle();
    expect(view.state).toMatchObject({
      name: "failed",
      error: { code: "plugin/failed", message: keptDown, hint: "Activate it if it is to run." },
    });
    await expect(host.commands.run("stats/count")).rejects.toMatchObject({ message: keptDown });
    expect(host.commands.list().map(({ enabled }) => enabled)).toEqual([false]);
    await expect(host.apis.use(COUNTS).now(undefined)).rejects.toMatchObject({
      code: "plugin/unavailable",
      message: `stats/counts cannot be called: stats could not be activated: ${keptDown}`,
    });
    expect(rig.log).toEqual([]);

    await host.activate("stats");
    await settle();
    expect(view.state.name).toBe("shown");
    expect(await host.commands.run("stats/count")).toBe(7);
    expect(await host.apis.use(COUNTS).now(undefined)).toBe(7);
    expect(host.commands.list().map(({ enabled }) => enabled)).toEqual([true]);

    // What a person started comes back after a crash, and what they ended stays.
    crash("stats", "gone");
    await untilState(host, "stats", "crashed");
    const answer = host.apis.use(COUNTS).now(undefined);
    await rig.clock.pass();
    expect(await answer).toBe(7);
    await host.deactivate("stats");
    await expect(host.commands.run("stats/count")).rejects.toMatchObject({ message: keptDown });
    expect(rig.log).toEqual(["+stats", "+stats", "-stats"]);
  });
});
