/** A database and its statements: each is prepared when it is first needed, then used again. */

import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Returns the prepared statement of an SQL text, which must be a constant. */
export type Prepare = (sql: string) => StatementSync;

/** A {@link Prepare} over `database`. */
export function createPrepare(database: DatabaseSync): Prepare {
  const prepared = new Map<string, StatementSync>();
  return (sql) => {
    const known = prepared.get(sql);
    if (known) return known;
    const statement = database.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
}
