/** The store on SQLite, for Node: one file per workspace, on `node:sqlite`. */

export { backupSqliteStore } from "./backup-sqlite-store.ts";
export { deleteSqliteStore } from "./delete-sqlite-store.ts";
export { openSqliteStore, type SqliteStoreOptions } from "./open-sqlite-store.ts";
export { sqliteStore } from "./sqlite-store-opener.ts";
