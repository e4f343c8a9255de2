/** Snapshots of a plugin's documents, from before they were changed as a whole: in documents of the application. */

import type { Workspace } from "@croft/core";
import { type PluginData, readPluginData, writePluginData } from "./plugin-data.ts";
import type { Reached } from "./reach-server.ts";
import { snapshotPath } from "./records.ts";
import { bytesOf, saveBytes } from "./stored-bytes.ts";

/** A snapshot that a plugin's record names. */
export interface Snapshot {
  readonly name: string;
  /** The version that the documents in it are written in. */
  readonly data: number;
}

/** Keeps documents under a name that was never used; resolves when they are safe. */
export async function saveSnapshot(
  workspace: Pick<Workspace, "open">,
  name: string,
  content: PluginData,
  reached: Reached,
): Promise<void> {
  const path = snapshotPath(content.plugin, name);
  const handle = workspace.open(path);
  try {
    await saveBytes(workspace, path, writePluginData(content));
    await reached.saved(handle);
  } finally {
    handle.close();
  }
}

/** What was kept under a name; `undefined` when it is not all there. */
export async function readSnapshot(
  workspace: Pick<Workspace, "open">,
  plugin: string,
  name: string,
  reached: Reached,
): Promise<PluginData | undefined> {
  const handle = workspace.open(snapshotPath(plugin, name));
  try {
    await reached.caughtUp(handle);
    const bytes = bytesOf(handle);
    return bytes && readPluginData(bytes);
  } finally {
    handle.close();
  }
}

/** Deletes what was kept under names. */
export async function forgetSnapshots(
  workspace: Pick<Workspace, "delete">,
  plugin: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) await workspace.delete(snapshotPath(plugin, name));
}

/** The names in a record's `snapshots`. */
export function namesOf(members: ReadonlySet<string>): readonly string[] {
  return [...members].map((member) => member.split(" ")[0] ?? "");
}

/** A {@link Snapshot} as a member of `InstalledRecord.snapshots`. */
export function snapshotMember({ name, data }: Snapshot): string {
  return `${name} ${data}`;
}

/** The snapshot with the documents as a version of the plugin's data has them. */
export function findSnapshot(members: ReadonlySet<string>, wanted: number): Snapshot | undefined {
  return [...members]
    .map((member) => {
      const [name = "", data] = member.split(" ");
      return { name, data: Number(data) };
    })
    .find(({ data }) => data === wanted);
}
