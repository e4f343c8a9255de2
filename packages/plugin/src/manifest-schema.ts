/** The shape of a manifest, and what has to hold between its fields. */

import { APP_SUBTREE, isPluginId } from "@croft/core";
// By its namespace: a bundler like esbuild keeps all of `{ z }`, 66 kB gzipped more in each plugin.
import * as z from "zod";
import { parseActivation } from "./activation.ts";
import { isApiWord } from "./api-name.ts";
import type { PluginManifest } from "./manifest.ts";
import { checkContributions, contributionsSchema } from "./manifest-contributions.ts";
import { list, MAX_ENTRIES, parsed, type Refuse, show, text } from "./manifest-fields.ts";
import { problemOfFilePath } from "./package/file-path.ts";
import { eachKind, KINDS } from "./permissions/kinds.ts";
import { isVersion, isVersionRange } from "./version-range.ts";

const range = text('a range of versions, for example "^1.2.0"', 256).refine(isVersionRange, {
  error: ({ input }) => `${show(input)} is no range of versions; write for example "^1.2.0"`,
});
const id = text('a plugin id, for example "word-count"', 64).refine(isPluginId, {
  error: ({ input }) =>
    `${show(input)} is no plugin id; use lower-case letters, digits, \`-\` and \`.\`, starting ` +
    `with a letter (\`${APP_SUBTREE}\` is reserved)`,
});
const api = z.strictObject({
  name: text('a name, for example "search"', 64).refine(isApiWord, {
    error: ({ input }) => `${show(input)} must be lower-case words joined by \`-\``,
  }),
  description: text("a sentence or two", 500, 0).default(""),
});

/** Checks a manifest; the output is what {@link PluginManifest} says, not frozen. */
export const manifestSchema: z.ZodType<PluginManifest> = z
  .strictObject(
    {
      $schema: z.string("must be a URL").optional(),
      id,
      name: text("a name for people", 80),
      version: text('a version, for example "1.0.0"', 64).refine(isVersion, {
        error: ({ input }) =>
          `${show(input)} is no version; write major.minor.patch, for example "1.0.0"`,
      }),
      engine: range,
      description: text("a sentence or two", 500, 0).default(""),
      publisher: text("who makes it", 80, 0).default(""),
      license: text('a licence, for example "MIT"', 100, 0).default(""),
      entry: text('the module\'s file, for example "main.js"', 200)
        .superRefine((path, context) => {
          const problem = problemOfFilePath(path);
          if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
        })
        .default("main.js"),
      permissions: z
        .strictObject(
          {
            documents: list(KINDS.documents.asked, "permissions").default([]),
            events: list(KINDS.events.asked, "permissions").default([]),
            network: list(KINDS.network.asked, "permissions").default([]),
            notifications: list(KINDS.notifications.asked, "permissions").default([]),
            clipboard: list(KINDS.clipboard.asked, "permissions").default([]),
            apis: list(KINDS.apis.asked, "permissions").default([]),
          },
          { error: "must be an object with lists of permissions, for example `documents`" },
        )
        // What is nothing: all of its lists are empty.
        .prefault({}),
      apis: list(api, "APIs").default([]),
      activation: list(
        parsed('an activation event, for example "startup"', (entry) => {
          parseActivation(entry);
          return entry;
        }),
        "activation events",
      ).default(["startup"]),
      contributes: contributionsSchema,
      dependencies: z
        .record(id, range, { error: 'must be an object, for example { "notes": "^1.0.0" }' })
        .refine((found) => Object.keys(found).length <= MAX_ENTRIES, {
          error: `must not have more than ${MAX_ENTRIES} entries`,
        })
        .default({}),
      data: z
        .int({ error: "must be a whole number, 1 for the first version of its documents" })
        .min(1, { error: "must be 1 or more" })
        .default(1),
    },
    { error: "must be an object" },
  )
  // Without what is for editors.
  .transform(({ $schema: _schema, ...manifest }) => manifest)
  .superRefine((manifest, context) => {
    const refuse = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: "custom", path, message });
    checkPermissions(manifest, refuse);
    checkApis(manifest, refuse);
    checkActivation(manifest, refuse);
    checkContributions(manifest, refuse);
    if (Object.hasOwn(manifest.dependencies, manifest.id)) {
      refuse(["dependencies", manifest.id], "a plugin cannot depend on itself; leave it out");
    }
  });

function checkPermissions({ id: plugin, permissions }: PluginManifest, refuse: Refuse): void {
  eachKind((kind) => {
    const { problemOf, keyOf, parse, field } = KINDS[kind];
    const seen = new Set<string>();
    for (const [index, asked] of permissions[kind].entries()) {
      const path = ["permissions", kind, index, ...(field === undefined ? [] : [field])];
      const key = keyOf(parse(asked));
      if (seen.has(key)) refuse(path, `${show(key)} is asked for twice; keep one`);
      seen.add(key);
      for (const problem of problemOf(asked, plugin)) refuse(path, problem);
    }
  });
}

function checkApis({ apis }: PluginManifest, refuse: Refuse): void {
  for (const [index, { name }] of apis.entries()) {
    if (apis.findIndex((other) => other.name === name) === index) continue;
    refuse(["apis", index, "name"], `${show(name)} is there twice; keep one`);
  }
}

function checkActivation(
  { id: plugin, activation, contributes }: PluginManifest,
  refuse: Refuse,
): void {
  for (const [index, entry] of activation.entries()) {
    if (activation.indexOf(entry) < index) {
      refuse(["activation", index], `${show(entry)} is there twice; keep one`);
    }
    const event = parseActivation(entry);
    if (event.on === "command" && !event.command.startsWith(`${plugin}/`)) {
      refuse(
        ["activation", index],
        `it must be a command of the plugin's own, \`command:${plugin}/…\``,
      );
    } else if (event.on === "command") {
      const { command } = event;
      if (contributes.commands.some(({ name }) => name === command)) continue;
      refuse(["activation", index], `${show(command)} is not in \`contributes.commands\``);
    } else if (event.on === "view") {
      const { view } = event;
      if (contributes.views.some(({ name }) => name === view)) continue;
      refuse(["activation", index], `${show(view)} is not in \`contributes.views\``);
    }
  }
}
