/** The store of browsers, on IndexedDB. */

export { type Adopted, type AdoptOptions, adoptYIndexeddb } from "./adopt-y-indexeddb.ts";
export {
  deleteIndexeddbStore,
  type IndexeddbStoreOptions,
  openIndexeddbStore,
} from "./indexeddb-store.ts";
export { indexeddbStore } from "./indexeddb-store-opener.ts";
