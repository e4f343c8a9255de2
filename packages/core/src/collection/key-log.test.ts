import * as fc from "fast-check";
import * as Y from "yjs";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { meet, plainDocument } from "../testing/plain-document.ts";
import { createDice, pick } from "../testing/random-edits.ts";
import { isWellPlaced } from "../hub/well-placed.ts";
import { contentHash } from "../update/content-hash.ts";
import { type Collection, COLLECTION_EDIT, defineCollection, openCollection } from "./index.ts";

const beds = defineCollection("beds", { plant: z.string(), water: z.number().optional() });
type Beds = Collection<(typeof beds)["shape"]>;

function people(count: number): readonly (readonly [doc: Y.Doc, beds: Beds])[] {
  return Array.from({ length: count }, (_, index) => {
    const doc = new Y.Doc({ guid: "board/main" });
    doc.clientID = index + 1;
    return [doc, openCollection(plainDocument(doc), beds)];
  });
}

function items(doc: Y.Doc): readonly Y.Item[] {
  const found: Y.Item[] = [];
  for (let item = doc.getArray("beds")._start; item; item = item.right) found.push(item);
  return found;
}

describe("a log of keys", () => {
  it.each([
    ["one person", 1],
    ["three people in turns", 3],
  ])(
    "keeps little more than what it holds, however often it is overwritten by %s",
    (_, count) => {
      const all = people(count);
      const docs = all.map(([doc]) => doc);
      for (const [doc] of all) {
        doc.on("update", (update: Uint8Array, origin: unknown) => {
          if (origin === "other") return;
          for (const other of docs) if (other !== doc) Y.applyUpdate(other, update, "other");
        });
      }
      const dice = createDice(7);
      for (let bed = 0; bed < 200; bed++) all[0]?.[1].insert({ id: `${bed}`, plant: "Beans" });
      for (let time = 0; time < 20_000; time++) {
        pick(dice, all)[1].update(`${dice(200)}`, { plant: `Beans ${time}` });
      }
      for (const [doc, of] of all) {
        const live = JSON.stringify(of.all()).length;
        expect(of.all()).toHaveLength(200);
        expect(Y.encodeStateAsUpdate(doc).length).toBeLessThan(4 * live);
        expect(Y.encodeStateAsUpdateV2(doc).length).toBeLessThan(4 * live);
      }
    },
    60_000,
  );

  it("is cut into runs, so that no edit copies all that there is", () => {
    const [[doc, of] = []] = people(1);
    if (!doc || !of) throw new Error("nobody");
    doc.transact(() => {
      for (let bed = 0; bed < 500; bed++) of.insert({ id: `${bed}`, plant: "Beans", water: bed });
    });
    for (let bed = 500; bed < 1_000; bed++) of.insert({ id: `${bed}`, plant: "Peas" });
    const lengths = items(doc).map(({ length }) => length);
    expect(Math.max(...lengths)).toBe(128);
    expect(lengths.length).toBeLessThan(30);
    expect(openCollection(plainDocument(doc), beds).all()).toEqual(of.all());
  });

  it("loses what lies beside each other in one piece, and is not cut for each of it", () => {
    const [[doc, of] = []] = people(1);
    if (!doc || !of) throw new Error("nobody");
    doc.transact(() => {
      for (let bed = 0; bed < 100; bed++) of.insert({ id: `${bed}`, plant: "Beans", water: bed });
    });
    const before = items(doc).length;
    doc.transact(() => {
      for (let bed = 10; bed < 20; bed++) of.delete(`${bed}`);
      expect(items(doc).length - before).toBeLessThanOrEqual(10 + 2);
    });
    expect(of.all()).toHaveLength(90);
    expect(openCollection(plainDocument(doc), beds).all()).toEqual(of.all());
  });

  it("of what was written at once one value holds for everybody, until somebody writes again", () => {
    const [[one, ada], [two, ben]] = people(2) as [[Y.Doc, Beds], [Y.Doc, Beds]];
    ada.insert({ id: "a", plant: "Beans" });
    meet(one, two);
    ada.update("a", { plant: "Peas" });
    ben.update("a", { plant: "Kale" });
    meet(one, two);
    expect(ada.get("a")).toEqual(ben.get("a"));
    const elements = (doc: Y.Doc): number => doc.getArray("beds").length;
    expect(elements(one)).toBe(3);
    ben.update("a", { plant: "Beet" });
    meet(one, two);
    expect([ada.get("a")?.plant, elements(one), elements(two)]).toEqual(["Beet", 2, 2]);
  });

  it("what undo brings back does not win over what others wrote since", () => {
    // Whoever has the higher client id must not matter.
    for (const [first, second] of [
      [0, 1],
      [1, 0],
    ]) {
      const all = people(2);
      const [[one, ada], [two, ben]] = [all[first ?? 0], all[second ?? 0]] as [
        [Y.Doc, Beds],
        [Y.Doc, Beds],
      ];
      ada.insert({ id: "a", plant: "Beans" });
      const undo = new Y.UndoManager(one, { trackedOrigins: new Set([COLLECTION_EDIT]) });
      ada.update("a", { plant: "Peas" });
      meet(one, two);
      ben.update("a", { plant: "Kale" });
      meet(one, two);
      undo.undo();
      meet(one, two);
      expect([ada.get("a")?.plant, ben.get("a")?.plant]).toEqual(["Kale", "Kale"]);
      undo.destroy();
    }
  });

  it("what undo brings back is what was there, also of what two had written at once", () => {
    const all = people(3);
    const [[one, ada], [two, ben], [three, cem]] = all as [
      [Y.Doc, Beds],
      [Y.Doc, Beds],
      [Y.Doc, Beds],
    ];
    ada.insert({ id: "a", plant: "Beans" });
    ben.insert({ id: "a", plant: "Kale" });
    meet(one, two, three);
    const before = ada.get("a");
    const undo = new Y.UndoManager(three, { trackedOrigins: new Set([COLLECTION_EDIT]) });
    for (const edit of [() => cem.update("a", { plant: "Peas" }), () => cem.delete("a")]) {
      edit();
      undo.undo();
      meet(one, two, three);
      expect([ada.get("a"), ben.get("a"), cem.get("a")]).toEqual([before, before, before]);
    }
    undo.destroy();
  });

  it("overlooks what others put into its array, and outlives the highest stamp", () => {
    const [[doc, of] = []] = people(1);
    if (!doc || !of) throw new Error("nobody");
    const { id } = of.insert({ plant: "Beans" });
    doc
      .getArray<unknown>("beds")
      .push([
        `${id}/`,
        7,
        null,
        { key: `${id}/plant` },
        [`${id}/plant`, "1", "x"],
        [`${id}/plant`, Number.POSITIVE_INFINITY, "x"],
        [`${id}/plant`, 1],
        [1, 2, 3],
        new Y.Map(),
      ]);
    expect(of.all()).toEqual([{ id, plant: "Beans" }]);
    doc.getArray<unknown>("beds").push([[`${id}/plant`, Number.MAX_SAFE_INTEGER, "Forever"]]);
    expect(of.get(id)?.plant).toBe("Forever");
    for (const plant of ["Peas", "Kale"]) expect(of.update(id, { plant }).plant).toBe(plant);
    expect(openCollection(plainDocument(doc), beds).all()).toEqual(of.all());
  });

  it("is followed as it would be read anew, whatever people write, undo and redo", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 5, max: 60 }), history),
      { numRuns: 1_000 },
    );
  }, 60_000);
});

/** An edit that is undone at once leaves what was there. */
function undone(of: Beds, undo: Y.UndoManager, edit: () => void): void {
  const [before, steps] = [of.all(), undo.undoStack.length];
  edit();
  if (undo.undoStack.length === steps) return;
  undo.undo();
  expect(of.all()).toEqual(before);
}

/** Three people at once, in three beds. */
function history(seed: number, length: number): void {
  const dice = createDice(seed);
  const all = people(3).map(([doc, of]) => {
    const trackedOrigins = new Set([COLLECTION_EDIT]);
    return { doc, of, undo: new Y.UndoManager(doc, { trackedOrigins, captureTimeout: 0 }) };
  });
  const docs = all.map(({ doc }) => doc);
  for (let step = 0; step < length; step++) {
    const { doc, of, undo } = pick(dice, all);
    const id = `${dice(3)}`;
    const edit = (): void => {
      if (!of.has(id)) of.insert({ id, plant: `${step}`, water: step });
      else if (dice(6) === 0) of.delete(id);
      // An insert that is undone takes its values along, and others' stay: what is left is mended whole.
      else if (of.get(id) && dice(3) === 0)
        of.update(id, { water: dice(2) === 0 ? undefined : step });
      else of.update(id, { plant: `${step}` });
    };
    switch (dice(9)) {
      case 0:
        undo.undo();
        break;
      case 1:
        undo.redo();
        break;
      case 2:
        doc.transact(() => [edit(), edit()]);
        break;
      case 3:
        meet(...docs.filter(() => dice(3) > 0));
        break;
      case 4:
        // Under a client id that the server offers.
        doc.clientID = 10 + step;
        break;
      case 5:
        undone(of, undo, edit);
        break;
      default:
        edit();
    }
    expect(openCollection(plainDocument(doc), beds).all()).toEqual(of.all());
  }
  meet(...docs);
  const [first, ...others] = all.map(({ of }) => of.all());
  for (const other of others) expect(other).toEqual(first);
  // As hubs look at it.
  expect(docs.every(isWellPlaced)).toBe(true);
  expect(new Set(docs.map(contentHash)).size).toBe(1);
}
