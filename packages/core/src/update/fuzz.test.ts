import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { byClient, createBook, isWellPlaced, vectorOf } from "../testing/document-book.ts";
import { generateUpdate, mutateUpdate } from "../testing/hostile-updates.ts";
import { createDice, createEditors } from "../testing/random-edits.ts";
import { compareStructs } from "./compare.ts";
import { inspectUpdate } from "./inspect.ts";
import { judgeUpdate } from "./judge.ts";

/** Applies what would be accepted, on top of `stored`; says whether it was. */
function applyIfAccepted(stored: readonly Uint8Array[], update: Uint8Array): boolean {
  const book = createBook(stored);
  const { verdict } = judgeUpdate(inspectUpdate(update), book.view());
  if (verdict !== "new" && verdict !== "known" && verdict !== "overlap") return false;
  if (compareStructs(stored, update, book.clock) === "different") return false;
  book.append(update);
  const doc = new Y.Doc({ guid: "fuzz" });
  doc.clientID = 2 ** 33; // Not one that an update may have.
  for (const one of stored) Y.applyUpdate(doc, one);
  doc.on("update", () => {});
  try {
    Y.applyUpdate(doc, update);
  } catch (error) {
    if (!isWellPlaced(doc)) return false;
    throw error;
  }
  expect(doc.store.pendingStructs).toBeNull();
  expect(doc.store.pendingDs).toBeNull();
  expect(byClient(vectorOf(doc))).toEqual(byClient(book.vector));
  if (!isWellPlaced(doc)) return false;
  // The document can be joined, and its log be compacted. (Merging the log as bytes is another thing:
  // Yjs may throw on what comes of that, so nobody does it with what others wrote.)
  const joiner = new Y.Doc({ guid: "fuzz" });
  Y.applyUpdate(joiner, Y.encodeStateAsUpdate(doc));
  expect(byClient(vectorOf(joiner))).toEqual(byClient(book.vector));
  expect(joiner.store.pendingStructs ?? joiner.store.pendingDs).toBeNull();
  const compacted = new Y.Doc({ guid: "fuzz" });
  try {
    compacted.transact(() => {
      for (const one of [...stored, update]) Y.applyUpdate(compacted, one);
    });
  } catch (error) {
    // What is put in impossible places may look well one by one, and not all at once.
    if (!isWellPlaced(compacted)) return false;
    throw error;
  }
  expect(byClient(vectorOf(compacted))).toEqual(byClient(book.vector));
  Y.applyUpdateV2(new Y.Doc({ guid: "fuzz" }), Y.encodeStateAsUpdateV2(compacted));
  return true;
}

describe("fuzz", () => {
  // A failure prints the seed; FUZZ_SEED shows it again.
  const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  const COUNT = 20_000;
  const where = (index: number, update: Uint8Array) =>
    `seed ${seed}, update ${index}: ${Buffer.from(update).toString("hex")}`;

  it(`changed updates of real editors are refused, or apply without harm (seed ${seed})`, () => {
    const dice = createDice(seed);
    let accepted = 0;
    for (let index = 0; index < COUNT;) {
      const session = createEditors(dice, 2);
      session.run(12);
      const split = Math.min(session.log.length, 4 + dice(6));
      const stored = [Y.mergeUpdates(session.log.slice(0, split))];
      const next = [
        ...session.log.slice(split),
        Y.mergeUpdates(session.log.slice(split)),
        ...stored,
      ];
      for (let i = 0; i < 200 && index < COUNT; i++, index++) {
        const update = mutateUpdate(dice, next);
        try {
          if (applyIfAccepted(stored, update)) accepted++;
        } catch (error) {
          throw new Error(where(index, update), { cause: error });
        }
      }
    }
    expect(accepted).toBeGreaterThan(COUNT / 100);
  }, 60_000);

  it(`generated updates are refused, or apply without harm (seed ${seed})`, () => {
    const dice = createDice(seed);
    let accepted = 0;
    for (let index = 0; index < COUNT; index++) {
      const clients = [1, 2, 3];
      const book = createBook();
      for (let tries = 0; tries < 4; tries++) {
        const update = generateUpdate(dice, clients, book.vector);
        const stored = [...book.log];
        try {
          if (!applyIfAccepted(stored, update)) continue;
          accepted++;
          book.append(update);
        } catch (error) {
          throw new Error(where(index, update), { cause: error });
        }
      }
    }
    expect(accepted).toBeGreaterThan(COUNT / 100);
  }, 60_000);
});
