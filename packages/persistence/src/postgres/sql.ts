/** How the store talks to a database: what `pg` does, and PGlite as well. */

/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** A database that speaks PostgreSQL's SQL. */
export interface SqlDatabase {
  /**
   * Runs one statement, in a transaction of its own, with `$1`, `$2`, … from `values`: texts, numbers, bytes and `null`. With a
   * `name` the statement may be prepared once for each connection.
   */
  query(text: string, values: readonly SqlValue[], name?: string): Promise<readonly Row[]>;
  /** Runs several statements without values, all of them or none. */
  script(text: string): Promise<void>;
  /** Ends all connections. Idempotent. */
  close(): Promise<void>;
}

/** What a statement is given. */
export type SqlValue = string | number | Uint8Array | null | readonly string[];
