/** The way to name a browser store in `openWorkspace`: all tabs that name the same one share it. */

import type { OpenStore } from "@croft/core";
import { localCanary } from "./local-canary.ts";
import { type IndexeddbStoreOptions, openIndexeddbStore } from "./indexeddb-store.ts";

/**
 * The store in the IndexedDB database `name`, for `openWorkspace`: one tab opens it and leads, and
 * every other tab of this origin that names the same database shares that tab's hub, so that they
 * have one connection to the server and one copy of everything. A few words in localStorage tell, should
 * the browser lose the database, which changes were lost with it (`workspace.losses`).
 *
 * @example
 * ```ts
 * const workspace = await openWorkspace({
 *   id: "acme",
 *   user: "ada",
 *   store: indexeddbStore({ name: "acme-ada" }),
 * });
 * ```
 */
export function indexeddbStore(options: IndexeddbStoreOptions): OpenStore {
  return Object.assign(() => openIndexeddbStore(options), {
    sharedAs: `indexeddb/${options.name}`,
    canary: localCanary(options.name),
  });
}
