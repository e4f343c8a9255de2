/** The database behind `pg`, the driver that most Node programs use: it is kept up, typed, and plain JavaScript. */

import pg from "pg";
import type { Row, SqlDatabase, SqlValue } from "./sql.ts";

/** Options of {@link openPgDatabase}. */
export interface PgDatabaseOptions {
  /** As `postgres://croft@db.example.org/croft`. */
  readonly url: string;
  /** Most connections of this process. */
  readonly maxConnections: number;
  /** Told when a connection that nobody uses breaks; the pool makes new ones. */
  readonly onProblem: (error: Error) => void;
}

/** How long a connection may take to come about, in milliseconds. */
const CONNECT_TIMEOUT = 5000;
/** How long a statement may take, in milliseconds: what takes longer has failed, and is judged again. */
const STATEMENT_TIMEOUT = 30_000;

/** Opens a pool of connections; none is made before the first statement. */
export function openPgDatabase({ url, maxConnections, onProblem }: PgDatabaseOptions): SqlDatabase {
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    application_name: "croft",
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    statement_timeout: STATEMENT_TIMEOUT,
    // A connection that is cut without a word is no answer for ever.
    query_timeout: STATEMENT_TIMEOUT + CONNECT_TIMEOUT,
    keepAlive: true,
    // What is compared in a transaction is what was committed when its locks were got, whatever the role has as its default.
    options: "-c default_transaction_isolation=read\\ committed",
  });
  pool.on("error", onProblem);
  let closing: Promise<void> | undefined;
  return {
    async query(text, values, name) {
      const query = { text, values: values.map(toParameter), ...(name && { name }) };
      const { rows } = await pool.query<Row>(query);
      return rows;
    },
    async script(text) {
      await pool.query(text);
    },
    close: () => (closing ??= pool.end()),
  };
}

/** The driver sends buffers as they are, and other arrays of bytes as JSON. */
function toParameter(value: SqlValue): unknown {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : value;
}
