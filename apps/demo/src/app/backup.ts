/**
 * The way out when the store of this device fails: a copy of everything in it as a file, and starting
 * over. Reads the database as it is, whatever version wrote it.
 */

import { deleteIndexeddbStore } from "@croft/persistence/indexeddb";
import { download } from "./download.ts";

/** Saves all that the database `name` holds as a JSON file; bytes are in base64. */
export async function saveBackup(name: string): Promise<void> {
  const database = await open(name);
  try {
    const stores: Record<string, unknown> = {};
    for (const store of database.objectStoreNames) stores[store] = await readAll(database, store);
    const copy = { format: "croft-demo-backup", name, version: database.version, stores };
    download(
      `${name.replaceAll(/[^\w.-]+/g, "-")}.json`,
      JSON.stringify(copy, plain),
      "application/json",
    );
  } finally {
    database.close();
  }
}

/** Deletes the store of this device and starts the app again; the server's content comes back. */
export async function startOver(name: string): Promise<void> {
  await deleteIndexeddbStore(name);
  location.reload();
}

async function open(name: string): Promise<IDBDatabase> {
  const known = await indexedDB.databases();
  if (!known.some((each) => each.name === name)) throw new Error("There is nothing to save.");
  // Without a version: the one that it has.
  const request = indexedDB.open(name);
  return done(request);
}

async function readAll(database: IDBDatabase, store: string): Promise<unknown> {
  const objects = database.transaction(store).objectStore(store);
  const [keys, values] = await Promise.all([done(objects.getAllKeys()), done(objects.getAll())]);
  return keys.map((key, index) => ({ key, value: values[index] as unknown }));
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("unknown")));
  });
}

/** Bytes and maps, which JSON does not know. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return { base64: toBase64(value) };
  if (value instanceof Map) return { entries: [...value] };
  return value;
}

function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 0x8000) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  }
  return btoa(parts.join(""));
}
