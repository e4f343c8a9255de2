/** What is left of deleted records, and that it goes. */

import * as Y from "yjs";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { meet, plainDocument, storedIn } from "../testing/plain-document.ts";
import {
  type CollectionDocument,
  counter,
  createUndo,
  defineCollection,
  openCollection,
  type PlainFields,
  richText,
  text,
  transact,
} from "./index.ts";

const things = defineCollection("things", {
  name: z.string(),
  votes: counter(),
  notes: text(),
  page: richText(),
});
/** Of a program that knows no texts. */
const plain = defineCollection("things", { name: z.string() });

function someone(client: number): CollectionDocument {
  const doc = new Y.Doc({ guid: "board/main" });
  doc.clientID = client;
  return plainDocument(doc);
}

const written = ({ doc }: CollectionDocument): readonly string[] =>
  [...doc.share].flatMap(([root, type]) => {
    for (let item = type._start; item; item = item.right) if (!item.deleted) return [root];
    return [];
  });

/** Ben types and edits, and Ada deletes meanwhile. */
function typedLate(
  before: (ada: CollectionDocument, ben: CollectionDocument) => void = () => undefined,
): readonly [ada: CollectionDocument, ben: CollectionDocument] {
  const [ada, ben] = [someone(1), someone(2)];
  const [all, others] = [openCollection(ada, things), openCollection(ben, things)];
  all.insert({ id: "x", name: "X", notes: "hello" });
  meet(ada.doc, ben.doc);
  before(ada, ben);
  others.text("x", "notes").insert(0, "late ");
  others.richText("x", "page").insert(0, [new Y.XmlText("late")]);
  others.update("x", { name: "late" });
  all.delete("x");
  meet(ada.doc, ben.doc);
  return [ada, ben];
}

/** As it is when it is opened the next time, by somebody. */
function openedAnew({ doc }: CollectionDocument, client = 9): CollectionDocument {
  const opened = someone(client);
  meet(doc, opened.doc);
  return opened;
}

describe("what is left of a deleted record", () => {
  it("is swept, texts too", () => {
    const [ada, ben] = typedLate();
    const all = openCollection(ada, things);
    expect(written(ada)).toEqual(["things", "things/x/notes", "things/x/page"]);
    expect([all.has("x"), all.sweep(), all.sweep()]).toEqual([false, 1, 0]);
    meet(ada.doc, ben.doc);
    for (const each of [ada, ben]) expect(written(each)).toEqual([]);
    expect(openCollection(ben, things).sweep()).toBe(0);
    // And an index that Yjs remembered leads nowhere else.
    openCollection(ben, things).insert({ id: "x", name: "X", notes: "new" });
    const notes = openCollection(ben, things).text("x", "notes");
    notes.insert(1, "--");
    expect(notes.toString()).toBe("n--ew");
  });

  it("is swept where nothing but a text is left, also by a program that does not know the field", () => {
    const [ada] = typedLate();
    openCollection(ada, things).insert({ id: "x", name: "X" });
    openCollection(ada, things).delete("x");
    for (const definition of [things, plain]) {
      const [late, opened] = [openedAnew(ada, 8), openedAnew(ada)];
      late.doc.getText("things/x/notes").insert(0, "typed");
      meet(late.doc, opened.doc);
      const all = openCollection<typeof plain.shape>(opened, definition);
      expect([all.sweep(), all.sweep()]).toEqual([1, 0]);
      expect(written(opened)).toEqual([]);
    }
  });

  it("has no place in a record that is made again, whoever deletes it", () => {
    const [ada, ben] = [someone(1), someone(2)];
    openCollection(ada, things).insert({ id: "x", name: "X", notes: "secret" });
    meet(ada.doc, ben.doc);
    const others = openCollection(ben, plain);
    others.delete("x");
    others.insert({ id: "x", name: "new" });
    meet(ada.doc, ben.doc);
    expect(openCollection(ada, things).text("x", "notes").toString()).toBe("");
    expect(openCollection(ben, things).text("x", "notes").toString()).toBe("");
  });

  it("goes with the record in a version that dropped the field", () => {
    const ada = someone(1);
    openCollection(ada, things).insert({ id: "x", name: "X", notes: "private" });
    const dropped = defineCollection(
      "things",
      { name: z.string() },
      { steps: [(old: PlainFields) => old] },
    );
    openCollection(ada, dropped).delete("x");
    expect(ada.doc.getText("things/x/notes").toString()).toBe("");
  });

  it("makes room for other texts", () => {
    const [ada, ben] = [someone(1), someone(2)];
    const [all, others] = [openCollection(ada, things), openCollection(ben, things)];
    for (let i = 0; i < 500; i++) all.insert({ id: `${i}`, name: "N", notes: "text" });
    meet(ada.doc, ben.doc);
    for (let i = 0; i < 500; i++) {
      others.text(`${i}`, "notes").insert(0, "late ");
      all.delete(`${i}`);
    }
    meet(ada.doc, ben.doc);
    const { id } = all.insert({ name: "More", notes: "text" });
    expect(all.text(id, "notes").toString()).toBe("text");
    expect(written(ada)).toEqual(["things", `things/${id}/notes`]);
  });

  it("is not what the application has in types of its own", () => {
    const ada = someone(1);
    ada.doc.getMap("things/x/map").set("a", 1);
    ada.doc.getArray("things/x/array").push([1]);
    ada.doc.getText("things/x").insert(0, "a");
    ada.doc.getText("others/x/notes").insert(0, "a");
    ada.doc.getText("things/x/y/z").insert(0, "a");
    // Also where nobody has typed them yet.
    for (const each of [ada, openedAnew(ada)]) {
      const before = Y.encodeStateAsUpdate(each.doc);
      expect(openCollection(each, things).sweep()).toBe(0);
      expect(Y.encodeStateAsUpdate(each.doc)).toEqual(before);
    }
  });
});

describe("unasked, it", () => {
  it("goes with the first change of a document that is opened, and with no other", () => {
    const [ada] = typedLate();
    const opened = openedAnew(ada);
    let updates = 0;
    opened.doc.on("update", () => updates++);
    const all = openCollection(opened, things);
    expect([all.all(), all.query().rows]).toEqual([[], []]);
    expect([updates, written(opened).length]).toEqual([0, 3]);
    all.insert({ id: "y", name: "Y" });
    expect([updates, written(opened)]).toEqual([2, ["things"]]);
    expect(storedIn(opened.doc, "things").size).toBe(2);
    all.update("y", { name: "Z" });
    expect(updates).toBe(3);
  });

  it("ends when several devices do it at once", () => {
    const [ada] = typedLate();
    const devices = [openedAnew(ada, 11), openedAnew(ada, 12)];
    for (const each of devices) openCollection(each, things).insert({ name: "Y" });
    meet(...devices.map(({ doc }) => doc));
    let updates = 0;
    for (const each of devices) each.doc.on("update", () => updates++);
    for (const each of devices) {
      expect(openCollection(each, things).sweep()).toBe(0);
      expect(written(each)).toEqual(["things"]);
    }
    expect(updates).toBe(0);
  });

  it("is no step to undo, in a transaction of the application either", () => {
    for (const change of [
      (run: () => void) => run(),
      (run: () => void, document: CollectionDocument) => transact(document, run),
    ]) {
      const opened = openedAnew(typedLate()[0]);
      const undo = createUndo(opened, { within: 0 });
      const all = openCollection(opened, things);
      change(() => all.insert({ id: "y", name: "Y" }), opened);
      expect(written(opened)).toEqual(["things"]);
      undo.undo();
      expect([all.all(), undo.canUndo, written(opened)]).toEqual([[], false, []]);
    }
  });

  it("stays of what was deleted since the document was opened, which undo may bring back", () => {
    let undo: ReturnType<typeof createUndo> | undefined;
    const [ada, ben] = typedLate((document) => {
      undo = createUndo(document, { within: 0 });
    });
    openCollection(ada, things).insert({ id: "y", name: "Y" });
    undo?.undo();
    undo?.undo();
    meet(ada.doc, ben.doc);
    expect(openCollection(ben, things).get("x")?.name).toBe("late");
    expect(openCollection(ben, things).text("x", "notes").toString()).toBe("late hello");
  });

  it("stays as long as a deletion may be refused, or not all is here", () => {
    for (const state of [{ live: false }, { saved: "device" }, { ready: false }] as const) {
      const opened = openedAnew(typedLate()[0]);
      const before = { ...opened.state, ...state };
      const waiting = { ...opened, state: before };
      openCollection(waiting, things).insert({ id: "y", name: "Y" });
      expect(written(opened)).toHaveLength(3);
      openCollection(opened, things).insert({ id: "z", name: "Z" });
      expect(written(opened)).toHaveLength(1);
    }
  });
});
