/** The suite for stores: terms, what a batch was judged against, all or nothing. */

import type { StoreBatch } from "../store/store.ts";
import {
  ADA,
  at,
  BOB,
  deniedOf,
  EPOCH,
  LATER_EPOCH,
  logOf,
  NOTE,
  OTHER,
  type StoreTest,
} from "./store-rig.ts";
import { codeOf, entryOf, recordOf, tagOf } from "./store-samples.ts";
import type { TestKit } from "./test-kit.ts";

/** Declares this part of the suite. */
export function declareCommitTests(test: StoreTest, { expect }: TestKit): void {
  test("starts empty", async (store) => {
    expect(await store.loadDocument(NOTE)).toBe(undefined);
    expect(await store.readWriter(NOTE, ADA)).toBe(undefined);
    expect(await store.readBinding(ADA)).toBe(undefined);
    expect(await store.readLog(NOTE, 0, 100)).toEqual([]);
    expect(await store.readPending(NOTE, 0, 100)).toEqual([]);
    expect(await store.readSnapshot(NOTE)).toBe(undefined);
    expect(await store.readTag(NOTE, 1)).toBe(undefined);
    expect(await store.listDocuments("")).toEqual([]);
    expect(await store.listPending()).toEqual([]);
    expect(await store.readQuarantine()).toEqual([]);
    expect(await store.readMeta("name")).toBe(undefined);
  });

  test("[SYNC-9] increments the term, also for another that opens it", async (store, term, reopen) => {
    expect(await store.takeTerm()).toBe(term + 1);
    const other = await reopen(store);
    expect(await other.takeTerm()).toBe(term + 2);
  });

  test("[SYNC-1] is born with its first values, and never gives them up", async (store, term, reopen) => {
    expect(
      await store.takeTerm([
        ["writer", "one"],
        ["owner", "ada"],
      ]),
    ).toBe(term + 1);
    const other = await reopen(store);
    const next = await other.takeTerm([
      ["writer", "two"],
      ["name", "desk"],
    ]);
    expect(await other.readMeta("writer")).toBe("one");
    expect(await other.readMeta("owner")).toBe("ada");
    expect(await other.readMeta("name")).toBe("desk");
    // They are values like others, for who has the term.
    await other.commit({ term: next, meta: [["writer", "three"]] });
    expect(await other.readMeta("writer")).toBe("three");
  });

  test("[SYNC-9] refuses every other term, and changes nothing then", async (store, term) => {
    await store.commit({ term, documents: [logOf(NOTE, 1)], meta: [["name", "before"]] });
    const batch = (wrong: number): StoreBatch => ({
      term: wrong,
      documents: [
        { expect: at(1), record: recordOf(NOTE, 2), append: [entryOf(2)] },
        logOf(OTHER, 1),
      ],
      bind: [{ writer: ADA, principal: "ada" }],
      quarantine: [deniedOf(1, NOTE, 1)],
      meta: [["name", "after"]],
    });
    expect(await codeOf(() => store.commit(batch(term - 1)))).toBe("store/fenced");
    expect(await codeOf(() => store.commit(batch(term + 1)))).toBe("store/fenced");
    expect((await store.loadDocument(NOTE))?.record.head).toBe(1);
    expect(await store.readLog(NOTE, 1, 100)).toEqual([]);
    expect(await store.loadDocument(OTHER)).toBe(undefined);
    expect(await store.readBinding(ADA)).toBe(undefined);
    expect(await store.readQuarantine()).toEqual([]);
    expect(await store.readMeta("name")).toBe("before");
  });

  test("[SYNC-9] fences the one before when another takes the term", async (store, term, reopen) => {
    const other = await reopen(store);
    const newTerm = await other.takeTerm();
    expect(await codeOf(() => store.commit({ term, meta: [["who", "old"]] }))).toBe("store/fenced");
    await other.commit({ term: newTerm, meta: [["who", "new"]] });
    expect(await store.readMeta("who")).toBe("new");
  });

  test("an empty batch does nothing but check the term", async (store, term) => {
    expect(await store.commit({ term })).toEqual({ stale: [] });
    expect(await codeOf(() => store.commit({ term: term - 1 }))).toBe("store/fenced");
  });

  test("[SYNC-13] compares head and epoch before it appends", async (store, term) => {
    const append = [entryOf(2)];
    const record = recordOf(NOTE, 2);
    await store.commit({ term, documents: [logOf(NOTE, 1)] });
    for (const wrong of [undefined, at(0), at(2), at(1, LATER_EPOCH)]) {
      const stale = await store.commit({ term, documents: [{ expect: wrong, record, append }] });
      expect(stale).toEqual({ stale: [NOTE] });
      expect((await store.loadDocument(NOTE))?.record).toEqual(recordOf(NOTE, 1));
      expect((await store.readLog(NOTE, 0, 100)).length).toBe(1);
    }
    const { stale } = await store.commit({ term, documents: [{ expect: at(1), record, append }] });
    expect(stale).toEqual([]);
    expect((await store.loadDocument(NOTE))?.record).toEqual(record);
  });

  test("[SYNC-13] a document that is expected and is not there is stale", async (store, term) => {
    const change = { expect: at(0), record: recordOf(NOTE, 0) };
    expect(await store.commit({ term, documents: [change] })).toEqual({ stale: [NOTE] });
    expect(await store.loadDocument(NOTE)).toBe(undefined);
  });

  test("[SYNC-13] nothing of a stale change happens, all else does", async (store, term) => {
    await store.commit({
      term,
      documents: [
        {
          ...logOf(NOTE, 2),
          claims: [{ client: 1, writer: ADA, clock: 2 }],
          writers: [{ writer: ADA, n: 2, tag: tagOf(2) }],
        },
      ],
    });
    const before = await store.loadDocument(NOTE);
    const result = await store.commit({
      term,
      documents: [
        {
          expect: at(1),
          record: recordOf(NOTE, 1, { epoch: LATER_EPOCH }),
          clear: true,
          remove: [1],
          settle: [2],
          append: [entryOf(1)],
          snapshot: { seq: 2, tag: tagOf(2), format: "v1", update: Uint8Array.of(1) },
          claims: [{ client: 1, writer: BOB, clock: 9 }],
          unclaim: [1],
          writers: [{ writer: ADA, n: 9, tag: tagOf(9) }],
        },
        logOf(OTHER, 1),
      ],
      bind: [{ writer: ADA, principal: "ada" }],
      quarantine: [deniedOf(1, NOTE, 1)],
      meta: [["name", "value"]],
    });
    expect(result).toEqual({ stale: [NOTE] });
    expect(await store.loadDocument(NOTE)).toEqual(before);
    expect(await store.readLog(NOTE, 0, 100)).toEqual([entryOf(1), entryOf(2)]);
    expect(await store.readSnapshot(NOTE)).toBe(undefined);
    expect(await store.readWriter(NOTE, ADA)).toEqual({ n: 2, tag: tagOf(2) });
    expect((await store.loadDocument(OTHER))?.record.epoch).toBe(EPOCH);
    expect(await store.readBinding(ADA)).toBe("ada");
    expect((await store.readQuarantine()).length).toBe(1);
    expect(await store.readMeta("name")).toBe("value");
  });

  test("reports each stale document of a batch", async (store, term) => {
    const stale = { expect: at(7), record: recordOf(NOTE, 8) };
    const alsoStale = { expect: at(7), record: recordOf(OTHER, 8) };
    const result = await store.commit({ term, documents: [stale, alsoStale] });
    expect([...result.stale].sort()).toEqual([NOTE, OTHER]);
  });

  test("writers are bound once", async (store, term) => {
    await store.commit({ term, bind: [{ writer: ADA, principal: "ada" }] });
    await store.commit({
      term,
      bind: [
        { writer: ADA, principal: "eve" },
        { writer: BOB, principal: "bob" },
        { writer: BOB, principal: "eve" },
      ],
    });
    expect(await store.readBinding(ADA)).toBe("ada");
    expect(await store.readBinding(BOB)).toBe("bob");
  });

  test("sets, replaces and removes meta values", async (store, term) => {
    const meta = [
      ["a", "1"],
      ["b", ""],
      ["", "empty name"],
    ] as const;
    await store.commit({ term, meta });
    await store.commit({
      term,
      meta: [
        ["a", "2"],
        ["c", undefined],
      ],
    });
    expect(await store.readMeta("a")).toBe("2");
    expect(await store.readMeta("b")).toBe("");
    expect(await store.readMeta("")).toBe("empty name");
    await store.commit({ term, meta: [["a", undefined]] });
    expect(await store.readMeta("a")).toBe(undefined);
    expect(await store.readMeta("b")).toBe("");
  });

  test("keeps quarantined edits, oldest first, until they are released", async (store, term) => {
    const late = deniedOf(1, NOTE, 300);
    const early = { ...deniedOf(2, OTHER, 100), basis: undefined };
    const middle = { ...deniedOf(3, NOTE, 200), updates: [] };
    await store.commit({ term, quarantine: [late, early] });
    await store.commit({ term, quarantine: [middle] });
    expect(await store.readQuarantine()).toEqual([early, middle, late]);
    expect(await store.readQuarantine(NOTE)).toEqual([middle, late]);
    await store.commit({ term, release: [late.id, tagOf(99)] });
    expect(await store.readQuarantine()).toEqual([early, middle]);
    const changed = { ...early, reason: "again", updates: [Uint8Array.of(7)] };
    await store.commit({ term, quarantine: [changed] });
    expect(await store.readQuarantine()).toEqual([changed, middle]);
  });

  test("lists what the quarantine holds under a code, without the edits", async (store, term) => {
    const [late, early] = [deniedOf(1, NOTE, 30), deniedOf(2, OTHER, 10)];
    const another = { ...deniedOf(3, NOTE, 20), code: "another" };
    await store.commit({ term, quarantine: [late, early, another] });
    const listed = await store.listQuarantine(late.code);
    expect(listed).toEqual([early, late].map(({ id, path, code, at }) => ({ id, path, code, at })));
  });

  test("quarantined edits outlive their document's entries", async (store, term) => {
    await store.commit({
      term,
      documents: [logOf(NOTE, 1)],
      quarantine: [deniedOf(1, NOTE, 1)],
    });
    const record = recordOf(NOTE, 0, { epoch: LATER_EPOCH, tombstone: LATER_EPOCH });
    await store.commit({ term, documents: [{ expect: at(1), record, clear: true }] });
    expect(await store.readQuarantine(NOTE)).toEqual([deniedOf(1, NOTE, 1)]);
  });
}
