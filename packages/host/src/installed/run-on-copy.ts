/** Runs a plugin's migration on a copy of its documents, in a workspace of its own that is gone afterwards. */

import {
  type Clock,
  createMemoryDisk,
  createMemoryStore,
  CroftError,
  type DocPath,
  openWorkspace,
  parseDocPath,
  type Workspace,
} from "@croft/core";
import type { Plugin } from "@croft/plugin";
import type { PluginPackage } from "@croft/plugin/package";
import { createActivation, documentsOnly, runMigration } from "@croft/plugin/remote";
import * as Y from "yjs";
import { createPluginHost } from "../plugin-host.ts";
import type { LoadPlugin } from "./installed-plugins.ts";

/** How long a plugin's `migrate` may take, in milliseconds. */
const PATIENCE = 120_000;

/** What a migration is run with. */
export interface CopyOptions {
  readonly user: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly load: LoadPlugin;
}

/**
 * Runs it; resolves with what it changes, as updates of the documents that it was given.
 *
 * @throws CroftError `plugin/migration` with what the plugin threw as its cause.
 */
export async function runOnCopy(
  found: PluginPackage,
  from: number,
  documents: ReadonlyMap<DocPath, Uint8Array>,
  { user, clock, signal, load }: CopyOptions,
): Promise<ReadonlyMap<DocPath, Uint8Array>> {
  const copy = await openWorkspace({
    id: "migration",
    user,
    clock,
    store: async () => createMemoryStore(createMemoryDisk()),
  });
  const host = createPluginHost({ workspace: copy, clock });
  try {
    await addAll(copy, documents);
    const plugin = await load(found, { workspace: copy, host, signal });
    await migrate(plugin, from, [...documents.keys()], { copy, clock, signal });
    return await changesOf(copy, found.manifest.id, documents);
  } catch (error) {
    signal.throwIfAborted();
    const { id, version } = found.manifest;
    const message = error instanceof Error ? error.message : String(error);
    throw new CroftError(
      "plugin/migration",
      `The data of ${id} cannot be brought to what ${version} needs: ${message}`,
      {
        plugin: id,
        cause: error,
        hint: "Nothing was changed, and the version before goes on. Tell the author of the plugin.",
      },
    );
  } finally {
    await host.dispose();
    await copy.dispose();
  }
}

async function migrate(
  plugin: Plugin,
  from: number,
  paths: readonly DocPath[],
  { copy, clock, signal }: { copy: Workspace; clock: Clock; signal: AbortSignal },
): Promise<void> {
  const { manifest } = plugin;
  const activation = createActivation({
    manifest,
    createReplica: () => copy.createPluginReplica(manifest.id),
    ...documentsOnly(manifest),
    log: (level, message, data) => console[level](`[${manifest.id}] ${message}`, data),
    crashed: (error) => stop(error),
    onThrown: (error, where) => console.error(`[${manifest.id}] threw ${where}`, error),
  });
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (why: unknown): void => {
    reject(why);
    activation.abort();
  };
  const abort = (): void => stop(signal.reason);
  const cancel = clock.delay(PATIENCE, () => stop(new Error("it takes too long")));
  signal.addEventListener("abort", abort);
  try {
    await Promise.race([runMigration(plugin, activation, { from, paths }), stopped]);
  } finally {
    cancel();
    signal.removeEventListener("abort", abort);
  }
}

async function addAll(copy: Workspace, documents: ReadonlyMap<DocPath, Uint8Array>): Promise<void> {
  for (const [path, update] of documents) {
    const handle = copy.open(path);
    await handle.ready;
    Y.applyUpdate(handle.doc, update);
    await handle.saved("device");
    handle.close();
  }
}

async function changesOf(
  copy: Workspace,
  plugin: string,
  documents: ReadonlyMap<DocPath, Uint8Array>,
): Promise<ReadonlyMap<DocPath, Uint8Array>> {
  const changes = new Map<DocPath, Uint8Array>();
  // Another replica than those that wrote: it gets what is stored.
  const replica = copy.createPluginReplica(plugin);
  for (const listed of await copy.list(`${plugin}/`)) {
    const path = parseDocPath(listed.path);
    const handle = replica.open(path);
    await handle.ready;
    const change = changeOf(documents.get(path), Y.encodeStateAsUpdate(handle.doc));
    if (change) changes.set(path, change);
    handle.close();
  }
  await replica.dispose();
  return changes;
}

/** What a document has that it had not before, deletions as well. */
function changeOf(before: Uint8Array | undefined, after: Uint8Array): Uint8Array | undefined {
  const doc = new Y.Doc({ gc: false });
  let change: Uint8Array | undefined;
  if (before) Y.applyUpdate(doc, before);
  doc.on("update", (update: Uint8Array) => {
    change = update;
  });
  Y.applyUpdate(doc, after);
  doc.destroy();
  return change;
}
