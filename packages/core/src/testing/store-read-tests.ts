/** The suite for stores: reading by bytes and by number, listing, and whose bytes are whose. */

import type { DocPath } from "../doc-path.ts";
import type { ListedAbove, StoreBatch } from "../store/store.ts";
import {
  at,
  deniedOf,
  EPOCH,
  logOf,
  NOTE,
  OTHER,
  pendingMark,
  type StoreTest,
} from "./store-rig.ts";
import { codeOf, creation, entryOf, recordOf, snapshotOf, tagOf } from "./store-samples.ts";
import type { TestKit } from "./test-kit.ts";

const MEGABYTE = 1024 * 1024;

/** Declares this part of the suite. */
export function declareReadTests(test: StoreTest, { expect }: TestKit): void {
  test("reads the log after a sequence, up to so many bytes, at least one entry", async (store, term) => {
    await store.commit({ term, documents: [logOf(NOTE, 5)] });
    const read = async (after: number, maxBytes: number): Promise<readonly number[]> =>
      (await store.readLog(NOTE, after, maxBytes)).map(({ seq }) => seq);
    expect(await read(0, Number.POSITIVE_INFINITY)).toEqual([1, 2, 3, 4, 5]);
    expect(await read(0, 9)).toEqual([1, 2, 3]); // Three bytes each.
    expect(await read(0, 8)).toEqual([1, 2]);
    expect(await read(2, 3)).toEqual([3]);
    expect(await read(2, 0)).toEqual([3]);
    expect(await read(4, 100)).toEqual([5]);
    expect(await read(5, 100)).toEqual([]);
    expect(await read(99, 100)).toEqual([]);
  });

  test("reads the log in order, however it was appended", async (store, term) => {
    const append = [3, 11, 1, 2].map((seq) => entryOf(seq));
    const change = { expect: undefined, record: recordOf(NOTE, 11), append };
    await store.commit({ term, documents: [change] });
    const log = await store.readLog(NOTE, 0, 100);
    expect(log.map(({ seq }) => seq)).toEqual([1, 2, 3, 11]);
  });

  test("reads pending entries in the order of their numbers", async (store, term) => {
    const append = [
      entryOf(1, { pending: pendingMark(12) }),
      entryOf(2),
      entryOf(3, { pending: pendingMark(2) }),
      entryOf(4, { pending: pendingMark(3) }),
    ];
    const change = { expect: undefined, record: recordOf(NOTE, 4), append };
    await store.commit({ term, documents: [change, logOf(OTHER, 1)] });
    const read = async (afterN: number, maxBytes: number): Promise<unknown> =>
      (await store.readPending(NOTE, afterN, maxBytes)).map(({ pending }) => pending?.n);
    expect(await read(0, Number.POSITIVE_INFINITY)).toEqual([2, 3, 12]);
    expect(await read(0, 6)).toEqual([2, 3]);
    expect(await read(2, 1)).toEqual([3]);
    expect(await read(3, 100)).toEqual([12]);
    expect(await read(12, 100)).toEqual([]);
    expect(await store.readPending(OTHER, 0, 100)).toEqual([]);
  });

  test("lists the paths that have pending entries", async (store, term) => {
    const change = (path: DocPath, mark: boolean): StoreBatch => ({
      term,
      documents: [
        {
          expect: undefined,
          record: recordOf(path, 1),
          append: [entryOf(1, { pending: mark ? pendingMark(1) : undefined })],
        },
      ],
    });
    await store.commit(change(OTHER, true));
    await store.commit(change(NOTE, true));
    await store.commit(change("notes/c" as DocPath, false));
    expect(await store.listPending()).toEqual([NOTE, OTHER]);
  });

  test("lists documents by prefix, after a path, up to a limit", async (store, term) => {
    const paths = ["app/users/ada", "notes/a", "notes/a/b", "notes/a0", "notes/ab", "notez/a"];
    const shuffled = [3, 0, 5, 1, 4, 2].map((index) => paths[index] as DocPath);
    await store.commit({ term, documents: shuffled.map((path) => logOf(path, 0)) });
    const list = async (...query: Parameters<typeof store.listDocuments>): Promise<unknown> =>
      (await store.listDocuments(...query)).map(({ path }) => path);
    expect(await list("")).toEqual(paths);
    expect(await list("notes/")).toEqual(paths.slice(1, 5));
    expect(await list("notes/a/")).toEqual(["notes/a/b"]);
    expect(await list("note")).toEqual(paths.slice(1));
    expect(await list("notes/a0")).toEqual(["notes/a0"]);
    expect(await list("zzz")).toEqual([]);
    expect(await list("notes/", { limit: 2 })).toEqual(["notes/a", "notes/a/b"]);
    expect(await list("notes/", { limit: 0 })).toEqual([]);
    expect(await list("notes/", { after: "notes/a/b" as DocPath })).toEqual(paths.slice(3, 5));
    expect(await list("notes/", { after: "notes/a/b" as DocPath, limit: 1 })).toEqual(["notes/a0"]);
    expect(await list("notes/", { after: "app/x" as DocPath })).toEqual(paths.slice(1, 5));
    expect(await list("notes/", { after: "notes/zz" as DocPath })).toEqual([]);
    expect(await list("notes/", { after: "zz/z" as DocPath })).toEqual([]);
  });

  test("takes a prefix letter by letter, from the start of the path", async (store, term) => {
    const names = ["a b", "a.b", "a/b", "a[b]", "a_b", "axb", "aäb", "a😀b"];
    const paths = names.map((name) => `notes/${name}` as DocPath);
    await store.commit({ term, documents: paths.map((path) => logOf(path, 0)) });
    const list = async (prefix: string): Promise<readonly DocPath[]> =>
      (await store.listDocuments(prefix)).map(({ path }) => path);
    for (const path of paths) {
      expect(await list(path)).toEqual([path]);
      expect(await list(path.slice(0, -1))).toEqual([path]);
    }
    // Wildcards of SQL, of patterns and of regular expressions; other cases; the middle of a path.
    const wildcards = [
      "%",
      "notes/%",
      "notes/a%",
      "note_/",
      "notes/*",
      "notes/a[x]",
      "notes/.",
      "^",
    ];
    const others = ["NOTES/", "notes/A", "notes/a\\", "notes/'", "otes/", "/a", "b"];
    for (const prefix of [...wildcards, ...others]) {
      expect([prefix, await list(prefix)]).toEqual([prefix, []]);
    }
  });

  test("lists what changed after a position, all of one position together", async (store, term) => {
    const positions: readonly [string, number][] = [
      ["notes/a", 3],
      ["notes/b", 9],
      ["notes/c", 5],
      ["notes/d", 5],
      ["notes/e", 0],
      ["notes/f", 5],
    ];
    expect(await store.readPosition()).toBe(0);
    const documents = positions.map(([path, position]) =>
      creation(recordOf(path as DocPath, 0, { position }), []),
    );
    await store.commit({ term, documents });
    const changed = async (after: number, limit: number): Promise<unknown> => {
      const rows = await store.listChanges(after, limit);
      expect(rows.map(({ position }) => position)).toEqual(
        rows.map(({ position }) => position).toSorted((a, b) => a - b),
      );
      return rows
        .map(({ path }) => path.slice(-1))
        .toSorted()
        .join("");
    };
    expect(await changed(0, 99)).toBe("abcdf");
    expect(await changed(0, 1)).toBe("a");
    expect(await changed(0, 2)).toBe("acdf");
    expect(await changed(3, 1)).toBe("cdf");
    expect(await changed(5, 5)).toBe("b");
    expect(await changed(9, 5)).toBe("");
    expect(await store.readPosition()).toBe(9);
    // A row has one place: its last.
    const moved = { expect: at(0), record: recordOf("notes/a" as DocPath, 0, { position: 12 }) };
    await store.commit({ term, documents: [moved] });
    expect(await changed(0, 99)).toBe("abcdf");
    expect(await changed(9, 99)).toBe("a");
    expect(await store.readPosition()).toBe(12);
  });

  test("keeps what the hub above lists, apart from the documents", async (store, term) => {
    const listed = (path: string, head: number): ListedAbove => ({
      path: path as DocPath,
      epoch: EPOCH,
      head,
      tag: tagOf(head),
      bytes: 2 ** 40,
      changedAt: 1_760_000_000_000.5,
    });
    const put = [listed("notes/b", 1), listed("notes/a", 2), listed("todo/😀", 3)];
    await store.commit({ term, listing: { remove: [], put } });
    expect(await store.readListing("notes/")).toEqual([put[1], put[0]]);
    expect(await store.readListing("", { after: "notes/a" as DocPath, limit: 1 })).toEqual([
      put[0],
    ]);
    expect(await store.listDocuments("")).toEqual([]);
    const again = listed("notes/a", 9);
    const remove = ["notes/a", "notes/b", "none"] as DocPath[];
    await store.commit({ term, listing: { remove, put: [again] } });
    expect(await store.readListing("")).toEqual([again, put[2]]);
    expect(await codeOf(() => store.commit({ term: term - 1, listing: { remove, put: [] } }))).toBe(
      "store/fenced",
    );
    expect(await store.readListing("")).toEqual([again, put[2]]);
  });

  test("lists whole rows", async (store, term) => {
    await store.commit({ term, documents: [logOf(OTHER, 2), logOf(NOTE, 1)] });
    expect(await store.listDocuments("notes/")).toEqual([recordOf(NOTE, 1), recordOf(OTHER, 2)]);
  });

  test("orders paths by their UTF-8 bytes, page after page", async (store, term) => {
    // The last two the other way round in UTF-16, whose surrogates come before U+FF5E.
    const names = ["A", "a", "a b", "z", "ä", "ключ", "語", "\uff5e", "😀", "😀😀"];
    const paths = names.map((name) => `notes/${name}` as DocPath);
    await store.commit({ term, documents: [...paths].reverse().map((path) => logOf(path, 0)) });
    expect((await store.listDocuments("notes/")).map(({ path }) => path)).toEqual(paths);
    const paged: DocPath[] = [];
    for (;;) {
      const after = paged.at(-1);
      const page = await store.listDocuments("notes/", after ? { after, limit: 3 } : { limit: 3 });
      if (page.length === 0) break;
      paged.push(...page.map(({ path }) => path));
    }
    expect(paged).toEqual(paths);
    const smiling = await store.listDocuments("notes/😀");
    expect(smiling.map(({ path }) => path)).toEqual(paths.slice(-2));
  });

  test("keeps texts of any script as they are", async (store, term) => {
    const path = "notes/ключ 語 👩‍👩‍👧" as DocPath;
    const author = "ада'; DROP TABLE entries; -- 👩‍👩‍👧 %_\\\"";
    const append = [entryOf(1, { author })];
    const quarantine = [{ ...deniedOf(1, path, 1), author, reason: `${author}\n` }];
    await store.commit({
      term,
      documents: [{ expect: undefined, record: recordOf(path, 1), append }],
      quarantine,
      meta: [[author, author]],
    });
    expect((await store.loadDocument(path))?.record).toEqual(recordOf(path, 1));
    expect(await store.readLog(path, 0, 100)).toEqual(append);
    expect(await store.readQuarantine(path)).toEqual(quarantine);
    expect(await store.readMeta(author)).toBe(author);
  });

  test("keeps empty updates", async (store, term) => {
    const update = new Uint8Array(0);
    const append = [entryOf(1, { update }), entryOf(2, { update }), entryOf(3)];
    const change = { expect: undefined, record: recordOf(NOTE, 3), append };
    await store.commit({ term, documents: [change] });
    expect(await store.readLog(NOTE, 0, 3)).toEqual(append);
    expect((await store.readLog(NOTE, 0, 0)).length).toBe(2);
  });

  test("keeps updates of five megabytes", async (store, term) => {
    const update = new Uint8Array(5 * MEGABYTE);
    for (let i = 0; i < update.length; i++) update[i] = (i * 31) ^ (i >> 8);
    const append = [entryOf(1, { update }), entryOf(2)];
    const snapshot = { ...snapshotOf(0), update };
    const change = { expect: undefined, record: recordOf(NOTE, 2), append, snapshot };
    await store.commit({ term, documents: [change] });
    const log = await store.readLog(NOTE, 0, MEGABYTE);
    expect(log.map(({ seq }) => seq)).toEqual([1]);
    expect(sameBytes(log[0]?.update, update)).toBe(true);
    expect(sameBytes((await store.readSnapshot(NOTE))?.update, update)).toBe(true);
  });

  test("takes views of larger buffers", async (store, term) => {
    const owner = Uint8Array.from({ length: 64 }, (_, index) => index);
    await store.commit({
      term,
      documents: [
        {
          expect: undefined,
          record: recordOf(NOTE, 1),
          append: [entryOf(1, { update: owner.subarray(10, 13) })],
          snapshot: { ...snapshotOf(0), update: owner.subarray(20, 23) },
        },
      ],
      quarantine: [{ ...deniedOf(1, NOTE, 1), updates: [owner.subarray(30, 32)] }],
    });
    const [entry] = await store.readLog(NOTE, 0, 100);
    expect(entry?.update).toEqual(Uint8Array.of(10, 11, 12));
    expect((await store.readSnapshot(NOTE))?.update).toEqual(Uint8Array.of(20, 21, 22));
    expect((await store.readQuarantine())[0]?.updates).toEqual([Uint8Array.of(30, 31)]);
  });

  test("keeps what was handed in, whatever becomes of those bytes", async (store, term) => {
    const bytes = Uint8Array.of(1, 2, 3);
    const append = [entryOf(1, { update: bytes })];
    const quarantine = [{ ...deniedOf(1, NOTE, 1), updates: [bytes] }];
    const snapshot = { seq: 0, tag: tagOf(0), format: "v1", update: bytes } as const;
    const record = recordOf(NOTE, 1);
    const committed = store.commit({
      term,
      documents: [{ expect: undefined, record, append, snapshot }],
      quarantine,
    });
    await committed;
    bytes.fill(9);
    append.length = 0;
    const expected = Uint8Array.of(1, 2, 3);
    expect((await store.readLog(NOTE, 0, 100)).map(({ update }) => update)).toEqual([expected]);
    expect((await store.readSnapshot(NOTE))?.update).toEqual(expected);
    expect((await store.readQuarantine())[0]?.updates).toEqual([expected]);
  });
}

/** Far quicker than a matcher over five megabytes. */
function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.length === b.length && a.every((byte, index) => byte === b[index]);
}
