/** Steps between versions of a schema: what they are given, names that are in use, and records that one throws at. */

import * as Y from "yjs";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { meet, plainDocument, storedIn, writeIn } from "../testing/plain-document.ts";
import {
  type Collection,
  counter,
  defineCollection,
  list,
  openCollection,
  type PlainFields,
  set,
  type Shape,
  type Step,
  text,
} from "./index.ts";
import type { CollectionDefinition } from "./index.ts";

function someone(client: number): Y.Doc {
  const doc = new Y.Doc({ guid: "board/main" });
  doc.clientID = client;
  return doc;
}

function open<S extends Shape>(doc: Y.Doc, definition: CollectionDefinition<S>): Collection<S> {
  return openCollection(plainDocument(doc), definition);
}

/** The same content, in a document that somebody opens for the first time. */
function copyOf(doc: Y.Doc): Y.Doc {
  const copy = someone(99);
  meet(doc, copy);
  return copy;
}

describe("a step", () => {
  it("gives a step fields of its own to change", () => {
    const doc = someone(1);
    const one = defineCollection("places", { at: z.object({ lat: z.number() }) });
    open(doc, one).insert({ id: "x", at: { lat: 1 } });
    const spoiling: Step = (fields) => {
      (fields["at"] as { lat: number }).lat++;
      return fields;
    };
    const two = defineCollection("places", one.shape, { steps: [spoiling] });
    for (let time = 0; time < 2; time++) {
      expect(open(doc, two).get("x")?.at).toEqual({ lat: 2 });
    }
  });

  it("runs for a record without any plain field, too", () => {
    const doc = someone(1);
    const one = defineCollection("tasks", { color: z.string().optional(), votes: counter() });
    const shape = { ...one.shape, rank: z.number() };
    const two = defineCollection("tasks", shape, { steps: [(fields) => ({ ...fields, rank: 1 })] });
    open(doc, one).insert({ id: "x", votes: 2 });
    open(doc, one).insert({ id: "y" });
    expect(open(doc, two).all()).toEqual([
      { id: "x", rank: 1, votes: 2 },
      { id: "y", rank: 1, votes: 0 },
    ]);
  });

  it("gets fields in one order, in whichever they were written", () => {
    const one = defineCollection("tasks", { a: z.string(), b: z.string() });
    const join: Step = (fields) => ({ names: Object.keys(fields).join() });
    const two = defineCollection("tasks", { names: z.string() }, { steps: [join] });
    const doc = someone(1);
    const tasks = open(doc, two);
    open(doc, one).insert({ id: "x", a: "1", b: "1" });
    open(doc, one).update("x", { a: "2" });
    expect([tasks.get("x")?.names, open(copyOf(doc), two).get("x")?.names]).toEqual(["a,b", "a,b"]);
  });

  it("returns fields, now", () => {
    const doc = someone(1);
    const one = defineCollection("tasks", { name: z.string().optional() });
    open(doc, one).insert({ id: "x", name: "Dig" });
    for (const wrong of [null, undefined, "fields", ["fields"], Promise.resolve({})]) {
      const step = (() => wrong) as unknown as Step;
      const { invalid } = open(doc, defineCollection("tasks", one.shape, { steps: [step] }));
      expect(invalid).toMatchObject([{ id: "x", raw: { name: "Dig" } }]);
      expect(invalid[0]?.issues[0]?.message).toContain("it returned no fields");
    }
  });

  it("may make a set and a list of anything that another program wrote", () => {
    const doc = someone(1);
    const shape = { tags: set(z.string()), steps: list(z.string()) };
    const two = defineCollection("tasks", shape, { steps: [(fields) => fields] });
    writeIn(doc, "tasks", {
      "x/": true,
      "x/tags": [1n, "a", null, {}],
      "x/steps": ["Dig", 1n, [2n]],
      "y/": true,
    });
    const tasks = open(doc, two);
    expect(tasks.all()).toMatchObject([{ id: "y" }]);
    expect(tasks.invalid).toMatchObject([{ id: "x", raw: { tags: new Set(["a"]) } }]);
    for (const { id, value } of tasks.list("x", "steps").items) {
      if (typeof value !== "string") tasks.list("x", "steps").delete(id);
    }
    expect(tasks.get("x")?.steps.map(({ value }) => value)).toEqual(["Dig"]);
  });
});

describe("a rename", () => {
  it("does not take a new field for the one that had its name before", () => {
    const doc = someone(1);
    const one = defineCollection("tasks", { title: z.string(), notes: text() });
    open(doc, one).insert({ id: "x", title: "Dig", notes: "Deep" });
    const renamed = defineCollection(
      "tasks",
      { title: z.string(), body: text(), notes: text() },
      { steps: [{ rename: { notes: "body" } }] },
    );
    const tasks = open(doc, renamed);
    tasks.text("x", "notes").insert(0, "New");
    expect([tasks.text("x", "body").toString(), tasks.text("x", "notes").toString()]).toEqual([
      "Deep",
      "New",
    ]);
  });

  it("takes a name from the field that had it before, in whichever order they were written", () => {
    const one = defineCollection("tasks", {
      title: z.string(),
      name: z.string().optional(),
      likes: counter(),
      votes: counter(),
    });
    const two = defineCollection(
      "tasks",
      { name: z.string(), votes: counter() },
      { steps: [{ rename: { title: "name", likes: "votes" } }] },
    );
    const doc = someone(1);
    const tasks = open(doc, one);
    const live = open(doc, two);
    tasks.insert({ id: "x", title: "Dig", name: "other", likes: 1, votes: 10 });
    for (const change of [{ title: "Weed" }, { name: "another" }]) {
      tasks.update("x", change);
      for (const field of ["likes", "votes"] as const) {
        tasks.counter("x", field).add(1);
        const { votes } = tasks.get("x") ?? {};
        expect(votes).toBeGreaterThan(9);
        expect(live.all()).toEqual([{ id: "x", name: "Weed", votes: tasks.get("x")?.likes }]);
        expect(open(copyOf(doc), two).all()).toEqual(live.all());
      }
    }
  });

  it("lets two fields change their names", () => {
    const one = defineCollection("tasks", { a: z.string(), b: z.string(), c: text(), d: text() });
    const steps: readonly Step[] = [{ rename: { a: "b", b: "a", c: "d", d: "c" } }];
    const two = defineCollection("tasks", one.shape, { steps });
    const doc = someone(1);
    open(doc, one).insert({ id: "x", a: "A", b: "B", c: "C", d: "D" });
    const tasks = open(doc, two);
    expect(tasks.get("x")).toEqual({ id: "x", a: "B", b: "A" });
    expect([tasks.text("x", "c").toString(), tasks.text("x", "d").toString()]).toEqual(["D", "C"]);
  });

  it("does not give two fields one name", () => {
    const steps: readonly Step[] = [{ rename: { a: "c", b: "c" } }];
    expect(() => defineCollection("tasks", { c: z.string() }, { steps })).toThrow(
      /Step 1 of “tasks” calls two fields “c”/,
    );
  });

  it("takes a counter out of the way of another one of the same name", () => {
    const one = defineCollection("tasks", { votes: counter() });
    const steps: readonly Step[] = [{ rename: { votes: "formerVotes" } }];
    const two = defineCollection("tasks", { votes: counter() }, { steps });
    const doc = someone(1);
    open(doc, one).insert({ id: "x", votes: 5 });
    open(doc, two).counter("x", "votes").add(1);
    expect(open(doc, two).get("x")?.votes).toBe(1);
  });
});

/** Throws at what is no high priority. */
function toRank({ priority, ...others }: PlainFields): PlainFields {
  if (priority !== "high") throw new RangeError(`no rank for ${String(priority)}`);
  return { ...others, rank: 1 };
}

const first = defineCollection("tasks", {
  title: z.string(),
  priority: z.string(),
  votes: counter(),
});
const second = defineCollection(
  "tasks",
  { title: z.string(), rank: z.number().optional(), votes: counter() },
  { steps: [toRank] },
);
const third = defineCollection(
  "tasks",
  { name: z.string(), place: z.string(), votes: counter() },
  {
    steps: [
      toRank,
      ({ title, rank, ...others }: PlainFields) => ({
        ...others,
        name: (title as string).trim(),
        place: `place ${String(rank)}`,
      }),
    ],
  },
);

describe("a record that a step throws at", () => {
  it("tells of a record that a step does not bring up to date, keeps it, and can mend it", () => {
    const doc = someone(1);
    open(doc, first).insert({ id: "x", title: "Dig", priority: "low" });
    const strict = defineCollection(
      "tasks",
      { title: z.string(), rank: z.number().optional() },
      {
        steps: [
          ({ priority }: PlainFields): PlainFields => {
            throw new RangeError(`no rank for ${String(priority)}`);
          },
        ],
      },
    );
    const tasks = openCollection(plainDocument(doc), strict);
    expect(tasks.all()).toEqual([]);
    const [invalid] = tasks.invalid;
    expect(invalid).toMatchObject({ id: "x", raw: { title: "Dig", priority: "low" } });
    expect(invalid?.issues[0]?.message).toBe(
      "it could not be brought to version 2 (RangeError: no rank for low)",
    );
    tasks.update("x", { rank: 1 });
    expect(openCollection(plainDocument(doc), strict).get("x")).toEqual({
      id: "x",
      title: "Dig",
      rank: 1,
    });
  });

  it("is the only one that cannot be read", () => {
    const doc = someone(1);
    open(doc, first).insert({ id: "x", title: "Dig", priority: "low" });
    open(doc, first).insert({ id: "y", title: "Sow", priority: "high", votes: 2 });
    const tasks = open(doc, third);
    expect(tasks.all()).toEqual([{ id: "y", name: "Sow", place: "place 1", votes: 2 }]);
    // Steps after the one that threw would make anything of fields that are not those which they ask for.
    expect(tasks.invalid).toMatchObject([{ id: "x", raw: { title: "Dig", priority: "low" } }]);
    expect(tasks.invalid[0]?.issues.filter(({ path }) => path.length === 0)).toHaveLength(1);
  });

  it("is mended for all versions that come after the one that mended it", () => {
    const doc = someone(1);
    open(doc, first).insert({ id: "x", title: "Dig", priority: "low", votes: 2 });
    open(doc, second).update("x", { title: " Sow ", rank: 7 });
    expect(open(doc, second).all()).toEqual([{ id: "x", title: " Sow ", rank: 7, votes: 2 }]);
    expect(open(doc, third).all()).toEqual([{ id: "x", name: "Sow", place: "place 7", votes: 2 }]);
  });

  it("is mended for good, whatever an older version does to it later", () => {
    const [one, two] = [someone(1), someone(2)];
    const old = open(two, first);
    old.insert({ id: "x", title: "Dig", priority: "low" });
    meet(one, two);
    open(one, second).update("x", { title: "Sow" });
    old.update("x", { title: "Weed", priority: "lower" });
    old.counter("x", "votes").add(3);
    meet(one, two);
    for (const doc of [one, two]) {
      expect(open(doc, second).all()).toEqual([{ id: "x", title: "Sow", votes: 3 }]);
    }
  });

  it("is mended also where there is no plain field to write", () => {
    const doc = someone(1);
    open(doc, first).insert({ id: "x", title: "Dig", priority: "low", votes: 2 });
    const counted = defineCollection("tasks", { votes: counter() }, { steps: [toRank] });
    expect(open(doc, counted).invalid).toHaveLength(1);
    expect(open(doc, counted).update("x", {})).toEqual({ id: "x", votes: 2 });
    expect([...storedIn(doc, "tasks@2").keys()]).toContain("x/");
  });

  it("is none where a newer version made it, too", () => {
    const [one, two] = [someone(1), someone(2)];
    open(one, second).insert({ id: "x", title: "Mine", votes: 1 });
    open(two, first).insert({ id: "x", title: "Dig", priority: "low", votes: 2 });
    meet(one, two);
    for (const doc of [one, two]) {
      expect(open(doc, second).all()).toEqual([{ id: "x", title: "Mine", votes: 3 }]);
    }
  });

  it("is none where a newer version deleted it and made it again", () => {
    const [one, two] = [someone(1), someone(2)];
    const old = open(two, first);
    old.insert({ id: "x", title: "Dig", priority: "high" });
    meet(one, two);
    old.update("x", { priority: "low" });
    open(one, second).delete("x");
    open(one, second).insert({ id: "x", title: "Mine" });
    meet(one, two);
    for (const doc of [one, two]) {
      expect(open(doc, second).all()).toEqual([{ id: "x", title: "Mine", votes: 0 }]);
    }
  });
});
