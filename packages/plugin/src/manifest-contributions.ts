/** The shape of a manifest's `contributes`, and what has to hold between its fields. */

import type { DocPattern } from "@croft/core";
import { parsePattern } from "@croft/core";
import * as z from "zod";
import { parseContributionName } from "./contribution-name.ts";
import type {
  ChoiceSetting,
  CommandContribution,
  Contributions,
  ExporterContribution,
  ImporterContribution,
  SettingContribution,
  StatusContribution,
} from "./contributions.ts";
import { list, MAX_ENTRIES, parsed, type Refuse, show, text } from "./manifest-fields.ts";
import { checkHeights, viewSchema } from "./manifest-views.ts";
import { problemOfSetting } from "./setting.ts";
import { formatShortcut, parseShortcut } from "./shortcut.ts";

/** Longest text that a setting can hold, in characters. */
const MAX_SETTING_LENGTH = 10_000;
/** Longest list of extensions, or of media types. */
const MAX_TYPES = 20;
const SETTING_NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const EXTENSION = /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/;
const MEDIA_TYPE = /^[a-z]+\/[a-z0-9][a-z0-9.+-]*$/;

const title = text("a title for people", 80);
const named = (what: string): z.ZodType<string> =>
  parsed(`a name, for example "notes/new-page"`, (name) => parseContributionName(name, what));

const commands: z.ZodType<CommandContribution> = entry("a command", {
  name: named("command"),
  title,
  category: text("a category", 40, 0).default(""),
  shortcut: parsed('a shortcut, for example "Mod+Shift+K"', (value) =>
    formatShortcut(parseShortcut(value)),
  ).optional(),
});

const status: z.ZodType<StatusContribution> = entry("a status item", {
  name: named("status item"),
  title,
});

const extension = text('an extension, for example "csv"', 20).refine(
  (value) => EXTENSION.test(value),
  {
    error: ({ input }) =>
      `${show(input)} is no extension; write it in lower case and without the dot, for example "csv"`,
  },
);
const mediaType = text('a media type, for example "text/csv"', 100).refine(
  (value) => MEDIA_TYPE.test(value),
  { error: ({ input }) => `${show(input)} is no media type; write for example "text/csv"` },
);
const files = {
  title,
  extensions: list(extension, "extensions", MAX_TYPES).default([]),
  mediaTypes: list(mediaType, "media types", MAX_TYPES).default([]),
};
const importers: z.ZodType<ImporterContribution> = entry("an importer", {
  name: named("importer"),
  ...files,
});
const exporters: z.ZodType<ExporterContribution> = entry("an exporter", {
  name: named("exporter"),
  ...files,
  documents: parsed<DocPattern>('a pattern, for example "notes/pages/*"', parsePattern).optional(),
});

const base = {
  name: text('a name, for example "daily-goal"', 60).refine((value) => SETTING_NAME.test(value), {
    error: ({ input }) =>
      `${show(input)} is no name of a setting; write lower-case words joined by \`-\``,
  }),
  title,
  description: text("a sentence or two", 500, 0).default(""),
  scope: z
    .enum(["person", "workspace"], { error: 'must be "person" or "workspace"' })
    .default("person"),
};
const number = z.number({ error: "must be a number" });
const count = (max: number): z.ZodType<number> =>
  z
    .int({ error: "must be a whole number" })
    .min(1)
    .max(max, { error: `must be ${max} or less` });

const settings = z
  .discriminatedUnion(
    "type",
    [
      z.strictObject({
        ...base,
        type: z.literal("boolean"),
        default: z.boolean({ error: "must be true or false" }).default(false),
      }),
      z.strictObject({
        ...base,
        type: z.literal("string"),
        default: z.string({ error: "must be a text" }).max(MAX_SETTING_LENGTH).default(""),
        multiline: z.boolean({ error: "must be true or false" }).default(false),
        maxLength: count(MAX_SETTING_LENGTH).default(1_000),
      }),
      z.strictObject({
        ...base,
        type: z.literal("number"),
        default: z.number({
          error: ({ input }) =>
            input === undefined ? "is missing; write a number" : "must be a number",
        }),
        min: number.optional(),
        max: number.optional(),
        step: number.positive({ error: "must be more than 0" }).optional(),
      }),
      z.strictObject({
        ...base,
        type: z.literal("choice"),
        options: list(
          z.strictObject({ value: text("a value", 60), title }, { error: "must be an option" }),
          "options",
        ).min(1, { error: "must have an option" }),
        default: z.string({ error: "must be the value of an option" }).optional(),
      }),
      z.strictObject({
        ...base,
        type: z.literal("texts"),
        default: list(z.string({ error: "must be a text" }), "texts").default([]),
        maxEntries: count(MAX_ENTRIES).default(MAX_ENTRIES),
      }),
    ],
    {
      error: ({ code }) =>
        code === "invalid_union"
          ? 'must be "boolean", "string", "number", "choice" or "texts"'
          : "must be a setting",
    },
  )
  .transform((setting): SettingContribution => {
    if (setting.type !== "choice") return setting;
    const choice: ChoiceSetting = { ...setting, default: setting.default ?? firstOf(setting) };
    return choice;
  });

/** Checks `contributes`; what depends on the rest of the manifest, {@link checkContributions} checks. */
export const contributionsSchema: z.ZodType<Contributions> = z
  .strictObject(
    {
      views: list(viewSchema, "views").default([]),
      commands: list(commands, "commands").default([]),
      settings: list(settings, "settings").default([]),
      status: list(status, "status items").default([]),
      importers: list(importers, "importers").default([]),
      exporters: list(exporters, "exporters").default([]),
    },
    { error: "must be an object, for example { commands: [] }" },
  )
  .prefault({});

/** What has to hold between what is contributed and the rest of a manifest. */
export function checkContributions(
  { id, contributes }: { readonly id: string; readonly contributes: Contributions },
  refuse: Refuse,
): void {
  for (const kind of ["views", "commands", "status", "importers", "exporters"] as const) {
    checkNames(["contributes", kind], contributes[kind], refuse, (name) => {
      const [owner = "", ...rest] = name.split("/");
      if (owner === id) return undefined;
      return `${show(name)} is ${owner}'s; write ${show([id, ...rest].join("/"))}`;
    });
  }
  checkHeights(contributes.views, refuse);
  checkNames(["contributes", "settings"], contributes.settings, refuse);
  for (const kind of ["importers", "exporters"] as const) {
    for (const [index, { extensions, mediaTypes }] of contributes[kind].entries()) {
      if (extensions.length + mediaTypes.length > 0) continue;
      refuse(["contributes", kind, index], "needs `extensions` or `mediaTypes`");
    }
  }
  for (const [index, setting] of contributes.settings.entries()) {
    const path = ["contributes", "settings", index];
    checkSetting(setting, (field, message) => refuse([...path, ...field], message));
  }
}

function checkSetting(setting: SettingContribution, refuse: Refuse): void {
  if (setting.type === "choice") {
    const values = setting.options.map(({ value }) => value);
    for (const [index, value] of values.entries()) {
      if (values.indexOf(value) === index) continue;
      refuse(["options", index, "value"], `${show(value)} is there twice; keep one`);
    }
  }
  if (setting.type === "number") {
    const { min, max } = setting;
    if (min !== undefined && max !== undefined && min > max) {
      refuse(["max"], "must not be less than `min`");
      return;
    }
  }
  const problem = problemOfSetting(setting, setting.default);
  if (problem !== undefined) refuse(["default"], problem);
}

function checkNames(
  path: readonly (string | number)[],
  entries: readonly { readonly name: string }[],
  refuse: Refuse,
  problemOf: (name: string) => string | undefined = () => undefined,
): void {
  const seen = new Set<string>();
  for (const [index, { name }] of entries.entries()) {
    const problem = seen.has(name) ? `${show(name)} is there twice; keep one` : problemOf(name);
    if (problem !== undefined) refuse([...path, index, "name"], problem);
    seen.add(name);
  }
}

function firstOf({ options }: Pick<ChoiceSetting, "options">): string {
  return options[0]?.value ?? "";
}

function entry<S extends z.ZodRawShape>(what: string, shape: S): z.ZodObject<S, z.core.$strict> {
  return z.strictObject(shape, { error: `must be ${what}` });
}
