/**
 * A process that commits one batch after another to the store in `argv[2]` and writes a line for
 * each once it is durable: `term <n>` first, then the number of each batch; `failed <code>` in the
 * end. It runs until it is killed.
 */

import { writeSync } from "node:fs";
import { CroftError } from "@croft/core";
import { openSqliteStore } from "@croft/persistence/sqlite";
import { batchOf } from "./batches.ts";

// Synchronous: what is said has left this process, whatever happens to it next.
const say = (line: string): number => writeSync(1, `${line}\n`);

try {
  const store = await openSqliteStore({ path: process.argv[2] ?? "" });
  const term = await store.takeTerm();
  say(`term ${term}`);
  for (let number = Number((await store.readMeta("last")) ?? 0) + 1; ; number++) {
    const { stale } = await store.commit(batchOf(number, term));
    if (stale.length > 0) throw new Error(`stale: ${stale.join()}`);
    say(String(number));
  }
} catch (error) {
  say(`failed ${error instanceof CroftError ? error.code : String(error)}`);
}
