/** Removes a store's file: the way out of one that is damaged. */

import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { toStoreError } from "./sqlite-error.ts";

/**
 * Removes the store at `path` with all that is in it; does nothing if there is none. Who has it open
 * is told that it is lost.
 *
 * @throws {@link CroftError} `store/failed` when a file cannot be removed.
 * @example
 * ```ts
 * await deleteSqliteStore("data/team.sqlite");
 * ```
 */
export async function deleteSqliteStore(path: string): Promise<void> {
  const file = resolve(path);
  try {
    // The file first: SQLite drops a log without its file, but would take a file without its log
    // for an older store that is sound.
    for (const name of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]) {
      await rm(name, { force: true });
    }
  } catch (thrown) {
    throw toStoreError(thrown, file);
  }
}
