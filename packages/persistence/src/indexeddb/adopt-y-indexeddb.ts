/** Takes what an application kept with y-indexeddb into a document. Knows the format of y-indexeddb 9, and only reads it. */

import {
  type Adoption,
  adoptUpdate,
  type DocumentHandle,
  isDocPath,
  type Workspace,
} from "@croft/core";
import * as Y from "yjs";
import { openFailure, operationFailure } from "./failure.ts";

/** Options of {@link adoptYIndexeddb}. */
export interface AdoptOptions {
  readonly workspace: Workspace;
  /** The name that y-indexeddb was given: `new IndexeddbPersistence(name, doc)`. */
  readonly name: string;
  /** The document that it goes into. */
  readonly path: string;
}

/** What {@link adoptYIndexeddb} did. */
export interface Adopted {
  /** `nothing`: there is no such database, or it is empty. */
  readonly outcome: Exclude<Adoption, "different"> | "nothing";
  /** The document that has it: another one where other edits were there under the same client ids. */
  readonly path: string;
  /** Whether edits were left out that build on others which the database does not have. */
  readonly incomplete: boolean;
}

/** The object store of y-indexeddb in which updates are. */
const UPDATES = "updates";
/** How many names for a document of its own are tried. */
const MAX_COPIES = 100;

/**
 * Adopts the database of a bare y-indexeddb application: its edits are edits of this user from then on, under the client ids that they have,
 * and are on this device's disk when it resolves. Call it once the document caught up with the server, where there is one, and when the
 * application does not use the database any more. The database stays as it is: delete it when the edits are at the server. Adopting twice
 * changes nothing.
 *
 * @throws {@link CroftError} `access/denied` when the document may not be written; `update/invalid` when the database holds no Yjs updates;
 * `store/…` when it cannot be read, or the edits cannot be stored.
 * @example
 * ```ts
 * const page = workspace.open("notes/welcome");
 * await page.caughtUp();
 * const { path } = await adoptYIndexeddb({ workspace, name: "my-notes", path: "notes/welcome" });
 * const adopted = workspace.open(path);
 * await adopted.saved("server");
 * indexedDB.deleteDatabase("my-notes");
 * ```
 */
export async function adoptYIndexeddb({ workspace, name, path }: AdoptOptions): Promise<Adopted> {
  const updates = await readUpdates(name);
  const { update, incomplete } = stateOf(updates);
  if (!update) return { outcome: "nothing", path, incomplete };
  for (let number = 0; number <= MAX_COPIES; number++) {
    const candidate = number === 0 ? path : `${path}-imported${number === 1 ? "" : `-${number}`}`;
    if (!isDocPath(candidate)) break;
    const handle = workspace.open(candidate);
    try {
      const outcome = await adopt(handle, update);
      if (outcome !== "different") return { outcome, path: candidate, incomplete };
    } finally {
      handle.close();
    }
  }
  return { outcome: "nothing", path, incomplete: true };
}

async function adopt(handle: DocumentHandle, update: Uint8Array): Promise<Adoption> {
  await handle.ready;
  const outcome = adoptUpdate(handle, update);
  if (outcome === "added") await handle.saved("device");
  return outcome;
}

/** Everything in the updates that can be shown; nothing for nothing. */
function stateOf(updates: readonly Uint8Array[]): {
  readonly update: Uint8Array | undefined;
  readonly incomplete: boolean;
} {
  // Not garbage-collected: deleted content is compared with what others have of it.
  const doc = new Y.Doc({ gc: false });
  try {
    doc.transact(() => {
      for (const each of updates) Y.applyUpdate(doc, each);
    });
    const { store } = doc;
    const incomplete = store.pendingStructs !== null || store.pendingDs !== null;
    // What waits for edits that the database does not have would come along.
    store.pendingStructs = null;
    store.pendingDs = null;
    const isEmpty = store.clients.size === 0;
    return { update: isEmpty ? undefined : Y.encodeStateAsUpdate(doc), incomplete };
  } finally {
    doc.destroy();
  }
}

/** Reads without making a database where there is none. */
async function readUpdates(name: string): Promise<readonly Uint8Array[]> {
  const database = await openExisting(name);
  if (!database) return [];
  try {
    if (!database.objectStoreNames.contains(UPDATES)) return [];
    const request = database.transaction(UPDATES, "readonly").objectStore(UPDATES).getAll();
    const values: readonly unknown[] = await settled(request, operationFailure);
    return values.filter((value) => value instanceof Uint8Array);
  } finally {
    database.close();
  }
}

async function openExisting(name: string): Promise<IDBDatabase | undefined> {
  const request = indexedDB.open(name);
  let isNew = false;
  request.onupgradeneeded = () => {
    isNew = true;
    request.transaction?.abort();
  };
  try {
    return await settled(request, (thrown) => openFailure(thrown, name));
  } catch (error) {
    if (isNew) return undefined;
    throw error;
  }
}

function settled<T>(request: IDBRequest<T>, failure: (thrown: unknown) => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(failure(request.error));
  });
}
