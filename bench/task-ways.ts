/** Ways to keep 10,000 tasks: collections, what people write by hand on Yjs, and other libraries. */

import * as Automerge from "@automerge/automerge";
import { openCollection } from "@croft/core/collection";
import { plainDocument } from "@croft/core/testing";
import {
  BTreeIndex,
  createCollection,
  createLiveQueryCollection,
  eq,
  localOnlyCollectionOptions,
} from "@tanstack/db";
import { createMergeableStore, createQueries } from "tinybase";
import * as Y from "yjs";
import { allTasks, type Task, taskDefinition, type TaskWithId, topOf } from "./tasks.ts";

/** Tasks as whoever stores or sends them has them. */
export interface Stored {
  readonly bytes: Uint8Array;
  /** In Yjs' second encoding, which croft's snapshots have. */
  readonly compact?: Uint8Array;
}

/** Tasks in memory. */
export interface Loaded {
  /** The first 50 open tasks by rank, as they are now. */
  top(): readonly { readonly id: string }[];
  setRank(id: string, rank: number): void;
}

/** One way. */
export interface Way {
  readonly name: string;
  /** What becomes of two edits of a record made apart. */
  readonly merges: "fields" | "one is lost" | "no";
  store(): Stored;
  /** Loads what was stored; `open` is called once it is, and makes what a view needs. */
  load(stored: Uint8Array): { open(): Loaded | Promise<Loaded> };
}

function inYjs(
  name: string,
  merges: Way["merges"],
  insertAll: (doc: Y.Doc) => void,
  open: (doc: Y.Doc) => Loaded,
): Way {
  return {
    name,
    merges,
    store() {
      const doc = new Y.Doc({ guid: "tasks" });
      insertAll(doc);
      return { bytes: Y.encodeStateAsUpdate(doc), compact: Y.encodeStateAsUpdateV2(doc) };
    },
    load(stored) {
      const doc = new Y.Doc({ guid: "tasks" });
      Y.applyUpdate(doc, stored);
      return { open: () => open(doc) };
    },
  };
}

const collection = inYjs(
  "collection, live query",
  "fields",
  (doc) => {
    const all = openCollection(plainDocument(doc), taskDefinition);
    doc.transact(() => {
      for (const task of allTasks()) all.insert(task);
    });
  },
  (doc) => {
    const all = openCollection(plainDocument(doc), taskDefinition);
    const query = all.query({ where: { done: false }, orderBy: "rank", limit: 50 });
    return { top: () => query.rows, setRank: (id, rank) => void all.update(id, { rank }) };
  },
);

const nested = inYjs(
  "Yjs, a Y.Map for each record, a scan",
  "one is lost",
  (doc) => {
    const map = doc.getMap<Y.Map<unknown>>("tasks");
    doc.transact(() => {
      for (const { id, ...task } of allTasks()) map.set(id, new Y.Map(Object.entries(task)));
    });
  },
  (doc) => {
    const map = doc.getMap<Y.Map<unknown>>("tasks");
    return {
      top: () =>
        topOf([...map].map(([id, record]) => ({ id, ...(record.toJSON() as unknown as Task) }))),
      setRank: (id, rank) => void map.get(id)?.set("rank", rank),
    };
  },
);

const whole = inYjs(
  "Yjs, an object for each record, a scan",
  "one is lost",
  (doc) => {
    const map = doc.getMap<Task>("tasks");
    doc.transact(() => {
      for (const { id, ...task } of allTasks()) map.set(id, task);
    });
  },
  (doc) => {
    const map = doc.getMap<Task>("tasks");
    return {
      top: () => topOf([...map].map(([id, record]) => ({ id, ...record }))),
      setRank(id, rank) {
        const record = map.get(id);
        if (record) map.set(id, { ...record, rank });
      },
    };
  },
);

const tinybase: Way = {
  name: "TinyBase, mergeable store, query",
  merges: "fields",
  store() {
    const store = createMergeableStore("one");
    store.transaction(() => {
      for (const { id, ...task } of allTasks()) store.setRow("tasks", id, task);
    });
    return { bytes: encoded(store.getMergeableContent()) };
  },
  load(stored) {
    const store = createMergeableStore("two");
    store.setMergeableContent(decoded(stored) as ReturnType<(typeof store)["getMergeableContent"]>);
    return {
      open() {
        const queries = createQueries(store);
        queries.setQueryDefinition("open", "tasks", ({ select, where }) => {
          for (const field of ["title", "rank", "owner", "note"]) select(field);
          where("done", false);
        });
        return {
          top: () =>
            queries.getResultSortedRowIds("open", "rank", false, 0, 50).map((id) => ({ id })),
          setRank: (id, rank) => void store.setCell("tasks", id, "rank", rank),
        };
      },
    };
  },
};

interface AutomergeTasks extends Record<string, unknown> {
  tasks: Record<string, { -readonly [K in keyof Task]: Task[K] }>;
}

const automerge: Way = {
  name: "Automerge, a scan",
  merges: "fields",
  store() {
    const doc = Automerge.change(Automerge.from<AutomergeTasks>({ tasks: {} }), (draft) => {
      for (const { id, ...task } of allTasks()) draft.tasks[id] = task;
    });
    return { bytes: Automerge.save(doc) };
  },
  load(stored) {
    let doc = Automerge.load<AutomergeTasks>(stored);
    return {
      open: () => ({
        top: () => topOf(Object.entries(doc.tasks).map(([id, task]) => ({ id, ...task }))),
        setRank(id, rank) {
          doc = Automerge.change(doc, ({ tasks }) => {
            const task = tasks[id];
            if (task) task.rank = rank;
          });
        },
      }),
    };
  },
};

const tanstack: Way = {
  name: "TanStack DB, in memory, live query",
  merges: "no",
  store: () => ({ bytes: encoded([...allTasks()]) }),
  load(stored) {
    const all = createCollection(
      localOnlyCollectionOptions({
        id: "tasks",
        getKey: ({ id }: TaskWithId) => id,
        initialData: decoded(stored) as TaskWithId[],
      }),
    );
    all.startSyncImmediate();
    for (const field of ["rank", "done"] as const) {
      all.createIndex((task) => task[field], { indexType: BTreeIndex });
    }
    return {
      async open() {
        const query = createLiveQueryCollection((from) =>
          from
            .from({ task: all })
            .where(({ task }) => eq(task.done, false))
            .orderBy(({ task }) => task.rank)
            .limit(50),
        );
        await query.preload();
        return {
          top: () => query.toArray,
          setRank: (id, rank) =>
            void all.update(id, (draft: { rank: number }) => void (draft.rank = rank)),
        };
      },
    };
  },
};

/** All of them. */
export const ways: readonly Way[] = [collection, nested, whole, tinybase, automerge, tanstack];

function encoded(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function decoded(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
