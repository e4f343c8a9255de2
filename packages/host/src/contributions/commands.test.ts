/** Commands of a plugin beside the host, and of one at the other end of a port: the same. */

import { describe, expect, it } from "vitest";
import { forever, setUpContributions } from "../testing/contributions-rig.ts";

const rig = setUpContributions();
const { beside, atAPort, stateOf, enabled } = rig;

describe.each([
  ["beside the host", beside],
  ["at the other end of a port", atAPort],
])("%s", (_where, register) => {
  describe("commands", () => {
    it("are listed while the plugin is registered, and wake it", async () => {
      register(({ commands }) => {
        commands.register("stats/recount", (args) => ({ got: args }));
      });
      expect(rig.host.commands.list()).toEqual([
        {
          name: "stats/recount",
          title: "Count again",
          category: "",
          plugin: "stats",
          pluginName: "Statistics",
          shortcut: "Mod+Shift+K",
          enabled: true,
        },
        expect.objectContaining({ name: "stats/reset", category: "Statistics", enabled: true }),
      ]);
      expect(stateOf()).toBe("registered");
      const args = { path: "notes/1", at: [1, null, true], bytes: Uint8Array.of(1, 2) };
      expect(await rig.host.commands.run("stats/recount", args)).toEqual({ got: args });
      expect(stateOf()).toBe("active");
      // What it does not handle now that it is active cannot be run.
      expect(enabled()).toEqual([true, false]);
      await expect(rig.host.commands.run("stats/reset")).rejects.toMatchObject({
        code: "plugin/failed",
        message: "stats has no handler for the command stats/reset.",
      });
      await rig.host.deactivate("stats");
      expect(enabled()).toEqual([true, true]);
      expect(await rig.host.commands.run("stats/recount")).toEqual({ got: undefined });
      await rig.host.unregister("stats");
      expect(rig.host.commands.list()).toEqual([]);
      await expect(rig.host.commands.run("stats/recount")).rejects.toMatchObject({
        code: "contribution/unknown",
      });
      expect(rig.problems).toEqual([]);
    });

    it("are told of when they change, and only then", async () => {
      const told: unknown[] = [];
      rig.host.commands.onChange((commands) =>
        told.push(commands.map((command) => command.enabled)),
      );
      let stop = (): void => undefined;
      register(({ commands }) => {
        stop = commands.register("stats/recount", () => 1);
        commands.register("stats/reset", () => 2);
      });
      const before = rig.host.commands.list();
      await expect.poll(() => told).toEqual([[true, true]]);
      await rig.host.activate("stats");
      expect(rig.host.commands.list()).toBe(before);
      stop();
      await expect.poll(enabled).toEqual([false, true]);
      expect(rig.host.commands.list()[1]).toBe(before[1]);
      await expect
        .poll(() => told)
        .toEqual([
          [true, true],
          [false, true],
        ]);
    });

    it("tell what they threw", async () => {
      register(({ commands }) => {
        commands.register("stats/recount", () => {
          throw new Error("no luck");
        });
      });
      await expect(rig.host.commands.run("stats/recount")).rejects.toMatchObject({
        code: "plugin/failed",
        plugin: "stats",
        message: "stats threw in the handler of stats/recount: no luck",
      });
      expect(rig.problems).toHaveLength(1);
    });

    it("that never end are given up, and told to stop", async () => {
      const reasons: unknown[] = [];
      register(({ commands }) => {
        commands.register("stats/recount", (_args, { signal }) => {
          signal.addEventListener("abort", () => reasons.push(signal.aborted));
          return forever();
        });
      });
      await rig.host.activate("stats");
      await expect(
        rig.host.commands.run("stats/recount", 1, { timeout: 20 }),
      ).rejects.toMatchObject({
        code: "plugin/timeout",
        plugin: "stats",
      });
      await expect.poll(() => reasons).toEqual([true]);
      const controller = new AbortController();
      const running = rig.host.commands.run("stats/recount", 1, { signal: controller.signal });
      controller.abort(new Error("enough"));
      await expect(running).rejects.toThrow("enough");
      expect(rig.problems).toMatchObject([{ code: "plugin/timeout" }]);
    });

    it("end with the plugin", async () => {
      let started = 0;
      register(({ commands }) => {
        commands.register("stats/recount", () => {
          started++;
          return forever();
        });
      });
      const running = rig.host.commands.run("stats/recount").catch((error: unknown) => error);
      await expect.poll(() => started).toBe(1);
      await rig.host.deactivate("stats");
      expect(await running).toMatchObject({
        code: "plugin/failed",
        message: "stats was deactivated.",
      });
      expect(rig.problems).toEqual([]);
    });

    it("that fail to wake the plugin tell why, and are not enabled then", async () => {
      register(() => {
        throw new Error("no luck");
      });
      await expect(rig.host.commands.run("stats/recount")).rejects.toMatchObject({
        message: "stats threw in `activate`: no luck",
      });
      expect(enabled()).toEqual([false, false]);
    });

    it("take and answer plain data only, of a megabyte at most", async () => {
      let answer: unknown;
      register(({ commands }) => {
        commands.register("stats/recount", () => answer);
      });
      const run = (args: unknown = null) => rig.host.commands.run("stats/recount", args);
      const refused = { code: "input/invalid" };
      await expect(run(() => 1)).rejects.toMatchObject(refused);
      await expect(run(new Map())).rejects.toMatchObject(refused);
      await expect(run("x".repeat(2 ** 20 + 1))).rejects.toMatchObject(refused);
      const circle: { self?: unknown } = {};
      circle.self = circle;
      const results = [
        () => 1,
        Symbol("s"),
        1n,
        new Map(),
        new Date(0),
        circle,
        "x".repeat(2 ** 21),
      ];
      for (answer of results) {
        await expect(run()).rejects.toMatchObject({
          code: "plugin/failed",
          message: expect.stringMatching(/The results cannot be handed over/),
        });
      }
      answer = { ok: [undefined, Number.NaN] };
      expect(await run()).toEqual(answer);
    });

    it("are registered once, and only those of the manifest", async () => {
      const refused: unknown[] = [];
      register(({ commands, importers, exporters }) => {
        const attempts = [
          () => commands.register("notes/new", () => 1),
          () => commands.register("stats/other", () => 1),
          () => importers.register("stats/json", () => ({ paths: [] })),
          () => exporters.register("constructor", forever),
          () => commands.register("stats/recount", () => 1),
          () => commands.register("stats/recount", () => 2),
        ];
        for (const attempt of attempts) {
          try {
            attempt();
          } catch (error) {
            refused.push((error as Error).message);
          }
        }
      });
      expect(await rig.host.commands.run("stats/recount")).toBe(1);
      expect(refused).toEqual([
        'stats contributes no command "notes/new".',
        'stats contributes no command "stats/other".',
        'stats contributes no importer "stats/json".',
        'stats contributes no exporter "constructor".',
        "The command stats/recount has a handler already.",
      ]);
    });

    it("more than a hundred at once are refused, until some were answered", async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      register(({ commands }) => {
        commands.register("stats/recount", () => promise);
      });
      const running = Array.from({ length: 101 }, () => rig.host.commands.run("stats/recount"));
      await expect(running[100]).rejects.toMatchObject({ code: "plugin/busy", plugin: "stats" });
      resolve();
      await Promise.all(running.slice(0, 100));
      await rig.host.commands.run("stats/recount");
    });
  });
});
