/** What a plugin does about its contributions while it is active: runs commands, reads settings, shows status, handles files. */

import type { Unsubscribe } from "@croft/core";
import type { SettingTypes } from "./setting.ts";

/** What a handler gets beside its input. */
export interface CallInfo {
  /** Aborted when nobody waits for the answer any more: the person gave up, it took too long, or the plugin ends. */
  readonly signal: AbortSignal;
}

/** Does a command's work. What it returns, or the promise resolves with, is plain data of up to a megabyte. */
export type CommandHandler = (args: unknown, call: CallInfo) => unknown;

/** Runs commands that the manifest contributes. */
export interface PluginCommands {
  /**
   * Says what a command does. `args` is plain data from whoever runs it, in no certain shape: check it. What the handler throws
   * reaches who ran the command. Ends at the deactivation by itself.
   *
   * @throws CroftError `input/invalid` for a command that the manifest does not contribute, or that has a handler already;
   *   `disposed` after the deactivation.
   * @example
   * ```ts
   * context.commands.register("stats/recount", async (_args, { signal }) => {
   *   const page = context.documents.open("notes/pages/42");
   *   await page.ready;
   *   signal.throwIfAborted();
   *   return { words: page.doc.getText("body").toString().split(" ").length };
   * });
   * ```
   */
  register(name: string, handler: CommandHandler): Unsubscribe;
}

/**
 * Settings that the manifest contributes, as they stand. A plugin reads them and does not set them: they are the person's. What it
 * wants to remember for itself belongs in its own documents.
 */
export interface PluginSettings<Settings extends SettingTypes = SettingTypes> {
  /**
   * The value, or the default where nobody set it or what is set does not fit any more.
   *
   * @throws CroftError `input/invalid` for a setting that the manifest does not contribute.
   * @example
   * ```ts
   * const goal = context.settings.get("daily-goal");
   * ```
   */
  get<N extends keyof Settings & string>(name: N): Settings[N];
  /**
   * Calls `listener` when the value changes, on whichever device it was set. Ends at the deactivation by itself.
   *
   * @throws CroftError as {@link PluginSettings.get}, and `disposed` after the deactivation.
   */
  onChange<N extends keyof Settings & string>(
    name: N,
    listener: (value: Settings[N]) => void,
  ): Unsubscribe;
}

/** What a status item shows. */
export interface StatusContent {
  /** One line of up to 80 characters. */
  readonly text: string;
  /** One line of up to 300 characters. */
  readonly tooltip?: string | undefined;
  /** A command of the plugin's own, for who clicks on it. */
  readonly command?: string | undefined;
}

/** Status items that the manifest contributes. */
export interface PluginStatusItems {
  /**
   * Shows a status item, or hides it with `undefined`. It is gone when the plugin is deactivated.
   *
   * @throws CroftError `input/invalid` for an item or a command that the manifest does not contribute, and for texts that
   *   are too long or have several lines; `disposed` after the deactivation.
   * @example
   * ```ts
   * context.status.set("stats/words", { text: "1,204 words", command: "stats/recount" });
   * ```
   */
  set(name: string, content: StatusContent | undefined): void;
}

/** A file that is imported. */
export interface ImportedFile {
  readonly name: string;
  /** Empty when it is not known. */
  readonly mediaType: string;
  /** Up to 32 MiB. */
  readonly bytes: Uint8Array;
}

/** What became of an imported file. */
export interface ImportResult {
  /** Documents that were made or changed, up to 1,000. */
  readonly paths: readonly string[];
}

/** Importers that the manifest contributes. */
export interface PluginImporters {
  /**
   * Says how a file is read. `paths` of the result are documents that the plugin may write.
   *
   * @throws CroftError as {@link PluginCommands.register}.
   * @example
   * ```ts
   * context.importers.register("stats/csv", async ({ bytes }) => {
   *   const table = context.documents.open(context.documents.own("table"));
   *   await table.ready;
   *   table.doc.getText("csv").insert(0, new TextDecoder().decode(bytes));
   *   await table.saved("device");
   *   return { paths: [table.path] };
   * });
   * ```
   */
  register(
    name: string,
    handler: (file: ImportedFile, call: CallInfo) => ImportResult | Promise<ImportResult>,
  ): Unsubscribe;
}

/** A file that was made of a document. */
export interface ExportedFile {
  /** A name without a folder, up to 255 characters. */
  readonly name: string;
  readonly mediaType: string;
  /** Up to 32 MiB. */
  readonly bytes: Uint8Array;
}

/** Exporters that the manifest contributes. */
export interface PluginExporters {
  /**
   * Says how a file is made of a document, which the plugin may read.
   *
   * @throws CroftError as {@link PluginCommands.register}.
   */
  register(
    name: string,
    handler: (path: string, call: CallInfo) => ExportedFile | Promise<ExportedFile>,
  ): Unsubscribe;
}
