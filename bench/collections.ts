/** 10,000 records of five fields: collections, what people write by hand instead, and other libraries. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openCollection } from "@croft/core/collection";
import { plainDocument } from "@croft/core/testing";
import * as Y from "yjs";
import { median, printTable } from "./report.ts";
import { type Loaded, type Way, ways } from "./task-ways.ts";
import { taskDefinition, taskOf, TASKS } from "./tasks.ts";

const EDITS = 1_000;
/** Of those that look at everything after each edit. */
const FEW_EDITS = 20;
const REPETITIONS = 5;

interface Measured {
  readonly load: number;
  readonly query: number;
  readonly edit: number;
  readonly heap: number;
}

/** Prints the table. */
export async function benchCollections(): Promise<void> {
  const all = ways.map((way) => ({ way, stored: way.store(), runs: [] as Measured[] }));
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    for (const { way, stored, runs } of all) runs.push(await measure(way, stored.bytes));
  }
  printTable(
    `collections: ${TASKS.toLocaleString("en")} records of 5 fields (medians of ${REPETITIONS})`,
    [
      "how",
      "two edits",
      "load ms",
      "first 50 ms",
      "edit + first 50 ms",
      "heap MB",
      "bytes",
      "compact",
    ],
    all.map(({ way, stored, runs }) => [
      way.name,
      way.merges,
      median(runs.map(({ load }) => load)),
      median(runs.map(({ query }) => query)),
      median(runs.map(({ edit }) => edit)),
      median(runs.map(({ heap }) => heap)),
      stored.bytes.length,
      stored.compact?.length ?? Number.NaN,
    ]),
  );
}

async function measure(way: Way, stored: Uint8Array): Promise<Measured> {
  const before = await usedHeap();
  const start = performance.now();
  const loading = way.load(stored);
  const loaded = performance.now();
  const view = await loading.open();
  const [first] = view.top();
  const queried = performance.now();
  const heap = ((await usedHeap()) - before) / 1e6;
  if (!first) throw new Error("there are tasks");
  const [edits, edit] = edited(view, first.id);
  return { load: loaded - start, query: queried - loaded, edit: edit / edits, heap };
}

/** How many edits were made, and the milliseconds that they took. */
function edited(view: Loaded, id: string): readonly [number, number] {
  const one = performance.now();
  view.setRank(id, -1);
  view.top();
  // A scan for each of 1,000 edits would take a minute.
  const edits = performance.now() - one < 2 ? EDITS : FEW_EDITS;
  const start = performance.now();
  for (let i = 0; i < edits; i++) {
    view.setRank(id, -2 - i);
    if (view.top()[0]?.id !== id) throw new Error("it is the first one now");
  }
  return [edits, performance.now() - start];
}

let collect: (() => void) | undefined;

/** What is left in use when all that can be has been collected, also what the turn before still held. */
async function usedHeap(): Promise<number> {
  if (!collect) {
    setFlagsFromString("--expose_gc");
    collect = runInNewContext("gc") as () => void;
  }
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate);
    collect();
  }
  return process.memoryUsage().heapUsed;
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
    const all = docs.map((doc) => openCollection(plainDocument(doc), taskDefinition));
    const [first] = all;
    const [doc] = docs;
    if (!first || !doc) throw new Error("there are people");
    for (let i = 0; i < GROWING; i++) first.insert(taskOf(i));
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
