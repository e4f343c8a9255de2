/** Opens a store's file: checks whose it is before anything is written, then sets it up. */

import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { CroftError, type Store } from "@croft/core";
import { number } from "./rows.ts";
import { APPLICATION_ID, MIGRATIONS, SCHEMA, SCHEMA_VERSION } from "./schema.ts";
import { corrupt, isBusy, toStoreError } from "./sqlite-error.ts";
import { createSqliteStore } from "./sqlite-store.ts";

/** Options of {@link openSqliteStore}. */
export interface SqliteStoreOptions {
  /** The file; made if it is missing, but its directory must be there. */
  readonly path: string;
}

/** How long a lock of another process is waited for, in milliseconds. */
const BUSY_TIMEOUT = 5000;

/**
 * Opens the store in the file at `path`, and makes it if there is none. A commit is on the disk
 * (synced) when its promise resolves. Beside the file lie `-wal` and `-shm` while it is open: they
 * belong to it, so copy it with {@link backupSqliteStore} only.
 *
 * @throws {@link CroftError} `store/newer` when a newer version of croft wrote the file,
 * `store/corrupt` when it is damaged or no SQLite database (it is left as it is), `store/foreign`
 * when it is another program's database, `store/full`, else `store/failed`.
 * @example
 * ```ts
 * const store = await openSqliteStore({ path: "data/team.sqlite" });
 * const hub = await createHub({ store, gate: createGate() });
 * ```
 */
export async function openSqliteStore({ path }: SqliteStoreOptions): Promise<Store> {
  if (typeof path !== "string" || path === "") {
    throw new CroftError("input/invalid", "`path` of a SQLite store must be a file's path.", {
      hint: 'As in openSqliteStore({ path: "data/team.sqlite" }).',
    });
  }
  const file = resolve(path);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    checkOwner(database, file);
    await setUp(database);
    return createSqliteStore(database, file);
  } catch (thrown) {
    database?.close();
    throw toStoreError(thrown, file);
  }
}

/**
 * Reads only: a file that is not ours stays as it is.
 *
 * @returns The version of its tables; 0 when it is empty.
 */
export function checkOwner(database: DatabaseSync, path: string): number {
  const version = pragma(database, "user_version");
  const application = pragma(database, "application_id");
  const tables = database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get();
  const empty = number(tables ?? {}, "tables") === 0;
  if (application !== APPLICATION_ID) {
    if (empty && application === 0) return 0;
    throw new CroftError("store/foreign", `${path} is the database of another program.`, {
      hint: "Nothing was changed. Name another file.",
    });
  }
  if (version > SCHEMA_VERSION) {
    throw new CroftError(
      "store/newer",
      `The store ${path} was written by a newer version of croft.`,
      {
        hint: "Nothing was changed. Install that version again, or restore an older backup.",
      },
    );
  }
  if (empty) throw corrupt(path, "its tables are missing");
  return version;
}

async function setUp(database: DatabaseSync): Promise<void> {
  await whenFree(() => database.exec("PRAGMA journal_mode = WAL"));
  // fullfsync: on macOS an ordinary sync does not reach the disk. cell_size_check: notices damage.
  database.exec(`
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA cell_size_check = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA journal_size_limit = 67108864;
  `);
  database.exec("BEGIN IMMEDIATE");
  // Another process may have made the tables since.
  if (pragma(database, "application_id") !== APPLICATION_ID) {
    database.exec(`
      ${SCHEMA}
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${SCHEMA_VERSION};
    `);
  }
  for (
    let version = pragma(database, "user_version");
    version < SCHEMA_VERSION;
    version = pragma(database, "user_version")
  ) {
    database.exec(`${MIGRATIONS[version] ?? ""}; PRAGMA user_version = ${version + 1};`);
  }
  database.exec("COMMIT");
}

/** SQLite refuses at once, without its timeout, when two processes turn a new file to WAL. */
async function whenFree(action: () => void): Promise<void> {
  for (let waited = 0; ; waited += 20) {
    try {
      return action();
    } catch (thrown) {
      if (!isBusy(thrown) || waited >= BUSY_TIMEOUT) throw thrown;
    }
    await delay(20);
  }
}

function pragma(database: DatabaseSync, name: "user_version" | "application_id"): number {
  return number(database.prepare(`PRAGMA ${name}`).get() ?? {}, name);
}
