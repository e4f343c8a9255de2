import { CroftError } from "@croft/core";
import { definePlugin, type Plugin, type PluginContext } from "@croft/plugin";
import { describe, expect, it } from "vitest";
import { createPluginRunner, type PluginRunner } from "./plugin-runner.ts";
import type { TroubleReport } from "./trouble-report.ts";

type Code = (context: PluginContext) => void | Promise<void>;

describe("a plugin's runner", () => {
  it("activates and deactivates, once each however often it is asked", async () => {
    const { runner, log } = rig({ deactivate: () => undefined });
    await Promise.all([runner.activate(), runner.activate()]);
    await runner.activate();
    await Promise.all([runner.deactivate(), runner.deactivate()]);
    await runner.deactivate();
    expect(log).toEqual([
      "activating",
      "open",
      "activate",
      "active",
      "deactivating",
      "abort",
      "deactivate",
      "release",
      "end",
      "inactive",
    ]);
  });

  it("does nothing when it is deactivated and was not active", async () => {
    const { runner, log } = rig({});
    await runner.deactivate();
    expect(log).toEqual([]);
    expect(runner.state).toEqual({ name: "registered" });
  });

  it("runs again after it ran", async () => {
    const { runner, log } = rig({});
    await runner.activate();
    const stopped = runner.deactivate();
    // Asked for while it stops: it comes back afterwards.
    const started = runner.activate();
    expect(runner.state.name).toBe("deactivating");
    await stopped;
    await started;
    expect(runner.state.name).toBe("active");
    expect(log.filter((line) => line === "open")).toHaveLength(2);
  });

  it("fails when the plugin throws, takes everything back, and can be tried again", async () => {
    let broken = true;
    const { runner, log, problems } = rig({
      activate() {
        if (broken) throw new Error("no luck");
      },
    });
    await expect(runner.activate()).rejects.toMatchObject({
      code: "plugin/failed",
      plugin: "stats",
      message: "stats threw in `activate`: no luck",
    });
    expect(runner.state).toEqual({ name: "failed", error: problems[0] });
    expect(log.slice(-4)).toEqual(["abort", "release", "end", "failed"]);
    expect(problems).toHaveLength(1);
    broken = false;
    await runner.activate();
    expect(runner.state.name).toBe("active");
  });

  it("fails when it cannot be given what it runs on", async () => {
    const gone = new CroftError("disposed", "The workspace was disposed.");
    const { runner, problems, prevented } = rig({
      open: () => {
        throw gone;
      },
    });
    await expect(runner.activate()).rejects.toBe(gone);
    expect(runner.state).toEqual({ name: "failed", error: gone });
    expect([problems, prevented]).toEqual([[], [gone]]);
  });

  it("is not called when the host cannot prepare it, which is not held against it", async () => {
    let broken = true;
    const disk = new CroftError("store/failed", "The disk is gone.");
    const { runner, log, problems, prevented } = rig({
      prepare: async () => {
        if (broken) throw disk;
      },
    });
    await expect(runner.activate()).rejects.toBe(disk);
    expect(runner.state).toEqual({ name: "failed", error: disk });
    expect(log).toEqual(["activating", "open", "abort", "release", "end", "failed", "prevented"]);
    expect([problems, prevented]).toEqual([[], [disk]]);
    broken = false;
    await runner.activate();
    expect(runner.state.name).toBe("active");
  });

  it("is not late when the host is", async () => {
    const { runner, clock, log, problems, prevented } = rig({
      prepare: () => new Promise(() => undefined),
    });
    const starting = outcome(runner.activate());
    await clock.advance(1_000);
    expect(await starting).toBe(
      "stats was not activated: its settings could not be read within 1 s.",
    );
    expect(problems).toEqual([]);
    expect(prevented).toMatchObject([{ code: "store/failed", plugin: "stats" }]);
    // Nor when it is deactivated meanwhile, which waits for nothing.
    const again = outcome(runner.activate());
    await runner.deactivate();
    expect(await again).toBe("stats was deactivated while it was activated.");
    expect([problems, clock.timers, log.includes("activate")]).toEqual([[], 0, false]);
  });

  it("fails when the activation takes too long", async () => {
    const { runner, clock, log, problems } = rig({ activate: () => new Promise(() => undefined) });
    const starting = outcome(runner.activate());
    await clock.advance(999);
    expect(runner.state.name).toBe("activating");
    await clock.advance(1);
    expect(await starting).toBe("stats did not activate within 1 s.");
    expect(log.slice(-4)).toEqual(["abort", "release", "end", "failed"]);
    expect(problems).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });

  it("a deactivation while it is activated waits until the plugin gives in", async () => {
    const { runner, log, problems } = rig({
      activate: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    const starting = outcome(runner.activate());
    await settle();
    await runner.deactivate();
    expect(await starting).toBe("stats was deactivated while it was activated.");
    expect(runner.state.name).toBe("inactive");
    expect(log.slice(-4)).toEqual(["abort", "release", "end", "inactive"]);
    // To stop when told to is no problem.
    expect(problems).toEqual([]);
  });

  it("a deactivation right after the activation began keeps it from running at all", async () => {
    const { runner, log, problems } = rig({ deactivate: () => undefined });
    const starting = outcome(runner.activate());
    await runner.deactivate();
    expect(await starting).toBe("stats was deactivated while it was activated.");
    expect(log.slice(1)).toEqual(["open", "deactivating", "abort", "release", "end", "inactive"]);
    expect(problems).toEqual([]);
  });

  it("a deactivation while a failed activation is cleaned up waits for that", async () => {
    const ending = Promise.withResolvers<void>();
    const { runner, problems } = rig({
      activate: () => Promise.reject(new Error("no luck")),
      end: () => ending.promise,
    });
    const starting = outcome(runner.activate());
    await settle();
    const stopping = runner.deactivate();
    ending.resolve();
    expect(await starting).toBe("stats threw in `activate`: no luck");
    await stopping;
    expect(runner.state.name).toBe("inactive");
    expect(problems).toHaveLength(1);
  });

  it("reports what `deactivate` throws, and is inactive all the same", async () => {
    const { runner, problems } = rig({ deactivate: () => Promise.reject(new Error("no luck")) });
    await runner.activate();
    await runner.deactivate();
    expect(runner.state.name).toBe("inactive");
    expect(problems.map(({ message }) => message)).toEqual([
      "stats threw in `deactivate`: no luck",
    ]);
  });

  it("takes everything back, though nobody can be told of what went wrong before", async () => {
    const { runner, log } = rig({
      release: () => Promise.reject(new Error("no luck")),
      onProblem: () => {
        throw new Error("nobody listens");
      },
    });
    await runner.activate();
    expect(await outcome(runner.deactivate())).toBe("nobody listens");
    expect(log.slice(-2)).toEqual(["release", "end"]);
  });

  it.each(["activate", "deactivate", "release"] as const)(
    "forces the end when `%s` does not come back",
    async (hung) => {
      const { runner, clock, log, problems } = rig({
        [hung]: () => new Promise<void>(() => undefined),
      });
      const starting = outcome(runner.activate());
      await settle();
      const stopping = runner.deactivate();
      await clock.advance(499);
      expect(runner.state.name).toBe("deactivating");
      await clock.advance(1);
      await stopping;
      await starting;
      expect(runner.state.name).toBe("inactive");
      expect(log.slice(-3)).toEqual(["release", "end", "inactive"]);
      expect(problems.map(({ message }) => message)).toEqual([
        "stats did not deactivate within 0.5 s.",
      ]);
      expect(clock.timers).toBe(0);
    },
  );
});

describe("a plugin that dies", () => {
  it("crashes: those that need it end first, then what it held, without last words", async () => {
    const { runner, log, problems, deaths } = rig({ deactivate: () => undefined });
    await runner.activate();
    log.length = 0;
    deaths[0]?.(new Error("gone"));
    expect(runner.state).toEqual({ name: "crashing", error: problems[0] });
    await runner.ended();
    expect(log).toEqual(["crashing", "abort", "dependents", "release", "end", "crashed"]);
    expect(runner.state).toEqual({
      name: "crashed",
      error: problems[0],
      report: REPORT,
      restartAt: 7,
    });
    expect(problems).toMatchObject([
      { code: "plugin/crashed", plugin: "stats", message: "stats crashed: gone" },
    ]);
    await runner.activate();
    expect(runner.state.name).toBe("active");
  });

  it("does so once, and only while it runs", async () => {
    const { runner, problems, deaths } = rig({});
    await runner.activate();
    await runner.deactivate();
    deaths[0]?.(new Error("too late"));
    expect(runner.state.name).toBe("inactive");
    await runner.activate();
    deaths[0]?.(new Error("an earlier one"));
    expect(runner.state.name).toBe("active");
    deaths[1]?.(new Error("gone"));
    deaths[1]?.(new Error("again"));
    await runner.ended();
    expect(problems.map(({ message }) => message)).toEqual(["stats crashed: gone"]);
  });

  it("before it is active has failed, even if `activate` comes back", async () => {
    const { runner, problems, deaths } = rig({
      activate: () => deaths[0]?.(new Error("gone")),
    });
    expect(await outcome(runner.activate())).toBe("stats died in `activate`: gone");
    expect(runner.state).toEqual({ name: "failed", error: problems[0] });
  });

  it("and is deactivated while it is buried is inactive", async () => {
    const ending = Promise.withResolvers<void>();
    const { runner, deaths } = rig({ endDependents: () => ending.promise });
    await runner.activate();
    deaths[0]?.(new Error("gone"));
    const stopped = runner.deactivate();
    expect(runner.state.name).toBe("deactivating");
    ending.resolve();
    await stopped;
    expect(runner.state.name).toBe("inactive");
  });

  it("and is activated while it is buried comes back afterwards", async () => {
    const { runner, deaths, log } = rig({});
    await runner.activate();
    deaths[0]?.(new Error("gone"));
    await runner.activate();
    expect(runner.state.name).toBe("active");
    expect(log.slice(-4)).toEqual(["activating", "open", "activate", "active"]);
  });

  it("waits no longer when it is deactivated, and stays down when it is suspended", async () => {
    let broken = false;
    const { runner, deaths, problems } = rig({
      activate() {
        if (broken) throw new Error("no luck");
      },
    });
    await runner.activate();
    deaths[0]?.(new Error("gone"));
    await runner.ended();
    await runner.deactivate();
    expect(runner.state.name).toBe("inactive");
    await runner.activate();
    deaths[1]?.(new Error("gone"));
    await runner.ended();
    broken = true;
    expect(await outcome(runner.activate())).toContain("no luck");
    await runner.deactivate();
    expect(runner.state.name).toBe("suspended");
    // Of the failure and of the suspension.
    expect(problems).toHaveLength(4);
    broken = false;
    await runner.activate();
    expect(runner.state.name).toBe("active");
  });

  it("and hangs while it is buried is forced", async () => {
    const { runner, clock, deaths } = rig({ release: () => new Promise(() => undefined) });
    await runner.activate();
    deaths[0]?.(new Error("gone"));
    await clock.advance(499);
    expect(runner.state.name).toBe("crashing");
    await clock.advance(1);
    await runner.ended();
    expect(runner.state.name).toBe("crashed");
    expect(clock.timers).toBe(0);
  });
});

interface Parts {
  readonly activate?: Code;
  readonly deactivate?: Code;
  readonly open?: () => void;
  readonly prepare?: () => Promise<void>;
  readonly release?: () => Promise<void>;
  readonly onProblem?: () => void;
  readonly end?: () => Promise<void>;
  readonly endDependents?: () => Promise<void>;
}

const REPORT: TroubleReport = { kind: "crash", mishaps: [], limit: 5 };

/** A runner on stubs, with a log of what happened, the plugin's silent parts left out. */
function rig(parts: Parts): {
  runner: PluginRunner;
  clock: ManualClock;
  log: string[];
  problems: CroftError[];
  /** What was the host's affair. */
  prevented: CroftError[];
  /** For each activation that was opened, what says that it has died. */
  deaths: ((error: unknown) => void)[];
} {
  const deaths: ((error: unknown) => void)[] = [];
  const log: string[] = [];
  const problems: CroftError[] = [];
  const prevented: CroftError[] = [];
  const clock = createManualClock();
  const { activate, deactivate } = parts;
  const plugin: Plugin = definePlugin({
    manifest: { id: "stats", name: "Statistics", version: "1.0.0", engine: "*" },
    activate(context) {
      log.push("activate");
      return activate?.(context);
    },
    deactivate(context) {
      if (deactivate) log.push("deactivate");
      return deactivate?.(context);
    },
  });
  const runner = createPluginRunner({
    plugin,
    clock,
    deadlines: { activate: 1_000, deactivate: 500 },
    supervisor: {
      crashed: (error) => ({ name: "backOff", error, report: REPORT, restartAt: 7 }),
      startFailed: (error, { afterCrash }) =>
        afterCrash ? { name: "suspend", error, report: REPORT } : undefined,
      startPrevented: () => void log.push("prevented"),
    },
    prepare: async () => parts.prepare?.(),
    onPrevented: (problem) => prevented.push(problem),
    async endDependents() {
      log.push("dependents");
      await parts.endDependents?.();
    },
    open(crashed) {
      deaths.push(crashed);
      log.push("open");
      parts.open?.();
      const controller = new AbortController();
      // No more of a context than the plugins of these tests look at.
      const context = { signal: controller.signal } as PluginContext;
      return {
        context,
        abort() {
          log.push("abort");
          controller.abort(new Error("deactivated"));
        },
        async release() {
          log.push("release");
          await parts.release?.();
        },
        async end() {
          log.push("end");
          await parts.end?.();
        },
      };
    },
    onState: ({ name }) => log.push(name),
    onProblem(problem) {
      problems.push(problem);
      parts.onProblem?.();
    },
  });
  return { runner, clock, log, problems, prevented, deaths };
}

interface ManualClock {
  delay(ms: number, run: () => void): () => void;
  /** Moves the time and lets everything happen that follows. */
  advance(ms: number): Promise<void>;
  readonly timers: number;
}

function createManualClock(): ManualClock {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    delay(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      await settle();
      now += ms;
      for (const timer of [...timers]) {
        if (timer.at > now) continue;
        timers.delete(timer);
        timer.run();
      }
      await settle();
    },
    get timers() {
      return timers.size;
    },
  };
}

/** Lets all microtasks run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The message that a promise rejects with. */
async function outcome(promise: Promise<void>): Promise<string> {
  try {
    await promise;
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
