import * as fc from "fast-check";
import * as Y from "yjs";
import { describe, expect, it } from "vitest";
import { isWellPlaced } from "../hub/well-placed.ts";
import { meet } from "../testing/plain-document.ts";
import { createDice, createEditors, type Dice, editType, pick } from "../testing/random-edits.ts";
import { Savepoint } from "./savepoint.ts";

const types = (doc: Y.Doc): readonly unknown[] => [
  doc.getText("text"),
  doc.getArray("array"),
  doc.getMap("map"),
  doc.getXmlFragment("xml"),
];

/** A document that has what another one has, and is edited under `client`. */
function copyOf(doc: Y.Doc, client = doc.clientID): Y.Doc {
  const copy = new Y.Doc({ guid: doc.guid });
  types(copy);
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  copy.clientID = client;
  return copy;
}

function edit(dice: Dice, doc: Y.Doc, times: number): void {
  for (let time = 0; time < times; time++) editType(dice, pick(dice, types(doc)));
}

function hasReplaced(doc: Y.Doc): boolean {
  const read = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);
  return read(Y.encodeStateAsUpdate(doc)).includes(read(new TextEncoder().encode("\uFFFD")));
}

function lengths(doc: Y.Doc): readonly number[] {
  return [doc.getText("text"), doc.getArray("array"), doc.getXmlFragment("xml")].map(
    ({ length }) => length,
  );
}

function doAndGoBack(transaction: Y.Transaction, run: () => void): void {
  const before = new Savepoint(transaction);
  run();
  before.goBack();
}

/** Of two who do the same, one does more in between, and goes back. */
function history(seed: number): void {
  const dice = createDice(seed);
  const started = createEditors(dice, 2);
  started.run(dice(40));
  started.settle();
  const [source] = started.editors;
  if (!source) throw new Error("nobody");
  const [plain, daring, reader] = [copyOf(source.doc), copyOf(source.doc), copyOf(source.doc, 5)];
  daring.on("update", (update: Uint8Array) => Y.applyUpdate(reader, update));
  for (let time = 0; time < 3; time++) {
    const [kept, first, last] = [dice(2 ** 31), dice(3), dice(3)];
    const [same, alike] = [createDice(kept), createDice(kept)];
    plain.transact(() => edit(same, plain, first + last));
    let isCut = false;
    daring.transact((transaction) => {
      edit(alike, daring, first);
      doAndGoBack(transaction, () => {
        edit(dice, daring, dice(6));
        doAndGoBack(transaction, () => edit(dice, daring, dice(6)));
        edit(dice, daring, dice(6));
      });
      isCut = hasReplaced(daring);
      edit(alike, daring, last);
    });
    // Yjs does not tell others of each character that it cut in the middle.
    if (isCut || hasReplaced(daring)) return;
    expect(daring.toJSON()).toEqual(plain.toJSON());
    expect(Y.encodeStateVector(daring)).toEqual(Y.encodeStateVector(plain));
    expect(Y.encodeStateAsUpdate(copyOf(daring))).toEqual(Y.encodeStateAsUpdate(copyOf(plain)));
    expect(reader.toJSON()).toEqual(daring.toJSON());
    expect(lengths(daring)).toEqual(lengths(copyOf(daring)));
  }
  // What others write on top comes together.
  reader.getText("text").insert(0, "one");
  daring.getText("text").insert(0, "two");
  meet(reader, daring);
  expect(reader.toJSON()).toEqual(daring.toJSON());
  expect(isWellPlaced(daring)).toBe(true);
}

describe("a transaction that goes back to a point", () => {
  it("is as if nothing had been done since, in types of all kinds, for whoever goes on", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 31 }), history), { numRuns: 1_000 });
  }, 60_000);

  it("says nothing to anybody when it goes back to its start", () => {
    const doc = new Y.Doc();
    const [text, map] = [doc.getText("text"), doc.getMap("map")];
    text.insert(0, "before");
    const heard: unknown[] = [];
    doc.on("update", (update: Uint8Array) => heard.push(update));
    text.observe((event) => heard.push(event));
    map.observeDeep((events) => heard.push(...events));
    doc.transact((transaction) => {
      doAndGoBack(transaction, () => {
        text.delete(0, 3);
        text.insert(1, "between");
        map.set("a", new Y.Text("b")).insert(0, "c");
      });
    });
    expect([heard, text.toString(), map.toJSON()]).toEqual([[], "before", {}]);
  });

  it("leaves a character that was cut in the middle the same for everybody", () => {
    const [doc, other] = [new Y.Doc(), new Y.Doc()];
    const text = doc.getText("text");
    text.insert(0, "a\u{1F331}b");
    meet(doc, other);
    doc.transact((transaction) => doAndGoBack(transaction, () => text.insert(2, "between")));
    meet(doc, other);
    expect([text.length, other.getText("text").toString()]).toEqual([4, text.toString()]);
  });

  it("tells of subdocuments what is left of them", () => {
    const doc = new Y.Doc();
    const [kept, taken] = [new Y.Doc(), new Y.Doc()];
    const heard: unknown[] = [];
    doc.on("subdocs", ({ added, removed }) => heard.push([[...added], [...removed]]));
    doc.transact((transaction) => {
      const map = doc.getMap<Y.Doc>("map");
      map.set("kept", kept);
      doAndGoBack(transaction, () => {
        map.delete("kept");
        map.set("taken", taken);
      });
    });
    expect(heard).toEqual([[[kept], []]]);
  });

  it("lets undo put back later what it had put back in between", () => {
    const doc = new Y.Doc();
    const text = doc.getText("text");
    text.insert(0, "one");
    const [undo, other] = [new Y.UndoManager(text), new Y.UndoManager(text)];
    text.delete(0, 3);
    doc.transact((transaction) => doAndGoBack(transaction, () => undo.undo()));
    text.insert(0, "two");
    other.undo();
    expect(text.toString()).toBe("one");
    undo.destroy();
    other.destroy();
  });

  it("keeps all where it was told what others did, which it cannot tell apart", () => {
    const [doc, other] = [new Y.Doc(), new Y.Doc()];
    other.getText("text").insert(0, "of another");
    doc.transact((transaction) =>
      doAndGoBack(transaction, () => {
        doc.getText("text").insert(0, "here ");
        Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
      }),
    );
    meet(doc, other);
    expect(doc.getText("text").toString()).toBe(other.getText("text").toString());
    expect(doc.getText("text").toString()).toContain("here ");
  });
});
