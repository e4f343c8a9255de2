/** The suite for stores: what outlives a close, and what a closed store answers. */

import {
  ADA,
  at,
  deniedOf,
  fullRecord,
  logOf,
  NOTE,
  OTHER,
  pendingMark,
  type StoreTest,
} from "./store-rig.ts";
import { codeOf, entryOf, recordOf, snapshotOf, tagOf } from "./store-samples.ts";
import type { TestKit } from "./test-kit.ts";

/** Declares this part of the suite. */
export function declareLifeTests(test: StoreTest, { expect }: TestKit): void {
  test("has everything after it was closed and opened again", async (store, term, reopen) => {
    const claims = [{ client: 7, writer: ADA, clock: 3 }];
    const pending = entryOf(3, { pending: pendingMark(1) });
    await store.commit({
      term,
      documents: [
        {
          expect: undefined,
          record: fullRecord(NOTE, 3),
          append: [entryOf(1), entryOf(2), pending],
          snapshot: snapshotOf(1),
          claims,
          writers: [{ writer: ADA, n: 3, tag: tagOf(3) }],
        },
      ],
      bind: [{ writer: ADA, principal: "ada" }],
      quarantine: [deniedOf(1, NOTE, 1)],
      meta: [["name", "value"]],
    });
    await store.close();
    const again = await reopen(store);
    expect(await again.loadDocument(NOTE)).toEqual({ record: fullRecord(NOTE, 3), claims });
    expect(await again.readLog(NOTE, 0, 100)).toEqual([entryOf(2), pending]);
    expect(await again.readPending(NOTE, 0, 100)).toEqual([pending]);
    expect(await again.readSnapshot(NOTE)).toEqual(snapshotOf(1));
    expect(await again.readTag(NOTE, 1)).toBe(tagOf(1));
    expect(await again.readWriter(NOTE, ADA)).toEqual({ n: 3, tag: tagOf(3) });
    expect(await again.readBinding(ADA)).toBe("ada");
    expect(await again.listPending()).toEqual([NOTE]);
    expect(await again.listDocuments("")).toEqual([fullRecord(NOTE, 3)]);
    expect(await again.readQuarantine()).toEqual([deniedOf(1, NOTE, 1)]);
    expect(await again.readMeta("name")).toBe("value");
    // The term is kept as well: opening again takes nothing over by itself.
    expect(await again.commit({ term })).toEqual({ stale: [] });
    expect(await again.takeTerm()).toBe(term + 1);
  });

  test("goes on where it was after it was opened again", async (store, term, reopen) => {
    await store.commit({ term, documents: [logOf(NOTE, 1)] });
    await store.close();
    const again = await reopen(store);
    const change = { expect: at(1), record: recordOf(NOTE, 2), append: [entryOf(2)] };
    const next = await again.takeTerm();
    expect(await again.commit({ term: next, documents: [change] })).toEqual({ stale: [] });
    expect(await again.readLog(NOTE, 0, 100)).toEqual([entryOf(1), entryOf(2)]);
  });

  test("finishes what is under way before it closes", async (store, term, reopen) => {
    const committed = store.commit({ term, documents: [logOf(NOTE, 2)] });
    await store.close();
    expect(await committed).toEqual({ stale: [] });
    const again = await reopen(store);
    expect((await again.readLog(NOTE, 0, 100)).length).toBe(2);
  });

  test("closes once, however often it is asked to", async (store) => {
    await Promise.all([store.close(), store.close()]);
    await store.close();
  });

  test("rejects everything with store/closed after it was closed", async (store, term) => {
    await store.commit({ term, documents: [logOf(NOTE, 1)] });
    await store.close();
    const calls: readonly (() => Promise<unknown>)[] = [
      () => store.takeTerm(),
      () => store.commit({ term, documents: [logOf(OTHER, 1)] }),
      () => store.commit({ term: term - 1 }),
      () => store.loadDocument(NOTE),
      () => store.readWriter(NOTE, ADA),
      () => store.readBinding(ADA),
      () => store.readLog(NOTE, 0, 100),
      () => store.readPending(NOTE, 0, 100),
      () => store.readSnapshot(NOTE),
      () => store.readTag(NOTE, 1),
      () => store.listDocuments(""),
      () => store.listChanges(0, 1),
      () => store.readPosition(),
      () => store.readListing(""),
      () => store.listPending(),
      () => store.readQuarantine(),
      () => store.readMeta("name"),
    ];
    const codes: string[] = [];
    for (const call of calls) codes.push(await codeOf(call));
    expect(codes).toEqual(calls.map(() => "store/closed"));
  });

  test("does not call a close that was asked for a loss", async (store) => {
    const losses: Error[] = [];
    const stop = store.onLost((error) => losses.push(error));
    await store.close();
    expect(losses).toEqual([]);
    stop();
    stop();
  });
}
