/** Workspaces in SQLite files that are backed up while they are in use. */

import { accessSync, constants, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { CroftError, type Store } from "@croft/core";
import type { Log } from "../log.ts";
import { sqliteFileOf, type SqliteStores } from "../sqlite-stores.ts";
import { fileNameOf } from "../workspace-name.ts";

/** How a server backs its workspaces up. */
export interface BackupOptions {
  /** A directory that is nobody else's, on another disk if there is one; made if it is missing. */
  readonly directory: string;
  /** How often the file of a workspace that changes is copied, in milliseconds. Default: a day. */
  readonly every?: number | undefined;
  /** How far back any moment can be restored, in milliseconds. Default: 7 days. */
  readonly keep?: number | undefined;
}

/**
 * Backs up the workspaces in `data`, each in a folder of its own.
 *
 * @throws CroftError `input/invalid` when the directory cannot be used.
 */
export function createBackedUpStores(
  stores: SqliteStores,
  data: string,
  { directory, every, keep }: BackupOptions,
  log: Log,
): SqliteStores {
  const root = resolve(directory);
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CroftError("input/invalid", `Cannot use the backup directory ${root}: ${why}`, {
      hint: "Name another one, or give this process the right to write there.",
      cause,
    });
  }
  const openStore = async (workspace: string): Promise<Store> => {
    const store = await stores.openStore(workspace);
    const { backUpSqliteStore } = await import("@croft/persistence/sqlite");
    return backUpSqliteStore(store, {
      path: sqliteFileOf(data, workspace),
      folder: join(root, fileNameOf(workspace)),
      every,
      keep,
      onProblem: ({ code, message, hint }) =>
        log("error", "backup failed", { workspace, code, error: message, hint }),
    });
  };
  return { ...stores, openStore };
}
