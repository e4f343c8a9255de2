/**
 * What a plugin gets when it is activated, and its only way to data and events. Everything here
 * works the same whether the plugin runs beside the host or in a sandbox behind a port.
 */

import type { DocPath, DocumentHandle } from "@croft/core";
import type {
  PluginCommands,
  PluginExporters,
  PluginImporters,
  PluginSettings,
  PluginStatusItems,
} from "./contributing.ts";
import type { PluginEvents } from "./events.ts";
import type { PluginManifest } from "./manifest.ts";
import type { NoTopics, TopicSchemas } from "./schema.ts";
import type { PluginServices } from "./services.ts";
import type { SettingTypes } from "./setting.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { PluginTasks } from "./tasks.ts";
import type { PluginViews } from "./views.ts";

/** Handed to `activate`; dead after the deactivation. */
export interface PluginContext<
  Topics extends TopicSchemas = NoTopics,
  Settings extends SettingTypes = SettingTypes,
> extends PluginServices {
  readonly manifest: PluginManifest;
  readonly documents: PluginDocuments;
  readonly events: PluginEvents<Topics>;
  /** Work that one tab, or one device, does for all. */
  readonly tasks: PluginTasks;
  readonly commands: PluginCommands;
  readonly settings: PluginSettings<Settings>;
  readonly status: PluginStatusItems;
  readonly importers: PluginImporters;
  readonly exporters: PluginExporters;
  readonly views: PluginViews;
  /** What is added here ends when the plugin is deactivated, last added first. */
  readonly subscriptions: Subscriptions;
  /** Aborted when the deactivation begins; hand it to what should stop then. */
  readonly signal: AbortSignal;
  readonly log: PluginLog;
  /**
   * Says that the plugin cannot go on, and why: at once it is ended without its last words, those that need it before it,
   * and after a while it is started again. One that crashes too often is suspended. Later calls have no effect.
   *
   * @example
   * ```ts
   * worker.addEventListener("error", (event) => context.crashed(event.error));
   * ```
   */
  crashed(error: unknown): void;
}

/** Documents, through the plugin's own replica. */
export interface PluginDocuments {
  /**
   * Opens a document by its full path. What the plugin may do with it is in the handle's
   * `state.access`, and changes when the user grants or revokes; a document it may not read stays
   * empty, and edits without `write` are taken back and told by `onDenied`.
   *
   * @throws CroftError `input/invalid` when `path` is no doc path, `disposed` after the
   *   deactivation.
   * @example
   * ```ts
   * const page = context.documents.open("notes/pages/42");
   * await page.ready;
   * if (page.state.access === "none") context.log.warn("not granted");
   * ```
   */
  open(path: string): DocumentHandle;
  /**
   * The full path of a document in the plugin's own subtree.
   *
   * @throws CroftError `input/invalid` when it would be no doc path.
   * @example
   * ```ts
   * context.documents.own("summary"); // "stats/summary", for the plugin "stats"
   * ```
   */
  own(path: string): DocPath;
}

/** Messages for people who look into what a plugin does. */
export interface PluginLog {
  debug(message: string, data?: unknown): void;
  info(message: string, data?: unknown): void;
  warn(message: string, data?: unknown): void;
  error(message: string, data?: unknown): void;
}
