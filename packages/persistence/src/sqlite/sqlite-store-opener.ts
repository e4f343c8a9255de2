/** The way to name a SQLite store in `openWorkspace`. */

import type { OpenStore } from "@croft/core";
import { openSqliteStore, type SqliteStoreOptions } from "./open-sqlite-store.ts";

/**
 * The store in a SQLite file, for `openWorkspace` in Node. One process at a time writes it: the
 * last one that opened it.
 *
 * @example
 * ```ts
 * const workspace = await openWorkspace({
 *   id: "acme",
 *   user: "bot",
 *   store: sqliteStore({ path: "acme.sqlite" }),
 * });
 * ```
 */
export function sqliteStore(options: SqliteStoreOptions): OpenStore {
  return () => openSqliteStore(options);
}
