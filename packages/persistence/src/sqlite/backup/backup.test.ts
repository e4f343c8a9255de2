// A store that is backed up while it is written, and what can be made of it again.

import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CroftError,
  type DocPath,
  type DocumentChange,
  type Epoch,
  type Store,
  type Tag,
  type WriterId,
} from "@croft/core";
import { describeStore } from "@croft/core/testing";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backUpSqliteStore, copyStore, openSqliteStore, restoreSqliteStore } from "../index.ts";
import { outdated, readBackupFolder } from "./backup-folder.ts";
import { lastRecord, readJournal } from "./journal-file.ts";

const root = mkdtempSync(join(tmpdir(), "croft-backup-"));
afterAll(() => rmSync(root, { recursive: true }));
let tests = 0;
let path = "";
let folder = "";
let problems: CroftError[] = [];
const stores: Store[] = [];
beforeEach(() => {
  const place = join(root, String(++tests));
  path = join(root, `${tests}.sqlite`);
  folder = join(place, "backup");
  problems = [];
});
afterEach(async () => {
  vi.useRealTimers();
  for (const store of stores.splice(0)) await store.close();
});

const EPOCH = "e".repeat(16) as Epoch;
const TAG = "0".repeat(16) as Tag;

function entry(at: string, head: number, size = 100): DocumentChange {
  const document = at as DocPath;
  return {
    expect: head === 0 ? undefined : { epoch: EPOCH, head },
    record: {
      path: document,
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
      position: head + 1,
      changedAt: 0,
      upstream: undefined,
    },
    append: [
      {
        seq: head + 1,
        tag: TAG,
        update: new Uint8Array(size).fill(head),
        writer: "a".repeat(32) as WriterId,
        n: head + 1,
        author: "ada",
        at: 1,
        pending: undefined,
      },
    ],
  };
}

async function open(
  every?: number,
): Promise<{ store: Store; write: (count?: number) => Promise<void> }> {
  const inner = await openSqliteStore({ path });
  const store = backUpSqliteStore(inner, {
    path,
    folder,
    every,
    onProblem: (problem) => problems.push(problem),
  });
  stores.push(store);
  const term = await store.takeTerm();
  const write = async (count = 1): Promise<void> => {
    for (let done = 0; done < count; done++) {
      const head = (await store.loadDocument("notes/a" as DocPath))?.record.head ?? 0;
      await store.commit({
        term,
        documents: [entry("notes/a", head)],
        meta: [["seen", `${head}`]],
      });
    }
  };
  return { store, write };
}

const copies = (): number => readBackupFolder(folder).copies.length;
const copied = (count = 1): Promise<void> => vi.waitFor(() => expect(copies()).toBe(count), 10_000);

async function headOf(file: string): Promise<number> {
  const store = await openSqliteStore({ path: file });
  stores.push(store);
  const log = await store.readLog("notes/a" as DocPath, 0, Number.POSITIVE_INFINITY);
  const head = (await store.loadDocument("notes/a" as DocPath))?.record.head ?? 0;
  expect(log.length).toBe(head);
  expect(await store.readMeta("seen")).toBe(`${head - 1}`);
  return head;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "nothing",
    (thrown: unknown) => (thrown instanceof CroftError ? thrown.code : String(thrown)),
  );
}

/** A moment at which nothing else happens. */
async function moment(): Promise<number> {
  const now = Date.now();
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(now + 1), { interval: 1 });
  const between = Date.now();
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(between + 1), { interval: 1 });
  return between;
}

const folders = new WeakMap<Store, string>();

async function openBackedUp(place = mkdtempSync(join(root, "suite-"))): Promise<Store> {
  const file = join(place, "store.sqlite");
  const inner = await openSqliteStore({ path: file });
  const store = backUpSqliteStore(inner, { path: file, folder: join(place, "backup") });
  folders.set(store, place);
  return store;
}

describeStore(
  "sqlite, backed up",
  { open: () => openBackedUp(), reopen: (store) => openBackedUp(folders.get(store)) },
  { describe, it, expect },
);

describe("a store that is backed up", () => {
  it("is restored as it was at any moment since its first copy", async () => {
    const { write } = await open();
    await write(2);
    await copied();
    const moments: [number, number][] = [];
    for (let head = 3; head <= 8; head++) {
      moments.push([await moment(), head - 1]);
      await write();
    }
    for (const [at, head] of moments) {
      const to = join(root, `${tests}-at-${head}.sqlite`);
      const restored = await restoreSqliteStore({ from: folder, to, at });
      expect(await headOf(to)).toBe(head);
      expect(restored.lastCommitAt).toBeLessThanOrEqual(at);
    }
    const all = join(root, `${tests}-all.sqlite`);
    expect(await restoreSqliteStore({ from: folder, to: all })).toMatchObject({ commits: 6 });
    expect(await headOf(all)).toBe(8);
    expect(problems).toEqual([]);
  });

  it("goes on in the same chain when it is opened again, and begins another one where the journal lacks a commit", async () => {
    const first = await open();
    await first.write(3);
    await copied();
    await first.store.close();
    const second = await open();
    await second.write(3);
    await second.store.close();
    expect(new Set(readBackupFolder(folder).journals.map(({ chain }) => chain)).size).toBe(1);
    expect(copies()).toBe(1);
    // As after a loss of power: the store has it, the journal has not.
    const last = readBackupFolder(folder).journals.at(-1);
    truncateSync(last?.path ?? "", statSync(last?.path ?? "").size - 10);
    const third = await open();
    await third.write();
    await copied(2);
    await third.write(2);
    const to = join(root, `${tests}-to.sqlite`);
    await restoreSqliteStore({ from: folder, to });
    expect(await headOf(to)).toBe(9);
  });

  it("begins another chain after somebody wrote without a backup, as an import does", async () => {
    const first = await open();
    await first.write(3);
    await copied();
    await first.store.close();
    const bare = await openSqliteStore({ path });
    const term = await bare.takeTerm();
    await bare.commit({ term, documents: [entry("notes/imported", 0)] });
    await bare.close();
    const second = await open();
    await second.write();
    await copied(2);
    await second.write();
    const to = join(root, `${tests}-to.sqlite`);
    await restoreSqliteStore({ from: folder, to });
    expect(await headOf(to)).toBe(5);
    const restored = await openSqliteStore({ path: to });
    stores.push(restored);
    expect((await restored.loadDocument("notes/imported" as DocPath))?.record.head).toBe(1);
  });

  it("copies again when it is time to, and lets go of what is not needed any more", async () => {
    const { write } = await open(0);
    await write();
    await copied();
    await write();
    await copied(2);
    const before = readBackupFolder(folder);
    const [older, newer] = before.copies;
    if (!older || !newer) throw new Error("no copies");
    expect(outdated(before, older.at)).toEqual([]);
    expect(outdated(before, newer.at)).toContain(older.path);
    // What the older one would be continued with.
    expect(outdated(before, newer.at).length).toBeGreaterThan(1);
    for (const gone of outdated(before, newer.at)) rmSync(gone);
    const to = join(root, `${tests}-to.sqlite`);
    await restoreSqliteStore({ from: folder, to });
    expect(await headOf(to)).toBe(2);
  });

  it("keeps no gap when a commit fails", async () => {
    const { store, write } = await open();
    await write(2);
    await copied();
    const fenced = store.commit({ term: 0, documents: [entry("notes/b", 0)] });
    expect(await codeOf(fenced)).toBe("store/fenced");
    await Promise.all([write(), codeOf(store.commit({ term: 0 })), store.readMeta("seen")]);
    await write();
    const to = join(root, `${tests}-to.sqlite`);
    await restoreSqliteStore({ from: folder, to });
    expect(await headOf(to)).toBe(4);
  });

  it("goes on without its backup when that cannot be written, says so, and comes back", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    writeFileSync(join(root, String(tests)), "in the way of the folder");
    const { write } = await open();
    await write(2);
    expect(problems.length).toBe(1);
    expect(problems[0]?.message).toContain("The backup has a gap");
    rmSync(join(root, String(tests)));
    vi.setSystemTime(Date.now() + 61_000);
    await write(2);
    vi.useRealTimers();
    await copied();
    const to = join(root, `${tests}-to.sqlite`);
    await restoreSqliteStore({ from: folder, to });
    expect(await headOf(to)).toBe(4);
  });

  it("closes while a copy is made, and leaves nothing under a copy's name that is none", async () => {
    const { store, write } = await open();
    await write();
    await store.close();
    for (const { path: copy } of readBackupFolder(folder).copies)
      expect(await headOf(copy)).toBe(1);
    const again = await open();
    await again.write();
    await copied();
    expect(problems).toEqual([]);
  });
});

describe("restoring", () => {
  it("never touches a file that is there", async () => {
    const { write } = await open();
    await write();
    await copied();
    const to = join(root, `${tests}-to.sqlite`);
    writeFileSync(to, "mine");
    expect(await codeOf(restoreSqliteStore({ from: folder, to }))).toBe("input/invalid");
    expect(statSync(to).size).toBe(4);
  });

  it("refuses a moment before the first copy, a journal with a hole, and a copy that is damaged", async () => {
    const first = await open();
    await first.write(2);
    await copied();
    await first.store.close();
    for (let times = 0; times < 2; times++) {
      const { store, write } = await open();
      await write(2);
      await store.close();
    }
    const to = join(root, `${tests}-to.sqlite`);
    expect(await codeOf(restoreSqliteStore({ from: folder, to, at: 1000 }))).toBe("input/invalid");
    const { copies: all, journals } = readBackupFolder(folder);
    rmSync(journals.at(-2)?.path ?? "");
    expect(await codeOf(restoreSqliteStore({ from: folder, to }))).toBe("store/corrupt");
    const copy = all[0]?.path ?? "";
    truncateSync(copy, statSync(copy).size - 4096);
    expect(await codeOf(restoreSqliteStore({ from: folder, to }))).toBe("store/corrupt");
    expect(readdirSync(root).filter((name) => name.startsWith(`${tests}-to`))).toEqual([]);
  });

  it("says when the end of the journal is damaged", async () => {
    const { store, write } = await open();
    await write();
    await copied();
    await write(3);
    await store.close();
    const journal = readBackupFolder(folder).journals.at(-1)?.path ?? "";
    const bytes = readFileSync(journal);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 255, bytes.length - 20);
    writeFileSync(journal, bytes);
    const to = join(root, `${tests}-to.sqlite`);
    expect(await restoreSqliteStore({ from: folder, to })).toMatchObject({
      commits: 2,
      whole: false,
    });
    expect(await headOf(to)).toBe(3);
  });

  it("takes copies that were made without a journal", async () => {
    const plain = await openSqliteStore({ path });
    stores.push(plain);
    const term = await plain.takeTerm();
    await plain.commit({ term, documents: [entry("notes/a", 0)], meta: [["seen", "0"]] });
    const copy = await copyStore({ path, folder });
    expect(copy.chain).toBe("");
    const to = join(root, `${tests}-to.sqlite`);
    expect(await restoreSqliteStore({ from: folder, to })).toEqual({
      copiedAt: copy.at,
      commits: 0,
      lastCommitAt: undefined,
      whole: true,
    });
    expect(await headOf(to)).toBe(1);
  });
});

describe("a journal", () => {
  it("ends where it is torn or damaged", async () => {
    const { store, write } = await open();
    await write(3);
    await store.close();
    const journal = readBackupFolder(folder).journals.at(-1)?.path ?? "";
    const whole = [...readJournal(journal)].length;
    expect(lastRecord(journal)?.n).toBe(3);
    appendFileSync(journal, Buffer.from([200, 0, 0, 0, 1, 2, 3]));
    expect([...readJournal(journal)].length).toBe(whole);
    expect(lastRecord(journal)).toBe(undefined);
  });
});
