/** Makes a store as it was at a moment, of a copy and the journal of what was committed after it. */

import { constants, existsSync } from "node:fs";
import { copyFile, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CroftError, type Store } from "@croft/core";
import { openSqliteStore } from "../open-sqlite-store.ts";
import { toStoreError } from "../sqlite-error.ts";
import { createSqliteStore } from "../sqlite-store.ts";
import { type BackupFolder, type BackupJournal, readBackupFolder } from "./backup-folder.ts";
import { type ChainPosition } from "./chain-position.ts";
import { inspectCopy } from "./copy-store.ts";
import { readJournal } from "./journal-file.ts";

/** Options of {@link restoreSqliteStore}. */
export interface RestoreOptions {
  /** The folder of the store's backups. */
  readonly from: string;
  /** The file that is made; it must not be there. Its directory is made if it is missing. */
  readonly to: string;
  /** The moment, in milliseconds since 1970: what was committed later is left out. Default: all that there is. */
  readonly at?: number | undefined;
}

/** What {@link restoreSqliteStore} made. */
export interface Restored {
  /** When the copy was made that was used, in milliseconds since 1970. */
  readonly copiedAt: number;
  /** How many commits of the journal were added to it. */
  readonly commits: number;
  /** When the last commit was that is in it; nothing when no journal was kept. */
  readonly lastCommitAt: number | undefined;
  /** False when the end of the journal is damaged, as by a loss of power: what came after `lastCommitAt` is not in it. */
  readonly whole: boolean;
}

/**
 * Restores a store into a new file. Devices that had more get back in once the server takes back what it lost (`--recover`).
 *
 * @throws {@link CroftError} `input/invalid` when there is a file at `to`, or no backup from before `at`; `store/…` when a copy or a
 * journal cannot be used. Nothing is left at `to` then.
 * @example
 * ```ts
 * await restoreSqliteStore({
 *   from: "backup/team",
 *   to: "data/team.sqlite",
 *   at: Date.parse("2026-11-28T09:30:00Z"),
 * });
 * ```
 */
export async function restoreSqliteStore(options: RestoreOptions): Promise<Restored> {
  const [from, to] = [resolve(options.from), resolve(options.to)];
  const { at = Number.POSITIVE_INFINITY } = options;
  checkFree(to);
  const folder = readBackupFolder(from);
  const copy = folder.copies.findLast((each) => each.at <= at);
  if (!copy) throw nothingFrom(from, folder);
  const position = inspectCopy(copy.path, "thorough");
  const partial = `${to}.partial`;
  try {
    await mkdir(dirname(to), { recursive: true });
    await removeStore(partial);
    await copyFile(copy.path, partial, constants.COPYFILE_EXCL);
    const store = await openUnsynced(partial);
    let last: Replayed | undefined;
    try {
      last = position && (await replay(store, position, folder.journals, at));
    } finally {
      await store.close();
    }
    await sync(partial);
    checkFree(to);
    await rename(partial, to);
    await sync(dirname(to));
    return {
      copiedAt: copy.at,
      commits: last && position ? last.n - position.n : 0,
      lastCommitAt: last?.at,
      whole: last?.whole ?? true,
    };
  } catch (thrown) {
    throw toStoreError(thrown, to);
  } finally {
    await removeStore(partial);
  }
}

/** Nobody uses it before it is whole, so it is synced once, in the end. */
async function openUnsynced(path: string): Promise<Store> {
  // Brings the copy up to this version's tables.
  await (await openSqliteStore({ path })).close();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA synchronous = OFF");
  return createSqliteStore(database, path);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Where a replay ended, and whether the journal could be read so far. */
interface Replayed extends ChainPosition {
  readonly whole: boolean;
}

/** Commits again what follows `position`, until `until`. */
async function replay(
  store: Store,
  position: ChainPosition,
  journals: readonly BackupJournal[],
  until: number,
): Promise<Replayed> {
  const term = await store.takeTerm();
  const { chain } = position;
  let { n, at } = position;
  let whole = true;
  const ours = journals.filter((each) => each.chain === chain);
  for (const [index, journal] of ours.entries()) {
    const next = ours[index + 1];
    if (next && next.first <= n + 1) continue; // All of it is in the copy.
    const records = readJournal(journal.path);
    let step = records.next();
    for (; !step.done; step = records.next()) {
      const record = step.value;
      if (record.n <= n) continue;
      if (record.at > until) {
        records.return(true);
        return { chain, n, at, whole: true };
      }
      if (record.n !== n + 1) throw gap(journal.path, n);
      await store.commit({ ...record.batch, term });
      ({ n, at } = record);
    }
    whole = step.value;
    if (next && next.first !== n + 1) throw gap(journal.path, n);
  }
  return { chain, n, at, whole };
}

function checkFree(to: string): void {
  if (!existsSync(to)) return;
  throw new CroftError("input/invalid", `${to} is there already.`, {
    hint: "Nothing was changed. Restore to another place, and look at what is here before you remove it.",
  });
}

function nothingFrom(from: string, { copies }: BackupFolder): CroftError {
  const [oldest] = copies;
  const since = oldest && `The oldest backup is of ${new Date(oldest.at).toISOString()}.`;
  return new CroftError("input/invalid", `${from} holds no backup from before that moment.`, {
    hint: since ?? "There is none at all.",
  });
}

function gap(path: string, n: number): CroftError {
  return new CroftError("store/corrupt", `The journal ${path} is damaged after its commit ${n}.`, {
    hint: "Nothing was restored. Name an earlier moment, or one after the next copy.",
  });
}

async function removeStore(path: string): Promise<void> {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) await rm(file, { force: true });
}
