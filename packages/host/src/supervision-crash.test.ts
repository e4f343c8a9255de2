/** Plugins that crash, with a real host over a real workspace. */

import { describe, expect, it } from "vitest";
import { FellSilent } from "./remote/realm-group.ts";

import { stateOf, statusOf, untilState, setUpSupervision } from "./testing/supervised.ts";
import { settle } from "./testing/settle.ts";

const rig = setUpSupervision();
const { crash, openHost, tracked } = rig;

describe("a plugin that crashes", () => {
  it("is started again after waits that grow, and is suspended when it crashes too often", async () => {
    const host = openHost({ supervision: { crashes: 4, firstRestart: 1_000, longestWait: 3_000 } });
    host.register(tracked("stats"));
    await host.start();
    const waits: number[] = [];
    for (let n = 1; n < 4; n++) {
      crash("stats", `no luck ${n}`);
      await untilState(host, "stats", "crashed");
      expect(stateOf(host, "stats")).toMatchObject({
        error: { code: "plugin/crashed", message: `stats crashed: no luck ${n}` },
        report: { kind: "crash", limit: 4 },
      });
      expect(rig.clock.waits).toHaveLength(1);
      waits.push(...rig.clock.waits);
      await rig.clock.pass();
      await untilState(host, "stats", "active");
    }
    for (const [n, bound] of [1_000, 2_000, 3_000].entries()) {
      expect(waits[n]).toBeGreaterThanOrEqual(bound / 2);
      expect(waits[n]).toBeLessThanOrEqual(bound);
    }
    await rig.running.get("stats")?.events.publish("stats/x", 1);
    crash("stats", "no luck 4");
    await untilState(host, "stats", "suspended");
    expect(rig.clock.waits).toEqual([]);
    const { state, trouble } = statusOf(host, "stats");
    expect(state).toMatchObject({
      name: "suspended",
      error: {
        code: "plugin/suspended",
        message:
          "stats crashed 4 times and is suspended: stats crashed: no luck 4 " +
          "The last thing that it did: it published stats/x.",
      },
      report: trouble,
    });
    expect(trouble?.mishaps.map(({ reason }) => reason)).toEqual(
      [1, 2, 3, 4].map((n) => `stats crashed: no luck ${n}`),
    );
    expect(rig.problems.at(-1)?.code).toBe("plugin/suspended");
    expect(rig.log).toEqual(["+stats", "+stats", "+stats", "+stats"]);

    // A person tries again, and what was counts no more.
    await host.activate("stats");
    crash("stats", "once more");
    await untilState(host, "stats", "crashed");
    expect(statusOf(host, "stats").trouble?.mishaps).toHaveLength(1);
  });

  it("now and then is never suspended", async () => {
    const host = openHost({ supervision: { crashes: 2, crashWindow: 10_000 } });
    host.register(tracked("stats"));
    await host.start();
    for (let n = 0; n < 5; n++) {
      crash("stats", "no luck");
      await untilState(host, "stats", "crashed");
      // What ends the activation before may still be under way.
      await expect.poll(() => rig.clock.waits.length).toBe(1);
      await rig.clock.pass();
      await untilState(host, "stats", "active");
      rig.clock.advance(10_001);
    }
  });

  it("takes along those that need it, before it, and brings them back", async () => {
    const host = openHost();
    host.register(tracked("dates"));
    host.register(tracked("board", { dependencies: { dates: "*" } }));
    host.register(tracked("calendar", { dependencies: { board: "*" } }));
    host.register(tracked("other"));
    await host.start();
    rig.log.length = 0;
    crash("dates", "no luck");
    await untilState(host, "dates", "crashed");
    expect(rig.log).toEqual(["-calendar", "-board"]);
    expect(statusOf(host, "calendar")).toMatchObject({
      state: { name: "inactive" },
      lack: {
        code: "plugin/dependency",
        message: "calendar needs dates, which crashed: dates crashed: no luck",
      },
    });
    expect(stateOf(host, "other")?.name).toBe("active");
    await rig.clock.pass();
    await untilState(host, "calendar", "active");
    expect(rig.log).toEqual(["-calendar", "-board", "+dates", "+board", "+calendar"]);
    expect(statusOf(host, "calendar").lack).toBeUndefined();
  });

  it("in the same moment as one that it needs comes back with it", async () => {
    const host = openHost();
    host.register(tracked("dates"));
    host.register(tracked("board", { dependencies: { dates: "*" } }));
    await host.start();
    crash("board", "gone");
    crash("dates", "gone");
    await untilState(host, "dates", "crashed");
    expect(stateOf(host, "board")?.name).toBe("inactive");
    await rig.clock.pass();
    await untilState(host, "board", "active");
  });

  it("does not bring back what somebody stopped meanwhile", async () => {
    const host = openHost();
    host.register(tracked("dates"));
    host.register(tracked("board", { dependencies: { dates: "*" } }));
    host.register(tracked("calendar", { dependencies: { dates: "*" } }));
    await host.start();
    crash("dates", "no luck");
    await untilState(host, "dates", "crashed");
    await host.deactivate("board");
    await rig.clock.pass();
    await untilState(host, "calendar", "active");
    expect(stateOf(host, "board")?.name).toBe("inactive");
    // Of what was stopped itself nobody comes back, now or later.
    crash("dates", "again");
    await untilState(host, "dates", "crashed");
    await host.deactivate("dates");
    expect(rig.clock.waits).toEqual([]);
    await host.activate("dates");
    await settle();
    expect(stateOf(host, "calendar")?.name).toBe("inactive");
  });

  it("and is suspended keeps those that need it down, and says so, until a person tries it", async () => {
    const host = openHost({ supervision: { crashes: 1 } });
    host.register(tracked("dates"));
    host.register(tracked("board", { dependencies: { dates: "*" } }));
    await host.start();
    crash("dates", "no luck");
    await untilState(host, "dates", "suspended");
    const why = { code: "plugin/dependency", hint: "Activate dates to try it again." };
    expect(statusOf(host, "board").lack).toMatchObject(why);
    await expect(host.activate("board")).rejects.toMatchObject({
      ...why,
      message: expect.stringMatching(/^board needs dates, which is suspended: dates crashed once/),
    });
    expect(stateOf(host, "dates")?.name).toBe("suspended");
    await host.activate("dates");
    await untilState(host, "board", "active");
  });

  it("and fails when it is started again is tried further, and then suspended", async () => {
    let broken = false;
    const host = openHost({ supervision: { failedStarts: 3 } });
    host.register(
      tracked("stats", {}, () => {
        if (broken) throw new Error("no luck");
      }),
    );
    await host.start();
    crash("stats", "gone");
    broken = true;
    for (let n = 1; n <= 3; n++) {
      await untilState(host, "stats", "crashed");
      // What ends the attempt before may still be under way.
      await expect.poll(() => rig.clock.waits.length).toBe(1);
      await rig.clock.pass();
      await expect.poll(() => rig.log.length).toBe(n + 1);
    }
    await untilState(host, "stats", "suspended");
    expect(statusOf(host, "stats").trouble).toMatchObject({ kind: "start", limit: 3 });
  });

  it("is started at once when a person asks for it, or not at all", async () => {
    const host = openHost();
    host.register(tracked("stats"));
    await host.start();
    crash("stats", "gone");
    await untilState(host, "stats", "crashed");
    await host.activate("stats");
    expect(rig.clock.waits).toEqual([]);
    crash("stats", "gone");
    await untilState(host, "stats", "crashed");
    await host.deactivate("stats");
    expect([stateOf(host, "stats")?.name, rig.clock.waits]).toEqual(["inactive", []]);
    await host.activate("stats");
    crash("stats", "gone");
    await untilState(host, "stats", "crashed");
    await host.unregister("stats");
    expect([host.list(), rig.clock.waits]).toEqual([[], []]);
  });

  it("is not blamed for what one of its name did that was unregistered", async () => {
    const host = openHost();
    for (const id of ["a", "b", "bad"]) host.register(tracked(id));
    await host.start();
    const falls = (...ids: readonly string[]): void => {
      const silence = new FellSilent(ids, 5_000);
      for (const id of ids) rig.running.get(id)?.crashed(silence);
    };
    falls("bad");
    falls("a", "b");
    await untilState(host, "a", "crashed");
    await host.unregister("bad");
    host.register(tracked("bad"));
    await untilState(host, "bad", "active");
    falls("bad");
    await expect.poll(() => stateOf(host, "bad")?.name).toMatch(/^(?:crashed|suspended)$/);
    expect(stateOf(host, "bad")?.name).toBe("crashed");
  });

  it("hears what woke it while it was down", async () => {
    const host = openHost();
    const heard: unknown[] = [];
    host.register(
      tracked("stats", { activation: ["event:stats/x"] }, ({ events }) => {
        events.subscribe("stats/x", (data) => void heard.push(data));
      }),
    );
    await host.start();
    await host.events.publish("stats/x", 1);
    await expect.poll(() => heard).toEqual([1]);
    crash("stats", "gone");
    await untilState(host, "stats", "crashed");
    await host.events.publish("stats/x", 2);
    await settle();
    expect(stateOf(host, "stats")?.name).toBe("crashed");
    await rig.clock.pass();
    await expect.poll(() => heard).toEqual([1, 2]);
  });
});
