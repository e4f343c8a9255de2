// Prints where the services are that some tests need, for a shell to set: those of this machine that let anybody in. Tests whose
// service is not there are skipped, and say so.

import { createClient } from "@redis/client";
import pg from "pg";

const POSTGRES = ["postgres", "root"].map((user) => `postgres://${user}@127.0.0.1:5432/postgres`);

/** The first address that answers. */
async function findPostgres() {
  for (const connectionString of POSTGRES) {
    const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.query("SELECT 1");
      return connectionString;
    } catch {
      // Nobody is there, or nobody who lets us in.
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  return undefined;
}

async function findRedis() {
  const url = "redis://127.0.0.1:6379";
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: 2000 } });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.ping();
    return url;
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}

const postgres = process.env.CROFT_TEST_POSTGRES ?? (await findPostgres());
if (postgres !== undefined) console.log(`export CROFT_TEST_POSTGRES='${postgres}'`);
const redis = process.env.CROFT_TEST_REDIS ?? (await findRedis());
if (redis !== undefined) console.log(`export CROFT_TEST_REDIS='${redis}'`);
