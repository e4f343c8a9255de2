import { CroftError } from "@croft/core";
import { describe, expect, it } from "vitest";
import { type ContributionsInput, parseManifest } from "./index.ts";

const parse = (contributes: unknown) =>
  parseManifest({ id: "stats", name: "S", version: "1.0.0", engine: "*", contributes }).contributes;

function issuesOf(contributes: unknown): string[] {
  try {
    parse(contributes);
  } catch (error) {
    if (error instanceof CroftError) return error.message.split("\n- ").slice(1);
    throw error;
  }
  throw new Error("it was accepted");
}

const ALL = {
  commands: [
    {
      name: "stats/recount",
      title: "Count again",
      category: "Statistics",
      shortcut: "shift+mod+k",
    },
    { name: "stats/reset", title: "Reset" },
  ],
  settings: [
    { name: "live", title: "Count while typing", type: "boolean", default: true },
    { name: "daily-goal", title: "Goal", type: "number", default: 0.3, min: 0, max: 1, step: 0.1 },
    { name: "greeting", title: "Greeting", type: "string", multiline: true, default: "a\nb" },
    {
      name: "unit",
      title: "Unit",
      description: "What is counted.",
      scope: "workspace",
      type: "choice",
      options: [
        { value: "words", title: "Words" },
        { value: "signs", title: "Signs" },
      ],
    },
    { name: "skip", title: "Words to skip", type: "texts", default: ["a", "the"] },
  ],
  status: [{ name: "stats/words", title: "Words" }],
  importers: [{ name: "stats/csv", title: "Table", extensions: ["csv"], mediaTypes: ["text/csv"] }],
  exporters: [{ name: "stats/csv", title: "Table", extensions: ["csv"], documents: "notes/*" }],
} as const satisfies ContributionsInput;

describe("contributes", () => {
  it("is filled in, and its own output fits", () => {
    const contributes = parse(ALL);
    expect(contributes).toEqual({
      views: [],
      commands: [
        { ...ALL.commands[0], shortcut: "Mod+Shift+K" },
        { ...ALL.commands[1], category: "" },
      ],
      settings: [
        { ...ALL.settings[0], description: "", scope: "person" },
        { ...ALL.settings[1], description: "", scope: "person" },
        { ...ALL.settings[2], description: "", scope: "person", maxLength: 1_000 },
        { ...ALL.settings[3], default: "words" },
        { ...ALL.settings[4], description: "", scope: "person", maxEntries: 100 },
      ],
      status: ALL.status,
      importers: ALL.importers,
      exporters: [{ ...ALL.exporters[0], mediaTypes: [] }],
    });
    expect(parse(contributes)).toEqual(contributes);
  });

  const command = (fields: object) => ({
    commands: [{ name: "stats/recount", title: "Count", ...fields }],
  });
  const setting = (fields: object) => ({ settings: [{ name: "goal", title: "Goal", ...fields }] });
  const importer = (fields: object) => ({
    importers: [{ name: "stats/csv", title: "Table", extensions: ["csv"], ...fields }],
  });
  const twice = { name: "stats/words", title: "Words" };
  it.each<[unknown, string]>([
    [7, "contributes: must be an object"],
    [{ menus: [] }, "contributes.menus: no such field is known"],
    [{ commands: {} }, "contributes.commands: must be a list of commands"],
    [{ commands: ["x"] }, "contributes.commands[0]: must be a command"],
    [
      { commands: Array.from({ length: 101 }, (_, n) => ({ name: `stats/c${n}`, title: "C" })) },
      "contributes.commands: must not have more than 100 entries",
    ],
    [command({ name: "recount" }), 'contributes.commands[0].name: "recount" is no command; write'],
    [command({ name: "notes/new" }), '"notes/new" is notes\'s; write "stats/new"'],
    [command({ title: "" }), "contributes.commands[0].title: is empty; write a title for people"],
    [command({ title: "a\u202eb" }), "title: must hold no control characters"],
    [command({ when: "editing" }), "contributes.commands[0].when: no such field is known"],
    [command({ shortcut: "K" }), 'shortcut: "K" is no shortcut: without `Mod`, `Ctrl`, `Alt` or'],
    [command({ shortcut: "Mod+Ctrl+K" }), "`Mod` is Ctrl or Meta already"],
    [command({ shortcut: "Mod+Mod+K" }), "Mod is there twice"],
    [command({ shortcut: "Hyper+K" }), '"Hyper" is no modifier; write for example `Mod+Shift+K`'],
    [command({ shortcut: "Mod+" }), "its last part must be a key"],
    [{ status: [twice, twice] }, 'contributes.status[1].name: "stats/words" is there twice'],
    [setting({ type: "colour" }), 'contributes.settings[0].type: must be "boolean", "string"'],
    [setting({ type: "number" }), "contributes.settings[0].default: is missing; write a number"],
    [setting({ type: "number", default: 11, max: 10 }), "default: must be 10 or less"],
    [setting({ type: "number", default: 2.5, step: 1 }), "default: must be in steps of 1 from 0"],
    [setting({ type: "number", default: 1, min: 2, max: 1 }), "max: must not be less than `min`"],
    [setting({ type: "number", default: 1, step: 0 }), "step: must be more than 0"],
    [setting({ type: "string", default: "a\nb" }), "default: must be one line"],
    [setting({ type: "string", maxLength: 1e6 }), "maxLength: must be 10000 or less"],
    [setting({ type: "choice", options: [] }), "options: must have an option"],
    [
      setting({ type: "choice", options: [{ value: "a", title: "A" }], default: "b" }),
      'default: must be one of "a"',
    ],
    [setting({ type: "texts", default: ["a", "b"], maxEntries: 1 }), "must not have more than 1"],
    [setting({ type: "boolean", scope: "device" }), 'scope: must be "person" or "workspace"'],
    [
      setting({ type: "boolean", name: "Goal" }),
      '"Goal" is no name of a setting; write lower-case',
    ],
    [importer({ extensions: [".csv"] }), '".csv" is no extension; write it in lower case and'],
    [importer({ extensions: [] }), "contributes.importers[0]: needs `extensions` or `mediaTypes`"],
    [importer({ mediaTypes: ["csv"] }), '"csv" is no media type; write for example "text/csv"'],
    [
      { exporters: [{ ...importer({}).importers[0], documents: "**/x" }] },
      "contributes.exporters[0].documents: Invalid pattern",
    ],
  ])("refuses %j", (contributes, message) => {
    const issues = issuesOf(contributes);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toContain(message);
  });
});
