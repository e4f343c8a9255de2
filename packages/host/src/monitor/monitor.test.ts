import { beforeEach, describe, expect, it } from "vitest";
import { type Budgets, judgeFigures, type Verdict } from "./budgets.ts";
import { Monitor } from "./monitor.ts";

const KANBAN = { id: "kanban", version: "1.2.0" };
const BUDGETS: Budgets = {
  messages: { warn: 10, throttle: 100, suspend: 1_000 },
  held: { warn: 1_000, suspend: 5_000 },
};

let now: number;
let timers: { readonly due: number; readonly run: () => void }[];
let verdicts: (readonly [string, Verdict])[];
let monitor: Monitor;

beforeEach(() => {
  now = 1_700_000_000_000;
  timers = [];
  verdicts = [];
  monitor = new Monitor({
    clock: {
      now: () => now,
      delay(ms, run) {
        const timer = { due: now + ms, run };
        timers.push(timer);
        return () => (timers = timers.filter((each) => each !== timer));
      },
    },
    workspace: "acme",
    version: "0.1.0",
    budgets: BUDGETS,
    onVerdict: (plugin, verdict) => verdicts.push([plugin, verdict]),
  });
});

function advance(ms: number): void {
  for (const end = now + ms; now < end;) {
    now = Math.min(end, Math.min(...timers.map(({ due }) => due), end));
    const due = timers.filter((timer) => timer.due <= now);
    timers = timers.filter((timer) => timer.due > now);
    for (const { run } of due) run();
  }
}

const levels = (): readonly string[] => verdicts.map(([, { level }]) => level);

describe("budgets", () => {
  it("are told of once each as they are exceeded, and when that is over", () => {
    const meter = monitor.watch(KANBAN);
    const send = (times: number): void => {
      for (let time = 0; time < times; time++) meter.message("in", 10);
    };
    send(10);
    advance(2_000);
    expect(levels()).toEqual([]);
    send(1);
    advance(3_000);
    expect(levels()).toEqual(["warn"]);
    send(90);
    advance(1_000);
    expect(levels()).toEqual(["warn", "throttle"]);
    expect(verdicts[1]?.[1].excesses[0]?.message).toBe(
      "kanban sent 101 messages within a minute; 100 messages would be fine.",
    );
    send(900);
    advance(1_000);
    expect(levels()).toEqual(["warn", "throttle", "suspend"]);
    advance(70_000);
    expect(levels().at(-1)).toBe("fine");
  });

  it("count what goes to the plugin for nothing: it is not its doing", () => {
    const meter = monitor.watch(KANBAN);
    for (let time = 0; time < 2_000; time++) meter.message("out", 1_000_000);
    advance(2_000);
    expect(levels()).toEqual([]);
    expect(monitor.list()[0]?.figures.messages).toEqual({ in: 0, out: 2_000 });
  });

  it("begin anew when what was is forgiven", () => {
    const meter = monitor.watch(KANBAN);
    meter.held(6_000);
    advance(1_000);
    expect(levels()).toEqual(["suspend"]);
    monitor.forgive("kanban");
    advance(5_000);
    expect(levels()).toEqual(["suspend"]);
    expect(monitor.list()[0]?.figures.holds.ms).toBe(6_000);
  });

  it("tell of one thing in the singular", () => {
    const meter = monitor.watch(KANBAN);
    meter.threw(new Error("no luck"));
    meter.refused("clipboard");
    meter.documents = 2;
    const [figures] = monitor.list().map((plugin) => plugin.figures);
    if (!figures) throw new Error("nothing was measured");
    const budgets = { errors: { warn: 0 }, denied: { warn: 0 }, documents: { warn: 1 } };
    expect(judgeFigures(figures, budgets).excesses.map(({ message }) => message)).toEqual([
      "kanban threw 1 error within a minute; 0 errors would be fine.",
      "kanban was refused 1 call within a minute; 0 calls would be fine.",
      "kanban has open 2 documents; 1 document would be fine.",
    ]);
  });

  it("are looked at only while there is something to look at", () => {
    const meter = monitor.watch(KANBAN);
    expect(timers).toHaveLength(0);
    meter.message("in", 1);
    expect(timers).toHaveLength(1);
    advance(120_000);
    expect(timers).toHaveLength(0);
  });
});

describe("the report", () => {
  it("names what a plugin held its thread for", () => {
    const meter = monitor.watch(KANBAN);
    meter.given("`tasks/board` changed");
    for (let task = 0; task < 13; task++) meter.held(150);
    meter.held(350);
    meter.given("a command ran");
    meter.held(60);
    expect(monitor.report().map(({ message }) => message)).toEqual([
      "`kanban` held its thread for 2.3 s in 14 tasks while `tasks/board` changed; the longest took 350 ms.",
    ]);
    expect(monitor.report()[0]?.level).toBe("warn");
  });

  it("has the worst first, and says what was refused, thrown and slow", () => {
    const stats = monitor.watch({ id: "stats", version: "1.0.0" });
    stats.activated(4_100);
    stats.refused("network https://example.com");
    stats.refused("network https://example.com");
    stats.refused("clipboard");
    stats.threw(new Error("no luck"));
    const meter = monitor.watch(KANBAN);
    for (let time = 0; time < 150; time++) meter.message("in", 20_000);
    expect(monitor.report()).toEqual([
      {
        plugin: "kanban",
        level: "throttle",
        message: "`kanban` sent 150 messages with 3.0 MB within the last minute.",
      },
      { plugin: "stats", level: "fine", message: "`stats` took 4.1 s to activate." },
      {
        plugin: "stats",
        level: "fine",
        message: "`stats` threw 1 error within the last minute: no luck",
      },
      {
        plugin: "stats",
        level: "fine",
        message: "`stats` was refused network https://example.com (2 times).",
      },
    ]);
  });

  it("is empty when nothing stands out", () => {
    const meter = monitor.watch(KANBAN);
    meter.activated(80);
    meter.message("in", 10);
    meter.held(12);
    expect(monitor.report()).toEqual([]);
  });
});

describe("what is kept", () => {
  it("is bounded, whatever a plugin does", () => {
    const meter = monitor.watch(KANBAN);
    for (let time = 0; time < 500; time++) {
      meter.threw(new Error("x".repeat(10_000)));
      meter.refused(`permission ${time}`);
      meter.given(`task ${time}`);
      meter.held(1);
    }
    const [plugin] = monitor.list();
    expect(plugin?.figures.lastErrors).toHaveLength(20);
    expect(plugin?.figures.lastErrors[0]?.message).toHaveLength(2_000);
    expect(Object.keys(plugin?.figures.deniedBy ?? {})).toHaveLength(20);
    expect(plugin?.figures.holdsBy).toHaveLength(20);
    expect(plugin?.figures).toMatchObject({ errors: 500, denied: 500, holds: { tasks: 500 } });
  });

  it("counts on over the versions of a plugin", () => {
    monitor.watch(KANBAN).activated(10);
    monitor.watch({ ...KANBAN, version: "2.0.0" }).activated(20);
    expect(monitor.list()).toMatchObject([
      { figures: { version: "2.0.0", activations: 2, activationMs: 20 } },
    ]);
  });

  it("is told no more of a plugin that was unregistered", () => {
    monitor.watch(KANBAN).held(6_000);
    monitor.unwatch("kanban");
    expect(monitor.list()).toEqual([]);
    expect(monitor.report()).toEqual([]);
    advance(2_000);
    expect(verdicts).toEqual([]);
  });

  it("counts on when a plugin is registered again within a minute, and is forgotten after it", () => {
    monitor.watch(KANBAN).held(6_000);
    monitor.unwatch("kanban");
    now += 59_000;
    monitor.watch({ ...KANBAN, version: "2.0.0" }).held(1);
    expect(monitor.list()).toMatchObject([{ figures: { version: "2.0.0", holds: { tasks: 2 } } }]);
    monitor.unwatch("kanban");
    now += 61_000;
    expect(monitor.watch(KANBAN).figures().holds.tasks).toBe(0);
  });

  it("is exported as OTLP/JSON", () => {
    const meter = monitor.watch(KANBAN);
    meter.message("in", 100);
    meter.refused("clipboard");
    meter.storage = 5_000;
    advance(2_000);
    const { resourceMetrics } = monitor.export();
    const metrics = resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? [];
    const named = new Map(metrics.map((metric) => [metric.name, metric]));
    expect(named.get("croft.plugin.io")).toMatchObject({
      unit: "By",
      sum: {
        isMonotonic: true,
        dataPoints: [
          {
            asDouble: 100,
            startTimeUnixNano: "1700000000000000000",
            timeUnixNano: "1700000002000000000",
          },
          { asDouble: 0 },
        ],
      },
    });
    expect(named.get("croft.plugin.storage")).toMatchObject({
      gauge: {
        dataPoints: [
          {
            asDouble: 5_000,
            attributes: [
              { key: "croft.plugin.id", value: { stringValue: "kanban" } },
              { key: "croft.plugin.version", value: { stringValue: "1.2.0" } },
            ],
          },
        ],
      },
    });
    // What was not measured is not there, rather than zero.
    expect(named.get("croft.plugin.memory")?.gauge?.dataPoints).toEqual([]);
  });
});
