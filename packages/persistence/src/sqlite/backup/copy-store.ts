/** Copies a store into a folder of backups, and looks whether the copy is sound before it gets its name. */

import { mkdirSync, openSync, closeSync, fsyncSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { backupSqliteStore } from "../backup-sqlite-store.ts";
import { text } from "../rows.ts";
import { checkOwner } from "../open-sqlite-store.ts";
import { corrupt, toStoreError } from "../sqlite-error.ts";
import { type BackupCopy, copyName, partialName } from "./backup-folder.ts";
import { BACKUP_META, type ChainPosition, parsePosition } from "./chain-position.ts";

/** What to copy where. */
export interface CopyOrder {
  /** The store's file. */
  readonly path: string;
  /** The folder of this store's backups; made if it is missing. */
  readonly folder: string;
}

/**
 * Copies a store that may be in use.
 *
 * @throws CroftError what `backupSqliteStore` throws; `store/corrupt` for a copy that is not sound, which is removed.
 */
export async function copyStore({ path, folder }: CopyOrder): Promise<BackupCopy> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const partial = join(folder, partialName());
  try {
    await backupSqliteStore(path, partial);
    const position = inspectCopy(partial, "thorough");
    const { chain } = position ?? { chain: "" };
    // All that is in the copy was committed before now, also by a clock that was set back since.
    const at = Math.max(Date.now(), position?.at ?? 0);
    const to = join(folder, copyName({ at, chain }));
    renameSync(partial, to);
    syncFolder(folder);
    return { path: to, at, chain };
  } finally {
    rmSync(partial, { force: true });
  }
}

/**
 * Looks at a copy without a trace.
 *
 * @returns Where it stands in its chain.
 * @throws CroftError `store/corrupt`, `store/newer` or `store/foreign` for one that nobody can use.
 */
export function inspectCopy(
  path: string,
  how: "quick" | "thorough" = "quick",
): ChainPosition | undefined {
  const url = pathToFileURL(path);
  // Else SQLite would make its files beside one that nobody writes.
  url.searchParams.set("immutable", "1");
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(url, { readOnly: true });
    checkOwner(database, path);
    if (how === "thorough") {
      const [verdict] = database.prepare("PRAGMA integrity_check(1)").all();
      const said = verdict && text(verdict, "integrity_check");
      if (said !== "ok") throw corrupt(path, said ?? "it cannot be checked");
    }
    const row = database.prepare("SELECT value FROM meta WHERE name = ?").get(BACKUP_META);
    return parsePosition(row && text(row, "value"));
  } catch (thrown) {
    throw toStoreError(thrown, path);
  } finally {
    database?.close();
  }
}

/** The name of a file is on disk when its folder is. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
