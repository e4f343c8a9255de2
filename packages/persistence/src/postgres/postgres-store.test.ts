/**
 * The contract of stores, and of stores that several processes share, over PostgreSQL's own code in this process (PGlite), and over
 * a server where `CROFT_TEST_POSTGRES` names one.
 */

import { PGlite } from "@electric-sql/pglite";
import type { Store } from "@croft/core";
import { describeSharedStore, describeStore } from "@croft/core/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Bus } from "../bus.ts";
import { openPgDatabase } from "./pg-database.ts";
import { Stores } from "./postgres-stores.ts";
import { setUp } from "./schema.ts";
import type { Row, SqlDatabase } from "./sql.ts";

// PGlite runs as WebAssembly, on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const url = process.env["CROFT_TEST_POSTGRES"];
const SCHEMA = `test_store_${process.pid}`;

function openPglite(): SqlDatabase {
  const database = new PGlite();
  return {
    async query(text, values) {
      const { rows } = await database.query<Row>(text, [...values]);
      return rows;
    },
    async script(text) {
      await database.exec(text);
    },
    close: () => database.close(),
  };
}

/** A bus within this process. */
function createBus(): Bus {
  const listeners = new Set<(text: string) => void>();
  return {
    maxBytes: 8000,
    publish: (text) => {
      for (const listener of listeners) listener(text);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onMissed: () => () => undefined,
    close: async () => undefined,
  };
}

describe.each([
  ["pglite", openPglite, true],
  [
    "postgres",
    () => openPgDatabase({ url: url ?? "", maxConnections: 4, onProblem: () => undefined }),
    url !== undefined,
  ],
] as const)("%s", (name, openDatabase, isThere) => {
  const suite = isThere ? describe : describe.skip;
  suite("stores", () => {
    let database: SqlDatabase;
    let opened = 0;
    const workspaces = new WeakMap<Store, string>();

    beforeAll(async () => {
      database = openDatabase();
      await setUp(database, SCHEMA);
    });
    afterAll(async () => {
      await database.script(`DROP SCHEMA ${SCHEMA} CASCADE`);
      await database.close();
    });

    const rig = (isShared: boolean, bus = createBus()) => {
      const open = async (workspace: string): Promise<Store> => {
        // Each as in a process of its own.
        const store = await new Stores(database, bus, SCHEMA, isShared).open(workspace);
        workspaces.set(store, workspace);
        return store;
      };
      return {
        open: () => open(`${isShared ? "shared" : "own"}-${++opened}`),
        reopen: (store: Store) => open(workspaces.get(store) ?? ""),
      };
    };

    describeStore(name, rig(false), { describe, it, expect });
    describeSharedStore(name, rig(true), { describe, it, expect });
  });
});
