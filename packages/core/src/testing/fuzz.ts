/**
 * Hostile updates by the thousand: what the checks of a hub accept must apply in Yjs without a throw,
 * leave nothing waiting, and be joined and compacted like anything else.
 */

import * as Y from "yjs";
import { toHex } from "../ids.ts";
import { compareStructs } from "../update/compare.ts";
import { inspectUpdate } from "../update/inspect.ts";
import { judgeUpdate } from "../update/judge.ts";
import { isWellPlaced } from "../hub/well-placed.ts";
import { byClient, createBook, vectorOf } from "./document-book.ts";
import { generateUpdate, mutateUpdate } from "./hostile-updates.ts";
import { createEditors, type Dice } from "./random-edits.ts";

/** What became of a run. */
export interface FuzzResult {
  /** How many updates were tried. */
  readonly tried: number;
  /** How many of them the checks accepted, and that applied without harm. */
  readonly accepted: number;
}

/** Tries `count` updates that are those of real editors, changed at random. Throws on the first harm. */
export function fuzzChanged(dice: Dice, count: number): FuzzResult {
  let accepted = 0;
  for (let tried = 0; tried < count;) {
    const session = createEditors(dice, 2);
    session.run(12);
    const split = Math.min(session.log.length, 4 + dice(6));
    const stored = [Y.mergeUpdates(session.log.slice(0, split))];
    const rest = session.log.slice(split);
    const next = [...rest, Y.mergeUpdates(rest), ...stored];
    for (let i = 0; i < 200 && tried < count; i++, tried++) {
      if (tryUpdate(stored, mutateUpdate(dice, next), tried)) accepted++;
    }
  }
  return { tried: count, accepted };
}

/** Tries `count` small documents, each of up to four updates made from nothing. Throws on the first harm. */
export function fuzzGenerated(dice: Dice, count: number): FuzzResult {
  let accepted = 0;
  let tried = 0;
  for (let index = 0; index < count; index++) {
    const book = createBook();
    for (let tries = 0; tries < 4; tries++, tried++) {
      const update = generateUpdate(dice, [1, 2, 3], book.vector);
      if (!tryUpdate([...book.log], update, index)) continue;
      accepted++;
      book.append(update);
    }
  }
  return { tried, accepted };
}

function tryUpdate(stored: readonly Uint8Array[], update: Uint8Array, index: number): boolean {
  try {
    return applyIfAccepted(stored, update);
  } catch (error) {
    const hex = [...stored, update].map(toHex).join(" ");
    throw new Error(`update ${index} does harm: ${hex}`, { cause: error });
  }
}

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
  // What is put in impossible places is not for the bytes to show; see `isWellPlaced`.
  if (!applies(doc, () => Y.applyUpdate(doc, update))) return false;
  checkWhole(doc, book.vector, "after the update");
  if (!isWellPlaced(doc)) return false;
  const joiner = new Y.Doc({ guid: "fuzz" });
  Y.applyUpdate(joiner, Y.encodeStateAsUpdate(doc));
  checkWhole(joiner, book.vector, "in who joins");
  const compacted = new Y.Doc({ guid: "fuzz" });
  const compact = (): void =>
    compacted.transact(() => {
      for (const one of [...stored, update]) Y.applyUpdate(compacted, one);
    });
  // It may look well one by one, and not all at once.
  if (!applies(compacted, compact)) return false;
  checkWhole(compacted, book.vector, "after compaction");
  Y.applyUpdateV2(new Y.Doc({ guid: "fuzz" }), Y.encodeStateAsUpdateV2(compacted));
  return true;
}

function applies(doc: Y.Doc, apply: () => void): boolean {
  try {
    apply();
    return true;
  } catch (error) {
    if (isWellPlaced(doc)) throw error;
    return false;
  }
}

function checkWhole(doc: Y.Doc, vector: ReadonlyMap<number, number>, when: string): void {
  if (doc.store.pendingStructs || doc.store.pendingDs) throw new Error(`something waits ${when}`);
  if (String(byClient(vectorOf(doc))) !== String(byClient(vector))) {
    throw new Error(`the clocks differ ${when}`);
  }
}
