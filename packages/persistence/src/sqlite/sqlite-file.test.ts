/** What a store does with a file that is not as it should be: full, damaged, another's, gone. */

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  CroftError,
  type DocPath,
  type DocumentChange,
  type Epoch,
  type LogEntry,
  type Store,
  type Tag,
  type WriterId,
} from "@croft/core";
import { afterAll, describe, expect, it } from "vitest";
import { backupSqliteStore, deleteSqliteStore, openSqliteStore } from "./index.ts";
import { SCHEMA_VERSION } from "./schema.ts";
import { createSqliteStore } from "./sqlite-store.ts";

const directory = mkdtempSync(join(tmpdir(), "croft-sqlite-file-"));
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
const freshPath = (): string => join(directory, `${++files}.sqlite`);
const NOTE = "notes/a" as DocPath;
const EPOCH = "e".repeat(16) as Epoch;
const TAG = "0".repeat(16) as Tag;

/** Appends an entry of `size` bytes to a document at `head`. */
function change(head: number, size: number): DocumentChange {
  const entry: LogEntry = {
    seq: head + 1,
    tag: TAG,
    update: new Uint8Array(size).fill(head),
    writer: "a".repeat(32) as WriterId,
    n: head + 1,
    author: "ada",
    at: 1,
    pending: undefined,
  };
  return {
    expect: head === 0 ? undefined : { epoch: EPOCH, head },
    record: {
      path: NOTE,
      epoch: EPOCH,
      head: head + 1,
      headTag: TAG,
      base: 0,
      baseTag: TAG,
      formerEpochs: [],
      deletedEpochs: [],
      tombstone: undefined,
      logBytes: 0,
      snapshotBytes: 0,
      position: 0,
      changedAt: 0,
      upstream: undefined,
    },
    append: [entry],
  };
}

/** Writes `count` entries of 1000 bytes to a new file and closes it. */
async function writeFile(count: number): Promise<string> {
  const path = freshPath();
  const store = await openSqliteStore({ path });
  const term = await store.takeTerm();
  for (let head = 0; head < count; head++) {
    await store.commit({ term, documents: [change(head, 1000)] });
  }
  await store.close();
  return path;
}

async function errorOf(work: Promise<unknown>): Promise<CroftError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CroftError) return error;
  throw new Error(`expected a CroftError, got ${String(error)}`, { cause: error });
}

describe("sqlite store on a full disk", () => {
  it("rolls back with store/full, goes on, and writes again when there is room", async () => {
    const path = await writeFile(1);
    const database = new DatabaseSync(path);
    const pages = Number(database.prepare("PRAGMA page_count").get()?.["page_count"]);
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA max_page_count = ${pages + 5}`);
    const store = createSqliteStore(database, path);
    const term = await store.takeTerm();
    const large = { term, documents: [change(1, 200_000)], meta: [["name", "value"]] } as const;
    const error = await errorOf(store.commit(large));
    expect(error.code).toBe("store/full");
    expect(error.hint).toContain("space");
    expect(await store.readMeta("name")).toBe(undefined);
    expect((await store.readLog(NOTE, 0, Infinity)).map(({ seq }) => seq)).toEqual([1]);
    expect((await store.loadDocument(NOTE))?.record.head).toBe(1);
    expect(await store.commit({ term, documents: [change(1, 100)] })).toEqual({ stale: [] });
    database.exec("PRAGMA max_page_count = 100000");
    expect(await store.commit({ term, documents: [change(2, 200_000)] })).toEqual({ stale: [] });
    expect((await store.readLog(NOTE, 0, Infinity)).length).toBe(3);
    await store.close();
  });
});

describe("sqlite store whose batch fails in the middle", () => {
  it("has nothing of it, and works on", async () => {
    const store = await openSqliteStore({ path: freshPath() });
    const term = await store.takeTerm();
    const format = "v9" as "v1"; // What no caller may write, so that the table refuses it.
    const snapshot = { seq: 0, tag: TAG, format, update: new Uint8Array(1) };
    const bind = [{ writer: "b".repeat(32) as WriterId, principal: "ada" }];
    const documents = [{ ...change(0, 10), snapshot }];
    const error = await errorOf(store.commit({ term, documents, bind }));
    expect(error.code).toBe("store/failed");
    expect(await store.loadDocument(NOTE)).toBe(undefined);
    expect(await store.readLog(NOTE, 0, Infinity)).toEqual([]);
    expect(await store.commit({ term, documents: [change(0, 10)] })).toEqual({ stale: [] });
    await store.close();
  });
});

describe("sqlite store on a file that it cannot use", () => {
  it("store/corrupt: not a SQLite database, and leaves it as it is", async () => {
    const path = freshPath();
    const content = "This is somebody's text file.\n".repeat(200);
    writeFileSync(path, content);
    const error = await errorOf(openSqliteStore({ path }));
    expect(error.code).toBe("store/corrupt");
    expect(error.message).toContain(path);
    expect(error.hint).toContain("reset");
    expect(readFileSync(path, "utf8")).toBe(content);
    expect((await errorOf(backupSqliteStore(path, freshPath()))).code).toBe("store/corrupt");
  });

  it("store/corrupt: cut short", async () => {
    const path = await writeFile(100);
    truncateSync(path, Math.floor(statSync(path).size / 8192) * 4096);
    const before = readFileSync(path);
    expect((await errorOf(openSqliteStore({ path }))).code).toBe("store/corrupt");
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("store/corrupt: damaged in the middle, found when it is read or written", async () => {
    const path = await writeFile(200);
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096);
    writeFileSync(path, bytes);
    const work = async (): Promise<void> => {
      const store = await openSqliteStore({ path });
      try {
        const term = await store.takeTerm();
        await store.readLog(NOTE, 0, Infinity);
        await store.commit({ term, documents: [change(200, 10)] });
      } finally {
        await store.close();
      }
    };
    expect((await errorOf(work())).code).toBe("store/corrupt");
  });

  it("store/corrupt: a cell that holds what nobody wrote", async () => {
    const path = await writeFile(1);
    const database = new DatabaseSync(path);
    database.exec("UPDATE documents SET former_epochs = 'oops'");
    database.close();
    const store = await openSqliteStore({ path });
    expect((await errorOf(store.loadDocument(NOTE))).code).toBe("store/corrupt");
    await store.close();
  });

  it("store/newer: of a newer version, and leaves it as it is", async () => {
    const path = await writeFile(1);
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    database.close();
    const before = readFileSync(path);
    const error = await errorOf(openSqliteStore({ path }));
    expect(error.code).toBe("store/newer");
    expect(error.hint).toContain("version");
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it.each([1, 2, 3])("is brought up from version %i, with all that is in it", async (version) => {
    const path = await writeFile(3);
    const snapshot = { seq: 2, tag: TAG, format: "v1", update: new Uint8Array(77) } as const;
    const writing = await openSqliteStore({ path });
    const { record } = (await writing.loadDocument(NOTE)) ?? {};
    if (!record) throw new Error("nothing was written");
    const documents = [{ expect: { epoch: EPOCH, head: 3 }, record, snapshot }];
    await writing.commit({ term: await writing.takeTerm(), documents });
    await writing.close();
    // As the versions before made their files.
    const database = new DatabaseSync(path);
    database.exec(`
      DROP TABLE history;
      PRAGMA user_version = ${version};
    `);
    if (version <= 2) {
      database.exec(`
        DROP TABLE listing;
        DROP INDEX document_positions;
        ALTER TABLE documents DROP COLUMN snapshot_bytes;
        ALTER TABLE documents DROP COLUMN position;
      `);
    }
    if (version === 1) {
      database.exec(`
        ALTER TABLE documents DROP COLUMN deleted_epochs;
        ALTER TABLE quarantine DROP COLUMN submissions;
      `);
    }
    database.close();

    const store = await openSqliteStore({ path });
    const loaded = await store.loadDocument(NOTE);
    const added = version <= 2 ? { snapshotBytes: 77, position: 0 } : {};
    expect(loaded?.record).toEqual({ ...record, ...added });
    expect(await store.listHistory(NOTE)).toEqual([]);
    expect(await store.listChanges(0, 9)).toEqual([]);
    const term = await store.takeTerm();
    const next = change(3, 10);
    const moved = { ...next, record: { ...next.record, position: 5 } };
    await store.commit({ term, documents: [moved], listing: { remove: [], put: [] } });
    expect(await store.listChanges(0, 9)).toMatchObject([{ path: NOTE, position: 5 }]);
    expect(await store.readListing("")).toEqual([]);
    await store.close();
  });

  it("store/foreign: another program's database, and leaves it as it is", async () => {
    const path = freshPath();
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE customers (name TEXT); PRAGMA user_version = 7");
    database.close();
    const before = readFileSync(path);
    expect((await errorOf(openSqliteStore({ path }))).code).toBe("store/foreign");
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("store/failed: no such directory", async () => {
    const path = join(directory, "none", "a.sqlite");
    const error = await errorOf(openSqliteStore({ path }));
    expect(error.code).toBe("store/failed");
    expect(error.hint).toContain("directory");
  });
});

describe("sqlite store whose file goes away", () => {
  async function lost(remove: (path: string) => Promise<void> | void): Promise<void> {
    const path = await writeFile(1);
    const store = await openSqliteStore({ path });
    const term = await store.takeTerm();
    const losses: Error[] = [];
    store.onLost((error) => losses.push(error));
    await remove(path);
    expect((await errorOf(store.commit({ term, documents: [change(1, 10)] }))).code).toBe(
      "store/closed",
    );
    expect((await errorOf(store.readMeta("name"))).code).toBe("store/closed");
    expect(losses.map((error) => error instanceof CroftError && error.code)).toEqual([
      "store/closed",
    ]);
    await store.close();
  }

  it("is lost, once, when the store is deleted", () => lost(deleteSqliteStore));

  it("is lost when another file takes its place, which stays whole", async () => {
    const other = await writeFile(3);
    let place = "";
    await lost((path) => {
      place = path;
      renameSync(other, path);
    });
    rmSync(`${place}-wal`, { force: true });
    rmSync(`${place}-shm`, { force: true });
    const store = await openSqliteStore({ path: place });
    expect((await store.readLog(NOTE, 0, Infinity)).length).toBe(3);
    await store.close();
  });
});

describe("backupSqliteStore and deleteSqliteStore", () => {
  async function readHead(path: string): Promise<number | undefined> {
    const store = await openSqliteStore({ path });
    const loaded = await store.loadDocument(NOTE);
    await store.close();
    return loaded?.record.head;
  }

  async function writeOn(store: Store, term: number, from: number, to: number): Promise<void> {
    for (let head = from; head < to; head++) {
      await store.commit({ term, documents: [change(head, 1000)] });
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it("copies a store that is written to meanwhile, as it was at one moment", async () => {
    const path = await writeFile(300);
    const copy = freshPath();
    const store = await openSqliteStore({ path });
    const term = await store.takeTerm();
    await Promise.all([writeOn(store, term, 300, 400), backupSqliteStore(path, copy)]);
    const head = (await readHead(copy)) ?? 0;
    expect(head).toBeGreaterThanOrEqual(300);
    const copied = await openSqliteStore({ path: copy });
    expect((await copied.readLog(NOTE, 0, Infinity)).length).toBe(head);
    await copied.close();
    // A newer copy takes the place of the older one; nothing else is left beside it.
    await backupSqliteStore(path, copy);
    expect(await readHead(copy)).toBe(400);
    const beside = readdirSync(directory).filter((name) => name.startsWith(basename(copy)));
    expect(beside).toEqual([basename(copy)]);
    await store.close();
  });

  it("refuses to copy a store onto itself, and a store that is not there", async () => {
    const path = await writeFile(1);
    expect((await errorOf(backupSqliteStore(path, path))).code).toBe("input/invalid");
    expect(await readHead(path)).toBe(1);
    const none = freshPath();
    expect((await errorOf(backupSqliteStore(none, freshPath()))).code).toBe("store/failed");
    expect(existsSync(none)).toBe(false);
  });

  it("never replaces a file that is no store", async () => {
    const path = await writeFile(1);
    const letter = freshPath();
    writeFileSync(letter, "Dear Ada");
    expect((await errorOf(backupSqliteStore(path, letter))).code).toBe("input/invalid");
    expect(readFileSync(letter, "utf8")).toBe("Dear Ada");
  });

  it.each([undefined, 7, ""])("refuses %j for a path", async (path) => {
    const opening = openSqliteStore({ path: path as string });
    expect((await errorOf(opening)).code).toBe("input/invalid");
  });

  it("deletes a damaged store and what lies beside it, so that an empty one can begin", async () => {
    const path = freshPath();
    for (const suffix of ["", "-wal", "-shm"]) appendFileSync(`${path}${suffix}`, "x".repeat(5000));
    expect((await errorOf(openSqliteStore({ path }))).code).toBe("store/corrupt");
    await deleteSqliteStore(path);
    expect(readdirSync(directory).filter((name) => name.startsWith(basename(path)))).toEqual([]);
    expect(await readHead(path)).toBe(undefined);
  });

  it("has nothing to do where there is no store", async () => {
    await deleteSqliteStore(freshPath());
    const empty = join(directory, "a directory");
    mkdirSync(empty);
    expect((await errorOf(deleteSqliteStore(empty))).code).toBe("store/failed");
  });
});
