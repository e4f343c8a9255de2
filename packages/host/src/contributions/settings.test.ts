import { createMemoryStore, type CroftError, openWorkspace, type Workspace } from "@croft/core";
import { defineCollection, openCollection } from "@croft/core/collection";
import { definePlugin, type Plugin } from "@croft/plugin";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  createPluginHost,
  describeSettings,
  type HostedWorkspace,
  type PluginHost,
  type SettingField,
} from "../index.ts";

const heard: unknown[] = [];
const stats: Plugin = definePlugin({
  manifest: {
    id: "stats",
    name: "Statistics",
    version: "1.0.0",
    engine: "*",
    contributes: {
      settings: [
        { name: "live", title: "Live", type: "boolean", default: true },
        { name: "goal", title: "Goal", description: "A day.", type: "number", default: 5, max: 10 },
        { name: "note", title: "Note", type: "string", multiline: true, maxLength: 20 },
        {
          name: "unit",
          title: "Unit",
          scope: "workspace",
          type: "choice",
          options: [
            { value: "words", title: "Words" },
            { value: "signs", title: "Signs" },
          ],
        },
        { name: "skip", title: "Skip", type: "texts", maxEntries: 2 },
      ],
    },
  },
  // Typed by their names.
  activate({ settings }) {
    const goal: number = settings.get("goal");
    const unit: "words" | "signs" = settings.get("unit");
    const skip: readonly string[] = settings.get("skip");
    settings.onChange("live", (live: boolean) => heard.push(live));
    heard.push([goal, unit, skip]);
    try {
      // @ts-expect-error there is no such setting
      settings.get("other");
    } catch (error) {
      heard.push((error as CroftError).message);
    }
  },
});

let workspace: Workspace;
let host: PluginHost;

beforeEach(async () => {
  const store = async () => createMemoryStore();
  workspace = await openWorkspace({ id: "acme", user: "ada", store });
  host = createPluginHost({ workspace });
  host.register(stats);
});
afterEach(async () => {
  await host.dispose();
  await workspace.dispose();
});

/** The workspace, without `open`. */
function hosted(): HostedWorkspace {
  const { id, user, gate, openDocuments, events, sharedAs, sync } = workspace;
  return {
    id,
    user,
    gate,
    openDocuments,
    events,
    sharedAs,
    sync,
    createPluginReplica: (plugin, options) => workspace.createPluginReplica(plugin, options),
    connectPlugin: (plugin, signal, options) => workspace.connectPlugin(plugin, signal, options),
    onChanged: (listener) => workspace.onChanged(listener),
  };
}

const field = (name: string, of = host): SettingField | undefined =>
  of.settings.form("stats").find((each) => each.name === name);

describe("a form", () => {
  it("says all that is needed to render it", () => {
    const base = { help: "", scope: "person", isDefault: true, error: undefined, readOnly: false };
    expect(describeSettings(stats.manifest)).toEqual([
      { ...base, name: "live", label: "Live", kind: "boolean", value: true },
      {
        ...base,
        name: "goal",
        label: "Goal",
        help: "A day.",
        kind: "number",
        value: 5,
        min: undefined,
        max: 10,
        step: undefined,
      },
      {
        ...base,
        name: "note",
        label: "Note",
        kind: "string",
        value: "",
        multiline: true,
        maxLength: 20,
      },
      {
        ...base,
        scope: "workspace",
        name: "unit",
        label: "Unit",
        kind: "choice",
        value: "words",
        options: [
          { value: "words", title: "Words" },
          { value: "signs", title: "Signs" },
        ],
      },
      { ...base, name: "skip", label: "Skip", kind: "texts", value: [], maxEntries: 2 },
    ]);
  });

  it("follows what is set, and is the same until then", async () => {
    const told: string[] = [];
    host.settings.onChange((plugin) => told.push(plugin));
    await host.settings.ready;
    const before = host.settings.form("stats");
    expect(host.settings.form("stats")).toBe(before);
    expect(before).toEqual(describeSettings(stats.manifest));
    told.length = 0;
    await host.settings.set("stats", "goal", 7);
    expect(field("goal")).toMatchObject({ value: 7, isDefault: false });
    expect(host.settings.get("stats", "goal")).toBe(7);
    expect(told).toEqual(["stats"]);
    await host.settings.set("stats", "goal", undefined);
    expect(field("goal")).toMatchObject({ value: 5, isDefault: true });
  });

  it("shows what does not fit as an error, and the default counts", async () => {
    await host.settings.ready;
    const document = workspace.open("app/users/ada/settings");
    await document.ready;
    const definition = defineCollection("settings", { value: z.unknown() });
    const values = openCollection(document, definition);
    const bad = { live: "yes", goal: 11, note: "x".repeat(21), skip: ["a", 7] };
    for (const [name, value] of Object.entries(bad)) values.insert({ id: `stats:${name}`, value });
    expect(host.settings.form("stats").map(({ name, error }) => [name, error])).toEqual([
      ["live", "must be true or false"],
      ["goal", "must be 10 or less"],
      ["note", "must not be longer than 20 characters"],
      ["unit", undefined],
      ["skip", "entry 2 must be a text"],
    ]);
    expect(host.settings.get("stats", "goal")).toBe(5);
    // As is what is there without any value.
    values.delete("stats:live");
    values.insert({ id: "stats:live", value: null });
    expect(field("live")).toMatchObject({ value: true, error: "must be true or false" });
    values.dispose();
    document.close();
  });
});

describe("setting", () => {
  it.each<[string, unknown, string]>([
    ["live", 1, "Live (stats) cannot be set: it must be true or false."],
    ["goal", 11, "it must be 10 or less"],
    ["goal", Number.NaN, "it must be a number"],
    ["note", "a\u0000", "it must hold no control characters"],
    ["note", "\ud800", "it must hold no control characters"],
    ["unit", "constructor", 'it must be one of "words", "signs"'],
    ["skip", ["a", "b", "c"], "it must not have more than 2 entries"],
    ["skip", ["a\nb"], "entry 1 must be one line"],
  ])("%s to %j is refused", async (name, value, message) => {
    await expect(host.settings.set("stats", name, value as never)).rejects.toMatchObject({
      code: "input/invalid",
      message: expect.stringContaining(message),
    });
    expect(field(name)).toMatchObject({ isDefault: true });
  });

  it("what there is not is refused", async () => {
    await expect(host.settings.set("notes", "goal", 1)).rejects.toMatchObject({
      code: "plugin/unknown",
    });
    await expect(host.settings.set("stats", "toString", 1)).rejects.toMatchObject({
      code: "contribution/unknown",
    });
  });

  it("is told to the plugin by its name and type", async () => {
    await host.activate("stats");
    await host.settings.set("stats", "live", false);
    const refused = 'stats contributes no setting "other".';
    expect(heard.splice(0)).toEqual([[5, "words", []], refused, false]);
  });

  it("that cannot be read keep a plugin from starting, which is not blamed for it, and are read again", async () => {
    await host.dispose();
    let broken = true;
    const problems: CroftError[] = [];
    const kept = new Map<string, string>();
    const bad = createPluginHost({
      workspace: {
        ...hosted(),
        open(path) {
          if (broken) throw new Error("no such disk");
          return workspace.open(path);
        },
      },
      supervision: { failedStarts: 1 },
      memory: { read: () => kept.get("text"), write: (text) => void kept.set("text", text) },
      onProblem: (problem) => problems.push(problem),
    });
    bad.register(stats);
    const why = "The settings of plugins cannot be read: no such disk";
    await expect.poll(() => problems.map(({ message }) => message)).toEqual([why]);
    // A form has defaults, and tells nothing again and again.
    expect(bad.settings.form("stats").map(({ isDefault }) => isDefault)).not.toContain(false);
    await expect(bad.settings.set("stats", "goal", 7)).rejects.toMatchObject({
      code: "store/failed",
      plugin: undefined,
      message: why,
    });
    const error = { code: "store/failed", message: `stats was not activated. ${why}` };
    await expect(bad.activate("stats")).rejects.toMatchObject(error);
    // Neither parked after it, nor thought of as one that threw.
    expect(bad.list()).toMatchObject([{ state: { name: "failed", error }, trouble: undefined }]);
    expect(bad.monitor.list()).toMatchObject([{ figures: { errors: 0, lastErrors: [] } }]);
    expect(kept.get("text")).toContain('"notes":[]');
    expect(problems.slice(1)).toMatchObject([error]);

    broken = false;
    await bad.activate("stats");
    await bad.settings.set("stats", "live", false);
    expect(heard.splice(0)).toEqual([[5, "words", []], expect.anything(), false]);
    expect(problems).toHaveLength(2);
    await bad.dispose();
    await expect(bad.settings.ready).resolves.toBeUndefined();
  });

  it("needs a workspace that opens documents; without it all have their defaults", async () => {
    await host.dispose();
    const bare = createPluginHost({ workspace: hosted() });
    bare.register(stats);
    await bare.activate("stats");
    await expect(bare.settings.set("stats", "goal", 7)).rejects.toMatchObject({
      code: "input/invalid",
      hint: "Give the host a workspace with `open`.",
    });
    expect(field("goal", bare)).toMatchObject({ value: 5, readOnly: true });
    await bare.dispose();
  });
});
