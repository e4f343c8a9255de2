/** The shape of a manifest, and what has to hold between its fields. */

import { APP_SUBTREE, CroftError, type DocPattern, isPluginId, parsePattern } from "@croft/core";
// By its namespace: a bundler like esbuild keeps all of `{ z }`, 66 kB gzipped more in each plugin.
import * as z from "zod";
import { parseActivation } from "./activation.ts";
import type { PluginManifest } from "./manifest.ts";
import { problemOfFilePath } from "./package/file-path.ts";
import { isBuiltInTopic, ownerOfTopic, parseTopic, type Topic } from "./topic.ts";
import { isVersion, isVersionRange } from "./version-range.ts";

/** Longest list in a manifest. */
const MAX_ENTRIES = 100;
// Control characters, and those that make text read in another order than it is written.
const DECEIVING = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

const range = text('a range of versions, for example "^1.2.0"', 256).refine(isVersionRange, {
  error: ({ input }) => `${show(input)} is no range of versions; write for example "^1.2.0"`,
});
const id = text('a plugin id, for example "word-count"', 64).refine(isPluginId, {
  error: ({ input }) =>
    `${show(input)} is no plugin id; use lower-case letters, digits, \`-\` and \`.\`, starting ` +
    `with a letter (\`${APP_SUBTREE}\` is reserved)`,
});
const reason = text("a sentence that tells the user why", 200);

const documents = z.strictObject({
  pattern: parsed<DocPattern>('a pattern, for example "notes/pages/*"', parsePattern),
  access: z.enum(["read", "write"], { error: 'must be "read" or "write"' }),
  reason,
});
const events = z.strictObject({
  topic: parsed<Topic>('a topic, for example "notes/page-opened"', parseTopic),
  direction: z.enum(["publish", "subscribe"], { error: 'must be "publish" or "subscribe"' }),
  reason,
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
            documents: list(documents, "permissions").default([]),
            events: list(events, "permissions").default([]),
          },
          { error: "must be an object with `documents` and `events`" },
        )
        .default({ documents: [], events: [] }),
      activation: list(
        parsed('an activation event, for example "startup"', (entry) => {
          parseActivation(entry);
          return entry;
        }),
        "activation events",
      ).default(["startup"]),
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
    checkDocuments(manifest, refuse);
    checkEvents(manifest, refuse);
    checkActivation(manifest, refuse);
    if (Object.hasOwn(manifest.dependencies, manifest.id)) {
      refuse(["dependencies", manifest.id], "a plugin cannot depend on itself; leave it out");
    }
  });

type Refuse = (path: (string | number)[], message: string) => void;

function checkDocuments({ id: plugin, permissions }: PluginManifest, refuse: Refuse): void {
  const seen = new Set<string>();
  for (const [index, { pattern }] of permissions.documents.entries()) {
    const path = ["permissions", "documents", index, "pattern"];
    if (seen.has(pattern)) refuse(path, `${show(pattern)} is asked for twice; keep one`);
    seen.add(pattern);
    if (pattern.startsWith(`${plugin}/`)) {
      refuse(path, `${show(pattern)} is the plugin's own and needs no permission; leave it out`);
    }
    if (isClosed(pattern)) {
      refuse(path, `${show(pattern)} is closed to plugins; \`app/plugins\` and \`app/users\` are`);
    }
  }
}

/** Whether all that `pattern` can match is closed to plugins, whatever is granted. */
function isClosed(pattern: DocPattern): boolean {
  return pattern.startsWith("app/plugins/") || pattern.startsWith("app/users/");
}

function checkEvents({ id: plugin, permissions }: PluginManifest, refuse: Refuse): void {
  const seen = new Set<string>();
  for (const [index, { topic, direction }] of permissions.events.entries()) {
    const path = ["permissions", "events", index, "topic"];
    const entry = `${direction} ${topic}`;
    if (seen.has(entry)) refuse(path, `${show(topic)} is asked for twice; keep one`);
    seen.add(entry);
    if (ownerOfTopic(topic) === plugin) {
      refuse(path, `${show(topic)} is the plugin's own and needs no permission; leave it out`);
    }
    if (!isBuiltInTopic(topic)) continue;
    if (direction === "publish") refuse(path, `${show(topic)} is published by croft alone`);
    else refuse(path, `${show(topic)} is open to everybody; leave it out`);
  }
}

function checkActivation({ id: plugin, activation }: PluginManifest, refuse: Refuse): void {
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
    }
  }
}

function text(what: string, max: number, min = 1): z.ZodString {
  return z
    .string({
      error: ({ input }) => (input === undefined ? `is missing; write ${what}` : `must be ${what}`),
    })
    .min(min, { error: `is empty; write ${what}`, abort: true })
    .max(max, { error: `is longer than ${max} characters`, abort: true })
    .refine((value) => !DECEIVING.test(value) && value.trim() === value, {
      error: "must hold no control characters, and no space at either end",
      abort: true,
    });
}

/** A text that one of the parsers reads, which throw {@link CroftError}s that say what is wrong. */
function parsed<T extends string>(what: string, parse: (value: string) => T): z.ZodType<T> {
  return text(what, 512).transform((value, context): T => {
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof CroftError)) throw error;
      context.addIssue({ code: "custom", message: error.message.replace(/\.$/, "") });
      return z.NEVER;
    }
  });
}

function list<T extends z.ZodType>(entry: T, what: string): z.ZodArray<T> {
  return z
    .array(entry, { error: `must be a list of ${what}` })
    .max(MAX_ENTRIES, { error: `must not have more than ${MAX_ENTRIES} entries` });
}

function show(value: unknown): string {
  const shown = JSON.stringify(value) ?? String(value);
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
}
