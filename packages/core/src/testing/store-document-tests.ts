/** The suite for stores: what each part of a change does to its document. */

import {
  ADA,
  at,
  BOB,
  fullRecord,
  LATER_EPOCH,
  logOf,
  NOTE,
  OTHER,
  pendingMark,
  type StoreTest,
} from "./store-rig.ts";
import {
  docPath,
  entryOf,
  historyOf,
  readWholeHistory,
  recordOf,
  snapshotOf,
  tagOf,
} from "./store-samples.ts";
import type { TestKit } from "./test-kit.ts";

/** Declares this part of the suite. */
export function declareDocumentTests(test: StoreTest, { expect }: TestKit): void {
  test("keeps every field of a row", async (store, term) => {
    const record = fullRecord(NOTE, 1);
    await store.commit({ term, documents: [{ expect: undefined, record }] });
    expect(await store.loadDocument(NOTE)).toEqual({ record, claims: [] });
    const plain = recordOf(NOTE, 1);
    await store.commit({ term, documents: [{ expect: at(1), record: plain }] });
    expect(await store.loadDocument(NOTE)).toEqual({ record: plain, claims: [] });
  });

  test("keeps a row whose hub has not said anything yet", async (store, term) => {
    const upstream = {
      cursor: undefined,
      regained: undefined,
      writer: ADA,
      acked: { n: 0, tag: tagOf(0) },
      numbered: 0,
      access: "write",
      tombstone: undefined,
      usedAt: 0,
    } as const;
    const record = recordOf(NOTE, 0, { upstream });
    await store.commit({ term, documents: [{ expect: undefined, record }] });
    const loaded = await store.loadDocument(NOTE);
    expect(loaded?.record).toEqual(record);
    expect(Object.keys(loaded?.record.upstream ?? {}).sort()).toEqual(Object.keys(upstream).sort());
  });

  test("keeps every field of an entry", async (store, term) => {
    const entries = [
      entryOf(1, { pending: pendingMark(4, { plugin: "notes" }), author: "ada/notes" }),
      entryOf(2, { pending: pendingMark(5, { basis: undefined }), writer: BOB, n: 2 ** 40 }),
      entryOf(3, { author: "", at: 0 }),
    ];
    const change = { expect: undefined, record: recordOf(NOTE, 3), append: entries };
    await store.commit({ term, documents: [change] });
    expect(await store.readLog(NOTE, 0, 100)).toEqual(entries);
  });

  test("keeps entries of documents apart", async (store, term) => {
    await store.commit({ term, documents: [logOf(NOTE, 2), logOf(OTHER, 1)] });
    const record = recordOf(NOTE, 2, { epoch: LATER_EPOCH });
    await store.commit({ term, documents: [{ expect: at(2), record, clear: true }] });
    expect(await store.readLog(NOTE, 0, 100)).toEqual([]);
    expect(await store.readLog(OTHER, 0, 100)).toEqual([entryOf(1)]);
  });

  test("removes the entries that are named", async (store, term) => {
    await store.commit({ term, documents: [logOf(NOTE, 4)] });
    const record = recordOf(NOTE, 4);
    await store.commit({ term, documents: [{ expect: at(4), record, remove: [2, 3, 77] }] });
    expect(await store.readLog(NOTE, 0, 100)).toEqual([entryOf(1), entryOf(4)]);
    expect(await store.readTag(NOTE, 2)).toBe(undefined);
  });

  test("[SYNC-4] settles entries and moves the cursor in one batch", async (store, term) => {
    const append = [1, 2, 3].map((seq) => entryOf(seq, { pending: pendingMark(seq) }));
    const record = recordOf(NOTE, 3);
    await store.commit({ term, documents: [{ expect: undefined, record, append }] });
    const after = fullRecord(NOTE, 3);
    await store.commit({
      term,
      documents: [{ expect: at(3), record: after, settle: [1, 3, 77] }],
    });
    const [, second] = append;
    expect(await store.readLog(NOTE, 0, 100)).toEqual([entryOf(1), second, entryOf(3)]);
    expect(await store.readPending(NOTE, 0, 100)).toEqual([second]);
    expect((await store.loadDocument(NOTE))?.record).toEqual(after);
  });

  test("a snapshot takes in the entries up to it that are not pending", async (store, term) => {
    const pending = entryOf(2, { pending: pendingMark(1) });
    const append = [entryOf(1), pending, entryOf(3), entryOf(4)];
    const record = recordOf(NOTE, 4);
    await store.commit({ term, documents: [{ expect: undefined, record, append }] });
    const compacted = recordOf(NOTE, 4, { base: 3, baseTag: tagOf(3) });
    await store.commit({
      term,
      documents: [{ expect: at(4), record: compacted, snapshot: snapshotOf(3) }],
    });
    expect(await store.readSnapshot(NOTE)).toEqual(snapshotOf(3));
    expect(await store.readLog(NOTE, 0, 100)).toEqual([pending, entryOf(4)]);
    expect(await store.readPending(NOTE, 0, 100)).toEqual([pending]);
  });

  test("keeps a history beside the log, in parts, until it is to forget them", async (store, term) => {
    const parts = [historyOf(2), historyOf(4, { bytes: new Uint8Array(0), at: 0.5 }), historyOf(9)];
    await store.commit({ term, documents: [logOf(NOTE, 9), logOf(OTHER, 2)] });
    const change = { expect: at(9), record: recordOf(NOTE, 9) };
    for (const history of parts.toReversed())
      await store.commit({ term, documents: [{ ...change, history }] });
    const other = { expect: at(2), record: recordOf(OTHER, 2), history: historyOf(1) };
    await store.commit({ term, documents: [other] });
    expect(await store.listHistory(NOTE)).toEqual(
      parts.map(({ seq, at: time, bytes }) => ({ seq, at: time, size: bytes.length })),
    );
    const before = [10, 9, 4, 2].map((seq) => store.readHistory(NOTE, seq));
    expect(await Promise.all(before)).toEqual([...parts.toReversed(), undefined]);
    expect(await store.readLog(NOTE, 8, 100)).toEqual([entryOf(9)]);

    const again = historyOf(4, { bytes: Uint8Array.of(7) });
    await store.commit({ term, documents: [{ ...change, forget: 4, history: again }] });
    expect(await readWholeHistory(store, NOTE)).toEqual([again, historyOf(9)]);
    const cleared = { expect: at(9), record: recordOf(NOTE, 0, { epoch: LATER_EPOCH }) };
    await store.commit({ term, documents: [{ ...cleared, clear: true }] });
    expect(await store.listHistory(NOTE)).toEqual([]);
    expect(await store.readHistory(OTHER, 2)).toEqual(historyOf(1));
    expect(await store.listHistory(docPath("notes/none"))).toEqual([]);
  });

  test("[SYNC-5] tags stay known after their entries went into a snapshot", async (store, term) => {
    await store.commit({ term, documents: [logOf(NOTE, 4)] });
    for (const seq of [2, 3]) {
      const record = recordOf(NOTE, 4, { base: seq, baseTag: tagOf(seq) });
      await store.commit({
        term,
        documents: [{ expect: at(4), record, snapshot: snapshotOf(seq) }],
      });
    }
    const tags = await Promise.all([1, 2, 3, 4, 5].map((seq) => store.readTag(NOTE, seq)));
    expect(tags).toEqual([tagOf(1), tagOf(2), tagOf(3), tagOf(4), undefined]);
    expect(await store.readTag(OTHER, 1)).toBe(undefined);
  });

  test("a snapshot takes in what the same change appends or settles", async (store, term) => {
    const append = [entryOf(1, { pending: pendingMark(1) })];
    const record = recordOf(NOTE, 1);
    await store.commit({ term, documents: [{ expect: undefined, record, append }] });
    await store.commit({
      term,
      documents: [
        {
          expect: at(1),
          record: recordOf(NOTE, 2, { base: 2, baseTag: tagOf(2) }),
          settle: [1],
          append: [entryOf(2)],
          snapshot: snapshotOf(2),
        },
      ],
    });
    expect(await store.readLog(NOTE, 0, 100)).toEqual([]);
    expect(await store.readTag(NOTE, 1)).toBe(tagOf(1));
    expect(await store.readTag(NOTE, 2)).toBe(tagOf(2));
  });

  test("a snapshot replaces the one before, in either encoding", async (store, term) => {
    const first = { expect: undefined, record: recordOf(NOTE, 3), snapshot: snapshotOf(1) };
    await store.commit({ term, documents: [first] });
    const snapshot = { ...snapshotOf(3), format: "v1", update: new Uint8Array(0) } as const;
    await store.commit({
      term,
      documents: [{ expect: at(3), record: recordOf(NOTE, 3), snapshot }],
    });
    expect(await store.readSnapshot(NOTE)).toEqual(snapshot);
  });

  test("clear removes the content first, then the change is made", async (store, term) => {
    const change = {
      ...logOf(NOTE, 3),
      snapshot: snapshotOf(1),
      claims: [{ client: 1, writer: ADA, clock: 3 }],
      writers: [{ writer: ADA, n: 3, tag: tagOf(3) }],
    };
    await store.commit({ term, documents: [change] });
    const record = recordOf(NOTE, 1, { epoch: LATER_EPOCH, tombstone: LATER_EPOCH });
    const entry = entryOf(1, { tag: tagOf(101) });
    await store.commit({
      term,
      documents: [
        {
          expect: at(3),
          record,
          clear: true,
          append: [entry],
          claims: [{ client: 2, writer: BOB, clock: 1 }],
          writers: [{ writer: BOB, n: 1, tag: tagOf(101) }],
        },
      ],
    });
    const claims = [{ client: 2, writer: BOB, clock: 1 }];
    expect(await store.loadDocument(NOTE)).toEqual({ record, claims });
    expect(await store.readLog(NOTE, 0, 100)).toEqual([entry]);
    expect(await store.readSnapshot(NOTE)).toBe(undefined);
    expect(await store.readWriter(NOTE, BOB)).toEqual({ n: 1, tag: tagOf(101) });
    expect(await store.readTag(NOTE, 1)).toBe(tagOf(101));
    expect(await store.readTag(NOTE, 2)).toBe(undefined);
  });

  test("clear removes the tags that went into a snapshot", async (store, term) => {
    const change = { ...logOf(NOTE, 3), snapshot: snapshotOf(2) };
    await store.commit({ term, documents: [change] });
    const record = recordOf(NOTE, 0, { epoch: LATER_EPOCH });
    await store.commit({ term, documents: [{ expect: at(3), record, clear: true }] });
    expect(await store.readTag(NOTE, 1)).toBe(undefined);
  });

  test("[SYNC-6] clear leaves the last numbers of writers", async (store, term) => {
    const writers = [{ writer: ADA, n: 3, tag: tagOf(3) }];
    await store.commit({ term, documents: [{ ...logOf(NOTE, 3), writers }] });
    const record = recordOf(NOTE, 0, { epoch: LATER_EPOCH });
    await store.commit({ term, documents: [{ expect: at(3), record, clear: true }] });
    expect(await store.readWriter(NOTE, ADA)).toEqual({ n: 3, tag: tagOf(3) });
  });

  test("clear removes pending entries as well", async (store, term) => {
    const append = [entryOf(1, { pending: pendingMark(1) })];
    const first = { expect: undefined, record: recordOf(NOTE, 1), append };
    await store.commit({ term, documents: [first] });
    const record = recordOf(NOTE, 0, { epoch: LATER_EPOCH });
    await store.commit({ term, documents: [{ expect: at(1), record, clear: true }] });
    expect(await store.readPending(NOTE, 0, 100)).toEqual([]);
    expect(await store.listPending()).toEqual([]);
  });

  test("sets, moves and removes claims by client", async (store, term) => {
    const record = recordOf(NOTE, 0);
    const largest = 2 ** 32 - 1;
    const claims = [
      { client: 1, writer: ADA, clock: 1 },
      { client: 2, writer: ADA, clock: 2 },
      { client: largest, writer: BOB, clock: 3 },
    ];
    await store.commit({ term, documents: [{ expect: undefined, record, claims }] });
    await store.commit({
      term,
      documents: [
        {
          expect: at(0),
          record,
          unclaim: [1, 55],
          claims: [{ client: 2, writer: BOB, clock: 2 ** 31 }],
        },
      ],
    });
    const loaded = [...((await store.loadDocument(NOTE))?.claims ?? [])];
    expect(loaded.sort((a, b) => a.client - b.client)).toEqual([
      { client: 2, writer: BOB, clock: 2 ** 31 },
      { client: largest, writer: BOB, clock: 3 },
    ]);
  });

  test("[SYNC-2] keeps each writer's last number, by document", async (store, term) => {
    const change = {
      expect: undefined,
      record: recordOf(NOTE, 0),
      writers: [
        { writer: ADA, n: 1, tag: tagOf(1) },
        { writer: BOB, n: 5, tag: tagOf(5) },
      ],
    };
    await store.commit({ term, documents: [change] });
    const writers = [{ writer: ADA, n: 2, tag: tagOf(2) }];
    await store.commit({
      term,
      documents: [{ expect: at(0), record: recordOf(NOTE, 0), writers }],
    });
    expect(await store.readWriter(NOTE, ADA)).toEqual({ n: 2, tag: tagOf(2) });
    expect(await store.readWriter(NOTE, BOB)).toEqual({ n: 5, tag: tagOf(5) });
    expect(await store.readWriter(OTHER, ADA)).toBe(undefined);
  });
}
