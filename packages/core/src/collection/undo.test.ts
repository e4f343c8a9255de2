import * as z from "zod";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DocumentHandle } from "../replica/document-handle.ts";
import { createRig, grants, type Rig } from "../testing/rig.ts";
import {
  type Collection,
  counter,
  createUndo,
  defineCollection,
  list,
  openCollection,
  text,
  transact,
} from "./index.ts";

const tasks = defineCollection("tasks", {
  title: z.string(),
  votes: counter(),
  steps: list(z.string()),
  notes: text(),
});
const projects = defineCollection("projects", { name: z.string() });

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.dispose());

async function open(
  user: string,
): Promise<{ board: DocumentHandle; all: Collection<(typeof tasks)["shape"]> }> {
  const board = (await rig.device(user)).workspace.open("board/main");
  await board.caughtUp();
  return { board, all: openCollection(board, tasks) };
}

describe("undo", () => {
  it("takes back what was done here, step by step, and does it again", async () => {
    const { board, all } = await open("ada");
    const undo = createUndo(board);
    expect([undo.canUndo, undo.undo()]).toEqual([false, false]);
    all.insert({ id: "a", title: "First", steps: ["one"] });
    undo.endStep();
    all.update("a", { title: "Second" });
    all.counter("a", "votes").add(2);
    undo.endStep();
    all.delete("a");
    expect(undo.undo()).toBe(true);
    const before = { title: "Second", votes: 2, steps: [{ value: "one" }] };
    expect(all.get("a")).toMatchObject(before);
    undo.undo();
    expect(all.get("a")).toMatchObject({ title: "First", votes: 0 });
    undo.undo();
    expect([all.all(), undo.canUndo]).toEqual([[], false]);
    undo.redo();
    undo.redo();
    expect(all.get("a")).toMatchObject(before);
    undo.dispose();
  });

  it("never takes back what another person did", async () => {
    const [ada, ben] = [await open("ada"), await open("ben")];
    const undo = createUndo(ada.board);
    ada.all.insert({ id: "a", title: "of Ada", notes: "hers " });
    undo.endStep();
    ada.all.text("a", "notes").insert(5, "typed by her own editor ");
    await expect.poll(() => ben.all.has("a")).toBe(true);
    ben.all.insert({ id: "b", title: "of Ben" });
    ben.all.counter("a", "votes").add(5);
    ben.all.list("a", "steps").push("of Ben");
    await expect.poll(() => ada.all.get("a")).toMatchObject({ votes: 5, steps: [{}] });
    ada.all.update("a", { title: "of Ada, changed" });
    ada.all.counter("a", "votes").add(1);
    undo.undo();
    expect(ada.all.get("a")).toMatchObject({ title: "of Ada", votes: 5, steps: [{}] });
    expect(ada.all.text("a", "notes").toString()).toBe("hers typed by her own editor ");
    undo.undo();
    expect(ada.all.all().map(({ title }) => title)).toEqual(["of Ben"]);
    await expect.poll(() => ben.all.has("a")).toBe(false);
    expect(undo.canUndo).toBe(false);
  });

  it("takes the transactions of an editor, where it is told of them", async () => {
    const { board, all } = await open("ada");
    const editor = { name: "an editor" };
    const undo = createUndo(board, { origins: [editor] });
    all.insert({ id: "a", title: "A" });
    undo.endStep();
    board.doc.transact(() => all.text("a", "notes").insert(0, "typed"), editor);
    undo.undo();
    expect(all.text("a", "notes").toString()).toBe("");
    expect(all.has("a")).toBe(true);
  });

  it("takes back what it knows of a counter, though more was added where it is not told", async () => {
    const { board, all } = await open("ada");
    const undo = createUndo(board, { within: 0 });
    all.insert({ id: "a", title: "A" });
    all.counter("a", "votes").add(1);
    board.doc.transact(() => all.counter("a", "votes").add(5), "a timer");
    board.doc.transact(() => all.counter("a", "votes").add(5), "a timer");
    expect([undo.undo(), all.get("a")?.votes]).toEqual([true, 10]);
    expect([undo.redo(), all.get("a")?.votes]).toEqual([true, 11]);
  });

  it("forgets its steps when the document is built anew", async () => {
    const { board, all } = await open("ada");
    const undo = createUndo(board);
    let heard = 0;
    undo.onChange(() => heard++);
    all.insert({ id: "a", title: "A" });
    await board.saved("server");
    rig.store.failWith = "store/failed";
    all.insert({ id: "b", title: "B" });
    await board.saved("device");
    expect([undo.canUndo, heard > 0]).toEqual([true, true]);
    rig.gate.limitUser("ada", grants("board/**:read"));
    rig.store.failWith = undefined;
    await expect.poll(() => all.all().map(({ id }) => id)).toEqual(["a"]);
    expect([undo.canUndo, undo.undo()]).toEqual([false, false]);
  });
});

describe("a transaction", () => {
  it("is one update and one step, over several collections", async () => {
    const { board, all } = await open("ada");
    const named = openCollection(board, projects);
    const undo = createUndo(board, { within: 0 });
    let updates = 0;
    board.doc.on("update", () => updates++);
    const heard: unknown[] = [];
    all.onChange(({ ids }) => heard.push(ids.size));
    const made = transact(board, () => {
      all.insert({ title: "A" });
      all.insert({ title: "B" });
      return named.insert({ name: "P" });
    });
    expect([updates, heard, named.all()]).toEqual([1, [2], [made]]);
    undo.undo();
    expect([all.all(), named.all()]).toEqual([[], []]);
  });

  it("that throws leaves nothing, here or elsewhere", async () => {
    const [ada, ben] = [await open("ada"), await open("ben")];
    ada.all.insert({ id: "a", title: "A" });
    const failing = (): unknown =>
      transact(ada.board, () => {
        ada.all.update("a", { title: "changed" });
        ada.all.insert({ id: "b", title: "B" });
        ada.all.insert({ id: "a", title: "again" });
      });
    expect(failing).toThrow(/exists already/);
    expect(ada.all.all()).toMatchObject([{ id: "a", title: "A" }]);
    ada.all.insert({ id: "c", title: "C" });
    await expect.poll(() => ben.all.all().map(({ id }) => id)).toEqual(["a", "c"]);
    expect(ben.all.get("a")?.title).toBe("A");
  });
});
