/** The store on SQLite, for Node: one file per workspace, on `node:sqlite`. */

export {
  backUpSqliteStore,
  type BackUpOptions,
  DEFAULT_BACKUP_EVERY,
  DEFAULT_BACKUP_KEEP,
} from "./backup/backed-up-store.ts";
export { copyStore, type CopyOrder } from "./backup/copy-store.ts";
export {
  type Restored,
  type RestoreOptions,
  restoreSqliteStore,
} from "./backup/restore-sqlite-store.ts";
export type { BackupCopy } from "./backup/backup-folder.ts";
export { backupSqliteStore } from "./backup-sqlite-store.ts";
export { deleteSqliteStore } from "./delete-sqlite-store.ts";
export { openSqliteStore, type SqliteStoreOptions } from "./open-sqlite-store.ts";
export { sqliteStore } from "./sqlite-store-opener.ts";
export { isSqliteStoreInUse } from "./store-in-use.ts";
