import * as Y from "yjs";
import * as z from "zod";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { storedIn, writeIn } from "../testing/plain-document.ts";
import { createRig, grants, type Rig } from "../testing/rig.ts";
import {
  counter,
  defineCollection,
  type InsertOf,
  list,
  type ListItem,
  openCollection,
  type RecordOf,
  ref,
  set,
  text,
  type UpdateOf,
} from "./index.ts";

const tasks = defineCollection(
  "tasks",
  z.object({
    title: z.string().min(1).max(20),
    done: z.boolean().default(false),
    due: z.iso.date().optional(),
    project: z.optional(ref("projects")),
    place: z.object({ lat: z.number(), lon: z.number() }).optional(),
    votes: counter(),
    tags: set(z.string()),
    steps: list(z.object({ title: z.string() })),
    notes: text(),
  }),
);

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.dispose());

async function open(user = "ada"): Promise<{
  readonly tasks: ReturnType<typeof openCollection<(typeof tasks)["shape"]>>;
  readonly document: ReturnType<Awaited<ReturnType<Rig["device"]>>["workspace"]["open"]>;
}> {
  const { workspace } = await rig.device(user);
  const document = workspace.open("board/main");
  await document.caughtUp();
  return { tasks: openCollection(document, tasks), document };
}

describe("a record", () => {
  it("is made, read, changed and deleted as plain data", async () => {
    const board = (await open()).tasks;
    const made = board.insert({
      title: "Water the plants",
      tags: ["home"],
      steps: [{ title: "Fill" }],
    });
    expect(made).toEqual({
      id: made.id,
      title: "Water the plants",
      done: false,
      votes: 0,
      tags: new Set(["home"]),
      steps: [{ id: made.steps[0]?.id, value: { title: "Fill" } }],
    });
    const changed = board.update(made.id, { done: true, due: "2026-12-01" });
    expect(changed).toEqual({ ...made, done: true, due: "2026-12-01" });
    expect(board.update(made.id, { due: undefined })).toEqual({ ...made, done: true });
    expect(board.all()).toEqual([{ ...made, done: true }]);
    expect(Object.isFrozen(changed)).toBe(true);
    expect(board.delete(made.id)).toBe(true);
    expect(board.delete(made.id)).toBe(false);
    expect(board.all()).toEqual([]);
    expect(board.get(made.id)).toBeUndefined();
  });

  it("comes to others, and is there after a restart", async () => {
    const [ada, ben] = [await open("ada"), await open("ben")];
    const { id } = ada.tasks.insert({ title: "Shared", notes: "as long as you like" });
    await expect.poll(() => ben.tasks.get(id)?.title).toBe("Shared");
    expect(ben.tasks.text(id, "notes").toString()).toBe("as long as you like");
    ben.tasks.counter(id, "votes").add(2);
    ada.tasks.counter(id, "votes").add(3);
    await expect.poll(() => ada.tasks.get(id)?.votes).toBe(5);
    await ada.document.saved("server");
    await rig.restartServer();
    expect((await open("cleo")).tasks.get(id)).toMatchObject({ title: "Shared", votes: 5 });
  });

  it("does not write what is the same already", async () => {
    const { tasks: board, document } = await open();
    const { id } = board.insert({ title: "Same", place: { lat: 1, lon: 2 } });
    let updates = 0;
    document.doc.on("update", () => updates++);
    board.update(id, { title: "Same", place: { lat: 1, lon: 2 } });
    board.set(id, "tags").delete("never there");
    board.counter(id, "votes").add(0);
    expect(updates).toBe(0);
  });

  it("is one update, whatever it holds", async () => {
    const { tasks: board, document } = await open();
    let updates = 0;
    document.doc.on("update", () => updates++);
    const { id } = board.insert({
      title: "One",
      tags: ["a", "b"],
      steps: [{ title: "c" }],
      notes: "d",
    });
    board.delete(id);
    expect(updates).toBe(2);
  });

  it("has of a life before its deletion nothing", async () => {
    const board = (await open()).tasks;
    board.insert({ id: "one", title: "First", due: "2026-12-01", tags: ["old"], notes: "old" });
    board.delete("one");
    expect(board.insert({ id: "one", title: "Second" })).toMatchObject({ tags: new Set() });
    expect(board.get("one")).not.toHaveProperty("due");
    expect(board.text("one", "notes").toString()).toBe("");
  });

  it("leaves nothing when it is deleted", async () => {
    const { tasks: board, document } = await open();
    const kept = board.insert({ title: "Kept" });
    const { id } = board.insert({
      title: "Gone",
      tags: ["a"],
      steps: [{ title: "b" }],
      notes: "c",
    });
    board.delete(id);
    const keys = [...storedIn(document.doc, "tasks").keys()];
    expect(keys.filter((key) => !key.startsWith(kept.id))).toEqual([]);
    expect(document.doc.getText(`tasks/${id}/notes`).toString()).toBe("");
    expect(board.sweep()).toBe(0);
    expect(board.all()).toEqual([kept]);
  });
});

describe("what does not fit", () => {
  it("is refused with the field and what would be right, and nothing of it is written", async () => {
    const { tasks: board, document } = await open();
    const before = Y.encodeStateAsUpdate(document.doc);
    const given = { title: "", due: "tomorrow", steps: [{ title: 7 }], colour: "red" };
    const attempt = (): unknown => board.insert(given as never);
    expect(attempt).toThrow(
      expect.objectContaining({
        code: "record/invalid",
        path: "board/main",
        issues: [
          expect.objectContaining({ path: ["colour"], message: expect.stringContaining("title") }),
          expect.objectContaining({ path: ["title"] }),
          expect.objectContaining({ path: ["due"] }),
          expect.objectContaining({ path: ["steps", 0, "title"] }),
        ],
      }),
    );
    expect(attempt).toThrow(/title: .*; due: .*steps\.0\.title/);
    const { id } = board.insert({ title: "Fits" });
    expect(() => board.update(id, { title: "much too long to be a title" })).toThrow(/title/);
    expect(() => board.update(id, { votes: 3 } as never)).toThrow(/its own methods/);
    expect(() => board.list(id, "steps").push({ title: "fits" }, { title: 7 } as never)).toThrow(
      /steps\.title/,
    );
    expect(board.get(id)?.steps).toEqual([]);
    board.delete(id);
    expect(before.length).toBeLessThan(Y.encodeStateAsUpdate(document.doc).length);
  });

  it("cannot be stored, though its schema allows it", async () => {
    const { document } = await open();
    const events = openCollection(document, defineCollection("events", { at: z.date() }));
    expect(() => events.insert({ at: new Date() })).toThrow(/at: a Date cannot be stored/);
    const odd = openCollection(document, defineCollection("odd", { any: z.any() }));
    expect(() => odd.insert({ any: { a: [() => undefined] } })).toThrow(/any\.a\.0: a function/);
    expect(() => odd.insert({ any: JSON.parse('{"__proto__": 1}') })).toThrow(/__proto__/);
  });

  it("and is there all the same is told with its raw value, kept, and can be mended", async () => {
    const { tasks: board, document } = await open();
    const { id } = board.insert({ title: "Fits" });
    writeIn(document.doc, "tasks", { [`${id}/title`]: 7 });
    expect(board.get(id)).toBeUndefined();
    expect(board.all()).toEqual([]);
    expect(board.invalid).toMatchObject([
      { id, raw: { title: 7, done: false }, issues: [{ path: ["title"] }] },
    ]);
    expect(board.update(id, { title: "Mended" })).toMatchObject({ id, title: "Mended" });
    expect(board.invalid).toEqual([]);
    writeIn(document.doc, "tasks", { [`${id}/due`]: "soon", [`${id}/done`]: "no" });
    expect(() => board.update(id, { done: true })).toThrow(/due/);
    expect(storedIn(document.doc, "tasks").get(`${id}/done`)).toBe("no");
    expect(board.update(id, { done: true, due: undefined })).toMatchObject({ done: true });
  });

  it("is a value of which its schema makes another that it would not take", async () => {
    const { document } = await open();
    const odd = openCollection(
      document,
      defineCollection("odd", { size: z.string().transform(Number), trimmed: z.string().trim() }),
    );
    expect(() => odd.insert({ size: "5", trimmed: "a" })).toThrow(
      /size: its schema makes something/,
    );
    expect(storedIn(document.doc, "odd").size).toBe(0);
    const fine = openCollection(document, defineCollection("fine", { trimmed: z.string().trim() }));
    expect(fine.insert({ trimmed: "  a " }).trimmed).toBe("a");
  });

  it("is named when there is no such record, or one already", async () => {
    const board = (await open()).tasks;
    expect(() => board.update("none", { done: true })).toThrow(/There is no “none” of “tasks”/);
    expect(() => board.counter("none", "votes")).toThrow(
      expect.objectContaining({ code: "record/missing", id: "none" }),
    );
    board.insert({ id: "one", title: "One" });
    expect(() => board.insert({ id: "one", title: "Two" })).toThrow(
      expect.objectContaining({ code: "record/duplicate" }),
    );
    expect(() => board.insert({ id: "a/b", title: "Three" })).toThrow(/without a slash/);
  });
});

describe("a document that one may only read", () => {
  it("is not written, and the error says what is needed", async () => {
    const { tasks: board, document } = await open("ada");
    const { id } = board.insert({ title: "Before" });
    await document.saved("server");
    rig.gate.limitUser("ada", grants("board/**:read"));
    await expect.poll(() => document.state.access).toBe("read");
    const denied = expect.objectContaining({ code: "access/denied", path: "board/main" });
    expect(() => board.insert({ title: "After" })).toThrow(denied);
    expect(() => board.update(id, { done: true })).toThrow(denied);
    expect(() => board.delete(id)).toThrow(denied);
    expect(() => board.delete("none")).toThrow(denied);
    expect(() => board.list(id, "steps").push({ title: "After" })).toThrow(denied);
    expect(() => board.counter(id, "votes").add(1)).toThrow(/Write access|may read/);
    expect(board.all()).toMatchObject([{ id, title: "Before" }]);
  });

  it("shows what is accepted after a denial, and tells what changed", async () => {
    const { tasks: board, document } = await open("ada");
    const kept = board.insert({ title: "Kept" });
    await document.saved("server");
    rig.store.failWith = "store/failed";
    const gone = board.insert({ title: "Refused" });
    board.update(kept.id, { title: "Changed" });
    await document.saved("device");
    const changed = new Set<string>();
    board.onChange(({ ids }) => ids.forEach((id) => changed.add(id)));
    rig.gate.limitUser("ada", grants("board/**:read"));
    rig.store.failWith = undefined;
    await expect.poll(() => board.all()).toEqual([kept]);
    expect(changed).toEqual(new Set([gone.id, kept.id]));
  });
});

describe("changes", () => {
  it("are told once for each transaction, with the records and whether they were made here", async () => {
    const [ada, ben] = [await open("ada"), await open("ben")];
    const heard: unknown[] = [];
    ben.tasks.onChange(({ ids, local, authors }) =>
      heard.push([[...ids].toSorted(), local, authors]),
    );
    ada.document.doc.transact(() => {
      ada.tasks.insert({ id: "a", title: "A" });
      ada.tasks.insert({ id: "b", title: "B" });
      // What was written in it can be read in it.
      ada.tasks.update("a", { done: true });
      ada.tasks.counter("a", "votes").add(1);
      ada.tasks.counter("a", "votes").add(1);
      expect(ada.tasks.get("a")).toMatchObject({ done: true, votes: 2 });
    });
    await expect.poll(() => heard).toEqual([[["a", "b"], false, ["ada"]]]);
    ben.tasks.delete("b");
    expect(heard.at(-1)).toEqual([["b"], true, []]);
    ben.tasks.dispose();
    ada.tasks.delete("a");
    await expect.poll(() => storedIn(ben.document.doc, "tasks").has("a/")).toBe(false);
    expect(heard).toHaveLength(2);
  });
});

describe("a declaration", () => {
  it("says which name or field cannot be", () => {
    expect(() => defineCollection("a/b", {})).toThrow(/“a\/b” cannot name a collection/);
    expect(() => defineCollection("a", { id: z.string() })).toThrow(
      /“id” of the collection “a” cannot be/,
    );
    expect(() => defineCollection("a", { b: "string" as never })).toThrow(/has no schema/);
    expect(() => defineCollection("a", { b: z.optional(text()) })).toThrow(
      /has a default, and is a text/,
    );
  });
});

describe("types", () => {
  type S = (typeof tasks)["shape"];

  it("follow from the declaration", () => {
    expectTypeOf<RecordOf<S>>().toEqualTypeOf<{
      readonly id: string;
      readonly title: string;
      readonly done: boolean;
      readonly votes: number;
      readonly tags: ReadonlySet<string>;
      readonly steps: readonly ListItem<{ readonly title: string }>[];
      readonly due?: string | undefined;
      readonly project?: string | undefined;
      readonly place?: { readonly lat: number; readonly lon: number } | undefined;
    }>();
    expectTypeOf<InsertOf<S>>().toEqualTypeOf<{
      readonly id?: string;
      readonly title: string;
      readonly done?: boolean | undefined;
      readonly due?: string | undefined;
      readonly project?: string | undefined;
      readonly place?: { lat: number; lon: number } | undefined;
      readonly votes?: number;
      readonly tags?: Iterable<string>;
      readonly steps?: readonly { title: string }[];
      readonly notes?: string;
    }>();
    expectTypeOf<UpdateOf<S>>().toEqualTypeOf<{
      // Only what is optional can be removed.
      readonly title?: string;
      readonly done?: boolean | undefined;
      readonly due?: string | undefined;
      readonly project?: string | undefined;
      readonly place?: { lat: number; lon: number } | undefined;
    }>();
    expectTypeOf<keyof UpdateOf<S>>().toEqualTypeOf<
      "title" | "done" | "due" | "project" | "place"
    >();
  });
});
