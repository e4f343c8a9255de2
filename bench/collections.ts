/** 10,000 records of five fields in one document: collections, and what people write by hand instead. */

import { type Collection, defineCollection, openCollection } from "@croft/core/collection";
import { plainDocument } from "@croft/core/testing";
import * as Y from "yjs";
import * as z from "zod";
import { median, printTable } from "./report.ts";

const RECORDS = 10_000;
const EDITS = 1_000;
const REPETITIONS = 5;

const tasks = defineCollection(
  "tasks",
  z.object({
    title: z.string(),
    done: z.boolean(),
    rank: z.number(),
    owner: z.string(),
    note: z.string(),
  }),
  { indexes: ["owner"] },
);

interface Task {
  readonly title: string;
  readonly done: boolean;
  readonly rank: number;
  readonly owner: string;
  readonly note: string;
}

function taskOf(index: number): Task {
  return {
    title: `Task number ${index}`,
    done: index % 3 === 0,
    // Every rank once, in no order.
    rank: (index * 7919) % 10_007,
    owner: `user-${index % 100}`,
    note: "a short note about it",
  };
}

/** One way to keep tasks in a `Y.Doc`. */
interface Way {
  readonly name: string;
  insertAll(doc: Y.Doc): void;
  /** Opens a document that was loaded; `top`: the first 50 open tasks by rank, as they are now. */
  open(doc: Y.Doc): {
    top(): readonly { readonly id: string }[];
    setRank(id: string, rank: number): void;
  };
}

interface Measured {
  readonly load: number;
  readonly query: number;
  readonly edit: number;
}

const collection: Way = {
  name: "collection, live query",
  insertAll(doc) {
    const all = openCollection(plainDocument(doc), tasks);
    doc.transact(() => {
      for (let i = 0; i < RECORDS; i++) all.insert({ id: `t${i}`, ...taskOf(i) });
    });
  },
  open(doc) {
    const all: Collection<(typeof tasks)["shape"]> = openCollection(plainDocument(doc), tasks);
    const query = all.query({ where: { done: false }, orderBy: "rank", limit: 50 });
    return { top: () => query.rows, setRank: (id, rank) => void all.update(id, { rank }) };
  },
};

/** The first 50 open tasks, by a look at all of them. */
function topOf(all: Iterable<Task & { readonly id: string }>): readonly { readonly id: string }[] {
  return [...all]
    .filter(({ done }) => !done)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, 50);
}

const nested: Way = {
  name: "a Y.Map for each record, and a scan",
  insertAll(doc) {
    const map = doc.getMap<Y.Map<unknown>>("tasks");
    doc.transact(() => {
      for (let i = 0; i < RECORDS; i++) map.set(`t${i}`, new Y.Map(Object.entries(taskOf(i))));
    });
  },
  open(doc) {
    const map = doc.getMap<Y.Map<unknown>>("tasks");
    return {
      top: () =>
        topOf([...map].map(([id, record]) => ({ id, ...(record.toJSON() as unknown as Task) }))),
      setRank: (id, rank) => void map.get(id)?.set("rank", rank),
    };
  },
};

const whole: Way = {
  name: "an object for each record, and a scan (edits of two people: one is lost)",
  insertAll(doc) {
    const map = doc.getMap<Task>("tasks");
    doc.transact(() => {
      for (let i = 0; i < RECORDS; i++) map.set(`t${i}`, taskOf(i));
    });
  },
  open(doc) {
    const map = doc.getMap<Task>("tasks");
    return {
      top: () => topOf([...map].map(([id, record]) => ({ id, ...record }))),
      setRank(id, rank) {
        const record = map.get(id);
        if (record) map.set(id, { ...record, rank });
      },
    };
  },
};

/** Prints the table. */
export function benchCollections(): void {
  const ways = [collection, nested, whole].map((way) => {
    const doc = new Y.Doc({ guid: "tasks" });
    way.insertAll(doc);
    const runs: Measured[] = [];
    return { way, runs, v1: Y.encodeStateAsUpdate(doc), v2: Y.encodeStateAsUpdateV2(doc) };
  });
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    for (const { way, runs, v1 } of ways) runs.push(measure(way, v1));
  }
  const rows = ways.map(({ way, runs, v1, v2 }) => [
    way.name,
    median(runs.map(({ load }) => load)),
    median(runs.map(({ query }) => query)),
    median(runs.map(({ edit }) => edit)),
    v1.length,
    v2.length,
  ]);
  printTable(
    `collections: ${RECORDS.toLocaleString("en")} records of 5 fields (medians of ${REPETITIONS})`,
    ["how", "load ms", "first 50 ms", "edit + first 50 ms", "bytes v1", "bytes v2"],
    rows,
  );
}

const GROWING = 1_000;
const OVERWRITES = 100_000;

/** Prints what overwriting leaves behind: the size of a document after it was collected, per byte of live JSON. */
export function benchGrowth(): void {
  const rows = [1, 3, 10].map((people) => {
    const docs = Array.from({ length: people }, (_, index) => {
      const doc = new Y.Doc({ guid: "tasks" });
      doc.clientID = index + 1;
      return doc;
    });
    for (const doc of docs) {
      doc.on("update", (update: Uint8Array, origin: unknown) => {
        if (origin === "other") return;
        for (const other of docs) if (other !== doc) Y.applyUpdate(other, update, "other");
      });
    }
    const all = docs.map((doc) => openCollection(plainDocument(doc), tasks));
    const [first] = all;
    const [doc] = docs;
    if (!first || !doc) throw new Error("there are people");
    for (let i = 0; i < GROWING; i++) first.insert({ id: `t${i}`, ...taskOf(i) });
    const live = JSON.stringify(first.all()).length;
    for (let i = 0; i < OVERWRITES; i++) {
      all[i % people]?.update(`t${(i * 7919) % GROWING}`, { rank: i });
    }
    const [v1, v2] = [Y.encodeStateAsUpdate(doc), Y.encodeStateAsUpdateV2(doc)];
    return [people, live, v1.length, v1.length / live, v2.length, v2.length / live];
  });
  printTable(
    `growth: ${OVERWRITES.toLocaleString("en")} overwrites of a field of ${GROWING.toLocaleString("en")} records, by people in turns`,
    ["people", "live JSON", "bytes v1", "v1 per JSON", "bytes v2", "v2 per JSON"],
    rows,
  );
}

function measure(way: Way, update: Uint8Array): Measured {
  const start = performance.now();
  const doc = new Y.Doc({ guid: "tasks" });
  Y.applyUpdate(doc, update);
  const loaded = performance.now();
  const view = way.open(doc);
  const [first] = view.top();
  const queried = performance.now();
  if (!first) throw new Error("there are tasks");
  // A scan for each of 1,000 edits would take a minute.
  const edits = view.top() === view.top() ? EDITS : 20;
  for (let i = 0; i < edits; i++) {
    view.setRank(first.id, -1 - i);
    if (view.top()[0]?.id !== first.id) throw new Error("it is the first one now");
  }
  const edited = performance.now();
  return { load: loaded - start, query: queried - loaded, edit: (edited - queried) / edits };
}
