/** Copies a store's file while it is in use. */

import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { CroftError } from "@croft/core";
import { checkOwner } from "./open-sqlite-store.ts";
import { toStoreError } from "./sqlite-error.ts";

/**
 * Copies the store at `path` to the file `toPath`, as it is at one moment, while others may go on
 * writing. An older copy at `toPath` is replaced once the new one is whole.
 *
 * @throws {@link CroftError} `input/invalid` for a copy onto itself or onto a file that is no store, and what `openSqliteStore`
 * throws, `store/failed` when there is no store at `path`.
 * @example
 * ```ts
 * await backupSqliteStore("data/team.sqlite", "backup/team.sqlite");
 * ```
 */
export async function backupSqliteStore(path: string, toPath: string): Promise<void> {
  const from = resolve(path);
  const to = resolve(toPath);
  if (from === to) {
    throw new CroftError("input/invalid", `A backup of ${from} cannot be the file itself.`, {
      hint: "Name another file.",
    });
  }
  const partial = `${to}.partial`;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(from, { readOnly: true });
    checkOwner(database, from);
    await rm(partial, { force: true });
    // All pages in one step: between steps, a commit by another connection would start it over.
    await backup(database, partial, { rate: 2 ** 31 - 1 });
    checkReplaceable(to);
    await rename(partial, to);
  } catch (thrown) {
    await rm(partial, { force: true });
    throw toStoreError(thrown, from);
  } finally {
    database?.close();
  }
}

/** Only an older copy may be replaced: a typing error must not cost somebody another file. */
function checkReplaceable(to: string): void {
  if (!existsSync(to)) return;
  let older: DatabaseSync | undefined;
  try {
    older = new DatabaseSync(to, { readOnly: true });
    checkOwner(older, to);
  } catch (cause) {
    throw new CroftError("input/invalid", `${to} is there already, and is no croft store.`, {
      hint: "Name another file, or remove this one first.",
      cause,
    });
  } finally {
    older?.close();
  }
}
