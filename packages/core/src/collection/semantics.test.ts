/**
 * What becomes of what two people do to the same record while they are apart: each row of the table in
 * docs/data.md, and histories of three people drawn at random, with offline periods.
 */

import * as fc from "fast-check";
import * as Y from "yjs";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { meet as meetDocs, plainDocument } from "../testing/plain-document.ts";
import { createDice, type Dice, pick } from "../testing/random-edits.ts";
import {
  type Collection,
  counter,
  defineCollection,
  list,
  openCollection,
  set,
  text,
} from "./index.ts";

const things = defineCollection("things", {
  name: z.string(),
  color: z.string().optional(),
  votes: counter(),
  tags: set(z.string()),
  steps: list(z.number()),
  notes: text(),
});

type Things = Collection<(typeof things)["shape"]>;

/** Somebody with a document of their own, and nothing between them and Yjs. */
interface Person {
  readonly doc: Y.Doc;
  readonly things: Things;
}

function person(client: number): Person {
  const doc = new Y.Doc({ guid: "board/main" });
  doc.clientID = client;
  return { doc, things: openCollection(plainDocument(doc), things) };
}

function meet(...people: readonly Person[]): void {
  meetDocs(...people.map(({ doc }) => doc));
}

/** Two people who have the same, do one thing each while they are apart, and meet; what both then see. */
function apart(
  before: (things: Things) => void,
  first: (things: Things) => void,
  second: (things: Things) => void,
): Things {
  // Whoever has the higher client id must not matter.
  const seen = [
    [1, 2],
    [2, 1],
  ].map(([a = 0, b = 0]) => {
    const [ada, ben] = [person(a), person(b)];
    before(ada.things);
    meet(ada, ben);
    first(ada.things);
    second(ben.things);
    meet(ada, ben);
    expect(ben.things.all()).toEqual(ada.things.all());
    return ada.things;
  });
  const [one] = seen;
  if (!one) throw new Error("nobody");
  return one;
}

const one = (of: Things): void => void of.insert({ id: "x", name: "one", steps: [1, 2, 3] });
const values = (of: Things): readonly number[] =>
  (of.get("x")?.steps ?? []).map(({ value }) => value);
/** The id of the item with a value. */
function item(of: Things, value: number): string {
  const found = of.get("x")?.steps.find((each) => each.value === value);
  if (!found) throw new Error(`no item ${value}`);
  return found.id;
}

describe("two people at once", () => {
  it("create + create: one record with the fields of both", () => {
    const merged = apart(
      () => undefined,
      (of) => of.insert({ id: "x", name: "A", color: "red", tags: ["a"], votes: 1, steps: [1] }),
      (of) => of.insert({ id: "x", name: "B", tags: ["b"], votes: 2, steps: [2] }),
    );
    const record = merged.get("x");
    expect(record).toMatchObject({ color: "red", votes: 3, tags: new Set(["a", "b"]) });
    expect(["A", "B"]).toContain(record?.name);
    expect(values(merged).toSorted((a, b) => a - b)).toEqual([1, 2]);
  });

  it("edit + edit on two fields: both", () => {
    const merged = apart(
      one,
      (of) => of.update("x", { name: "A" }),
      (of) => of.update("x", { color: "blue" }),
    );
    expect(merged.get("x")).toMatchObject({ name: "A", color: "blue" });
  });

  it("edit + edit on one field: one of them, for everybody", () => {
    const merged = apart(
      one,
      (of) => of.update("x", { name: "A" }),
      (of) => of.update("x", { name: "B" }),
    );
    expect(["A", "B"]).toContain(merged.get("x")?.name);
  });

  it("edit + delete: it is deleted, and what is left of it stays hidden", () => {
    const merged = apart(
      one,
      (of) => {
        of.update("x", { name: "A" });
        of.counter("x", "votes").add(5);
        of.set("x", "tags").add("late");
        of.list("x", "steps").push(4);
        of.text("x", "notes").insert(0, "late");
      },
      (of) => of.delete("x"),
    );
    expect(merged.has("x")).toBe(false);
    expect([merged.all(), merged.invalid]).toEqual([[], []]);
    expect(merged.insert({ id: "x", name: "new" })).toMatchObject({
      name: "new",
      votes: 0,
      tags: new Set(),
      steps: [],
    });
  });

  it("delete + create again: it is there, as it was made again", () => {
    const merged = apart(
      one,
      (of) => of.delete("x"),
      (of) => {
        of.delete("x");
        of.insert({ id: "x", name: "again", color: "green" });
      },
    );
    expect(merged.get("x")).toMatchObject({ name: "again", color: "green" });
  });

  it("edit + delete and create again: as it was made again, and the text has what was typed", () => {
    const merged = apart(
      (of) => {
        one(of);
        of.counter("x", "votes").add(100);
      },
      (of) => {
        for (const name of ["late", "later"]) of.update("x", { name, color: "red" });
        of.counter("x", "votes").add(1);
        of.set("x", "tags").add("late");
        of.list("x", "steps").push(4);
        of.text("x", "notes").insert(0, "typed");
      },
      (of) => {
        of.delete("x");
        of.insert({ id: "x", name: "fresh", votes: 2 });
      },
    );
    expect(merged.get("x")).toEqual({
      id: "x",
      name: "fresh",
      votes: 2,
      tags: new Set(),
      steps: [],
    });
    expect(merged.text("x", "notes").toString()).toBe("typed");
  });

  it("delete + delete: it is gone", () => {
    const merged = apart(
      one,
      (of) => of.delete("x"),
      (of) => of.delete("x"),
    );
    expect(merged.has("x")).toBe(false);
  });

  it("increment + increment: both count", () => {
    const merged = apart(
      one,
      (of) => of.counter("x", "votes").add(2),
      (of) => {
        of.counter("x", "votes").add(-5);
        of.counter("x", "votes").add(1);
      },
    );
    expect(merged.get("x")?.votes).toBe(-2);
  });

  it("set, add + add: one member", () => {
    const add = (of: Things): void => of.set("x", "tags").add("a");
    expect(apart(one, add, add).get("x")?.tags).toEqual(new Set(["a"]));
  });

  it("set, add again + remove: it stays", () => {
    const merged = apart(
      (of) => {
        one(of);
        of.set("x", "tags").add("a");
      },
      (of) => of.set("x", "tags").delete("a"),
      (of) => {
        of.set("x", "tags").delete("a");
        of.set("x", "tags").add("a");
      },
    );
    expect(merged.get("x")?.tags).toEqual(new Set(["a"]));
  });

  it("list, insert + insert at one place: both, in one order for everybody", () => {
    const merged = apart(
      one,
      (of) => of.list("x", "steps").insert(1, 10, 11),
      (of) => of.list("x", "steps").insert(1, 20),
    );
    expect(values(merged).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 10, 11, 20]);
    expect([values(merged)[0], ...values(merged).slice(-2)]).toEqual([1, 2, 3]);
    // Between those that came to one position something can still go.
    merged.list("x", "steps").insert(2, 15);
    expect(values(merged)[2]).toBe(15);
  });

  it("list, move + move of one item: it is in one place", () => {
    const merged = apart(
      one,
      (of) => of.list("x", "steps").move(item(of, 1), 2),
      (of) => of.list("x", "steps").move(item(of, 1), 1),
    );
    expect([
      [2, 3, 1],
      [2, 1, 3],
    ]).toContainEqual(values(merged));
  });

  it("list, move + change of one item: both", () => {
    const merged = apart(
      one,
      (of) => of.list("x", "steps").move(item(of, 1), 2),
      (of) => of.list("x", "steps").replace(item(of, 1), 9),
    );
    expect(values(merged)).toEqual([2, 3, 9]);
  });

  it("list, move + delete of one item: it is deleted", () => {
    const merged = apart(
      one,
      (of) => of.list("x", "steps").move(item(of, 1), 2),
      (of) => of.list("x", "steps").delete(item(of, 1)),
    );
    expect(values(merged)).toEqual([2, 3]);
    merged.list("x", "steps").push(4);
    expect(values(merged)).toEqual([2, 3, 4]);
  });

  it("text, typing + typing: both", () => {
    const merged = apart(
      (of) => of.insert({ id: "x", name: "one", notes: "middle" }),
      (of) => of.text("x", "notes").insert(0, "before "),
      (of) => of.text("x", "notes").insert(6, " after"),
    );
    expect(merged.text("x", "notes").toString()).toBe("before middle after");
  });
});

describe("three people, now and then apart", () => {
  const IDS = ["x", "y"];

  /** What must come of a history, whatever its order. */
  interface Expected {
    readonly votes: Map<string, number>;
    readonly items: Set<number>;
    readonly deletedItems: Set<number>;
  }

  function step(dice: Dice, { things: of }: Person, expected: Expected, deletes: boolean): void {
    const id = pick(dice, IDS);
    if (!of.has(id)) {
      if (deletes) of.insert({ id, name: `made ${dice(100)}`, votes: 1, steps: [dice(1000)] });
      return;
    }
    const steps = of.list(id, "steps");
    const some = steps.items.length > 0 ? pick(dice, steps.items) : undefined;
    switch (dice(deletes ? 9 : 8)) {
      case 0:
        of.update(id, { name: `name ${dice(100)}` });
        break;
      case 1:
        of.update(id, { color: dice(2) === 0 ? undefined : `color ${dice(100)}` });
        break;
      case 2: {
        const amount = dice(9) - 4;
        of.counter(id, "votes").add(amount);
        expected.votes.set(id, (expected.votes.get(id) ?? 0) + amount);
        break;
      }
      case 3:
        of.set(id, "tags").add(`tag ${dice(4)}`);
        break;
      case 4:
        of.set(id, "tags").delete(`tag ${dice(4)}`);
        break;
      case 5: {
        const value = expected.items.size + 1;
        expected.items.add(value);
        steps.insert(dice(steps.items.length + 1), value);
        break;
      }
      case 6:
        if (some) steps.move(some.id, dice(steps.items.length));
        break;
      case 7:
        if (!some) break;
        steps.delete(some.id);
        expected.deletedItems.add(some.value);
        break;
      case 8:
        of.delete(id);
        break;
    }
  }

  function run(seed: number, length: number, deletes: boolean): void {
    const dice = createDice(seed);
    const people = [person(11), person(22), person(33)];
    const expected: Expected = { votes: new Map(), items: new Set(), deletedItems: new Set() };
    for (const id of IDS) people[0]?.things.insert({ id, name: "first" });
    meet(...people);
    for (let i = 0; i < length; i++) {
      const [a, b] = [pick(dice, people), pick(dice, people)];
      if (dice(6) === 0) meet(a, b);
      else step(dice, a, expected, deletes);
    }
    meet(...people);
    const [ada, ...others] = people.map(({ things: of }) => of);
    if (!ada) return;
    for (const other of others) {
      expect(other.all()).toEqual(ada.all());
      expect(other.invalid).toEqual([]);
    }
    // As whoever comes new and reads it from the start.
    const fresh = person(44);
    for (const each of people) Y.applyUpdate(fresh.doc, Y.encodeStateAsUpdate(each.doc));
    expect(fresh.things.all()).toEqual(ada.all());
    for (const { id, steps } of ada.all()) {
      // What can be inserted anywhere, after whatever moves, is where it was put.
      const view = ada.list(id, "steps");
      for (let at = 0; at <= steps.length; at++) {
        const [made] = view.insert(at, 0);
        expect(view.items[at]?.id).toBe(made);
        view.delete(made ?? "");
      }
    }
    if (deletes) return;
    for (const id of IDS) expect(ada.get(id)?.votes).toBe(expected.votes.get(id) ?? 0);
    const left = [...expected.items].filter((value) => !expected.deletedItems.has(value));
    const shown = ada.all().flatMap(({ steps }) => steps.map(({ value }) => value));
    expect(shown.toSorted((a, b) => a - b)).toEqual(left);
  }

  it("see the same; each increment counts, and each item is there once unless it was deleted", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, length) =>
        run(seed, length, false),
      ),
      { numRuns: 2_000 },
    );
  }, 60_000);

  it("see the same also where records are deleted and made again", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, length) =>
        run(seed, length, true),
      ),
      { numRuns: 2_000 },
    );
  }, 60_000);
});
