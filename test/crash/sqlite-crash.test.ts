/** A store's process dies at any moment: what it had said is durable, and every batch is whole. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openSqliteStore } from "@croft/persistence/sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { batchOf, entryOf, PATHS } from "./batches.ts";

const directory = mkdtempSync(join(tmpdir(), "croft-crash-"));
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(directory, { recursive: true });
});

const WRITER = fileURLToPath(new URL("store-writer.ts", import.meta.url));
const KILLS = 10;

interface Writer {
  /** Waits for the next line that it says. */
  readonly next: () => Promise<string>;
  /** Kills it at once; every line that it said, when it is gone. */
  readonly kill: () => Promise<readonly string[]>;
  /** Every line that it said, once it ended by itself. */
  readonly ended: Promise<readonly string[]>;
}

function startWriter(path: string): Writer {
  const child = spawn(process.execPath, ["--conditions=source", WRITER, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.add(child);
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  const ended = Promise.all([once(child, "close"), once(reader, "close")]).then(() => {
    children.delete(child);
    return lines;
  });
  return {
    next: async () => String((await once(reader, "line"))[0]),
    kill: () => {
      child.kill("SIGKILL");
      return ended;
    },
    ended,
  };
}

describe("sqlite store across processes", () => {
  it("has every batch that was said to be durable, each whole, after kills", async () => {
    const path = join(directory, "killed.sqlite");
    let durable = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const writer = startWriter(path);
      await writer.next();
      // Any moment: within the first commits, or far into a log that is being checkpointed.
      await delay(Math.random() ** 2 * 500);
      const said = await writer.kill();
      const acked = Math.max(durable, ...said.slice(1).map(Number));
      durable = await checkWhole(path, acked);
    }
    expect(durable).toBeGreaterThan(KILLS);
  }, 60_000);

  it("fences a process whose term another one took", async () => {
    const path = join(directory, "taken.sqlite");
    const writer = startWriter(path);
    expect(await writer.next()).toBe("term 1");
    await writer.next();
    const store = await openSqliteStore({ path });
    const term = await store.takeTerm();
    expect(term).toBe(2);
    const last = Number(await store.readMeta("last"));
    const said = await writer.ended;
    expect(said.at(-1)).toBe("failed store/fenced");
    expect(said.at(-2)).toBe(String(last));
    expect(await store.commit(batchOf(last + 1, term))).toEqual({ stale: [] });
    await store.close();
    await checkWhole(path, last + 1);
  }, 20_000);
});

/** Checks that there is a whole number of batches, at least `acked`, and returns how many. */
async function checkWhole(path: string, acked: number): Promise<number> {
  const store = await openSqliteStore({ path });
  const last = Number((await store.readMeta("last")) ?? 0);
  expect(last).toBeGreaterThanOrEqual(acked);
  for (const document of PATHS) {
    expect((await store.loadDocument(document))?.record.head ?? 0).toBe(last);
    const log = await store.readLog(document, 0, Number.POSITIVE_INFINITY);
    expect(log.length).toBe(last);
    for (const [index, entry] of log.entries()) {
      const expected = entryOf(index + 1);
      expect({ ...entry, update: 0 }).toEqual({ ...expected, update: 0 });
      expect(Buffer.compare(entry.update, expected.update)).toBe(0);
    }
  }
  await store.close();
  const database = new DatabaseSync(path, { readOnly: true });
  const verdict = database.prepare("PRAGMA integrity_check").get();
  database.close();
  expect({ ...verdict }).toEqual({ integrity_check: "ok" });
  return last;
}
