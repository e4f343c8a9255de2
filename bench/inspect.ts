/** What the check of every update costs, beside applying it to a document, on the same bytes. */

import { createWriterId, inspectUpdate } from "@croft/core";
import * as Y from "yjs";
import { type DocumentView, judgeUpdate } from "../packages/core/src/update/judge.ts";
import { type Keystroke, loadAutomergePaper } from "../test/support/trace.ts";
import { median, printTable } from "./report.ts";

const REPETITIONS = 5;
const KEYSTROKES = 20_000;
const WHOLE = { maxBytes: Number.MAX_SAFE_INTEGER };

/** Prints the table. */
export function benchInspect(): void {
  const keystrokes = loadAutomergePaper().batches.flat();
  const some = record(keystrokes.slice(0, KEYSTROKES)).updates;
  const whole = [record(keystrokes).state];
  const kinds = [
    { name: `${KEYSTROKES.toLocaleString("en")} keystrokes, one update each`, updates: some },
    { name: "the whole state of 259,778 keystrokes, one update", updates: whole },
  ];
  const rows = kinds.map(({ name, updates }) => {
    const bytes = updates.reduce((sum, update) => sum + update.byteLength, 0);
    const checked: number[] = [];
    const applied: number[] = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      checked.push(time(() => check(updates)));
      applied.push(time(() => apply(updates)));
    }
    const [fast, slow] = [median(checked), median(applied)];
    const perUpdate = 1000 / updates.length;
    const speed = (ms: number): number => bytes / 1000 / ms;
    return [name, bytes, fast * perUpdate, slow * perUpdate, speed(fast), speed(slow), slow / fast];
  });
  printTable(
    `inspect: inspectUpdate and judgeUpdate beside Y.applyUpdate (medians of ${REPETITIONS})`,
    [
      "what",
      "bytes",
      "check µs/update",
      "apply µs/update",
      "check MB/s",
      "apply MB/s",
      "times faster",
    ],
    rows,
  );
}

function record(keystrokes: readonly Keystroke[]): {
  updates: readonly Uint8Array[];
  state: Uint8Array;
} {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  const text = doc.getText("body");
  for (const { at, deleted, inserted } of keystrokes) {
    doc.transact(() => {
      if (deleted > 0) text.delete(at, deleted);
      if (inserted) text.insert(at, inserted);
    });
  }
  return { updates, state: Y.encodeStateAsUpdate(doc) };
}

/** As a hub does it: with clocks and owners of client ids, and without a document. */
function check(updates: readonly Uint8Array[]): void {
  const writer = createWriterId();
  const clocks = new Map<number, number>();
  const view: DocumentView = {
    clock: (client) => clocks.get(client) ?? 0,
    owner: (client) => (clocks.has(client) ? writer : undefined),
    writer,
  };
  for (const update of updates) {
    const judgement = judgeUpdate(inspectUpdate(update, WHOLE), view);
    if (judgement.verdict !== "new") throw new Error(`an update is ${judgement.verdict}`);
    for (const { client, clock } of judgement.advance) clocks.set(client, clock);
  }
}

function apply(updates: readonly Uint8Array[]): void {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
}

function time(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}
