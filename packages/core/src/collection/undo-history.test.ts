import * as fc from "fast-check";
import * as Y from "yjs";
import * as z from "zod";
import { expect, it } from "vitest";
import { meet, plainDocument } from "../testing/plain-document.ts";
import { createDice, type Dice, pick } from "../testing/random-edits.ts";
import {
  counter,
  createUndo,
  defineCollection,
  list,
  openCollection,
  text,
  transact,
  type Undo,
} from "./index.ts";

const beds = defineCollection("beds", {
  plant: z.string(),
  water: z.string().optional(),
  visits: counter(),
  steps: list(z.string()),
  notes: text(),
});

interface Person {
  readonly name: string;
  readonly doc: Y.Doc;
  readonly all: ReturnType<typeof openBeds>;
  readonly undo: Undo;
}

const openBeds = (doc: Y.Doc) => openCollection(plainDocument(doc), beds);

function person(name: string, client: number): Person {
  const doc = new Y.Doc({ guid: "board/main" });
  doc.clientID = client;
  return { name, doc, all: openBeds(doc), undo: createUndo(plainDocument(doc), { within: 0 }) };
}

function edit(dice: Dice, { name, doc, all }: Person): void {
  const [id, kind] = [`${dice(3)}`, dice(7)];
  if (!all.has(id)) all.insert({ id, plant: name, notes: dice(2) ? name : "" });
  else if (kind === 0) all.delete(id);
  else if (kind === 1) all.update(id, { plant: name });
  else if (kind === 2) all.counter(id, "visits").add(1);
  else if (kind === 3) all.list(id, "steps").push(name);
  else if (kind === 4) all.text(id, "notes").insert(0, name);
  else if (kind === 5) all.update(id, { water: `${name} ${dice(9)}` });
  else {
    transact(plainDocument(doc), () => {
      all.update(id, { plant: "Beet" });
      all.text(id, "notes").delete(0, all.text(id, "notes").length >> 1);
      all.list(id, "steps").push(name);
    });
  }
}

/** Records in which there is something that somebody wrote. */
function writtenBy(name: string, { all }: Person): readonly string[] {
  const shown = all.all().map((bed) => [bed.id, JSON.stringify(bed) + notesOf(all, bed.id)]);
  return shown.flatMap(([id = "", bed]) => (bed?.includes(name) ? [id] : []));
}

const notesOf = (all: Person["all"], id: string): string => all.text(id, "notes").toString();

function history(seed: number): void {
  const dice = createDice(seed);
  const [ada, ben] = [person("Ada", 1), person("Ben", 2)];
  for (let time = 0; time < 25; time++) {
    const one = pick(dice, [ada, ben]);
    const before = writtenBy(one === ada ? "Ben" : "Ada", one);
    const kind = dice(8);
    if (kind === 0) meet(ada.doc, ben.doc);
    else if (kind < 3) one.undo.undo();
    else if (kind === 3) one.undo.redo();
    else edit(dice, one);
    const isUndone = kind === 1 || kind === 2;
    expect(before.filter((id) => isUndone && !one.all.has(id))).toEqual([]);
    expect(openBeds(one.doc).all()).toEqual(one.all.all());
  }
  for (const { undo } of [ada, ben]) undo.dispose();
  meet(ada.doc, ben.doc);
  expect(ben.all.all()).toEqual(ada.all.all());
}

it("whatever two people do, undo and redo, no undo deletes a record in which there is what the other wrote", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 31 }), history), { numRuns: 1_000 });
}, 60_000);
