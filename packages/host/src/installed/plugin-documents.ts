/** All documents of a plugin at once: read, written, deleted and brought back. */

import {
  CroftError,
  type DocPath,
  type DocumentHandle,
  parseDocPath,
  type Workspace,
} from "@croft/core";
import * as Y from "yjs";
import type { Reached } from "./reach-server.ts";

/** What is needed of a workspace. */
export type DocumentSource = Pick<Workspace, "open" | "list" | "delete" | "undelete" | "sync">;

/** How many documents are open at once. */
const AT_ONCE = 16;

/** Reads all documents of a plugin, after all that this device wrote there has reached the server. */
export async function readDocuments(
  workspace: DocumentSource,
  plugin: string,
  reached: Reached,
): Promise<ReadonlyMap<DocPath, Uint8Array>> {
  return readEach(workspace, await pathsOf(workspace, plugin), async (handle) => {
    await reached.caughtUp(handle);
    await reached.saved(handle);
  });
}

/**
 * Reads all documents of a plugin as this device has them.
 *
 * @throws CroftError `link/offline` when one of them is not on this device, and cannot be fetched now.
 */
export async function readDocumentsHere(
  workspace: DocumentSource,
  plugin: string,
): Promise<ReadonlyMap<DocPath, Uint8Array>> {
  const missing = new Set(
    (await workspace.list(`${plugin}/`)).filter(({ stored }) => !stored).map(({ path }) => path),
  );
  const [path] = missing;
  if (path !== undefined && workspace.sync.state.name !== "online") {
    throw new CroftError("link/offline", `${path} is not on this device.`, {
      path,
      plugin,
      hint: "Try again when the server can be reached.",
    });
  }
  return readEach(workspace, await pathsOf(workspace, plugin), async (handle) => {
    await handle.ready;
    if (missing.has(handle.path)) await handle.caughtUp();
  });
}

/** Adds to documents what updates hold. */
export async function addToDocuments(
  workspace: Pick<Workspace, "open">,
  updates: ReadonlyMap<DocPath, Uint8Array>,
  reached: Reached,
): Promise<void> {
  await eachOf([...updates], async ([path, update]) => {
    await withDocument(workspace, path, async (handle) => {
      await reached.caughtUp(handle);
      Y.applyUpdate(handle.doc, update, "plugin data");
      await reached.saved(handle);
    });
  });
}

/** Puts these documents in the place of all that a plugin has: what others do to those meanwhile goes to their quarantine. */
export async function replaceDocuments(
  workspace: DocumentSource,
  plugin: string,
  documents: ReadonlyMap<DocPath, Uint8Array>,
  reached: Reached,
): Promise<void> {
  // Open while they are deleted, so that none is written before that has come down.
  const handles = [...documents.keys()].map((path) => workspace.open(path));
  try {
    await Promise.all(handles.map((handle) => reached.caughtUp(handle)));
    await workspace.delete(plugin, { subtree: true });
    await addToDocuments(workspace, documents, reached);
  } finally {
    for (const handle of handles) handle.close();
  }
}

/**
 * Begins a new life of documents, with the same content: what anybody wrote to them and did not send yet goes to their
 * quarantine. What is deleted when this is interrupted, {@link bringBack} brings back.
 */
export async function cutDocuments(
  workspace: DocumentSource,
  paths: readonly DocPath[],
  reached: Reached,
): Promise<void> {
  // One by one, and not the subtree: what somebody made since these were listed stays.
  await eachOf(paths, async (path) => void (await workspace.delete(path)));
  await bringBack(workspace, paths, reached);
}

/** Those of some documents in which nothing is at the server. */
export async function emptyOf(
  workspace: Pick<Workspace, "open">,
  paths: readonly DocPath[],
  reached: Reached,
): Promise<readonly DocPath[]> {
  const empty: DocPath[] = [];
  await eachOf(paths, (path) =>
    withDocument(workspace, path, async (handle) => {
      await reached.caughtUp(handle);
      if (handle.doc.store.clients.size === 0) empty.push(path);
    }),
  );
  return empty;
}

/** Brings back what was deleted. */
export async function bringBack(
  workspace: DocumentSource,
  paths: readonly DocPath[],
  reached: Reached,
): Promise<void> {
  await eachOf(paths, async (path) => {
    if (await workspace.undelete(path)) {
      await withDocument(workspace, path, (handle) => returned(handle, reached));
    }
  });
}

/** Resolves when the content that came back is here. */
async function returned(handle: DocumentHandle, reached: Reached): Promise<void> {
  const { signal } = reached;
  await reached.caughtUp(handle);
  if (handle.doc.store.clients.size > 0) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    if (handle.doc.store.clients.size > 0) resolve();
  };
  const fail = (): void => reject(signal.reason);
  handle.doc.on("update", look);
  const stops = [
    handle.onState(look),
    handle.onReset(({ doc }) => {
      doc.on("update", look);
      look();
    }),
  ];
  signal.addEventListener("abort", fail);
  try {
    look();
    await promise;
  } finally {
    for (const stop of stops) stop();
    handle.doc.off("update", look);
    signal.removeEventListener("abort", fail);
  }
}

async function pathsOf(
  workspace: Pick<Workspace, "list">,
  plugin: string,
): Promise<readonly DocPath[]> {
  return (await workspace.list(`${plugin}/`)).map(({ path }) => parseDocPath(path));
}

async function readEach(
  workspace: Pick<Workspace, "open">,
  paths: readonly DocPath[],
  until: (handle: DocumentHandle) => Promise<void>,
): Promise<ReadonlyMap<DocPath, Uint8Array>> {
  const read = new Map<DocPath, Uint8Array>();
  await eachOf(paths, async (path) => {
    await withDocument(workspace, path, async (handle) => {
      await until(handle);
      if (handle.doc.store.clients.size > 0) read.set(path, Y.encodeStateAsUpdate(handle.doc));
    });
  });
  return read;
}

async function withDocument<T>(
  workspace: Pick<Workspace, "open">,
  path: DocPath,
  work: (handle: DocumentHandle) => Promise<T>,
): Promise<T> {
  const handle = workspace.open(path);
  try {
    return await work(handle);
  } finally {
    handle.close();
  }
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) {
    await Promise.all(items.slice(at, at + AT_ONCE).map(work));
  }
}
