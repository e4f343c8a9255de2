/**
 * The tables of all workspaces of a database, in a schema of their own, and the functions that change them: a batch is one call,
 * and so one round trip and one transaction. A change of the tables raises {@link SCHEMA_VERSION}.
 */

import { CroftError } from "@croft/core";
import { commitFunction, sessionFunction } from "./functions.ts";
import type { SqlDatabase } from "./sql.ts";

/** In the table `version`. */
export const SCHEMA_VERSION = 1;

/** Two processes that set up one database wait for each other here. "crft". */
const SETUP_LOCK = 0x63726674;

/** Checks the name of a schema, and quotes it. */
export function quoteSchema(schema: string): string {
  if (/^[a-z_][a-z0-9_]{0,40}$/.test(schema)) return `"${schema}"`;
  throw new CroftError(
    "input/invalid",
    `${JSON.stringify(schema)} cannot be the name of a schema.`,
    {
      hint: "Small letters, digits and underscores, as in `croft`.",
    },
  );
}

/**
 * Makes what is missing.
 *
 * @throws {@link CroftError} `store/newer` when a newer version of croft made the tables.
 */
export async function setUp(database: SqlDatabase, schema: string): Promise<void> {
  const s = quoteSchema(schema);
  await database.script(`
    BEGIN;
    SELECT pg_advisory_xact_lock(${SETUP_LOCK});
    CREATE SCHEMA IF NOT EXISTS ${s};
    CREATE TABLE IF NOT EXISTS ${s}.version (version integer NOT NULL);
    COMMIT;
  `);
  const [row] = await database.query(`SELECT max(version) AS version FROM ${s}.version`, []);
  const version = Number(row?.["version"] ?? 0);
  if (version > SCHEMA_VERSION) {
    throw new CroftError(
      "store/newer",
      `The tables in the schema ${schema} were made by a newer version of croft.`,
      { hint: "Nothing was changed. Install that version again, or restore an older backup." },
    );
  }
  if (version === SCHEMA_VERSION) return;
  await database.script(`
    BEGIN;
    SELECT pg_advisory_xact_lock(${SETUP_LOCK});
    SET LOCAL search_path = ${s};
    ${TABLES}
    ${commitFunction(s)}
    ${sessionFunction(s)}
    DELETE FROM version;
    INSERT INTO version VALUES (${SCHEMA_VERSION});
    COMMIT;
  `);
}

/**
 * Paths are ordered by their bytes, as everywhere in croft. `revision` counts the changes of a row; claims and last numbers have
 * the one that set them, so that another process reads what came since. Identities name rows; sequences of logs are the hub's.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS workspaces (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    term bigint NOT NULL DEFAULT 0,
    facts bigint NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS documents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace integer NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    path text COLLATE "C" NOT NULL,
    epoch text NOT NULL,
    head bigint NOT NULL,
    head_tag text NOT NULL,
    base bigint NOT NULL,
    base_tag text NOT NULL,
    former_epochs text NOT NULL,
    deleted_epochs text NOT NULL,
    tombstone text,
    log_bytes bigint NOT NULL,
    snapshot_bytes bigint NOT NULL,
    position bigint NOT NULL,
    changed_at double precision NOT NULL,
    upstream text,
    revision bigint NOT NULL,
    UNIQUE (workspace, path)
  );
  -- Partial, so that nobody takes it to find a path, as the planner does while it has no statistics.
  CREATE INDEX IF NOT EXISTS document_positions ON documents (workspace, position) WHERE position > 0;
  CREATE TABLE IF NOT EXISTS entries (
    doc bigint NOT NULL REFERENCES documents ON DELETE CASCADE,
    seq bigint NOT NULL,
    tag text NOT NULL,
    writer text NOT NULL,
    n bigint NOT NULL,
    author text NOT NULL,
    at double precision NOT NULL,
    pending_n bigint,
    pending_tag text,
    pending_basis text,
    pending_plugin text,
    bytes bytea NOT NULL,
    PRIMARY KEY (doc, seq)
  );
  CREATE INDEX IF NOT EXISTS pending_entries ON entries (doc, pending_n) WHERE pending_n IS NOT NULL;
  CREATE TABLE IF NOT EXISTS tags (
    doc bigint NOT NULL REFERENCES documents ON DELETE CASCADE,
    seq bigint NOT NULL,
    tag text NOT NULL,
    PRIMARY KEY (doc, seq)
  );
  CREATE TABLE IF NOT EXISTS snapshots (
    doc bigint PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
    seq bigint NOT NULL,
    tag text NOT NULL,
    format text NOT NULL,
    bytes bytea NOT NULL
  );
  -- A snapshot is compressed by its own format already.
  ALTER TABLE snapshots ALTER COLUMN bytes SET STORAGE EXTERNAL;
  CREATE TABLE IF NOT EXISTS history (
    doc bigint NOT NULL REFERENCES documents ON DELETE CASCADE,
    seq bigint NOT NULL,
    at double precision NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (doc, seq)
  );
  CREATE TABLE IF NOT EXISTS claims (
    doc bigint NOT NULL REFERENCES documents ON DELETE CASCADE,
    client bigint NOT NULL,
    writer text NOT NULL,
    clock bigint NOT NULL,
    revision bigint NOT NULL,
    PRIMARY KEY (doc, client)
  );
  CREATE TABLE IF NOT EXISTS writers (
    doc bigint NOT NULL REFERENCES documents ON DELETE CASCADE,
    writer text NOT NULL,
    n bigint NOT NULL,
    tag text NOT NULL,
    revision bigint NOT NULL,
    PRIMARY KEY (doc, writer)
  );
  CREATE TABLE IF NOT EXISTS bindings (
    workspace integer NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    writer text NOT NULL,
    principal text NOT NULL,
    PRIMARY KEY (workspace, writer)
  );
  CREATE TABLE IF NOT EXISTS sessions (
    workspace integer NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    writer text NOT NULL,
    session bigint NOT NULL,
    term bigint NOT NULL,
    attempt bigint NOT NULL,
    PRIMARY KEY (workspace, writer)
  );
  CREATE TABLE IF NOT EXISTS quarantine (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace integer NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id text NOT NULL,
    path text COLLATE "C" NOT NULL,
    author text NOT NULL,
    code text NOT NULL,
    reason text NOT NULL,
    at double precision NOT NULL,
    basis text,
    submissions text NOT NULL,
    UNIQUE (workspace, id)
  );
  CREATE TABLE IF NOT EXISTS quarantined_updates (
    record bigint NOT NULL REFERENCES quarantine ON DELETE CASCADE,
    position integer NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (record, position)
  );
  CREATE TABLE IF NOT EXISTS listing (
    workspace integer NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    path text COLLATE "C" NOT NULL,
    epoch text NOT NULL,
    head bigint NOT NULL,
    tag text NOT NULL,
    bytes bigint NOT NULL,
    changed_at double precision NOT NULL,
    PRIMARY KEY (workspace, path)
  );
  CREATE TABLE IF NOT EXISTS meta (
    workspace integer NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    name text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (workspace, name)
  );
`;
