/** The suite for stores that several hubs share: what a batch depends on, and what every answer tells. */

import type {
  DocumentRecord,
  SharedConditions,
  SharedStore,
  Store,
  StoreNews,
} from "../store/store.ts";
import { ADA, BOB, EPOCH, LATER_EPOCH, logOf, NOTE, OTHER, type StoreRig } from "./store-rig.ts";
import { entryOf, recordOf, snapshotOf, tagOf } from "./store-samples.ts";
import type { TestKit } from "./test-kit.ts";

/** One of several processes that have a store open. */
interface Process {
  readonly store: Store;
  readonly shared: SharedStore;
  readonly term: number;
  /** What it heard of the others. */
  readonly news: StoreNews[];
}

/**
 * Declares the suite for stores that several hubs share. `rig.reopen` opens what a store keeps once more, as another process does.
 *
 * @example
 * ```ts
 * describeSharedStore("postgres", { open, reopen }, { describe, it, expect });
 * ```
 */
export function describeSharedStore(name: string, rig: StoreRig, kit: TestKit): void {
  const { expect } = kit;
  const enter = async (store: Store): Promise<Process> => {
    const { shared } = store;
    if (!shared) throw new Error("the store is not shared");
    const news: StoreNews[] = [];
    shared.onNews((each) => news.push(each));
    return { store, shared, term: await store.takeTerm([["born", "here"]]), news };
  };
  const test = (title: string, body: (one: Process, two: Process) => Promise<void>): void => {
    kit.it(title, async () => {
      const store = await rig.open();
      const again = await rig.reopen(store);
      try {
        await body(await enter(store), await enter(again));
      } finally {
        await store.close();
        await again.close();
      }
    });
  };
  const conditions = (
    { shared: { facts } }: Process,
    change: Partial<SharedConditions> = {},
  ): SharedConditions => ({ facts, changesFacts: false, sessions: [], ...change });
  const expected = (revision: number, head: number) => ({ epoch: EPOCH, head, revision });
  const later = (head: number, change: Partial<DocumentRecord> = {}) => ({
    record: recordOf(NOTE, head, change),
    append: [entryOf(head)],
  });

  kit.describe(`${name} store, shared`, () => {
    test("gives all of them the same term", async (one, two) => {
      expect(one.term).toBe(two.term);
      await one.store.commit({
        term: one.term,
        documents: [logOf(NOTE, 1)],
        shared: conditions(one),
      });
      await two.store.commit({
        term: two.term,
        documents: [logOf(OTHER, 1)],
        shared: conditions(two),
      });
      expect((await one.store.listDocuments("")).map(({ path }) => path)).toEqual([NOTE, OTHER]);
      expect(await two.store.readMeta("born")).toBe("here");
    });

    test("[SYNC-13] counts the changes of a document, and compares them", async (one, two) => {
      await one.store.commit({
        term: one.term,
        documents: [logOf(NOTE, 1)],
        shared: conditions(one),
      });
      expect((await two.store.loadDocument(NOTE))?.revision).toBe(1);
      const snapshot = snapshotOf(1);
      const base = { base: 1, baseTag: tagOf(1) };
      const compaction = { record: recordOf(NOTE, 1, base), snapshot };
      await two.store.commit({
        term: two.term,
        documents: [{ expect: expected(1, 1), ...compaction }],
        shared: conditions(two),
      });
      // The head has not moved, and yet it is another row.
      const overtaken = await one.store.commit({
        term: one.term,
        documents: [{ expect: expected(1, 1), ...later(2) }],
        shared: conditions(one),
      });
      expect(overtaken.stale).toEqual([NOTE]);
      expect((await one.store.loadDocument(NOTE))?.record).toEqual(recordOf(NOTE, 1, base));
      const { stale } = await one.store.commit({
        term: one.term,
        documents: [{ expect: expected(2, 1), ...later(2, base) }],
        shared: conditions(one),
      });
      expect(stale).toEqual([]);
      expect((await one.store.loadDocument(NOTE))?.revision).toBe(3);
    });

    test("[SYNC-13] makes a document once, whoever is first", async (one, two) => {
      const make = ({ store, term }: Process) =>
        store.commit({ term, documents: [logOf(NOTE, 1)], shared: conditions(one) });
      const both = await Promise.all([make(one), make(two)]);
      expect(both.flatMap(({ stale }) => stale)).toEqual([NOTE]);
      expect((await one.store.loadDocument(NOTE))?.revision).toBe(1);
    });

    test("tells revisions, and what came since one", async (one, two) => {
      const claim = { client: 7, writer: ADA, clock: 1 };
      await one.store.commit({
        term: one.term,
        documents: [
          { ...logOf(NOTE, 3), claims: [claim], writers: [{ writer: ADA, n: 3, tag: tagOf(3) }] },
        ],
        shared: conditions(one),
      });
      const next = { client: 8, writer: BOB, clock: 4 };
      const last = { writer: BOB, n: 1, tag: tagOf(9) };
      await one.store.commit({
        term: one.term,
        documents: [{ expect: expected(1, 3), ...later(4), claims: [next], writers: [last] }],
        shared: conditions(one),
      });
      expect([...(await two.shared.readRevisions([NOTE, OTHER]))]).toEqual([[NOTE, 2]]);
      expect(await two.shared.readRevisions([])).toEqual(new Map());
      const since = { revision: 1, epoch: EPOCH, head: 3 };
      const news = await two.shared.readNews(NOTE, since, 1000);
      expect(news?.record).toEqual(recordOf(NOTE, 4));
      expect(news?.revision).toBe(2);
      expect(news?.claims.some(({ client }) => client === 8)).toBe(true);
      expect(news?.writers.some(({ writer, n }) => writer === BOB && n === 1)).toBe(true);
      expect(news?.entries).toEqual([entryOf(4)]);
      const nothing = await two.shared.readNews(NOTE, { revision: 2, epoch: EPOCH, head: 4 }, 1000);
      expect(nothing?.entries).toEqual([]);
      expect(await two.shared.readNews(OTHER, since, 1000)).toBe(undefined);
    });

    test("tells every claim of a document that is another one", async (one, two) => {
      const claims = [{ client: 7, writer: ADA, clock: 1 }];
      await one.store.commit({
        term: one.term,
        documents: [{ ...logOf(NOTE, 3), claims }],
        shared: conditions(one),
      });
      const record = recordOf(NOTE, 4, { epoch: LATER_EPOCH });
      await one.store.commit({
        term: one.term,
        documents: [{ expect: expected(1, 3), record, append: [entryOf(4)] }],
        shared: conditions(one),
      });
      const news = await two.shared.readNews(NOTE, { revision: 1, epoch: EPOCH, head: 3 }, 1000);
      expect(news?.record.epoch).toBe(LATER_EPOCH);
      expect(news?.claims).toEqual(claims);
    });

    test("[SYNC-14] takes nothing under former facts, and tells the new ones with every answer", async (one, two) => {
      const former = conditions(two);
      await one.store.commit({
        term: one.term,
        meta: [["grants", "fewer"]],
        shared: conditions(one, { changesFacts: true }),
      });
      expect(one.shared.facts).toBe(former.facts + 1);
      expect(one.news).toEqual([{ kind: "facts" }]);
      const late = await two.store.commit({
        term: two.term,
        documents: [logOf(NOTE, 1)],
        meta: [["name", "value"]],
        shared: former,
      });
      expect(late).toEqual({ stale: [], refused: { why: "facts" } });
      expect(await one.store.loadDocument(NOTE)).toBe(undefined);
      expect(await one.store.readMeta("name")).toBe(undefined);
      expect(two.shared.facts).toBe(one.shared.facts);
      expect(two.news.filter(({ kind }) => kind === "facts")).toEqual([{ kind: "facts" }]);
      await two.store.commit({
        term: two.term,
        documents: [logOf(NOTE, 1)],
        shared: conditions(two),
      });
      await one.store.commit({ term: one.term, shared: conditions(one, { changesFacts: true }) });
      expect(two.shared.facts).toBe(one.shared.facts - 1);
      expect((await two.store.readLog(NOTE, 0, 1000)).length).toBe(1);
      expect(two.shared.facts).toBe(one.shared.facts);
    });

    test("[SYNC-14] lets one of two change facts that both judged", async (one, two) => {
      const change = ({ store, term }: Process, facts: number, value: string) =>
        store.commit({
          term,
          meta: [["grants", value]],
          shared: { facts, changesFacts: true, sessions: [] },
        });
      const { facts } = one.shared;
      const both = await Promise.all([change(one, facts, "one"), change(two, facts, "two")]);
      expect(both.filter(({ refused }) => refused).length).toBe(1);
      const kept = both[0]?.refused ? "two" : "one";
      expect(await one.store.readMeta("grants")).toBe(kept);
    });

    test("[SYNC-20] takes nothing of a session after a newer one of its writer began", async (one, two) => {
      const session = await one.shared.beginSession(ADA, { term: 1, attempt: 1 });
      if (typeof session === "string") throw new Error(session);
      const submit = (judged: number) =>
        one.store.commit({
          term: one.term,
          documents: [logOf(NOTE, 1)],
          shared: conditions(one, { sessions: [{ writer: ADA, session: judged }] }),
        });
      const next = await two.shared.beginSession(ADA, { term: 1, attempt: 2 });
      if (typeof next === "string") throw new Error(next);
      expect(next).toBeGreaterThan(session);
      const refused = { why: "sessions", writers: [ADA] };
      expect(await submit(session)).toEqual({ stale: [], refused });
      expect(await one.store.loadDocument(NOTE)).toBe(undefined);
      expect(await submit(next)).toEqual({ stale: [] });
    });

    test("[SYNC-9] begins no session of a former leader, or that greeted before another", async (one, two) => {
      await one.shared.beginSession(ADA, { term: 2, attempt: 5 });
      expect(await two.shared.beginSession(ADA, { term: 1, attempt: 9 })).toBe("replaced");
      expect(await two.shared.beginSession(ADA, { term: 2, attempt: 4 })).toBe("overtaken");
      expect(typeof (await two.shared.beginSession(ADA, { term: 3, attempt: 1 }))).toBe("number");
      expect(typeof (await two.shared.beginSession(BOB, { term: 1, attempt: 1 }))).toBe("number");
    });

    test("[SYNC-1] takes nothing of a writer that is another principal's by now", async (one, two) => {
      const submit = ({ store, term }: Process, principal: string) =>
        store.commit({
          term,
          documents: [logOf(principal === "ada" ? NOTE : OTHER, 1)],
          bind: [{ writer: ADA, principal }],
          shared: conditions(one),
        });
      expect(await submit(one, "ada")).toEqual({ stale: [] });
      const refused = { why: "sessions", writers: [ADA] };
      expect(await submit(two, "ben")).toEqual({ stale: [], refused });
      expect(await two.store.loadDocument(OTHER)).toBe(undefined);
      expect(await two.store.readBinding(ADA)).toBe("ada");
    });

    test("tells the others that the facts changed, also those that read nothing", async (one, two) => {
      const heard = new Promise<StoreNews>((resolve) => two.shared.onNews(resolve));
      await one.store.commit({ term: one.term, shared: conditions(one, { changesFacts: true }) });
      await heard;
      expect(await two.shared.readRevisions([])).toEqual(new Map());
      expect(two.shared.facts).toBe(one.shared.facts);
    });

    test("tells the others what changed, and itself nothing", async (one, two) => {
      const heard = new Promise<StoreNews>((resolve) => {
        two.shared.onNews((each) => each.kind === "documents" && resolve(each));
      });
      await one.store.commit({
        term: one.term,
        documents: [logOf(NOTE, 1), logOf(OTHER, 1)],
        shared: conditions(one),
      });
      const news = await heard;
      expect(news.kind === "documents" && [...news.paths].sort()).toEqual([NOTE, OTHER]);
      expect(one.news).toEqual([]);
    });
  });
}
