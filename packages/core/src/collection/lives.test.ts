/** Records that are deleted and made again under their id, and such that several people made while they were apart. */

import * as Y from "yjs";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { meet, plainDocument } from "../testing/plain-document.ts";
import {
  type Collection,
  counter,
  createUndo,
  defineCollection,
  list,
  openCollection,
  type PlainFields,
  set,
} from "./index.ts";

const fields = {
  name: z.string(),
  color: z.string().optional(),
  votes: counter(),
  tags: set(z.string()),
  steps: list(z.number()),
};
const things = defineCollection("things", fields);

interface Person {
  readonly doc: Y.Doc;
  readonly things: Collection<typeof fields>;
}

function people(...clients: readonly number[]): readonly Person[] {
  return clients.map((client) => {
    const doc = new Y.Doc({ guid: "board/main" });
    doc.clientID = client;
    return { doc, things: openCollection(plainDocument(doc), things) };
  });
}

const meeting = (...all: readonly Person[]): void => meet(...all.map(({ doc }) => doc));

/** Several, whoever has the higher client id. */
function each(run: (a: Person, b: Person, c: Person) => void): void {
  for (const clients of [
    [1, 2, 3],
    [3, 2, 1],
  ]) {
    const [a, b, c] = people(...clients);
    if (a && b && c) run(a, b, c);
  }
}

describe("a record that was made again", () => {
  it("has nothing of what was written to the former one, and that is swept", () => {
    each((ada, ben) => {
      ada.things.insert({ id: "x", name: "old", steps: [1] });
      meeting(ada, ben);
      ben.things.counter("x", "votes").add(100);
      meeting(ada, ben);
      ben.things.counter("x", "votes").add(1);
      for (const name of ["late", "later"]) ben.things.update("x", { name, color: "red" });
      ben.things.set("x", "tags").add("late");
      ben.things.list("x", "steps").push(2);
      ada.things.delete("x");
      const made = ada.things.insert({ id: "x", name: "fresh", votes: 3 });
      meeting(ada, ben);
      const expected = { id: "x", name: "fresh", votes: 3, tags: new Set(), steps: [] };
      for (const { things: of } of [ada, ben]) expect(of.get("x")).toEqual(expected);
      expect(made).toEqual(expected);
      expect([ben.things.sweep(), ben.things.sweep()]).toEqual([1, 0]);
      meeting(ada, ben);
      expect(ada.things.get("x")).toEqual(expected);
      expect(ada.doc.getArray("things").length).toBe(3);
      ben.things.counter("x", "votes").add(1);
      meeting(ada, ben);
      expect(ada.things.get("x")?.votes).toBe(4);
    });
  });

  it("under an id that was drawn the first time, too", () => {
    each((ada, ben) => {
      const { id } = ada.things.insert({ name: "old" });
      meeting(ada, ben);
      ben.things.counter(id, "votes").add(1);
      ada.things.delete(id);
      ada.things.insert({ id, name: "fresh" });
      meeting(ada, ben);
      expect(ben.things.get(id)).toMatchObject({ name: "fresh", votes: 0 });
    });
  });

  it("by two people at once has the fields of both", () => {
    each((ada, ben) => {
      ada.things.insert({ id: "x", name: "old", votes: 5 });
      meeting(ada, ben);
      for (const { things: of } of [ada, ben]) of.delete("x");
      ada.things.insert({ id: "x", name: "fresh", color: "red", votes: 1 });
      ben.things.insert({ id: "x", name: "fresh", votes: 2, tags: ["b"] });
      meeting(ada, ben);
      expect(ada.things.get("x")).toMatchObject({ color: "red", votes: 3, tags: new Set(["b"]) });
      expect(ben.things.get("x")).toEqual(ada.things.get("x"));
    });
  });

  it("and the former one, whose deletion is undone, are one", () => {
    each((ada, ben) => {
      ada.things.insert({ id: "x", name: "old", color: "red" });
      meeting(ada, ben);
      const undo = createUndo(plainDocument(ada.doc), { within: 0 });
      ada.things.delete("x");
      meeting(ada, ben);
      ben.things.insert({ id: "x", name: "fresh" });
      meeting(ada, ben);
      undo.undo();
      meeting(ada, ben);
      expect(ben.things.get("x")).toMatchObject({ name: "fresh", color: "red" });
      expect(ada.things.all()).toEqual(ben.things.all());
    });
  });

  it("by a newer version has nothing of what an older one still wrote", () => {
    const newer = defineCollection(
      "things",
      { title: z.string(), votes: counter() },
      { steps: [{ rename: { name: "title" } }, (old: PlainFields) => old] },
    );
    each((ada, ben) => {
      ada.things.insert({ id: "x", name: "old", votes: 5 });
      meeting(ada, ben);
      ben.things.update("x", { name: "late" });
      ben.things.counter("x", "votes").add(1);
      const of = openCollection(plainDocument(ada.doc), newer);
      of.update("x", { title: "newer" });
      of.delete("x");
      of.insert({ id: "x", title: "fresh", votes: 1 });
      meeting(ada, ben);
      expect(of.get("x")).toEqual({ id: "x", title: "fresh", votes: 1 });
      expect(openCollection(plainDocument(ben.doc), newer).get("x")).toEqual(of.get("x"));
      expect([of.sweep(), of.sweep()]).toEqual([1, 0]);
      expect(ada.doc.getArray("things").length).toBe(0);
    });
  });
});

describe("what a newer version removed", () => {
  const { color, ...others } = fields;
  const same = defineCollection("things", fields, { steps: [(all) => all] });
  const renaming = defineCollection(
    "things",
    { ...others, paint: color },
    { steps: [(all) => all, { rename: { color: "paint" } }] },
  );

  it("of a record is there in the one that others made meanwhile under its id", () => {
    each((ada, ben, cleo) => {
      ada.things.insert({ id: "x", name: "Ada's", color: "red", tags: ["a", "b"] });
      meeting(ada, ben);
      const newer = openCollection(plainDocument(ben.doc), same);
      newer.update("x", { color: undefined });
      for (const tag of ["a", "b"]) newer.set("x", "tags").delete(tag);
      cleo.things.insert({ id: "x", name: "Cleo's", color: "blue", tags: ["b"] });
      meeting(ada, ben, cleo);
      const expected = { color: "blue", tags: new Set(["b"]) };
      const newest = openCollection(plainDocument(cleo.doc), renaming);
      expect(newer.get("x")).toMatchObject(expected);
      expect(newest.get("x")).toMatchObject({ paint: "blue", tags: new Set(["b"]) });
      newer.update("x", { color: undefined });
      newer.set("x", "tags").delete("b");
      meeting(ada, ben, cleo);
      expect(newer.get("x")).not.toHaveProperty("color");
      expect(newest.get("x")).not.toHaveProperty("paint");
      expect(newest.get("x")?.tags).toEqual(new Set());
    });
  });
});

describe("a record that two made at once", () => {
  /** Cem knows the one of Ada alone. */
  function made(ada: Person, ben: Person, cem: Person): void {
    ada.things.insert({ id: "x", name: "Ada's", votes: 1 });
    meeting(ada, cem);
    ben.things.insert({ id: "x", name: "Ben's", votes: 2 });
    meeting(ada, ben);
  }

  it("keeps what was written to it when somebody deletes the one that they know", () => {
    each((ada, ben, cem) => {
      made(ada, ben, cem);
      ada.things.update("x", { name: "of both", color: "red" });
      ada.things.set("x", "tags").add("a");
      ben.things.counter("x", "votes").add(1);
      cem.things.delete("x");
      meeting(ada, ben, cem);
      const expected = { name: "of both", color: "red", votes: 3, tags: new Set(["a"]) };
      for (const { things: of } of [ada, ben, cem]) expect(of.get("x")).toMatchObject(expected);
    });
  });

  it("has of each field what was written last, also by who knows one of them", () => {
    each((ada, ben, cem) => {
      made(ada, ben, cem);
      for (const name of ["first", "second", "third"]) cem.things.update("x", { name });
      meeting(ada, ben, cem);
      for (const { things: of } of [ada, ben, cem]) expect(of.get("x")?.name).toBe("third");
      ben.things.update("x", { color: undefined, name: "last" });
      meeting(ada, ben, cem);
      for (const { things: of } of [ada, ben, cem]) expect(of.get("x")?.name).toBe("last");
    });
  });

  it("is gone when one who knows both deletes it", () => {
    each((ada, ben, cem) => {
      made(ada, ben, cem);
      ben.things.delete("x");
      cem.things.counter("x", "votes").add(1);
      meeting(ada, ben, cem);
      for (const { things: of } of [ada, ben, cem]) expect(of.has("x")).toBe(false);
    });
  });

  it("counts each increment once", () => {
    each((ada, ben, cem) => {
      made(ada, ben, cem);
      for (const { things: of } of [ada, ben, cem]) of.counter("x", "votes").add(10);
      meeting(ada, ben, cem);
      for (const { things: of } of [ada, ben, cem]) of.counter("x", "votes").add(100);
      meeting(ada, ben, cem);
      for (const { things: of } of [ada, ben, cem]) expect(of.get("x")?.votes).toBe(333);
    });
  });
});
