/**
 * A process that commits one batch after another to the store in `argv[2]` and writes a line for
 * each once it is durable: `term <n>` first, then the number of each batch; `failed <code>` in the
 * end. It runs until it is killed.
 */

import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { CroftError } from "@croft/core";
import { openSqliteStore } from "@croft/persistence/sqlite";
import { batchOf } from "./batches.ts";

/** Says it before it returns: what is said has left this process, whatever happens to it next. */
async function say(line: string): Promise<void> {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      // Whoever reads is slow, and the pipe is full: a line is written whole or not at all.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      await delay(1);
    }
  }
}

try {
  const store = await openSqliteStore({ path: process.argv[2] ?? "" });
  const term = await store.takeTerm();
  await say(`term ${term}`);
  for (let number = Number((await store.readMeta("last")) ?? 0) + 1; ; number++) {
    const { stale } = await store.commit(batchOf(number, term));
    if (stale.length > 0) throw new Error(`stale: ${stale.join()}`);
    await say(String(number));
  }
} catch (error) {
  await say(`failed ${error instanceof CroftError ? error.code : String(error)}`);
}
