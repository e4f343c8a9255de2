/** The store of browsers, on IndexedDB. */

export {
  deleteIndexeddbStore,
  type IndexeddbStoreOptions,
  openIndexeddbStore,
} from "./indexeddb-store.ts";
export { indexeddbStore } from "./indexeddb-store-opener.ts";
