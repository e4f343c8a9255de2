/** A plugin's documents, written into a file and read back. */

import { CroftError, type Workspace } from "@croft/core";
import type { InstalledList } from "./installed-list.ts";
import type { DataChange } from "./migrate-data.ts";
import { readPluginData, writePluginData } from "./plugin-data.ts";
import {
  addToDocuments,
  type DocumentSource,
  readDocuments,
  readDocumentsHere,
} from "./plugin-documents.ts";
import { reachServer } from "./reach-server.ts";
import { dataVersionOf } from "./records.ts";

/** See `InstalledPlugins.exportData`. */
export async function exportData(
  plugin: string,
  workspace: DocumentSource,
  list: InstalledList,
): Promise<Uint8Array> {
  const record = list.installed.get(plugin);
  const gone = list.uninstalled.all().filter((each) => each.plugin === plugin);
  const data = record ? dataVersionOf(record) : Math.max(1, ...gone.map((each) => each.data));
  const documents = await readDocumentsHere(workspace, plugin);
  return writePluginData({ plugin, data, documents }, { readable: true });
}

/** See `InstalledPlugins.importData`; `known` tells up to which version a plugin knows its data. */
export async function importData(
  bytes: Uint8Array,
  { workspace, list, signal }: DataChange & { readonly workspace: Pick<Workspace, "open"> },
  known: (plugin: string) => number | undefined,
): Promise<number> {
  const { plugin, data, documents } = readPluginData(bytes);
  const record = list.get(plugin);
  const refuse = (why: string, hint: string): CroftError =>
    new CroftError("input/invalid", `The data of ${plugin} cannot be put back: ${why}.`, {
      plugin,
      hint,
    });
  if (data > (known(plugin) ?? data)) {
    throw refuse("it was written by a newer version of the plugin", "Install that one first.");
  }
  await reachServer(workspace, signal, async (reached) => {
    const there = await readDocuments(workspace, plugin, reached);
    const clash = [...documents.keys()].find((path) => there.has(path));
    if (clash !== undefined) {
      throw refuse(`${clash} is there already`, "Delete what is there, or keep it.");
    }
    if (there.size > 0 && data !== dataVersionOf(record)) {
      throw refuse(
        "it is of another version than the documents that are there",
        "Delete what is there, or keep it.",
      );
    }
    await addToDocuments(workspace, documents, reached);
    list.setDataVersion(plugin, data);
  });
  return documents.size;
}
