/** The store of browsers: `@croft/persistence/indexeddb`. */

export {
  deleteIndexeddbStore,
  type IndexeddbStoreOptions,
  openIndexeddbStore,
} from "./indexeddb-store.ts";
export { indexeddbStore } from "./indexeddb-store-opener.ts";
