/** A plugin: a manifest and what runs while it is active. */

import { CroftError } from "@croft/core";
import type { PluginContext } from "./context.ts";
import type { MigrationContext } from "./migration.ts";
import type { ContributionsInput, SettingInput } from "./contributions.ts";
import { type PluginManifest, type PluginManifestInput, parseManifest } from "./manifest.ts";
import type { NoTopics, TopicSchemas } from "./schema.ts";
import type { SettingsOf } from "./setting.ts";
import { ownerOfTopic, parseTopic } from "./topic.ts";

/** What {@link definePlugin} takes. */
export interface PluginDefinition<
  Topics extends TopicSchemas = NoTopics,
  Settings extends readonly SettingInput[] = readonly SettingInput[],
> {
  readonly manifest: PluginManifestInput & {
    readonly contributes?:
      | (ContributionsInput & { readonly settings?: Settings | undefined })
      | undefined;
  };
  /** Schemas of topics that the plugin owns; whatever anybody publishes there is checked. */
  readonly topics?: Topics | undefined;
  /**
   * Starts the plugin. It is active when this returns, or when the promise resolves, and hears
   * events from then on; when it throws, everything it began is undone.
   */
  activate(context: PluginContext<Topics, SettingsOf<Settings>>): void | Promise<void>;
  /**
   * Optional last words: documents can still be written, but only so long; then it is over. What
   * `context.subscriptions` holds ends by itself afterwards.
   */
  deactivate?(context: PluginContext<Topics, SettingsOf<Settings>>): void | Promise<void>;
  /**
   * Brings the plugin's documents to the version that the manifest's `data` names, from any earlier one. It runs before this
   * version does, on a copy. When it throws, nothing has changed, and the version before goes on.
   *
   * @example
   * ```ts
   * export const board = definePlugin({
   *   manifest: { id: "board", name: "Board", version: "2.0.0", engine: "*", data: 2 },
   *   activate() {},
   *   async migrate({ from, documents }) {
   *     const settings = documents.open(documents.own("settings"));
   *     await settings.ready;
   *     if (from < 2) settings.doc.getMap("settings").set("columns", 3);
   *     settings.close();
   *   },
   * });
   * ```
   */
  migrate?(context: MigrationContext): void | Promise<void>;
}

/** A checked plugin, ready to be registered with a host. */
export interface Plugin {
  readonly manifest: PluginManifest;
  readonly topics: TopicSchemas;
  /** For the host: starts it, as {@link PluginDefinition.activate} says. */
  activate(context: PluginContext): void | Promise<void>;
  /** For the host: ends it, as {@link PluginDefinition.deactivate} says. */
  deactivate(context: PluginContext): void | Promise<void>;
  /** Absent where the plugin defines none. */
  migrate?(context: MigrationContext): void | Promise<void>;
}

/**
 * Defines a plugin and checks its manifest.
 *
 * @throws {@link CroftError} `plugin/manifest`, naming every field that is wrong.
 * @example
 * ```ts
 * export const hello = definePlugin({
 *   manifest: { id: "hello", name: "Hello", version: "1.0.0", engine: "^0.1.0" },
 *   activate({ documents, subscriptions }) {
 *     const page = documents.open(documents.own("greeting")); // "hello/greeting"
 *     subscriptions.add(() => page.close());
 *   },
 * });
 * ```
 */
export function definePlugin<
  Topics extends TopicSchemas = NoTopics,
  const Settings extends readonly SettingInput[] = readonly SettingInput[],
>(definition: PluginDefinition<Topics, Settings>): Plugin;
// Which topics have schemas, and which settings there are, matters to the author's types alone, so it ends here.
export function definePlugin(definition: PluginDefinition): Plugin {
  checkDefinition(definition);
  const manifest = parseManifest(definition.manifest);
  const topics: TopicSchemas = { ...definition.topics };
  checkTopics(manifest.id, topics);
  return {
    manifest,
    topics,
    activate: (context) => definition.activate(context),
    deactivate: (context) => definition.deactivate?.(context),
    ...(definition.migrate && { migrate: (context) => definition.migrate?.(context) }),
  };
}

/** Authors who write JavaScript have no types to tell them. */
function checkDefinition(definition: unknown): void {
  const given = typeof definition === "object" && definition !== null ? definition : {};
  const { activate, deactivate, migrate } = given as Readonly<Record<string, unknown>>;
  const problems = [
    ...(given === definition
      ? []
      : ["definition: must be an object with `manifest` and `activate`"]),
    ...(typeof activate === "function" ? [] : ["activate: must be a function"]),
    ...(deactivate === undefined || typeof deactivate === "function"
      ? []
      : ["deactivate: must be a function, or absent"]),
    ...(migrate === undefined || typeof migrate === "function"
      ? []
      : ["migrate: must be a function, or absent"]),
  ];
  if (problems.length === 0) return;
  throw new CroftError("plugin/manifest", `The plugin cannot be defined: ${problems.join("; ")}.`, {
    hint: "Call definePlugin({ manifest, activate(context) { … } }).",
  });
}

function checkTopics(plugin: string, topics: TopicSchemas): void {
  for (const topic of Object.keys(topics)) {
    if (ownerOfTopic(parseTopic(topic)) === plugin) continue;
    throw new CroftError(
      "plugin/manifest",
      `The plugin ${plugin} defines the topic ${JSON.stringify(topic)}, which is not its own.`,
      { plugin, hint: `Name it \`${plugin}/…\`.` },
    );
  }
}
