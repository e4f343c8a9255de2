/** The stores on PostgreSQL, for servers that are several processes: one database for all workspaces, on `pg`. */

export type { Bus } from "../bus.ts";
export {
  openPostgresStores,
  type PostgresStores,
  type PostgresStoresOptions,
} from "./postgres-stores.ts";
