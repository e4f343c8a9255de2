/** What becomes of plugins that crash, hang and do not start, with a real host over a real workspace. */

import {
  type Clock,
  createMemoryStore,
  type CroftError,
  openWorkspace,
  systemClock,
  type Workspace,
} from "@croft/core";
import { defineApi, definePlugin, type Plugin, type PluginContext } from "@croft/plugin";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import type { HostMemory } from "./host-memory.ts";
import { createPluginHost, type PluginHostOptions, type PluginStatus } from "./plugin-host.ts";
import { LiveHost } from "./live-host.ts";
import { LOOK_EVERY } from "./monitor/monitor.ts";
import { FellSilent } from "./remote/realm-group.ts";
import type { MountedView } from "./views/mounted-view.ts";
import type { OpenSurface } from "./views/surface.ts";

let workspace: Workspace;
let clock: ManualClock;
let problems: CroftError[];
let log: string[];
let hosts: LiveHost[];
/** The running activation of each plugin that has one. */
let running: Map<string, PluginContext>;

beforeEach(async () => {
  clock = createManualClock();
  [problems, log, hosts, running] = [[], [], [], new Map()];
  workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
});
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.dispose()));
  await workspace.dispose();
  if (clock.waits.length > 0) throw new Error(`${clock.waits.length} timers are left`);
});

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
      expect(clock.waits).toHaveLength(1);
      waits.push(...clock.waits);
      await clock.pass();
      await untilState(host, "stats", "active");
    }
    for (const [n, bound] of [1_000, 2_000, 3_000].entries()) {
      expect(waits[n]).toBeGreaterThanOrEqual(bound / 2);
      expect(waits[n]).toBeLessThanOrEqual(bound);
    }
    await running.get("stats")?.events.publish("stats/x", 1);
    crash("stats", "no luck 4");
    await untilState(host, "stats", "suspended");
    expect(clock.waits).toEqual([]);
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
    expect(problems.at(-1)?.code).toBe("plugin/suspended");
    expect(log).toEqual(["+stats", "+stats", "+stats", "+stats"]);

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
      await expect.poll(() => clock.waits.length).toBe(1);
      await clock.pass();
      await untilState(host, "stats", "active");
      clock.advance(10_001);
    }
  });

  it("takes along those that need it, before it, and brings them back", async () => {
    const host = openHost();
    host.register(tracked("dates"));
    host.register(tracked("board", { dependencies: { dates: "*" } }));
    host.register(tracked("calendar", { dependencies: { board: "*" } }));
    host.register(tracked("other"));
    await host.start();
    log.length = 0;
    crash("dates", "no luck");
    await untilState(host, "dates", "crashed");
    expect(log).toEqual(["-calendar", "-board"]);
    expect(statusOf(host, "calendar")).toMatchObject({
      state: { name: "inactive" },
      lack: {
        code: "plugin/dependency",
        message: "calendar needs dates, which crashed: dates crashed: no luck",
      },
    });
    expect(stateOf(host, "other")?.name).toBe("active");
    await clock.pass();
    await untilState(host, "calendar", "active");
    expect(log).toEqual(["-calendar", "-board", "+dates", "+board", "+calendar"]);
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
    await clock.pass();
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
    await clock.pass();
    await untilState(host, "calendar", "active");
    expect(stateOf(host, "board")?.name).toBe("inactive");
    // Of what was stopped itself nobody comes back, now or later.
    crash("dates", "again");
    await untilState(host, "dates", "crashed");
    await host.deactivate("dates");
    expect(clock.waits).toEqual([]);
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
      await expect.poll(() => clock.waits.length).toBe(1);
      await clock.pass();
      await expect.poll(() => log.length).toBe(n + 1);
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
    expect(clock.waits).toEqual([]);
    crash("stats", "gone");
    await untilState(host, "stats", "crashed");
    await host.deactivate("stats");
    expect([stateOf(host, "stats")?.name, clock.waits]).toEqual(["inactive", []]);
    await host.activate("stats");
    crash("stats", "gone");
    await untilState(host, "stats", "crashed");
    await host.unregister("stats");
    expect([host.list(), clock.waits]).toEqual([[], []]);
  });

  it("is not blamed for what one of its name did that was unregistered", async () => {
    const host = openHost();
    for (const id of ["a", "b", "bad"]) host.register(tracked(id));
    await host.start();
    const falls = (...ids: readonly string[]): void => {
      const silence = new FellSilent(ids, 5_000);
      for (const id of ids) running.get(id)?.crashed(silence);
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
    await clock.pass();
    await expect.poll(() => heard).toEqual([1, 2]);
  });
});

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
    log.length = 0;
    problems.length = 0;
    const host = openHost({ memory });
    host.register(broken("bad"));
    await host.start();
    expect(log).toEqual([]);
    expect(statusOf(host, "bad").state).toMatchObject({
      name: "suspended",
      error: {
        message:
          "bad failed to start 3 times and is suspended: bad threw in `activate`: no luck " +
          "The last thing that it did: it began to start.",
      },
      report: { kind: "start", limit: 3 },
    });
    expect(problems.map(({ code, plugin }) => [code, plugin])).toEqual([
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
    await clock.pass();
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
    expect(log).toEqual(["+slow", "+stats", "-stats"]);
    expect(() => host.register(tracked("late"))).toThrow(
      expect.objectContaining({ code: "disposed" }),
    );
    await clock.pass();
    await host.dispose();
    expect(memory.text).toContain('"notes":[]');
  });

  it("is told in safe mode, where nothing starts by itself", async () => {
    const memory = createMemory();
    const before = openHost({ memory });
    before.register(broken("bad"));
    await before.start();
    await before.dispose();
    log.length = 0;
    const host = openHost({ memory, safeMode: true });
    host.register(broken("bad"));
    host.register(
      tracked("stats", { activation: ["startup", "event:stats/x", "document:stats/*"] }),
    );
    await host.start();
    await host.events.publish("stats/x", 1);
    workspace.open("stats/a");
    await settle();
    await expect(host.wake("stats", "a test")).rejects.toMatchObject({
      message: "stats is not started by itself in safe mode.",
    });
    expect([host.safeMode, log]).toEqual([true, []]);
    expect(statusOf(host, "bad").trouble?.mishaps).toMatchObject([
      { reason: "bad threw in `activate`: no luck", last: { what: "began to start" } },
    ]);
    await host.activate("stats");
    expect(log).toEqual(["+stats"]);
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
    expect(log).toEqual([]);

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
    await clock.pass();
    expect(await answer).toBe(7);
    await host.deactivate("stats");
    await expect(host.commands.run("stats/count")).rejects.toMatchObject({ message: keptDown });
    expect(log).toEqual(["+stats", "+stats", "-stats"]);
  });
});

describe("a plugin that waits", () => {
  it("for a document is woken when the application opens one that it may read, and not before", async () => {
    const host = openHost();
    const permissions = {
      documents: [{ pattern: "notes/*", access: "read", reason: "To count." }],
    } as const;
    host.register(tracked("stats", { activation: ["document:notes/*"], permissions }));
    host.register(tracked("own", { activation: ["document:own/**"] }));
    await host.start();
    const secret = workspace.open("notes/secret");
    workspace.open("other/x");
    await settle();
    expect(log).toEqual([]);
    workspace.open("own/deep/inside");
    await expect.poll(() => log).toEqual(["+own"]);
    secret.close();
    host.grant("stats", permissions);
    await settle();
    // What it may read now is not open any more.
    expect(log).toEqual(["+own"]);
    workspace.open("notes/a");
    await expect.poll(() => log).toEqual(["+own", "+stats"]);
    await host.deactivate("stats");
    workspace.open("notes/b");
    await settle();
    expect(stateOf(host, "stats")?.name).toBe("inactive");
  });

  it("for a document that is open already is woken at the start, and when it is granted", async () => {
    const page = workspace.open("notes/a");
    workspace.open("early/a");
    const host = openHost();
    const permissions = {
      documents: [{ pattern: "notes/*", access: "read", reason: "To count." }],
    } as const;
    host.register(tracked("stats", { activation: ["document:notes/*"], permissions }));
    host.register(tracked("early", { activation: ["document:early/*"] }));
    await settle();
    expect(log).toEqual([]);
    await host.start();
    await expect.poll(() => log).toEqual(["+early"]);
    host.grant("stats", permissions);
    await expect.poll(() => log).toEqual(["+early", "+stats"]);
    page.close();
  });

  it("is woken for a reason: after the start, and once it is back after a crash", async () => {
    const host = openHost();
    host.register(tracked("dates", { activation: [] }));
    host.register(tracked("stats", { activation: [], dependencies: { dates: "*" } }));
    const waking = host.wake("stats", "the command stats/count");
    await settle();
    expect(log).toEqual([]);
    await host.start();
    await waking;
    expect(log).toEqual(["+dates", "+stats"]);
    crash("dates", "gone");
    await untilState(host, "dates", "crashed");
    const again = Promise.all([host.wake("stats", "x"), host.wake("stats", "y")]);
    await clock.pass();
    await again;
    expect(stateOf(host, "stats")?.name).toBe("active");
    await host.deactivate("stats");
    await expect(host.wake("stats", "x")).rejects.toMatchObject({
      message: "stats was deactivated.",
    });
    await expect(host.wake("nobody", "x")).rejects.toMatchObject({ code: "plugin/unknown" });
    const [late, other] = [openHost(), openHost()];
    late.register(tracked("stats", { activation: [] }));
    const never = late.wake("stats", "x");
    await late.dispose();
    await expect(never).rejects.toMatchObject({ code: "disposed" });
    other.register(tracked("stats", { dependencies: { missing: "*" } }));
    await other.start();
    await expect(other.wake("stats", "x")).rejects.toMatchObject({ code: "plugin/dependency" });
  });

  it("for its view is woken after the start, with what it needs", async () => {
    const host = openHost();
    host.register(callable({ dependencies: { dates: "*" } }));
    const view = showWords(host);
    await settle();
    // It may be registered later.
    expect([view.state.name, log, problems]).toEqual(["loading", [], []]);
    host.register(tracked("dates", { activation: [] }));
    await host.start();
    await expect.poll(() => view.state.name).toBe("shown");
    expect(log).toEqual(["+dates", "+stats"]);
  });

  it("for its view is woken when what it needs is back after a crash", async () => {
    const host = openHost();
    host.register(tracked("dates"));
    host.register(callable({ dependencies: { dates: "*" } }));
    await host.start();
    crash("dates", "gone");
    await untilState(host, "dates", "crashed");
    const view = showWords(host);
    await settle();
    expect([view.state.name, stateOf(host, "dates")?.name]).toEqual(["loading", "crashed"]);
    await clock.pass();
    await expect.poll(() => view.state.name).toBe("shown");
    expect(statusOf(host, "stats").state.name).toBe("active");
  });

  it("for a call of another one is waited for when it is back after a crash", async () => {
    const host = openHost();
    host.register(callable());
    // A call is enough, also before the start: what calls runs already.
    expect(await host.apis.use(COUNTS).now(undefined)).toBe(7);
    await host.start();
    crash("stats", "gone");
    await untilState(host, "stats", "crashed");
    const answer = host.apis.use(COUNTS).now(undefined);
    await settle();
    expect(stateOf(host, "stats")?.name).toBe("crashed");
    await clock.pass();
    expect(await answer).toBe(7);
  });

  it("says which one went that was started for it", async () => {
    const host = openHost();
    host.register(tracked("dates", { activation: [] }, () => new Promise(() => undefined)));
    host.register(callable({ dependencies: { dates: "*" } }));
    await host.start();
    const waking = host.wake("stats", "a test").catch((error: unknown) => error);
    await untilState(host, "dates", "activating");
    await settle();
    const ending = host.deactivate("dates");
    await clock.pass();
    await ending;
    expect(await waking).toMatchObject({
      code: "plugin/dependency",
      message: expect.stringContaining("stats needs dates, which failed: dates was deactivated"),
    });
  });
});

it("the host ends all within one deadline, dependents first, and then by force", async () => {
  const host = openHost({ deadlines: { deactivate: 1_000 } });
  const hangs = (id: string, dependencies: Record<string, string> = {}): Plugin => ({
    ...tracked(id, { dependencies }),
    deactivate() {
      log.push(`-${id}`);
      return new Promise(() => undefined);
    },
  });
  host.register(hangs("a"));
  host.register(hangs("b", { a: "*" }));
  host.register(hangs("c", { b: "*" }));
  await host.start();
  const disposing = host.dispose();
  await settle();
  expect(log.slice(3)).toEqual(["-c"]);
  // The only wait that there is, for all of them.
  expect(clock.waits).toEqual([1_000]);
  await clock.pass();
  await disposing;
  expect(clock.waits).toEqual([]);
});

describe("whatever happens to plugins", () => {
  const IDS = ["a", "b", "c", "d"] as const;
  const NEEDS: Record<(typeof IDS)[number], Record<string, string>> = {
    a: {},
    b: { a: "*" },
    c: { b: "*", a: "*" },
    d: {},
  };
  const id = fc.constantFrom(...IDS);
  const event = fc.oneof(
    fc.record({
      do: fc.constantFrom("activate", "deactivate", "crash", "wake", "unregister", "register"),
      id,
    }),
    // How it behaves from now on.
    fc.record({
      do: fc.constantFrom("well", "throws", "hangs", "hangs at its end", "dies at once"),
      id,
    }),
    fc.record({ do: fc.constantFrom("settle", "pass", "event", "open"), id }),
  );

  it("ends in a state that is explained, and nothing is left over", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 30 }), async (events) => {
        const ways = new Map<string, string>();
        const made = (each: (typeof IDS)[number]): Plugin => ({
          ...tracked(
            each,
            {
              dependencies: NEEDS[each],
              activation: each === "d" ? ["event:d/x", "document:d/*"] : ["startup"],
            },
            (context) => {
              const way = ways.get(each);
              if (way === "throws") throw new Error("no luck");
              if (way === "dies at once") context.crashed(new Error("gone"));
              return way === "hangs" ? new Promise(() => undefined) : undefined;
            },
          ),
          async deactivate() {
            running.delete(each);
            if (ways.get(each) === "hangs at its end") await new Promise(() => undefined);
          },
        });
        const host = openHost({ supervision: { crashes: 3 }, memory: createMemory() });
        for (const each of IDS) host.register(made(each));
        void host.start();
        const calls: Promise<unknown>[] = [];
        for (const { do: what, id: whose } of events) {
          switch (what) {
            case "activate":
            case "deactivate":
            case "unregister":
              calls.push(host[what](whose));
              break;
            case "wake":
              calls.push(host.wake(whose, "a test"));
              break;
            case "register":
              if (!host.list().some((status) => status.id === whose)) host.register(made(whose));
              break;
            case "crash":
              running.get(whose)?.crashed(new Error("gone"));
              break;
            case "event":
              await host.events.publish("d/x", 1);
              break;
            case "open":
              workspace.open("d/page").close();
              break;
            case "settle":
              await settle();
              break;
            case "pass":
              await clock.pass();
              break;
            default:
              ways.set(whose, what);
          }
          // All of it must be possible at any time; who is refused is told.
          void Promise.allSettled(calls);
        }
        // Everybody behaves: what was waited for comes to an end.
        for (const each of IDS) ways.set(each, "well");
        for (let turn = 0; turn < 100 && !isCalm(host); turn++) await clock.pass();
        expect(isCalm(host)).toBe(true);
        await Promise.allSettled(calls);
        // What begins anew in this moment is explained by what becomes of it.
        await expect
          .poll(async () => {
            await clock.pass();
            return host.list().map((status) => explain(status, host));
          })
          .toEqual(host.list().map(() => ""));
        await host.dispose();
        expect(clock.waits).toEqual([]);
        expect(workspace.openDocuments.list()).toEqual([]);
        for (const context of running.values()) expect(context.signal.aborted).toBe(true);
      }),
      { numRuns: 60, endOnFailure: false },
    );
  }, 60_000);
});

/** What is wrong with how a plugin stands, or nothing. */
function explain({ id, manifest, state, lack }: PluginStatus, host: LiveHost): string {
  switch (state.name) {
    case "active":
      return Object.keys(manifest.dependencies)
        .filter((needed) => stateOf(host, needed)?.name !== "active")
        .map((needed) => `${id} runs without ${needed}`)
        .join();
    case "crashed":
      return lack ? "" : `${id} waits for nothing`;
    case "failed":
    case "suspended":
      return state.error.plugin === id ? "" : `${id} is told of another's failure`;
    default:
      return "";
  }
}

/** Nothing is going on, and nothing is waited for. */
function isCalm(host: LiveHost): boolean {
  const quiet = ["registered", "active", "inactive", "failed", "suspended", "crashed"];
  return clock.waits.length === 0 && host.list().every(({ state }) => quiet.includes(state.name));
}

type Fields = Partial<Parameters<typeof definePlugin>[0]["manifest"]>;

/** A plugin that writes down when it is activated (`+id`) and deactivated (`-id`), and can be made to crash. */
function tracked(
  id: string,
  fields: Fields = {},
  activate: (context: PluginContext) => void | Promise<void> = () => undefined,
): Plugin {
  return definePlugin({
    manifest: { id, name: id, version: "1.0.0", engine: "*", ...fields },
    activate(context) {
      log.push(`+${id}`);
      running.set(id, context);
      return activate(context);
    },
    deactivate: () => void log.push(`-${id}`),
  });
}

const COUNTS = defineApi("stats/counts", { now: { input: z.undefined(), output: z.number() } });

/** One that is started by its view, its command and its API alone. */
function callable(fields: Fields = {}): Plugin {
  return tracked(
    "stats",
    {
      activation: ["view:stats/words"],
      apis: [{ name: "counts", description: "Counts." }],
      contributes: {
        commands: [{ name: "stats/count", title: "Count" }],
        views: [{ name: "stats/words", title: "Words" }],
      },
      ...fields,
    },
    ({ apis, commands, views }) => {
      apis.provide(COUNTS, { now: () => 7 });
      commands.register("stats/count", () => 7);
      views.define("stats/words", () => "7 words");
    },
  );
}

/** The view of {@link callable}, in a place that shows whatever it is told to. */
function showWords(host: LiveHost): MountedView {
  const place: OpenSurface = ({ tell }) => {
    tell({ shown: true });
    return {
      setSurroundings: () => undefined,
      setShortcuts: () => undefined,
      focus: () => undefined,
      dispose: () => undefined,
    };
  };
  return host.views.mount("stats/words", place, { lang: "en" });
}

function crash(id: string, why: string): void {
  const context = running.get(id);
  if (!context) throw new Error(`${id} does not run`);
  context.crashed(new Error(why));
}

function openHost(options: Partial<PluginHostOptions> = {}): LiveHost {
  const host = createPluginHost({
    onProblem: (problem) => problems.push(problem),
    onLog: () => undefined,
    clock,
    ...options,
    workspace,
  });
  // What only the host's own parts call is tested here too.
  if (!(host instanceof LiveHost)) throw new Error("another host");
  hosts.push(host);
  return host;
}

function statusOf(host: LiveHost, id: string): PluginStatus {
  const status = host.list().find((each) => each.id === id);
  if (!status) throw new Error(`${id} is not registered`);
  return status;
}

function stateOf(host: LiveHost, id: string): PluginStatus["state"] | undefined {
  return host.list().find((each) => each.id === id)?.state;
}

async function untilState(host: LiveHost, id: string, name: string): Promise<void> {
  await expect.poll(() => stateOf(host, id)?.name, { timeout: 10_000, interval: 1 }).toBe(name);
}

interface TestMemory extends HostMemory {
  text: string | undefined;
  leave(forGood: boolean): void;
}

function createMemory(text?: string): TestMemory {
  const listeners = new Set<(forGood: boolean) => void>();
  return {
    text,
    read() {
      return this.text;
    },
    write(written) {
      this.text = written;
    },
    onLeave(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    leave(forGood) {
      for (const listener of listeners) listener(forGood);
    },
  };
}

interface ManualClock extends Clock {
  /** What is waited for, in milliseconds. */
  readonly waits: readonly number[];
  /** Moves the time, and no more. */
  advance(ms: number): void;
  /** Lets the next wait end, and everything happen that follows. */
  pass(): Promise<void>;
}

function createManualClock(): ManualClock {
  let now = 1_000_000;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    now: () => now,
    soon: (run) => systemClock.soon(run),
    delay(ms, run) {
      // The monitor looks now and then; it is not what is tested here.
      if (ms === LOOK_EVERY) return () => undefined;
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      now += ms;
    },
    async pass() {
      await settle();
      const [first] = [...timers].toSorted((a, b) => a.at - b.at);
      if (first) {
        timers.delete(first);
        now = Math.max(now, first.at);
        first.run();
      }
      await settle();
    },
    get waits() {
      return [...timers].map(({ at }) => at - now);
    },
  };
}

/** Lets everything happen that is due now. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}
