/** Importers and exporters of plugins, as an application offers and runs them. */

import type { DocPath, Unsubscribe } from "@croft/core";
import type { ExportedFile, ImportedFile } from "@croft/plugin";
import type { CallOptions } from "./plugin-handlers.ts";

/** An importer that a registered plugin contributes. */
export interface Importer {
  /** `stats/csv`. */
  readonly name: string;
  readonly title: string;
  /** The plugin's id. */
  readonly plugin: string;
  /** The plugin's name, for people. */
  readonly pluginName: string;
  /** Without the dot. */
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];
  /** Whether it can be run: see {@link Command.enabled}. */
  readonly enabled: boolean;
}

/** An exporter that a registered plugin contributes. */
export interface Exporter extends Importer {
  /** A pattern: the documents that it can make a file of. */
  readonly documents: string;
}

/** What an importer made of a file. */
export interface Imported {
  /** Documents that were made or changed; all of them are the plugin's to write. */
  readonly paths: readonly DocPath[];
}

/** Importers of plugins. */
export interface HostImporters {
  /** In the order of registration; the same array until something changes. */
  list(): readonly Importer[];
  /** Tells of every change of {@link HostImporters.list}, soon after it. */
  onChange(listener: (importers: readonly Importer[]) => void): Unsubscribe;
  /** Those that read such a file, by its name's extension or its media type. */
  matching(file: { readonly name: string; readonly mediaType?: string }): readonly Importer[];
  /**
   * Has a plugin read a file, and activates it first if it is not active.
   *
   * @throws CroftError as {@link HostCommands.run}; `input/invalid` for a file of more than 32 MiB; `plugin/failed` when it tells
   *   of documents that it may not write.
   * @example
   * ```ts
   * const host = createPluginHost({ workspace });
   * export async function importFile(file: File): Promise<void> {
   *   const [importer] = host.importers.matching({ name: file.name, mediaType: file.type });
   *   if (!importer) return;
   *   const bytes = new Uint8Array(await file.arrayBuffer());
   *   const { paths } = await host.importers.run(importer.name, { name: file.name, mediaType: file.type, bytes });
   *   console.log("made", paths);
   * }
   * ```
   */
  run(name: string, file: ImportedFile, options?: CallOptions): Promise<Imported>;
}

/** Exporters of plugins. */
export interface HostExporters {
  /** In the order of registration; the same array until something changes. */
  list(): readonly Exporter[];
  /** Tells of every change of {@link HostExporters.list}, soon after it. */
  onChange(listener: (exporters: readonly Exporter[]) => void): Unsubscribe;
  /** Those that make files of such a document. */
  matching(path: string): readonly Exporter[];
  /**
   * Has a plugin make a file of a document, and activates it first if it is not active.
   *
   * @throws CroftError as {@link HostCommands.run}; `access/denied` when the plugin may not read the document.
   */
  run(name: string, path: string, options?: CallOptions): Promise<ExportedFile>;
}

/** Whether an importer reads such a file. */
export function readsFile(
  { extensions, mediaTypes }: Pick<Importer, "extensions" | "mediaTypes">,
  { name, mediaType = "" }: { readonly name: string; readonly mediaType?: string },
): boolean {
  const [type = ""] = mediaType.toLowerCase().split(";");
  const lower = name.toLowerCase();
  return (
    mediaTypes.includes(type.trim()) ||
    extensions.some((extension) => lower.endsWith(`.${extension}`))
  );
}
