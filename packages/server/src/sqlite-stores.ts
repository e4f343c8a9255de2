/** The default place of workspaces: one SQLite file each, in one directory. */

import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { CroftError, type Store } from "@croft/core";
import { fileNameOf } from "./workspace-name.ts";

/** Workspaces in a directory. */
export interface SqliteStores {
  readonly openStore: (workspace: string) => Promise<Store>;
  /** Whether a workspace was ever opened. */
  readonly exists: (workspace: string) => boolean;
}

/**
 * Opens workspaces in `directory`, which is made at once if it is missing.
 *
 * @throws {@link CroftError} `input/invalid` when the directory cannot be made.
 */
export function createSqliteStores(directory: string): SqliteStores {
  const root = resolve(directory);
  try {
    mkdirSync(root, { recursive: true });
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CroftError("input/invalid", `Cannot use the data directory ${root}: ${why}`, {
      hint: "Name another one, or give this process the right to write there.",
      cause,
    });
  }
  const fileOf = (workspace: string): string => sqliteFileOf(root, workspace);
  return {
    async openStore(workspace) {
      // Not before it is needed: who brings another store needs no SQLite.
      const { openSqliteStore } = await import("@croft/persistence/sqlite");
      return openSqliteStore({ path: fileOf(workspace) });
    },
    exists: (workspace) => existsSync(fileOf(workspace)),
  };
}

/** The file of a workspace in a directory of them. */
export function sqliteFileOf(directory: string, workspace: string): string {
  return join(resolve(directory), `${fileNameOf(workspace)}.sqlite`);
}
