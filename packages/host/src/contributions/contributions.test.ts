/** Contributions of a plugin beside the host, and of one at the other end of a port: the same. */

import {
  createMemoryDisk,
  createMemoryStore,
  createMessagePortChannel,
  type CroftError,
  openWorkspace,
  type Workspace,
} from "@croft/core";
import {
  definePlugin,
  type ImportResult,
  parseManifest,
  type Plugin,
  type PluginContext,
  type PluginManifestInput,
} from "@croft/plugin";
import { PortCalls, RemotePort, servePlugin } from "@croft/plugin/remote";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { createPluginHost, type LogEntry, type PluginHost } from "../plugin-host.ts";
import { createRemotePlugin } from "../remote/remote-plugin.ts";

const MANIFEST = {
  id: "stats",
  name: "Statistics",
  version: "1.0.0",
  engine: "*",
  activation: [],
  permissions: {
    documents: [{ pattern: "notes/*", access: "read", reason: "To count." }],
  },
  contributes: {
    commands: [
      { name: "stats/recount", title: "Count again", shortcut: "Mod+Shift+K" },
      { name: "stats/reset", title: "Reset", category: "Statistics" },
    ],
    settings: [
      { name: "goal", title: "Goal", type: "number", default: 100, min: 1, max: 500 },
      { name: "unit", title: "Unit", scope: "workspace", type: "string", default: "words" },
      { name: "skip", title: "Skip", type: "texts" },
    ],
    status: [
      { name: "stats/words", title: "Words" },
      { name: "stats/mood", title: "Mood" },
    ],
    importers: [{ name: "stats/csv", title: "Table", extensions: ["csv"] }],
    exporters: [
      { name: "stats/csv", title: "Table", mediaTypes: ["text/csv"], documents: "notes/*" },
    ],
  },
} as const satisfies PluginManifestInput;

let workspace: Workspace;
let host: PluginHost;
let problems: CroftError[];
let logged: LogEntry[];
let disk: ReturnType<typeof createMemoryDisk>;

const openAcme = (): Promise<Workspace> =>
  openWorkspace({ id: "acme", user: "ada", store: async () => createMemoryStore(disk) });
const createHost = (): PluginHost =>
  createPluginHost({
    workspace,
    onProblem: (problem) => problems.push(problem),
    onLog: (entry) => logged.push(entry),
  });

beforeEach(async () => {
  problems = [];
  logged = [];
  disk = createMemoryDisk();
  workspace = await openAcme();
  host = createHost();
});
afterEach(async () => {
  await host.dispose();
  await workspace.dispose();
});

type Activate = (context: PluginContext) => void | Promise<void>;

function define(activate: Activate): Plugin {
  return definePlugin({ manifest: parseManifest(MANIFEST), activate });
}

function beside(activate: Activate): void {
  host.register(define(activate));
}

function atAPort(activate: Activate): void {
  served((port) => servePlugin(define(activate), port));
}

function served(serve: (port: MessagePort) => void): void {
  const openRealm = async () => {
    const { port1, port2 } = new MessageChannel();
    serve(port2);
    return { port: port1, close: () => port2.close() };
  };
  const manifest = parseManifest(MANIFEST);
  host.register(createRemotePlugin({ manifest, workspace, host, openRealm, sealed: false }));
}

const stateOf = () => host.list().find(({ id }) => id === "stats")?.state.name;
const enabled = () => host.commands.list().map((command) => command.enabled);
const forever = () => new Promise<never>(() => undefined);

async function write(path: string, text: string): Promise<void> {
  const handle = workspace.open(path);
  await handle.ready;
  handle.doc.getText("body").insert(0, text);
  await handle.saved("device");
  handle.close();
}

describe.each([
  ["beside the host", beside],
  ["at the other end of a port", atAPort],
])("%s", (_where, register) => {
  describe("commands", () => {
    it("are listed while the plugin is registered, and wake it", async () => {
      register(({ commands }) => {
        commands.register("stats/recount", (args) => ({ got: args }));
      });
      expect(host.commands.list()).toEqual([
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
      expect(await host.commands.run("stats/recount", args)).toEqual({ got: args });
      expect(stateOf()).toBe("active");
      // What it does not handle now that it is active cannot be run.
      expect(enabled()).toEqual([true, false]);
      await expect(host.commands.run("stats/reset")).rejects.toMatchObject({
        code: "plugin/failed",
        message: "stats has no handler for the command stats/reset.",
      });
      await host.deactivate("stats");
      expect(enabled()).toEqual([true, true]);
      expect(await host.commands.run("stats/recount")).toEqual({ got: undefined });
      await host.unregister("stats");
      expect(host.commands.list()).toEqual([]);
      await expect(host.commands.run("stats/recount")).rejects.toMatchObject({
        code: "contribution/unknown",
      });
      expect(problems).toEqual([]);
    });

    it("are told of when they change, and only then", async () => {
      const told: unknown[] = [];
      host.commands.onChange((commands) => told.push(commands.map((command) => command.enabled)));
      let stop = (): void => undefined;
      register(({ commands }) => {
        stop = commands.register("stats/recount", () => 1);
        commands.register("stats/reset", () => 2);
      });
      const before = host.commands.list();
      await expect.poll(() => told).toEqual([[true, true]]);
      await host.activate("stats");
      expect(host.commands.list()).toBe(before);
      stop();
      await expect.poll(enabled).toEqual([false, true]);
      expect(host.commands.list()[1]).toBe(before[1]);
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
      await expect(host.commands.run("stats/recount")).rejects.toMatchObject({
        code: "plugin/failed",
        plugin: "stats",
        message: "stats threw in the handler of stats/recount: no luck",
      });
      expect(problems).toHaveLength(1);
    });

    it("that never end are given up, and told to stop", async () => {
      const reasons: unknown[] = [];
      register(({ commands }) => {
        commands.register("stats/recount", (_args, { signal }) => {
          signal.addEventListener("abort", () => reasons.push(signal.aborted));
          return forever();
        });
      });
      await host.activate("stats");
      await expect(host.commands.run("stats/recount", 1, { timeout: 20 })).rejects.toMatchObject({
        code: "plugin/timeout",
        plugin: "stats",
      });
      await expect.poll(() => reasons).toEqual([true]);
      const controller = new AbortController();
      const running = host.commands.run("stats/recount", 1, { signal: controller.signal });
      controller.abort(new Error("enough"));
      await expect(running).rejects.toThrow("enough");
      expect(problems).toMatchObject([{ code: "plugin/timeout" }]);
    });

    it("end with the plugin", async () => {
      let started = 0;
      register(({ commands }) => {
        commands.register("stats/recount", () => {
          started++;
          return forever();
        });
      });
      const running = host.commands.run("stats/recount").catch((error: unknown) => error);
      await expect.poll(() => started).toBe(1);
      await host.deactivate("stats");
      expect(await running).toMatchObject({
        code: "plugin/failed",
        message: "stats was deactivated.",
      });
      expect(problems).toEqual([]);
    });

    it("that fail to wake the plugin tell why, and are not enabled then", async () => {
      register(() => {
        throw new Error("no luck");
      });
      await expect(host.commands.run("stats/recount")).rejects.toMatchObject({
        message: "stats threw in `activate`: no luck",
      });
      expect(enabled()).toEqual([false, false]);
    });

    it("take and answer plain data only, of a megabyte at most", async () => {
      let answer: unknown;
      register(({ commands }) => {
        commands.register("stats/recount", () => answer);
      });
      const run = (args: unknown = null) => host.commands.run("stats/recount", args);
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
      expect(await host.commands.run("stats/recount")).toBe(1);
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
      const running = Array.from({ length: 101 }, () => host.commands.run("stats/recount"));
      await expect(running[100]).rejects.toMatchObject({ code: "plugin/busy", plugin: "stats" });
      resolve();
      await Promise.all(running.slice(0, 100));
      await host.commands.run("stats/recount");
    });
  });

  describe("settings", () => {
    it("are there when the plugin is activated, are told when they change, and last", async () => {
      const seen: unknown[] = [];
      const activate: Activate = ({ settings }) => {
        seen.push([settings.get("goal"), settings.get("unit"), settings.get("skip")]);
        settings.onChange("goal", (goal) => seen.push(goal));
        settings.onChange("skip", (skip) => seen.push(skip));
        expect(() => settings.get("other")).toThrow('stats contributes no setting "other"');
      };
      register(activate);
      await host.settings.set("stats", "unit", "signs");
      await host.activate("stats");
      expect(seen).toEqual([[100, "signs", []]]);
      await host.settings.set("stats", "goal", 7);
      await host.settings.set("stats", "skip", ["a"]);
      await host.settings.set("stats", "goal", 7);
      await host.settings.set("stats", "goal", undefined);
      await expect.poll(() => seen.slice(1)).toEqual([7, ["a"], 100]);
      await host.deactivate("stats");
      await host.settings.set("stats", "goal", 9);
      expect(seen).toHaveLength(4);

      await host.dispose();
      await workspace.dispose();
      workspace = await openAcme();
      host = createHost();
      register(activate);
      await host.activate("stats");
      expect(seen.at(-1)).toEqual([9, "signs", ["a"]]);
    });
  });

  describe("status items", () => {
    it("show what the plugin says, as long as it is active", async () => {
      const told: unknown[] = [];
      host.status.onChange((items) => told.push(items.map(({ text }) => text)));
      let show: PluginContext["status"]["set"] = () => undefined;
      register(({ status }) => {
        show = (name, content) => status.set(name, content);
        show("stats/words", { text: "7 words", command: "stats/recount" });
      });
      await host.activate("stats");
      expect(host.status.list()).toEqual([
        {
          name: "stats/words",
          title: "Words",
          plugin: "stats",
          text: "7 words",
          tooltip: undefined,
          command: "stats/recount",
        },
      ]);
      show("stats/mood", { text: "fine", tooltip: "really" });
      show("stats/words", undefined);
      await expect.poll(() => told.at(-1)).toEqual(["fine"]);
      await host.deactivate("stats");
      expect(host.status.list()).toEqual([]);
      expect(() => show("stats/words", { text: "still here" })).toThrow("was deactivated");
    });

    it("take no other's items and commands, no long texts, and no more than a line", async () => {
      const refused: unknown[] = [];
      register(({ status }) => {
        const attempts = [
          ["notes/words", { text: "x" }],
          ["stats/words", { text: "x", command: "notes/new" }],
          ["stats/words", { text: "x".repeat(81) }],
          ["stats/words", { text: "x", tooltip: "x".repeat(301) }],
          ["stats/words", { text: "a\nb" }],
          ["stats/words", { text: "a\u202eb" }],
          ["stats/words", { text: "" }],
          ["stats/words", { text: "x", html: "<b>" }],
        ] as const;
        for (const [name, content] of attempts) {
          try {
            status.set(name, content);
          } catch (error) {
            refused.push((error as { code?: unknown }).code);
          }
        }
      });
      await host.activate("stats");
      expect(refused).toEqual(Array.from({ length: 8 }, () => "input/invalid"));
      expect(host.status.list()).toEqual([]);
    });
  });

  describe("files", () => {
    const file = { name: "words.CSV", mediaType: "", bytes: new TextEncoder().encode("a,b") };

    it("are imported into documents of the plugin", async () => {
      register(({ documents, importers }) => {
        importers.register("stats/csv", async ({ name, bytes }) => {
          const table = documents.open(documents.own("table"));
          await table.ready;
          table.doc.getText("body").insert(0, `${name}: ${new TextDecoder().decode(bytes)}`);
          await table.saved("device");
          return { paths: [table.path] };
        });
      });
      const [importer] = host.importers.matching(file);
      expect(importer).toMatchObject({
        name: "stats/csv",
        pluginName: "Statistics",
        enabled: true,
      });
      expect(host.importers.matching({ name: "csv", mediaType: "image/png" })).toEqual([]);
      expect(await host.importers.run("stats/csv", file)).toEqual({ paths: ["stats/table"] });
      const table = workspace.open("stats/table");
      await table.ready;
      await expect.poll(() => table.doc.getText("body").toString()).toBe("words.CSV: a,b");
    });

    it("of 32 MiB are taken", async () => {
      register(({ importers }) => {
        importers.register("stats/csv", ({ bytes }) => ({ paths: [`stats/${bytes.length}`] }));
      });
      const bytes = new Uint8Array(2 ** 25);
      const { paths } = await host.importers.run("stats/csv", { ...file, bytes });
      expect(paths).toEqual(["stats/33554432"]);
    });

    it("that are too large are refused, and results that are none or lie", async () => {
      let answer: unknown;
      register(({ importers }) => {
        importers.register("stats/csv", () => answer as ImportResult);
      });
      const run = (bytes = file.bytes) => host.importers.run("stats/csv", { ...file, bytes });
      await expect(run(new Uint8Array(2 ** 25 + 1))).rejects.toMatchObject({
        code: "input/invalid",
        message: expect.stringContaining("`bytes` must not have more than 33554432 bytes"),
      });
      const many = Array.from({ length: 1_001 }, (_, n) => `stats/${n}`);
      const lies = [undefined, { paths: "stats/a" }, { paths: many }, { paths: [7] }];
      for (answer of [...lies, { paths: ["notes/1"] }, { paths: ["no path"] }]) {
        await expect(run()).rejects.toMatchObject({ code: "plugin/failed", plugin: "stats" });
      }
      answer = { paths: [] };
      expect(await run()).toEqual({ paths: [] });
    });

    it("are made of documents that the plugin may read", async () => {
      await write("notes/1", "Hello");
      register(({ documents, exporters }) => {
        exporters.register("stats/csv", async (path) => {
          const note = documents.open(path);
          await note.ready;
          const text = note.doc.getText("body").toString();
          const bytes = new TextEncoder().encode(text);
          return { name: "note.csv", mediaType: "text/csv", bytes };
        });
      });
      const [exporter] = host.exporters.matching("notes/1");
      expect(exporter).toMatchObject({ name: "stats/csv", documents: "notes/*" });
      expect(host.exporters.matching("tasks/1")).toEqual([]);
      const run = () => host.exporters.run("stats/csv", "notes/1");
      await expect(run()).rejects.toMatchObject({ code: "access/denied", plugin: "stats" });
      expect(stateOf()).toBe("registered");
      host.grant("stats", MANIFEST.permissions);
      const made = await run();
      expect(new TextDecoder().decode(made.bytes)).toBe("Hello");
      expect(made).toMatchObject({ name: "note.csv", mediaType: "text/csv" });
    });

    it("that lead out of their folder, or are too large, are refused", async () => {
      let answer: { name: unknown; mediaType?: unknown; bytes?: unknown };
      const fine = { name: "a.csv", mediaType: "text/csv", bytes: Uint8Array.of(1) };
      host.grant("stats", await registered());
      const run = () => host.exporters.run("stats/csv", "notes/1");
      const bad = [
        ...["../a.csv", "a/b", "a\\b", ".", "..", "", "C:a", "a\u202evsc.exe", "x".repeat(256)],
        7,
      ];
      for (const name of bad) {
        answer = { ...fine, name };
        await expect(run()).rejects.toMatchObject({ code: "plugin/failed" });
      }
      for (const rest of [
        { mediaType: "text" },
        { bytes: "text" },
        { bytes: new Uint8Array(2 ** 25 + 1) },
      ]) {
        answer = { ...fine, ...rest };
        await expect(run()).rejects.toMatchObject({ code: "plugin/failed" });
      }
      answer = fine;
      expect(await run()).toEqual(fine);

      async function registered() {
        register(({ exporters }) => {
          exporters.register("stats/csv", () => answer as never);
        });
        return MANIFEST.permissions;
      }
    });
  });
});

describe("a plugin's end that is not croft's", () => {
  it("registers nothing of others, shows nothing that is no line, and is told", async () => {
    let answer: unknown;
    const speaker = serveByHand(() => answer);
    speaker.onActivate = () => {
      const { calls } = speaker;
      calls.tell("contributions/register", { kind: "command", name: "notes/new" });
      calls.tell("contributions/register", { kind: "command", name: "stats/recount" });
      calls.tell("contributions/register", { kind: "command", name: "stats/recount" });
      calls.tell("contributions/status", { name: "notes/words", content: { text: "x" } });
      const long = { text: "x".repeat(99) };
      calls.tell("contributions/status", { name: "stats/words", content: long });
      calls.tell("contributions/status", { name: "stats/words", content: 7 });
      calls.tell("contributions/unregister", { kind: "exporter", name: "stats/csv" });
    };
    await host.activate("stats");
    expect(logged.map(({ message }) => message)).toEqual([
      'stats contributes no command "notes/new".',
      "The command stats/recount has a handler already.",
      'stats contributes no status item "notes/words".',
      expect.stringContaining("`text` must not be longer than 80 characters"),
      expect.stringContaining("What the status item is to show is invalid"),
    ]);
    expect(host.status.list()).toEqual([]);
    const hostile = ["x".repeat(2 ** 21), JSON.parse('{ "__proto__": { "polluted": true } }')];
    for (answer of hostile) {
      await expect(host.commands.run("stats/recount")).rejects.toMatchObject({
        code: "plugin/failed",
        message: expect.stringContaining("The results cannot be handed over"),
      });
    }
    answer = "fine";
    expect(await host.commands.run("stats/recount")).toBe("fine");
  });

  it("is ended by what cannot be read, and what runs in it is", async () => {
    const speaker = serveByHand(forever);
    speaker.onActivate = () => {
      speaker.calls.tell("contributions/register", { kind: "command", name: "stats/recount" });
    };
    await host.activate("stats");
    const running = host.commands.run("stats/recount");
    speaker.calls.tell("contributions/register", { kind: "window", name: "stats/recount" });
    await expect(running).rejects.toMatchObject({ code: "plugin/failed", plugin: "stats" });
    await expect.poll(stateOf).toBe("crashed");
    expect(enabled()).toEqual([true, true]);
  });
});

/** A plugin's end that says what it likes, and answers each call with `answer`. */
function serveByHand(answer: () => unknown): { calls: PortCalls; onActivate: () => void } {
  const speaker = {
    calls: new PortCalls((message) => port?.call(message)),
    onActivate: (): void => undefined,
  };
  let port: RemotePort | undefined;
  served((end) => {
    port = new RemotePort(createMessagePortChannel(end), {
      call: (message) => speaker.calls.receive(message),
      stream: () => undefined,
      closed: () => undefined,
    });
  });
  speaker.calls.answer("life/activate", z.unknown(), () => speaker.onActivate());
  speaker.calls.answer("contributions/call", z.unknown(), answer);
  return speaker;
}
