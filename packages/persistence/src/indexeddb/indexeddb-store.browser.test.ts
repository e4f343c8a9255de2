import {
  createEpoch,
  createTag,
  createWriterId,
  type DocPath,
  type DocumentRecord,
  type LogEntry,
  parseDocPath,
  type Store,
  type Tag,
} from "@croft/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { deleteIndexeddbStore, openIndexeddbStore } from "./index.ts";
import { SCHEMA_VERSION } from "./schema.ts";

const names: string[] = [];
const opened: Store[] = [];
const epoch = createEpoch();
const writer = createWriterId();
const page = parseDocPath("notes/page");

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(opened.splice(0).map((store) => store.close()));
  await Promise.all(names.splice(0).map(deleteIndexeddbStore));
});

describe("IndexedDB store in Chromium", () => {
  it("keeps tags of what went into a snapshot, over pages and around pending entries", async () => {
    const store = await open(freshName());
    const term = await store.takeTerm();
    const entries = Array.from({ length: 200 }, (_, i) => entry(i + 1, 3, i % 50 === 7 ? i : 0));
    await store.commit({ term, documents: [change(0, 200, entries)] });
    const snapshots = [64, 128, 150].map((seq) => ({
      seq,
      tag: createTag(),
      format: "v2" as const,
      update: new Uint8Array([seq]),
    }));
    for (const snapshot of snapshots) {
      const before = record(page, 200);
      const documents = [{ expect: before, record: before, snapshot }];
      expect(await store.commit({ term, documents })).toEqual({ stale: [] });
    }
    const log = await store.readLog(page, 0, Number.POSITIVE_INFINITY);
    const kept = entries.filter(({ seq, pending }) => seq > 150 || pending);
    expect(log).toEqual(kept);
    for (const { seq, tag } of entries) expect(await store.readTag(page, seq)).toBe(tag);
    expect(await store.readPending(page, 0, 7)).toEqual(
      entries.filter(({ pending }) => pending).slice(0, 2),
    );
    await store.commit({
      term,
      documents: [
        { expect: record(page, 200), record: record(page, 200), settle: [8, 58, 108, 158] },
      ],
    });
    expect(await store.listPending()).toEqual([]);
  });

  it("reads a log in bounded pieces without fetching all of it", async () => {
    const store = await open(freshName());
    const term = await store.takeTerm();
    const entries = Array.from({ length: 500 }, (_, i) => entry(i + 1, i % 10 === 0 ? 5000 : 10));
    await store.commit({ term, documents: [change(0, 500, entries)] });
    const getAll = vi.spyOn(IDBObjectStore.prototype, "getAll");
    const read: LogEntry[] = [];
    while (read.length < 500) {
      const piece = await store.readLog(page, read.length, 20_000);
      expect(piece.reduce((sum, { update }) => sum + update.length, 0)).toBeLessThanOrEqual(20_000);
      read.push(...piece);
    }
    expect(read).toEqual(entries);
    const counts = getAll.mock.calls.map(([, count]) => count).filter((count) => count);
    expect(Math.max(...counts.map(Number))).toBeLessThan(200);
    expect(await store.readLog(page, 0, 0)).toEqual(entries.slice(0, 1));
  });

  it("lists documents in the order of their UTF-8 bytes", async () => {
    const store = await open(freshName());
    const term = await store.takeTerm();
    // In UTF-16 the emoji's surrogates come before U+FF21.
    const paths = ["app/a", "app/a/b", "app/b", "app/Ａ", "app/😀", "notes/a"].map(parseDocPath);
    await store.commit({
      term,
      documents: paths.toReversed().map((path) => ({
        expect: undefined,
        record: record(path, 1),
        append: [entry(1, 1, 1)],
      })),
    });
    const list = async (...args: Parameters<Store["listDocuments"]>): Promise<DocPath[]> =>
      (await store.listDocuments(...args)).map(({ path }) => path);
    expect(await list("")).toEqual(paths);
    expect(await store.listPending()).toEqual(paths);
    expect(await list("app/a")).toEqual(paths.slice(0, 2));
    expect(await list("app/", { after: parseDocPath("app/b"), limit: 1 })).toEqual(["app/Ａ"]);
    expect(await list("app/", { after: parseDocPath("notes/a") })).toEqual([]);
    expect(await list("notes/", { after: parseDocPath("app/a") })).toEqual(["notes/a"]);
    expect(await list("", { limit: 0 })).toEqual([]);
  });

  it("stores the bytes of a view and not the buffer around it", async () => {
    const name = freshName();
    const store = await open(name);
    const term = await store.takeTerm();
    const frame = new Uint8Array(1000).fill(1);
    const view = { ...entry(1, 0), update: frame.subarray(10, 13) };
    const committing = store.commit({ term, documents: [change(0, 1, [view])] });
    await committing;
    frame.fill(2);
    const [read] = await store.readLog(page, 0, 100);
    expect(read?.update).toEqual(new Uint8Array([1, 1, 1]));
    expect(read?.update.buffer.byteLength).toBe(3);
  });

  it("[SYNC-9] refuses batches of a connection whose term is over", async () => {
    const name = freshName();
    const first = await open(name);
    const second = await open(name);
    const old = await first.takeTerm();
    const term = await second.takeTerm();
    expect(term).toBe(old + 1);
    await expect(first.commit({ term: old, meta: [["a", "old"]] })).rejects.toMatchObject({
      code: "store/fenced",
    });
    await second.commit({ term, meta: [["a", "new"]] });
    expect(await first.readMeta("a")).toBe("new");
  });

  it("[SYNC-13] lets one of two racing connections append", async () => {
    const name = freshName();
    const stores = [await open(name), await open(name)];
    const term = await stores[0]?.takeTerm();
    const results = await Promise.all(
      stores.map((store) =>
        store.commit({ term: term ?? 0, documents: [change(0, 1, [entry(1, 5)])] }),
      ),
    );
    expect(new Set(results.map(({ stale }) => stale.length))).toEqual(new Set([0, 1]));
  });

  it("gives way to a deletion, finishes what is under way and says so", async () => {
    const name = freshName();
    const store = await open(name);
    const term = await store.takeTerm();
    const lost = new Promise((resolve) => store.onLost(resolve));
    const committing = store.commit({ term, documents: [change(0, 1, [entry(1, 5)])] });
    await deleteIndexeddbStore(name);
    expect(await committing).toEqual({ stale: [] });
    expect(await lost).toMatchObject({ code: "store/closed" });
    await expect(store.readMeta("a")).rejects.toMatchObject({ code: "store/closed" });
    await expect(store.takeTerm()).rejects.toMatchObject({ code: "store/closed" });
    const again = await open(name);
    expect(await again.listDocuments("")).toEqual([]);
  });

  it("says so when the browser ends the connection", async () => {
    const connections = spyConnections();
    const store = await open(freshName());
    const heard = vi.fn<(error: Error) => void>();
    store.onLost(heard);
    for (const connection of connections) connection.dispatchEvent(new Event("close"));
    expect(heard).toHaveBeenCalledOnce();
    await expect(store.readMeta("a")).rejects.toMatchObject({ code: "store/closed" });
  });

  it("notices a connection that was closed without an event", async () => {
    const connections = spyConnections();
    const store = await open(freshName());
    const heard = vi.fn<(error: Error) => void>();
    store.onLost(heard);
    for (const connection of connections) connection.close();
    await expect(store.takeTerm()).rejects.toMatchObject({ code: "store/closed" });
    expect(heard).toHaveBeenCalledOnce();
  });

  it("makes way for a newer version and does not open it", async () => {
    const name = freshName();
    const store = await open(name);
    const lost = new Promise((resolve) => store.onLost(resolve));
    (await openRaw(name, 1000)).close();
    expect(await lost).toMatchObject({ code: "store/closed" });
    await expect(openIndexeddbStore({ name })).rejects.toMatchObject({ code: "store/newer" });
  });

  it("calls a database that cannot be opened corrupt, with a hint", async () => {
    vi.spyOn(IDBFactory.prototype, "open").mockImplementation(() => {
      throw new DOMException("Internal error opening backing store.", "UnknownError");
    });
    await expect(openIndexeddbStore({ name: freshName() })).rejects.toMatchObject({
      code: "store/corrupt",
      hint: expect.stringContaining("reset"),
    });
  });

  it("brings a database of version 1 up, with all that is in it", async () => {
    const name = freshName();
    const first = await open(name);
    const term = await first.takeTerm();
    await first.commit({ term, documents: [change(0, 1, [entry(1, 3)])] });
    await first.close();
    await turnIntoVersion1(name);

    const store = await open(name);
    expect(await store.listDocuments("")).toEqual([record(page, 1)]);
    expect(await store.listChanges(0, 9)).toEqual([]);
    expect(await store.readLog(page, 0, 99)).toMatchObject([{ seq: 1 }]);
    const moved = { ...record(page, 2), position: 7 };
    const documents = [{ expect: record(page, 1), record: moved, append: [entry(2, 3)] }];
    await store.commit({ term: await store.takeTerm(), documents });
    expect(await store.listChanges(0, 9)).toEqual([moved]);
    expect(await store.readPosition()).toBe(7);
    expect(await store.readListing("")).toEqual([]);
  });

  it("calls a database without its object stores corrupt", async () => {
    const name = freshName();
    (await openRaw(name, 1)).close();
    const store = await open(name);
    await expect(store.takeTerm()).rejects.toMatchObject({ code: "store/corrupt" });
  });

  it("finishes what is under way before it is closed", async () => {
    const store = await open(freshName());
    const term = await store.takeTerm();
    let done = false;
    const committing = store.commit({ term, meta: [["a", "b"]] }).then(() => (done = true));
    await store.close();
    expect(done).toBe(true);
    await committing;
    await store.close();
    await expect(store.readMeta("a")).rejects.toMatchObject({ code: "store/closed" });
  });

  it("tells how long strict commits take", async () => {
    const store = await open(freshName());
    const term = await store.takeTerm();
    const single = await time(1, 0, true);
    const batch = await time(100, 50, false);
    const pending = await time(100, 5050, true);
    console.log(
      `strict commit: ${single} ms with 1 entry, ${batch} ms with 100, ${pending} ms with 100 pending`,
    );

    async function time(size: number, from: number, isPending: boolean): Promise<string> {
      const start = performance.now();
      for (let i = 0; i < 50; i++) {
        const head = from + i * size;
        const entries = Array.from({ length: size }, (_, j) =>
          entry(head + j + 1, 100, isPending ? head + j + 1 : 0),
        );
        await store.commit({ term, documents: [change(head, head + size, entries)] });
      }
      return ((performance.now() - start) / 50).toFixed(2);
    }
  });
});

function freshName(): string {
  const name = `test-${createTag()}`;
  names.push(name);
  return name;
}

async function open(name: string): Promise<Store> {
  const store = await openIndexeddbStore({ name });
  opened.push(store);
  return store;
}

/** The connections that are opened from now on. */
function spyConnections(): Set<IDBDatabase> {
  const connections = new Set<IDBDatabase>();
  const spy = vi.spyOn(IDBFactory.prototype, "open");
  spy.mockImplementation((name, version) => {
    spy.mockRestore();
    const request = indexedDB.open(name, version);
    request.addEventListener("success", () => connections.add(request.result));
    return request;
  });
  return connections;
}

/** Copies what is in a database into one as version 1 made it. */
async function turnIntoVersion1(name: string): Promise<void> {
  const raw = await openRaw(name, SCHEMA_VERSION);
  const stores = [...raw.objectStoreNames].filter(
    (store) => !["listing", "history"].includes(store),
  );
  const contents = await Promise.all(
    stores.map(async (store) => {
      const from = raw.transaction(store).objectStore(store);
      const [keys, values] = await Promise.all([done(from.getAllKeys()), done(from.getAll())]);
      return { store, keys, values: values as unknown[] };
    }),
  );
  raw.close();
  await done(indexedDB.deleteDatabase(name));
  const request = indexedDB.open(name, 1);
  request.addEventListener("upgradeneeded", () => {
    for (const { store, keys, values } of contents) {
      const made = request.result.createObjectStore(store, {
        autoIncrement: store === "quarantine",
      });
      if (store === "pending") made.createIndex("byNumber", ["path", "n"]);
      if (store === "quarantine") {
        made.createIndex("byId", "id", { unique: true });
        made.createIndex("byPath", "path");
      }
      for (const [index, key] of keys.entries()) {
        const {
          position: _p,
          snapshotBytes: _s,
          ...row
        } = values[index] as Partial<DocumentRecord>;
        // Only rows of documents were objects with those.
        made.put(store === "documents" ? row : values[index], key);
      }
    }
  });
  (await done(request)).close();
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("no error")));
  });
}

function openRaw(name: string, version: number): Promise<IDBDatabase> {
  return done(indexedDB.open(name, version));
}

function record(path: DocPath, head: number): DocumentRecord {
  const none = "0".repeat(16) as Tag;
  return {
    path,
    epoch,
    head,
    headTag: none,
    base: 0,
    baseTag: none,
    formerEpochs: [],
    deletedEpochs: [],
    tombstone: undefined,
    logBytes: 0,
    snapshotBytes: 0,
    position: 0,
    changedAt: 0,
    upstream: undefined,
  };
}

function entry(seq: number, size: number, pendingN = 0): LogEntry {
  const tag = createTag();
  return {
    seq,
    tag,
    update: new Uint8Array(size).fill(seq),
    writer,
    n: seq,
    author: "me",
    at: 5,
    pending: pendingN > 0 ? { n: pendingN, tag, basis: undefined, plugin: "" } : undefined,
  };
}

function change(from: number, to: number, append: readonly LogEntry[]) {
  return {
    expect: from === 0 ? undefined : { epoch, head: from },
    record: record(page, to),
    append,
  };
}
