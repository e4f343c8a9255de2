import * as Y from "yjs";
import * as z from "zod";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DocumentHandle } from "../replica/document-handle.ts";
import { meet, plainDocument } from "../testing/plain-document.ts";
import { createRig, grants, type Rig } from "../testing/rig.ts";
import {
  type Collection,
  type CollectionDocument,
  counter,
  createUndo,
  defineCollection,
  list,
  openCollection,
  richText,
  text,
  transact,
} from "./index.ts";

const tasks = defineCollection("tasks", {
  title: z.string(),
  votes: counter(),
  steps: list(z.string()),
  notes: text(),
  page: richText(),
});
const newerTasks = defineCollection(
  "tasks",
  { ...tasks.shape, due: z.string().optional() },
  { steps: [(fields) => fields] },
);
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

/** Somebody with a document of their own, and nothing between them and Yjs. */
interface Side {
  readonly board: CollectionDocument;
  readonly all: Collection<(typeof tasks)["shape"]>;
}

function side(client: number): Side {
  const doc = new Y.Doc({ guid: "board/main" });
  doc.clientID = client;
  const board = plainDocument(doc);
  return { board, all: openCollection(board, tasks) };
}

function ofBenIn(paragraph: unknown): void {
  if (!(paragraph instanceof Y.XmlElement)) throw new Error("no paragraph");
  paragraph.insert(0, [new Y.XmlText("of Ben")]);
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
    // Ben wrote in it.
    expect(undo.undo()).toBe(false);
    expect(ada.all.get("a")).toMatchObject({ title: "of Ada", votes: 5, steps: [{}] });
    expect([undo.canUndo, ada.all.has("b")]).toEqual([false, true]);
  });

  it("does nothing while the document may only be read", async () => {
    const { board, all } = await open("ada");
    const undo = createUndo(board, { within: 0 });
    all.insert({ id: "a", title: "A" });
    all.update("a", { title: "B" });
    undo.undo();
    await board.saved("server");
    const can = (): readonly boolean[] => [undo.canUndo, undo.canRedo];
    const heard: unknown[] = [];
    undo.onChange(() => heard.push(can()));
    let updates = 0;
    board.doc.on("update", () => updates++);
    rig.gate.limitUser("ada", grants("board/**:read"));
    await expect.poll(() => board.state.access).toBe("read");
    expect([can(), undo.undo(), undo.redo(), updates]).toEqual([[false, false], false, false, 0]);
    rig.gate.limitUser("ada", grants("board/**:write"));
    await expect.poll(() => board.state.access).toBe("write");
    const [no, yes] = [
      [false, false],
      [true, true],
    ];
    expect([can(), heard]).toEqual([yes, [no, yes]]);
    expect([undo.undo(), all.all()]).toEqual([true, []]);
  });

  it("does nothing in the middle of a transaction", async () => {
    const { board, all } = await open("ada");
    const undo = createUndo(board);
    all.insert({ id: "a", title: "A" });
    expect(transact(board, () => undo.undo())).toBe(false);
    expect([all.has("a"), undo.undo(), all.has("a")]).toEqual([true, true, false]);
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

  it("takes what was typed here, untold, with the record that it was typed in", async () => {
    const { board, all } = await open("ada");
    const undo = createUndo(board);
    all.insert({ id: "a", title: "A" });
    all.text("a", "notes").insert(0, "typed by an editor that has an undo of its own");
    expect([undo.undo(), all.has("a")]).toEqual([true, false]);
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

describe("undo beside others", () => {
  const two = (): readonly [mine: Side, theirs: Side] => [side(1), side(2)];

  it("leaves a record that others wrote in, and takes back the rest of the step", () => {
    const [ada, ben] = two();
    const undo = createUndo(ada.board);
    transact(ada.board, () => {
      ada.all.insert({ id: "a", title: "A", notes: "hers" });
      ada.all.insert({ id: "b", title: "B" });
      ada.all.update("a", { title: "of Ada" });
    });
    meet(ada.board.doc, ben.board.doc);
    ben.all.text("a", "notes").insert(4, " and his");
    meet(ada.board.doc, ben.board.doc);
    expect(undo.undo()).toBe(true);
    meet(ada.board.doc, ben.board.doc);
    for (const { all } of [ada, ben]) {
      expect(all.all()).toMatchObject([{ id: "a", title: "of Ada" }]);
      expect(all.text("a", "notes").toString()).toBe("hers and his");
    }
    expect([undo.redo(), ada.all.has("b"), undo.canRedo]).toEqual([true, true, false]);
  });

  it.each<[string, (of: Side["all"]) => void]>([
    ["a field", (of) => of.update("a", { title: "of Ben" })],
    ["a counter", (of) => of.counter("a", "votes").add(1)],
    ["a list", (of) => of.list("a", "steps").push("of Ben")],
    ["a text", (of) => of.text("a", "notes").insert(0, "of Ben")],
    ["a formatted text", (of) => ofBenIn(of.richText("a", "page").get(0))],
  ])("does not delete again a record in which others wrote %s since", (_, write) => {
    const [ada, ben] = two();
    ada.all.insert({ id: "a", title: "A" });
    ada.all.richText("a", "page").insert(0, [new Y.XmlElement("p")]);
    const undo = createUndo(ada.board);
    ada.all.delete("a");
    undo.undo();
    meet(ada.board.doc, ben.board.doc);
    write(ben.all);
    meet(ada.board.doc, ben.board.doc);
    expect([undo.redo(), ada.all.has("a")]).toEqual([false, true]);
    meet(ada.board.doc, ben.board.doc);
    expect([ben.all.has("a"), ben.all.get("a")]).toEqual([true, ada.all.get("a")]);
    expect(JSON.stringify([ben.all.get("a"), ben.board.doc.toJSON()])).toMatch(/of Ben|"votes":1/);
  });

  it("knows what others wrote also where it was deleted here and put back", () => {
    const [ada, ben] = two();
    const undo = createUndo(ada.board, { within: 0 });
    ada.all.insert({ id: "a", title: "A" });
    meet(ada.board.doc, ben.board.doc);
    ben.all.text("a", "notes").insert(0, "a chapter");
    meet(ada.board.doc, ben.board.doc);
    ada.all.delete("a");
    expect([undo.undo(), undo.undo()]).toEqual([true, false]);
    expect(ada.all.text("a", "notes").toString()).toBe("a chapter");
  });

  it("deletes a record that others looked at, and from which they took something away", () => {
    const [ada, ben] = two();
    const undo = createUndo(ada.board);
    ada.all.insert({ id: "a", title: "A", steps: ["one", "two"] });
    meet(ada.board.doc, ben.board.doc);
    ben.all.list("a", "steps").delete(ben.all.get("a")?.steps[0]?.id ?? "");
    meet(ada.board.doc, ben.board.doc);
    expect([undo.undo(), ada.all.has("a")]).toEqual([true, false]);
  });

  it("leaves a record that another one made, too, with what a third one wrote in it before they heard of that", () => {
    const [[ada, ben], cleo] = [two(), side(3)];
    const undo = createUndo(ada.board);
    ada.all.insert({ id: "a", title: "A", steps: ["hers"] });
    ben.all.insert({ id: "a", title: "B" });
    meet(ada.board.doc, cleo.board.doc);
    cleo.all.counter("a", "votes").add(1);
    cleo.all.update("a", { title: "of Cleo" });
    meet(ada.board.doc, ben.board.doc, cleo.board.doc);
    const before = ada.all.all();
    expect(before).toMatchObject([{ title: "of Cleo", votes: 1 }]);
    expect([undo.undo(), ada.all.all()]).toEqual([false, before]);
  });

  it("takes back its part of a record that others made, too, and wrote in since", () => {
    const [ada, ben] = two();
    const undo = createUndo(ada.board);
    ada.all.insert({ id: "a", title: "A", steps: ["hers"] });
    ben.all.insert({ id: "a", title: "B" });
    meet(ada.board.doc, ben.board.doc);
    ben.all.update("a", { title: "of Ben" });
    meet(ada.board.doc, ben.board.doc);
    expect([undo.undo(), ada.all.all()]).toMatchObject([true, [{ title: "of Ben", steps: [] }]]);
  });

  it("leaves a record that was made again here once others wrote in it", () => {
    const [ada, ben] = two();
    ada.all.insert({ id: "a", title: "A", steps: ["former"] });
    const undo = createUndo(ada.board);
    transact(ada.board, () => {
      ada.all.delete("a");
      ada.all.insert({ id: "a", title: "again" });
    });
    meet(ada.board.doc, ben.board.doc);
    ben.all.list("a", "steps").push("of Ben");
    meet(ada.board.doc, ben.board.doc);
    const before = ada.all.all();
    expect([undo.undo(), ada.all.all()]).toEqual([false, before]);
    expect(before).toMatchObject([{ title: "again", steps: [{ value: "of Ben" }] }]);
  });

  it("passes over a step of which nothing is left to take back", () => {
    const [ada, ben] = two();
    const undo = createUndo(ada.board, { within: 0 });
    ada.all.insert({ id: "first", title: "A" });
    ada.all.insert({ id: "second", title: "B" });
    meet(ada.board.doc, ben.board.doc);
    ben.all.update("second", { title: "of Ben" });
    meet(ada.board.doc, ben.board.doc);
    expect([undo.undo(), ada.all.all().map(({ id }) => id)]).toEqual([true, ["second"]]);
    expect([undo.canUndo, undo.undo()]).toEqual([false, false]);
  });

  it("does nothing in a collection of which a newer version was written", () => {
    const [ada, ben] = two();
    const undo = createUndo(ada.board, { within: 0 });
    const heard: boolean[] = [];
    undo.onChange(() => heard.push(undo.canUndo));
    ada.all.insert({ id: "a", title: "A" });
    meet(ada.board.doc, ben.board.doc);
    const newer = openCollection(ben.board, newerTasks);
    newer.update("a", { due: "today" });
    meet(ada.board.doc, ben.board.doc);
    expect(ada.all.isOutdated).toBe(true);
    ada.all.dispose();
    expect([undo.canUndo, undo.undo(), heard]).toEqual([false, false, [true, false]]);
    // Others, and texts, may be written.
    openCollection(ada.board, projects).insert({ id: "p", name: "P" });
    expect([undo.canUndo, undo.undo(), undo.canUndo]).toEqual([true, true, false]);
    meet(ada.board.doc, ben.board.doc);
    expect(newer.get("a")?.due).toBe("today");
  });

  it("goes on in the version that is the newest", () => {
    const [ada] = two();
    ada.all.insert({ id: "a", title: "A" });
    const newer = openCollection(ada.board, newerTasks);
    const undo = createUndo(ada.board, { within: 0 });
    newer.update("a", { due: "today" });
    newer.delete("a");
    expect([undo.undo(), newer.get("a")?.due]).toEqual([true, "today"]);
    expect([undo.undo(), newer.get("a")?.due]).toEqual([true, undefined]);
  });
});

describe("undo that is disposed", () => {
  const overwrite = ({ all }: Side): void => {
    for (let time = 0; time < 2_000; time++) all.update("a", { title: `A ${time}` });
  };
  const size = ({ board }: Side): number => Y.encodeStateAsUpdate(board.doc).length;

  it("lets go of what it kept, also where it is told to in a listener", () => {
    const [plain, ...others] = [side(1), side(1), side(1)];
    for (const { all } of [plain, ...others]) all.insert({ id: "a", title: "A" });
    overwrite(plain);
    for (const [index, ada] of others.entries()) {
      const undo = createUndo(ada.board, { within: 0 });
      overwrite(ada);
      expect(size(ada)).toBeGreaterThan(10 * size(plain));
      for (let time = 0; time < 5; time++) undo.undo();
      if (index === 1) {
        ada.all.onChange(() => undo.dispose());
        ada.all.update("a", { title: "Z" });
      } else undo.dispose();
      expect(size(ada)).toBeLessThan(3 * size(plain));
    }
  });

  it("leaves others what they need", () => {
    const ada = side(1);
    ada.all.insert({ id: "a", title: "A" });
    const [one, two] = [createUndo(ada.board), createUndo(ada.board)];
    ada.all.update("a", { title: "B" });
    one.dispose();
    ada.all.counter("a", "votes").add(1);
    expect([two.undo(), ada.all.get("a")]).toMatchObject([true, { title: "A", votes: 0 }]);
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
