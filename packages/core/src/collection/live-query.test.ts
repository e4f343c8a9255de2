import * as fc from "fast-check";
import * as z from "zod";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { DocumentHandle } from "../replica/document-handle.ts";
import { createDice, pick } from "../testing/random-edits.ts";
import { createRig, type Rig } from "../testing/rig.ts";
import { uncaught } from "../testing/uncaught.ts";
import {
  type Collection,
  counter,
  defineCollection,
  openCollection,
  ref,
  set,
  transact,
} from "./index.ts";

const tasks = defineCollection(
  "tasks",
  {
    title: z.string(),
    done: z.boolean(),
    rank: z.number().optional(),
    project: z.optional(ref("projects")),
    votes: counter(),
    labels: set(z.string()),
  },
  { indexes: ["done"] },
);

type Tasks = Collection<(typeof tasks)["shape"]>;

let rig: Rig;
let document: DocumentHandle;
let board: Tasks;
beforeEach(async () => {
  rig = await createRig();
  board = await open("ada");
});
afterEach(() => rig.dispose());

async function open(user: string): Promise<Tasks> {
  document = (await rig.device(user)).workspace.open("board/main");
  await document.caughtUp();
  return openCollection(document, tasks);
}

const titles = ({ rows }: { readonly rows: readonly { readonly title: string }[] }): string =>
  rows.map(({ title }) => title).join(" ");

describe("a live query", () => {
  it("filters, sorts and limits, and follows what is changed here and elsewhere", async () => {
    for (const [id, rank] of [
      ["a", 3],
      ["b", 1],
      ["c", 2],
      ["d", undefined],
    ] as const) {
      board.insert({ id, title: id, done: id === "c", rank });
    }
    const query = board.query({ where: { done: false }, orderBy: "rank" });
    expect(titles(query)).toBe("b a d");
    board.update("c", { done: false });
    expect(titles(query)).toBe("b c a d");
    const other = await open("ben");
    const first = other.query({
      orderBy: [{ field: "rank", direction: "desc" }, "title"],
      limit: 2,
    });
    expect([titles(first), first.count]).toEqual(["a c", 4]);
    board.insert({ title: "e", done: true, rank: 9 });
    await expect.poll(() => titles(first)).toBe("e a");
    other.delete("a");
    await expect.poll(() => titles(query)).toBe("b c d");
    other.counter("b", "votes").add(2);
    await expect.poll(() => query.rows[0]?.votes).toBe(2);
    const popular = other.query({ filter: ({ votes }) => votes > 1 });
    expect(titles(popular)).toBe("b");
  });

  it("tells of changes of its rows and count, and of nothing else", () => {
    for (const id of ["a", "b", "c"]) board.insert({ id, title: id, done: false });
    const query = board.query({ where: { done: false }, orderBy: "title", limit: 2 });
    let heard = 0;
    const stop = query.onChange(() => heard++);
    const { rows } = query;
    expect(query.rows).toBe(rows);
    board.insert({ title: "of no concern", done: true });
    board.update("c", { rank: 1 });
    expect([heard, query.rows]).toEqual([0, rows]);
    expect(query.rows).toBe(rows);
    board.insert({ id: "d", title: "d", done: false });
    expect([heard, query.count, titles(query)]).toEqual([1, 4, "a b"]);
    board.update("a", { title: "z" });
    expect([heard, titles(query)]).toEqual([2, "b c"]);
    stop();
    board.delete("b");
    expect([heard, titles(query)]).toEqual([2, "c d"]);
    query.dispose();
    board.delete("c");
    expect(titles(query)).toBe("c d");
  });

  it("is true already when others hear of a change", () => {
    let shown = "";
    board.onChange(() => {
      shown = titles(query);
    });
    const query = board.query({ orderBy: "title" });
    board.insert({ title: "a", done: false });
    expect(shown).toBe("a");
  });

  it("leaves out a record for which its filter throws, and no other", async () => {
    const heard = uncaught(onTestFinished);
    const filter = ({ title }: { readonly title: string }): boolean => {
      if (title === "bad") throw new Error("no luck");
      return true;
    };
    const query = board.query({ filter, orderBy: "title" });
    transact(document, () => {
      for (const title of ["a", "bad", "c"]) board.insert({ title, done: false });
    });
    expect(titles(query)).toBe("a c");
    await expect.poll(() => heard).toMatchObject([{ message: "no luck" }]);
    expect(() => board.query({ filter })).toThrow("no luck");
  });

  it.each([-1, Number.NaN])("has no limit of %d", (limit) => {
    expect(() => board.query({ limit })).toThrow(`${limit} is no limit of a query.`);
    expect(board.query({ limit: 0 }).rows).toEqual([]);
  });

  it("does not change when a record is written as it is", () => {
    const { id } = board.insert({ title: "a", done: false, labels: ["red"] });
    const query = board.query();
    const { rows } = query;
    let heard = 0;
    query.onChange(() => heard++);
    board.set(id, "labels").add("red");
    expect(heard).toBe(0);
    expect(query.rows).toBe(rows);
    expect(board.get(id)).toBe(rows[0]);
    board.set(id, "labels").add("blue");
    expect([heard, query.rows[0]?.labels.size]).toEqual([1, 2]);
  });

  it("looks at what changed, and not at all records", () => {
    for (let i = 0; i < 500; i++) {
      board.insert({ title: `${i}`, done: i % 100 === 0, rank: i, project: `p${i % 50}` });
    }
    let looked = 0;
    const filter = (): boolean => ++looked > 0;
    const counted = (where: { done?: boolean; project?: string }): number => {
      looked = 0;
      board.query({ where, filter, orderBy: "rank" }).dispose();
      return looked;
    };
    expect(counted({})).toBe(500);
    expect(counted({ done: true })).toBe(5);
    expect(counted({ project: "p7" })).toBe(10);
    const query = board.query({ where: { project: "p7" }, filter, orderBy: "rank" });
    looked = 0;
    const [first] = query.rows;
    if (!first) throw new Error("there are some");
    board.update(first.id, { rank: 10_000 });
    expect([looked, query.rows.at(-1)?.id]).toEqual([1, first.id]);
    board.update(first.id, { project: "p8" });
    expect([looked, query.count]).toEqual([1, 9]);
    // What was indexed under its former value is not found there any more.
    expect(counted({ project: "p7" })).toBe(9);
    expect(counted({ project: "p8" })).toBe(11);
  });

  it("is what a look at everything would give, whatever happens", () => {
    const run = (seed: number, steps: number): void => {
      const dice = createDice(seed);
      for (const { id } of board.all()) board.delete(id);
      const queries = [
        { options: { orderBy: "title" } as const },
        {
          options: {
            where: { done: true },
            orderBy: { field: "rank", direction: "desc" },
          } as const,
        },
        { options: { where: { project: "p1" }, limit: 3, orderBy: ["done", "rank"] } as const },
        { options: { filter: ({ rank = 0 }: { rank?: number | undefined }) => rank % 2 === 0 } },
      ].map(({ options }) => ({ options, query: board.query(options) }));
      for (let i = 0; i < steps; i++) {
        const all = board.all();
        const some = all.length > 0 ? pick(dice, all) : undefined;
        const fields = {
          title: `t${dice(5)}`,
          done: dice(2) === 0,
          rank: dice(3) === 0 ? undefined : dice(6),
          project: dice(3) === 0 ? undefined : `p${dice(3)}`,
        };
        if (!some || dice(3) === 0) board.insert(fields);
        else if (dice(4) === 0) board.delete(some.id);
        else board.update(some.id, fields);
      }
      const done = board
        .all()
        .filter((task) => task.done)
        .toSorted(
          (a, b) =>
            Number(a.rank === undefined) - Number(b.rank === undefined) ||
            (b.rank ?? 0) - (a.rank ?? 0) ||
            (a.id < b.id ? -1 : 1),
        );
      expect(queries[1]?.query.rows).toEqual(done);
      for (const { options, query } of queries) {
        const fresh = board.query(options);
        expect(query.rows).toEqual(fresh.rows);
        expect(query.count).toBe(fresh.count);
        const limit = "limit" in options ? options.limit : Number.POSITIVE_INFINITY;
        expect(query.rows.length).toBe(Math.min(limit, query.count));
        query.dispose();
        fresh.dispose();
      }
    };
    fc.assert(fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), run), { numRuns: 150 });
  });
});
