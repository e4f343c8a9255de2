import * as fc from "fast-check";
import * as Y from "yjs";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { meet, plainDocument } from "../testing/plain-document.ts";
import { createDice, type Dice } from "../testing/random-edits.ts";
import {
  type Collection,
  type CollectionDocument,
  counter,
  createUndo,
  defineCollection,
  openCollection,
  text,
  transact,
} from "./index.ts";

const beds = defineCollection(
  "beds",
  {
    plant: z.string(),
    water: z.number().optional(),
    visits: counter(),
    notes: text(),
    more: text(),
  },
  { indexes: ["plant"] },
);
type Beds = Collection<(typeof beds)["shape"]>;

function someone(client = 1): readonly [board: CollectionDocument, beds: Beds] {
  const doc = new Y.Doc({ guid: "board/main" });
  doc.clientID = client;
  const board = plainDocument(doc);
  return [board, openCollection(board, beds)];
}

function fail(): never {
  throw new Error("no");
}

/** Does it, and hears that it failed. */
function failing(board: CollectionDocument, run: () => void): void {
  const whole = (): void =>
    transact(board, () => {
      run();
      fail();
    });
  expect(whole).toThrow("no");
}

describe("a transaction that throws", () => {
  it("says nothing to others and leaves nothing in the document", () => {
    const [board, all] = someone();
    all.insert({ id: "a", plant: "Beans", notes: "tall" });
    const before = Y.encodeStateAsUpdate(board.doc);
    const heard: unknown[] = [];
    board.doc.on("update", (update: Uint8Array) => heard.push(update));
    all.text("a", "notes").observe((event) => heard.push(event));
    all.onChange((change) => heard.push(change));
    failing(board, () => {
      all.update("a", { plant: "Peas" });
      all.text("a", "notes").insert(4, " ones");
      board.doc.getMap("raw").set("key", 1);
      all.insert({ id: "b", plant: "Kale", notes: "green" });
      all.delete("a");
      expect(all.all()).toMatchObject([{ id: "b" }]);
    });
    expect([heard, Y.encodeStateAsUpdate(board.doc)]).toEqual([[], before]);
    expect(all.all()).toMatchObject([{ id: "a", plant: "Beans" }]);
    expect(all.text("a", "notes").toString()).toBe("tall");
    expect(board.doc.getMap("raw").toJSON()).toEqual({});
    // Whoever goes on goes on from there.
    all.update("a", { plant: "Beet" });
    all.text("a", "notes").insert(0, "very ");
    const [other, theirs] = someone(2);
    meet(board.doc, other.doc);
    expect(theirs.all()).toMatchObject([{ id: "a", plant: "Beet" }]);
    expect(theirs.text("a", "notes").toString()).toBe("very tall");
  });

  it("does not bring to life again what another deletes meanwhile", () => {
    const [[ours, all], [theirs, other]] = [someone(1), someone(2)];
    all.insert({ id: "a", plant: "Beans", notes: "tall" });
    meet(ours.doc, theirs.doc);
    failing(ours, () => all.delete("a"));
    other.delete("a");
    meet(ours.doc, theirs.doc);
    expect([all.has("a"), other.has("a")]).toEqual([false, false]);
    expect(ours.doc.getText("beds/a/notes").toString()).toBe("");
  });

  it("is taken back by itself where another one around it catches the error", () => {
    const [board, all] = someone();
    const undo = createUndo(board, { within: 0 });
    let updates = 0;
    board.doc.on("update", () => updates++);
    const told: string[][] = [];
    all.onChange(({ ids }) => told.push([...ids].toSorted()));
    transact(board, () => {
      all.insert({ id: "first", plant: "Beans", notes: "tall" });
      failing(board, () => {
        all.insert({ id: "half", plant: "Kale" });
        all.update("first", { plant: "Peas" });
        failing(board, () => all.delete("first"));
        expect(all.get("first")?.plant).toBe("Peas");
        all.text("first", "notes").delete(0, 4);
      });
      expect(all.get("first")?.plant).toBe("Beans");
      all.insert({ id: "last", plant: "Beet" });
    });
    expect(all.all()).toMatchObject([{ id: "first", plant: "Beans" }, { id: "last" }]);
    expect(all.text("first", "notes").toString()).toBe("tall");
    expect(told).toEqual([["first", "last"]]);
    expect([updates, undo.undo(), all.all(), undo.canUndo]).toEqual([1, true, [], false]);
  });

  it("is taken back by itself inside a transaction of Yjs", () => {
    const [board, all] = someone();
    board.doc.transact(() => {
      all.insert({ id: "first", plant: "Beans" });
      failing(board, () => all.insert({ id: "half", plant: "Kale", notes: "green" }));
    }, "other");
    expect(all.all()).toMatchObject([{ id: "first" }]);
  });

  it("is taken back for all who know the collection, by whichever object of it they do", () => {
    const [board, all] = someone();
    const same = openCollection(board, defineCollection("beds", { plant: z.string() }));
    const query = all.query({ where: { plant: "Kale" } });
    let made: typeof query | undefined;
    failing(board, () => {
      all.insert({ id: "half", plant: "Kale" });
      made = all.query({ where: { plant: "Kale" } });
      expect(made.rows).toHaveLength(1);
    });
    expect([same.all(), query.rows, made?.rows]).toEqual([[], [], []]);
    all.insert({ id: "whole", plant: "Kale" });
    for (const rows of [same.all(), query.rows, made?.rows]) expect(rows).toHaveLength(1);
  });
});

it("a write that is refused in the middle leaves nothing of it", () => {
  const [, all] = someone();
  for (let bed = 0; bed < 499; bed++) all.insert({ id: `${bed}`, plant: "Beans", notes: "tall" });
  const insert = (): void =>
    void all.insert({ id: "half", plant: "Kale", notes: "green", more: "and curly" });
  expect(insert).toThrow(/500 texts/);
  expect(all.has("half")).toBe(false);
  expect(all.insert({ id: "half", plant: "Kale" }).plant).toBe("Kale");
  expect(all.text("half", "notes").toString()).toBe("");
});

it("transactions keep nothing of what they overwrote", () => {
  const [board, all] = someone();
  for (let bed = 0; bed < 50; bed++) all.insert({ id: `${bed}`, plant: "Beans" });
  const write = (water: number): void => void all.update(`${water % 50}`, { water });
  for (let water = 0; water < 1_000; water++) write(water);
  const once = Y.encodeStateAsUpdate(board.doc).length;
  for (let water = 1_000; water < 5_000; water++) transact(board, () => write(water));
  expect(Y.encodeStateAsUpdate(board.doc).length).toBeLessThan(once * 1.2);
});

/** What two people do, in transactions some of which fail, and a third one who only does what did not. */
function history(seed: number): void {
  const dice = createDice(seed);
  const [[ours, all], [theirs, other], [, sure]] = [someone(1), someone(2), someone(3)];
  for (let time = 0; time < 8; time++) {
    const done = attempt(dice, ours, all, 0);
    for (const edit of done ?? []) edit(sure);
    expect(all.all()).toEqual(sure.all());
    expect(textsOf(all)).toEqual(textsOf(sure));
    if (dice(4) === 0) meet(ours.doc, theirs.doc);
    const anew = openCollection(plainDocument(ours.doc), defineCollection("beds", beds.shape));
    expect(anew.all()).toEqual(all.all());
  }
  meet(ours.doc, theirs.doc);
  expect(other.all()).toEqual(all.all());
}

type Edit = (of: Beds) => void;

/** A transaction: returns what was done in it, nothing if it failed. */
function attempt(
  dice: Dice,
  board: CollectionDocument,
  all: Beds,
  depth: number,
): readonly Edit[] | undefined {
  const done: Edit[] = [];
  const run = (): void => {
    for (let times = dice(5); times >= 0; times--) {
      if (depth < 2 && dice(4) === 0) done.push(...(attempt(dice, board, all, depth + 1) ?? []));
      const edit = drawEdit(dice, all);
      edit(all);
      done.push(edit);
    }
    if (dice(3) === 0) fail();
  };
  try {
    transact(board, run);
    return done;
  } catch {
    return undefined;
  }
}

function drawEdit(dice: Dice, all: Beds): Edit {
  const [id, value, kind] = [`${dice(3)}`, dice(100), dice(5)];
  if (!all.has(id)) return (of) => void of.insert({ id, plant: `${value}`, notes: "tall" });
  if (kind === 0) return (of) => void of.delete(id);
  if (kind === 1) return (of) => of.counter(id, "visits").add(value);
  if (kind === 2) return (of) => of.text(id, "notes").insert(0, `${value}`);
  if (kind === 3) return (of) => of.text(id, "notes").delete(0, of.text(id, "notes").length >> 1);
  return (of) => void of.update(id, { plant: `${value}`, water: value % 2 ? value : undefined });
}

function textsOf(of: Beds): readonly string[] {
  return of.all().map(({ id }) => of.text(id, "notes").toString());
}

it("whatever fails in whatever transaction, what is left is what did not fail", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 31 }), history), { numRuns: 500 });
}, 60_000);
