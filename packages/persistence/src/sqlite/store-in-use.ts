/** Whether some process has a store open. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { checkOwner } from "./open-sqlite-store.ts";
import { isBusy, toStoreError } from "./sqlite-error.ts";

/**
 * Whether a process, this one too, has the store at `path` open; false when there is none. Who opens it later is not kept from it.
 *
 * @throws {@link CroftError} what `openSqliteStore` throws for a file that it cannot use.
 * @example
 * ```ts
 * if (isSqliteStoreInUse("data/team.sqlite")) console.log("Stop the server first.");
 * ```
 */
export function isSqliteStoreInUse(path: string): boolean {
  const file = resolve(path);
  if (!existsSync(file)) return false;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    checkOwner(database, file);
    // Only the last connection can end SQLite's log; whoever opens the store begins it again.
    database.exec("PRAGMA journal_mode = DELETE");
    return false;
  } catch (thrown) {
    if (isBusy(thrown)) return true;
    throw toStoreError(thrown, file);
  } finally {
    database?.close();
  }
}
