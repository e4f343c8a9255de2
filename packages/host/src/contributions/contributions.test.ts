/** Settings, status items and files of a plugin beside the host, and of one at the other end of a port: the same. */

import { createMessagePortChannel } from "@croft/core";
import { type ImportResult, type PluginContext } from "@croft/plugin";
import { PortCalls, RemotePort } from "@croft/plugin/remote";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  type Activate,
  forever,
  MANIFEST,
  setUpContributions,
} from "../testing/contributions-rig.ts";

const rig = setUpContributions();
const { openAcme, createHost, beside, atAPort, served, stateOf, enabled, write } = rig;

describe.each([
  ["beside the host", beside],
  ["at the other end of a port", atAPort],
])("%s", (_where, register) => {
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
      await rig.host.settings.set("stats", "unit", "signs");
      await rig.host.activate("stats");
      expect(seen).toEqual([[100, "signs", []]]);
      await rig.host.settings.set("stats", "goal", 7);
      await rig.host.settings.set("stats", "skip", ["a"]);
      await rig.host.settings.set("stats", "goal", 7);
      await rig.host.settings.set("stats", "goal", undefined);
      await expect.poll(() => seen.slice(1)).toEqual([7, ["a"], 100]);
      await rig.host.deactivate("stats");
      await rig.host.settings.set("stats", "goal", 9);
      expect(seen).toHaveLength(4);

      await rig.host.dispose();
      await rig.workspace.dispose();
      rig.workspace = await openAcme();
      rig.host = createHost();
      register(activate);
      await rig.host.activate("stats");
      expect(seen.at(-1)).toEqual([9, "signs", ["a"]]);
    });
  });

  describe("status items", () => {
    it("show what the plugin says, as long as it is active", async () => {
      const told: unknown[] = [];
      rig.host.status.onChange((items) => told.push(items.map(({ text }) => text)));
      let show: PluginContext["status"]["set"] = () => undefined;
      register(({ status }) => {
        show = (name, content) => status.set(name, content);
        show("stats/words", { text: "7 words", command: "stats/recount" });
      });
      await rig.host.activate("stats");
      expect(rig.host.status.list()).toEqual([
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
      await rig.host.deactivate("stats");
      expect(rig.host.status.list()).toEqual([]);
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
      await rig.host.activate("stats");
      expect(refused).toEqual(Array.from({ length: 8 }, () => "input/invalid"));
      expect(rig.host.status.list()).toEqual([]);
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
      const [importer] = rig.host.importers.matching(file);
      expect(importer).toMatchObject({
        name: "stats/csv",
        pluginName: "Statistics",
        enabled: true,
      });
      expect(rig.host.importers.matching({ name: "csv", mediaType: "image/png" })).toEqual([]);
      expect(await rig.host.importers.run("stats/csv", file)).toEqual({ paths: ["stats/table"] });
      const table = rig.workspace.open("stats/table");
      await table.ready;
      await expect.poll(() => table.doc.getText("body").toString()).toBe("words.CSV: a,b");
    });

    it("of 32 MiB are taken", async () => {
      register(({ importers }) => {
        importers.register("stats/csv", ({ bytes }) => ({ paths: [`stats/${bytes.length}`] }));
      });
      const bytes = new Uint8Array(2 ** 25);
      const { paths } = await rig.host.importers.run("stats/csv", { ...file, bytes });
      expect(paths).toEqual(["stats/33554432"]);
    });

    it("that are too large are refused, and results that are none or lie", async () => {
      let answer: unknown;
      register(({ importers }) => {
        importers.register("stats/csv", () => answer as ImportResult);
      });
      const run = (bytes = file.bytes) => rig.host.importers.run("stats/csv", { ...file, bytes });
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
      const [exporter] = rig.host.exporters.matching("notes/1");
      expect(exporter).toMatchObject({ name: "stats/csv", documents: "notes/*" });
      expect(rig.host.exporters.matching("tasks/1")).toEqual([]);
      const run = () => rig.host.exporters.run("stats/csv", "notes/1");
      await expect(run()).rejects.toMatchObject({ code: "access/denied", plugin: "stats" });
      expect(stateOf()).toBe("registered");
      rig.host.grant("stats", MANIFEST.permissions);
      const made = await run();
      expect(new TextDecoder().decode(made.bytes)).toBe("Hello");
      expect(made).toMatchObject({ name: "note.csv", mediaType: "text/csv" });
    });

    it("that lead out of their folder, or are too large, are refused", async () => {
      let answer: { name: unknown; mediaType?: unknown; bytes?: unknown };
      const fine = { name: "a.csv", mediaType: "text/csv", bytes: Uint8Array.of(1) };
      rig.host.grant("stats", await registered());
      const run = () => rig.host.exporters.run("stats/csv", "notes/1");
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
    await rig.host.activate("stats");
    expect(rig.logged.map(({ message }) => message)).toEqual([
      'stats contributes no command "notes/new".',
      "The command stats/recount has a handler already.",
      'stats contributes no status item "notes/words".',
      expect.stringContaining("`text` must not be longer than 80 characters"),
      expect.stringContaining("What the status item is to show is invalid"),
    ]);
    expect(rig.host.status.list()).toEqual([]);
    const hostile = ["x".repeat(2 ** 21), JSON.parse('{ "__proto__": { "polluted": true } }')];
    for (answer of hostile) {
      await expect(rig.host.commands.run("stats/recount")).rejects.toMatchObject({
        code: "plugin/failed",
        message: expect.stringContaining("The results cannot be handed over"),
      });
    }
    answer = "fine";
    expect(await rig.host.commands.run("stats/recount")).toBe("fine");
  });

  it("is ended by what cannot be read, and what runs in it is", async () => {
    const speaker = serveByHand(forever);
    speaker.onActivate = () => {
      speaker.calls.tell("contributions/register", { kind: "command", name: "stats/recount" });
    };
    await rig.host.activate("stats");
    const running = rig.host.commands.run("stats/recount");
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
