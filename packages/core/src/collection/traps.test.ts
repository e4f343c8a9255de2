/** Ways to use collections that are easy to get wrong. */

import * as Y from "yjs";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { createEmitter } from "../emitter.ts";
import type { DocumentReset } from "../replica/document-handle.ts";
import { meet, plainDocument, writeIn } from "../testing/plain-document.ts";
import {
  type CollectionDocument,
  counter,
  createUndo,
  defineCollection,
  list,
  openCollection,
  set,
  text,
  transact,
} from "./index.ts";

const things = defineCollection(
  "things",
  {
    name: z.string(),
    data: z.any().optional(),
    rank: z.custom<number>((value) => typeof value === "number").optional(),
    votes: counter(),
    tags: set(z.string()),
    steps: list(z.string()),
    notes: text(),
  },
  { indexes: ["name"] },
);

function someone(client = 1): CollectionDocument {
  const doc = new Y.Doc({ guid: "board/main" });
  doc.clientID = client;
  return plainDocument(doc);
}

describe("two objects for one collection", () => {
  it("know in a transaction what each other wrote in it", () => {
    const board = someone();
    const [one, two] = [openCollection(board, things), openCollection(board, things)];
    one.insert({ id: "a", name: "A" });
    transact(board, () => {
      one.counter("a", "votes").add(1);
      two.counter("a", "votes").add(1);
      one.insert({ id: "b", name: "B" });
      two.update("b", { name: "C" });
      expect(() => two.insert({ id: "b", name: "D" })).toThrow(/exists already/);
    });
    expect([one.get("a")?.votes, two.get("a")?.votes, one.get("b")?.name]).toEqual([2, 2, "C"]);
  });

  it("may have been declared by two modules, of two versions even", () => {
    const board = someone();
    const shape = { name: z.string(), votes: counter() };
    const one = openCollection(board, defineCollection("others", shape));
    const two = openCollection(board, defineCollection("others", shape));
    const steps = [{ rename: { name: "title" } }];
    const titled = { title: z.string(), votes: counter() };
    const newer = openCollection(board, defineCollection("others", titled, { steps }));
    transact(board, () => {
      one.insert({ id: "a", name: "A", votes: 1 });
      expect(() => two.insert({ id: "a", name: "B" })).toThrow(/exists already/);
      one.counter("a", "votes").add(1);
      two.counter("a", "votes").add(1);
      newer.counter("a", "votes").add(1);
      expect(() => two.counter("a", "votes").add(1)).toThrow(/version 2 of it was written/);
    });
    expect(one.get("a")).toEqual({ id: "a", name: "A", votes: 4 });
    expect(two.get("a")).toEqual(one.get("a"));
    expect(newer.get("a")).toEqual({ id: "a", title: "A", votes: 4 });
  });

  it("go on when the other one is disposed, and stop listening with the last", () => {
    const board = someone();
    const [one, two] = [openCollection(board, things), openCollection(board, things)];
    one.dispose();
    two.insert({ id: "a", name: "A" });
    expect(two.get("a")?.name).toBe("A");
    expect(board.doc._observers.get("afterTransaction")?.size).toBe(1);
    two.dispose();
    expect(board.doc._observers.get("afterTransaction")?.size ?? 0).toBe(0);
  });
});

describe("in the middle of a transaction", () => {
  it("a query finds by an index what was written in it", () => {
    const board = someone();
    const all = openCollection(board, things);
    all.insert({ id: "a", name: "same" });
    expect(all.query({ where: { name: "same" } }).count).toBe(1);
    transact(board, () => {
      all.insert({ id: "b", name: "same" });
      expect(all.query({ where: { name: "same" } }).count).toBe(2);
      all.update("a", { name: "other" });
      expect(all.query({ where: { name: "same" } }).count).toBe(1);
    });
  });

  it("an observer of the document reads what the transaction wrote", () => {
    const [ours, theirs] = [someone(1), someone(2)];
    const [all, other] = [openCollection(ours, things), openCollection(theirs, things)];
    other.insert({ id: "a", name: "A" });
    meet(ours.doc, theirs.doc);
    const seen: unknown[] = [all.get("a")?.name];
    ours.doc.getArray("things").observe(() => seen.push(all.get("a")?.name));
    other.update("a", { name: "B" });
    meet(ours.doc, theirs.doc);
    expect(seen).toEqual(["A", "B"]);
  });
});

describe("a transaction that throws", () => {
  const half = (board: CollectionDocument): void => {
    const all = openCollection(board, things);
    transact(board, () => {
      all.insert({ id: "half", name: "Half" });
      throw new Error("no");
    });
  };

  it("is taken back also where it was made in a listener", () => {
    const [board, other] = [someone(1), someone(2)];
    const all = openCollection(board, things);
    let thrown: unknown;
    const heard: string[][] = [];
    all.onChange(({ ids }) => {
      heard.push([...ids]);
      if (!ids.has("first")) return;
      try {
        half(board);
      } catch (error) {
        thrown = error;
      }
    });
    all.insert({ id: "first", name: "First" });
    meet(board.doc, other.doc);
    expect(thrown).toMatchObject({ message: "no" });
    expect([all.has("half"), openCollection(other, things).has("half")]).toEqual([false, false]);
    expect(all.has("first")).toBe(true);
    expect(heard).toEqual([["first"]]);
  });

  it("is no step to undo, and does not end what may be done again", () => {
    const board = someone();
    const all = openCollection(board, things);
    const undo = createUndo(board, { within: 0 });
    all.insert({ id: "a", name: "A" });
    all.update("a", { name: "B" });
    undo.undo();
    expect(() => half(board)).toThrow("no");
    expect(undo.canRedo).toBe(true);
    undo.undo();
    expect(all.all()).toEqual([]);
    undo.dispose();
  });

  it("cannot wait", () => {
    const board = someone();
    const all = openCollection(board, things);
    expect(() =>
      transact(board, async () => {
        all.insert({ id: "a", name: "A" });
        await Promise.resolve();
      }),
    ).toThrow(expect.objectContaining({ code: "input/invalid" }));
    expect(all.all()).toEqual([]);
  });
});

describe("texts", () => {
  it("past the limit refuse a record whole, and there is room again when others are gone", () => {
    const all = openCollection(someone(), things);
    for (let i = 0; i < 500; i++) all.insert({ id: `${i}`, name: "N", notes: "text" });
    const more = { id: "more", name: "More", notes: "text" };
    expect(() => all.insert(more)).toThrow(/500 texts/);
    expect(all.has("more")).toBe(false);
    all.insert({ id: "none", name: "None" });
    all.delete("7");
    expect(all.insert(more).name).toBe("More");
  });

  it("of one record must all have room, or nothing is written", () => {
    const two = defineCollection("two", { name: z.string(), a: text(), b: text() });
    const board = someone();
    const all = openCollection(board, two);
    for (let i = 0; i < 499; i++) all.insert({ id: `${i}`, name: "N", a: "text" });
    const before = Y.encodeStateAsUpdate(board.doc);
    expect(() => all.insert({ id: "half", name: "Half", a: "one", b: "two" })).toThrow(/500 texts/);
    expect(all.has("half")).toBe(false);
    expect(Y.encodeStateAsUpdate(board.doc)).toEqual(before);
    all.insert({ id: "half", name: "Half", a: "one" });
    expect(() => all.text("half", "b")).toThrow(/500 texts/);
  });

  it("that are empty are read without limit", () => {
    const all = openCollection(someone(), things);
    for (let i = 0; i < 510; i++) {
      all.insert({ id: `${i}`, name: "N" });
      expect(all.text(`${i}`, "notes").toString()).toBe("");
    }
  });
});

it("a document that was built anew takes what is written before its listeners hear of it", () => {
  const [before, after] = [new Y.Doc({ guid: "board/main" }), new Y.Doc({ guid: "board/main" })];
  const resets = createEmitter<DocumentReset>();
  const board = {
    ...plainDocument(before),
    onReset: (hear: (reset: DocumentReset) => void) => resets.on(hear),
  };
  board.onReset(() => void all.insert({ id: "reset", name: "At once" }));
  const all = openCollection(board, things);
  all.insert({ id: "a", name: "Lost" });
  const heard: string[][] = [];
  all.onChange(({ ids }) => heard.push([...ids].toSorted()));
  board.doc = after;
  resets.emit({ doc: after, former: before });
  const other = new Y.Doc({ guid: "board/main" });
  meet(after, other);
  for (const doc of [after, other]) {
    expect(openCollection(plainDocument(doc), things).all()).toMatchObject([{ id: "reset" }]);
  }
  expect(heard).toEqual([["reset"], ["a", "reset"]]);
});

describe("parts", () => {
  it("an item that one deletes and another changes is deleted", () => {
    const [ours, theirs] = [someone(1), someone(2)];
    const [all, other] = [openCollection(ours, things), openCollection(theirs, things)];
    const { steps } = all.insert({ id: "a", name: "A", steps: ["one", "two", "three"] });
    meet(ours.doc, theirs.doc);
    all.list("a", "steps").delete(steps[2]?.id ?? "");
    other.list("a", "steps").replace(steps[2]?.id ?? "", "THREE");
    meet(ours.doc, theirs.doc);
    for (const of of [all, other]) {
      expect(of.list("a", "steps").items.map(({ value }) => value)).toEqual(["one", "two"]);
      expect(of.list("a", "steps").replace(steps[2]?.id ?? "", "again")).toBe(false);
    }
  });

  it("a member that one adds once more while another removes it stays", () => {
    const [ours, theirs] = [someone(1), someone(2)];
    const [all, other] = [openCollection(ours, things), openCollection(theirs, things)];
    all.insert({ id: "a", name: "A", tags: ["home"] });
    meet(ours.doc, theirs.doc);
    all.set("a", "tags").delete("home");
    other.set("a", "tags").add("home");
    meet(ours.doc, theirs.doc);
    expect([all.get("a")?.tags, other.get("a")?.tags]).toEqual([
      new Set(["home"]),
      new Set(["home"]),
    ]);
  });

  it("a counter of fractions has the same last digit for everybody", () => {
    const boards = [someone(1), someone(2), someone(3)];
    const all = boards.map((board) => openCollection(board, things));
    const docs = boards.map(({ doc }) => doc);
    for (let record = 0; record < 50; record++) {
      all[0]?.insert({ id: `r${record}`, name: "A" });
      meet(...docs);
      for (const [index, each] of all.entries()) {
        each.counter(`r${record}`, "votes").add((record + 1) / (7 + index));
      }
      meet(...docs);
    }
    const [one, two, three] = all.map((each) => each.all().map(({ votes }) => votes));
    expect([two, three]).toEqual([one, one]);
  });

  it("a counter stays finite, whatever is added and whoever wrote to it", () => {
    const board = someone();
    const all = openCollection(board, things);
    all.insert({ id: "a", name: "A", votes: 1e308 });
    expect(() => all.counter("a", "votes").add(1e308)).toThrow(RangeError);
    writeIn(board.doc, "things", { "a/votes/x": 1e308, "a/votes/y": Number.NaN });
    expect(all.get("a")?.votes).toBe(Number.MAX_VALUE);
  });
});

describe("values", () => {
  it("that are read cannot be changed but by writing them", () => {
    const [ours, theirs] = [someone(1), someone(2)];
    const [all, other] = [openCollection(ours, things), openCollection(theirs, things)];
    const given = { list: [1], bytes: new Uint8Array([1]) };
    all.insert({ id: "a", name: "A", data: given });
    given.list.push(2);
    const { data } = all.get("a") as { readonly data: typeof given };
    expect(data.list).toEqual([1]);
    expect(() => data.list.push(2)).toThrow(TypeError);
    data.bytes[0] = 9;
    all.update("a", { data: { ...data, list: [...data.list, 3] } });
    meet(ours.doc, theirs.doc);
    expect(other.get("a")).toEqual(all.get("a"));
    expect(other.get("a")).toMatchObject({ data: { list: [1, 3] } });
  });

  it("with half a character are the same here as at others'", () => {
    const [ours, theirs] = [someone(1), someone(2)];
    const [all, other] = [openCollection(ours, things), openCollection(theirs, things)];
    all.insert({
      id: "a",
      name: "\u{1F331}".slice(0, 1),
      data: { "x\uD83D": "\uDF31" },
      tags: ["\uD83D"],
    });
    meet(ours.doc, theirs.doc);
    expect(all.get("a")).toMatchObject({ name: "\uFFFD", data: { "x\uFFFD": "\uFFFD" } });
    expect(other.get("a")).toEqual(all.get("a"));
    expect(() => all.insert({ id: "\uD83D", name: "B" })).toThrow(/id/);
  });

  it("of which a schema makes another one at each reading are refused", () => {
    const odd = defineCollection("odd", { next: z.number().transform((n) => n + 1) });
    expect(() => openCollection(someone(), odd).insert({ next: 1 })).toThrow(/each time/);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "%d is refused, as JSON has none",
    (rank) => {
      const all = openCollection(someone(), things);
      expect(() => all.insert({ name: "N", rank })).toThrow(`rank: ${rank} cannot be stored`);
    },
  );

  it("that hold themselves, or are nested too deeply, are refused in words", () => {
    const all = openCollection(someone(), things);
    const data: unknown[] = [];
    data.push(data);
    expect(() => all.insert({ name: "N", data })).toThrow(
      "data: it is nested more than 60 deep, or holds itself",
    );
    let deep: unknown = 1;
    for (let depth = 0; depth < 60; depth++) deep = [deep];
    expect(all.insert({ name: "N", data: deep }).data).toEqual(deep);
    expect(() => all.insert({ name: "N", data: [deep] })).toThrow("more than 60 deep");
  });

  it("in one of Node's buffers are copied, like other bytes", () => {
    const board = someone();
    const data = Buffer.from("abc");
    const { id } = openCollection(board, things).insert({ id: "x", name: "N", data });
    data[0] = 120;
    const other = someone(2);
    meet(board.doc, other.doc);
    for (const document of [board, other]) {
      const read = openCollection(document, things).get(id);
      expect(new TextDecoder().decode(read?.data as Uint8Array)).toBe("abc");
    }
  });

  it("written at once that JSON has one text for are the same for everybody", () => {
    for (const [left, right] of [
      [Number.POSITIVE_INFINITY, null],
      [Uint8Array.of(1), { 0: 1 }],
      [-0, 0],
      [[undefined], [null]],
    ] as const) {
      const [a, b] = [someone(1), someone(2)];
      openCollection(a, things).insert({ id: "x", name: "N" });
      meet(a.doc, b.doc);
      writeIn(a.doc, "things", { "x/data": left });
      writeIn(b.doc, "things", { "x/data": right });
      const [as, bs] = [openCollection(a, things), openCollection(b, things)];
      meet(a.doc, b.doc);
      meet(a.doc, b.doc);
      expect(as.get("x")?.data).toStrictEqual(bs.get("x")?.data);
      expect(Object.is(as.get("x")?.data, -0)).toBe(Object.is(bs.get("x")?.data, -0));
    }
  });

  it("without an order do not put a query out of order", () => {
    const board = someone();
    const all = openCollection(board, things);
    const query = all.query({ orderBy: "rank", limit: 3 });
    const { POSITIVE_INFINITY: infinite, NaN: none } = Number;
    for (const [index, rank] of [infinite, none, infinite, 1, none].entries()) {
      all.insert({ id: `${index}`, name: "N" });
      // Another program's, which croft would not take.
      writeIn(board.doc, "things", { [`${index}/rank`]: rank });
    }
    for (const id of ["0", "4", "1"]) {
      all.delete(id);
      expect(query.rows).toEqual(all.query({ orderBy: "rank", limit: 3 }).rows);
    }
    expect(query.rows.map(({ id }) => id)).toEqual(["3", "2"]);
  });
});

describe("what is read", () => {
  it("is nobody's to change, also where it does not fit", () => {
    const board = someone();
    const definition = defineCollection("strict", {
      names: z.array(z.string()).optional(),
      tags: set(z.string()),
    });
    const all = openCollection(board, definition);
    const { id } = all.insert({ id: "x", names: ["a"], tags: ["red"] });
    const { names, tags } = all.get(id) ?? {};
    expect(() => (names as string[]).push("b")).toThrow(TypeError);
    expect(() => (tags as Set<string>).add("blue")).toThrow("a record is read only");
    writeIn(board.doc, "strict", { "x/names": ["a", 7] });
    const [invalid] = all.invalid;
    const raw = invalid?.raw["names"] as unknown[];
    expect(() => raw.pop()).toThrow(TypeError);
    // The way to mend it.
    all.update(id, { names: raw.filter((each) => typeof each === "string") });
    expect(all.get(id)?.names).toEqual(["a"]);
    const other = someone(2);
    meet(board.doc, other.doc);
    expect(openCollection(other, definition).get(id)?.names).toEqual(["a"]);
  });
});
