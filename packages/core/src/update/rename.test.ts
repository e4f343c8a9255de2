import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { fromHex } from "../ids.ts";
import {
  createDice,
  createEditors,
  type Dice,
  type Editors,
  pick,
} from "../testing/random-edits.ts";
import { contentHash } from "./content-hash.ts";
import { inspectUpdate } from "./inspect.ts";
import { renameClient } from "./rename.ts";
import { siblingClientId } from "./sibling-id.ts";

const hex = (text: string) => fromHex(text.replaceAll(/\s/g, ""));
const someSeed = fc.integer({ min: 0, max: 2 ** 31 });

function docOf(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  expect(doc.store.pendingStructs ?? doc.store.pendingDs).toBeNull();
  return doc;
}

/** All content, in a form in which equal documents are equal. */
function contentOf(doc: Y.Doc): unknown {
  const roots = [doc.getText("text"), doc.getArray("array"), doc.getMap("map")];
  return [...roots.map(plain), doc.getXmlFragment("xml").toJSON()];
}

function plain(value: unknown): unknown {
  if (value instanceof Y.XmlElement) return value.toJSON();
  if (value instanceof Y.Text) {
    const delta: readonly { insert: unknown; attributes?: unknown }[] = value.toDelta();
    return delta.map(({ insert, attributes }) => [plain(insert), attributes]);
  }
  if (value instanceof Y.Array) return value.toArray().map(plain);
  if (value instanceof Y.Map) return new Map([...value].map(([key, inner]) => [key, plain(inner)]));
  return value;
}

/** A client of the session, and an id for it that keeps the order of all clients. */
function chooseIds(dice: Dice, { editors }: Editors): { from: number; to: number } {
  const from = pick(dice, editors).doc.clientID;
  const clients = editors.map(({ doc }) => doc.clientID);
  const to = siblingClientId(from, clients, (length) =>
    Uint8Array.from({ length }, () => dice(256)),
  );
  fc.pre(to !== undefined);
  return { from, to };
}

const vectorOf = (doc: Y.Doc) => Y.decodeStateVector(Y.encodeStateVector(doc));

describe("[SYNC-11] a renamed client", () => {
  it("has the same content under the other id", () => {
    fc.assert(
      fc.property(someSeed, (seed) => {
        const dice = createDice(seed);
        const session = createEditors(dice, 3);
        session.run(60);
        const { from, to } = chooseIds(dice, session);
        const renamed = session.log.map((update) => renameClient(update, from, to));
        for (const update of renamed) expect(inspectUpdate(update).ok).toBe(true);
        const before = docOf(session.log);
        const after = docOf(renamed);
        expect(contentOf(after)).toEqual(contentOf(before));
        const clock = vectorOf(before).get(from);
        expect(vectorOf(after).get(to)).toBe(clock);
        expect(vectorOf(after).has(from)).toBe(false);
        // The order in which Yjs encodes is kept, and so is everything when renamed back.
        const state = Y.encodeStateAsUpdate(before);
        const back = renameClient(renameClient(state, from, to), to, from);
        expect(back).toEqual(state);
      }),
      { numRuns: 60 },
    );
  });

  it("converges in any order of arrival", () => {
    fc.assert(
      fc.property(someSeed, (seed) => {
        const dice = createDice(seed);
        const session = createEditors(dice, 3);
        session.run(40);
        const { from, to } = chooseIds(dice, session);
        const renamed = session.log.map((update) => renameClient(update, from, to));
        const merged = Y.mergeUpdates(renamed.slice(0, 64));
        const places = renamed.map(() => dice(1000));
        const shuffle = (updates: readonly Uint8Array[]): readonly Uint8Array[] =>
          updates
            .map((update, index) => [places[index] ?? 0, update] as const)
            .toSorted(([a], [b]) => a - b)
            .map(([, update]) => update);
        // About once in a thousand orders Yjs itself comes to another content, where updates come before what
        // they build on. Hubs do not take such updates.
        const inOrder = contentHash(docOf(session.log));
        fc.pre(contentHash(docOf(shuffle(session.log))) === inOrder);
        const shuffled = shuffle(renamed);
        const content = contentOf(docOf(renamed));
        expect(contentOf(docOf([merged, ...renamed.slice(64)]))).toEqual(content);
        expect(contentOf(docOf(shuffled))).toEqual(content);
      }),
      { numRuns: 40 },
    );
  });

  it("keeps what is accepted under the old id, and starts at clock 0 under the new one", () => {
    fc.assert(
      fc.property(someSeed, (seed) => {
        const dice = createDice(seed);
        const session = createEditors(dice, 3);
        session.run(50);
        const { from, to } = chooseIds(dice, session);
        const at = dice(session.log.length);
        const hub = docOf(session.log.slice(0, at));
        const accepted = vectorOf(hub).get(from) ?? 0;
        const rest = session.log
          .slice(at)
          .map((update) => renameClient(update, from, to, accepted));
        const whole = Y.encodeStateAsUpdate(docOf(session.log));
        const total = vectorOf(docOf(session.log)).get(from) ?? 0;
        const content = contentOf(docOf([...session.log.slice(0, at), ...rest]));
        expect(content).toEqual(contentOf(docOf(session.log)));
        // The same for the state as one update, whose runs lie across the border.
        const split = docOf([renameClient(whole, from, to, accepted)]);
        expect(contentOf(split)).toEqual(content);
        expect(vectorOf(split).get(from) ?? 0).toBe(Math.min(accepted, total));
        expect(vectorOf(split).get(to) ?? 0).toBe(total - accepted);
      }),
      { numRuns: 60 },
    );
  });

  it("changes places under an id with another client between: siblingClientId avoids these", () => {
    // 5 and 7 wrote at the same place, which Yjs orders by their ids; 9 then wrote between the two.
    const five = hex("01 01 05 00 04 01 01 74 01 35 00");
    const seven = hex("01 01 07 00 04 01 01 74 01 37 00");
    const nine = hex("01 01 09 00 c4 05 00 07 00 01 39 00");
    const textOf = (updates: readonly Uint8Array[]) => docOf(updates).getText("t").toJSON();
    expect(textOf([five, seven, nine])).toBe("597");
    const renamed = (to: number) =>
      [five, seven, nine].map((update) => renameClient(update, 7, to));
    expect(textOf(renamed(6))).toBe("597");
    // Under 3 it lies on the left of 5, and what was between them has its right neighbour there.
    expect(textOf(renamed(3))).toBe("759");
  });

  it.each([
    [
      "a text across the border",
      "01 01 07 00 04 01 01 74 04 61626364 00",
      "02 01 09 00 84 07 01 02 6364 01 07 00 04 01 01 74 02 6162 00",
    ],
    [
      "values across the border, with a right origin and a key flag",
      "01 01 07 01 e8 07 00 05 00 03 7d01 770161 7e 00",
      "02 01 09 00 e8 07 01 05 00 02 770161 7e 01 07 01 e8 07 00 05 00 01 7d01 00",
    ],
    [
      "collected structs across the border",
      "01 01 07 00 00 05 00",
      "02 01 09 00 00 03 01 07 00 00 02 00",
    ],
    [
      "deleted content across the border",
      "01 01 07 00 01 01 01 74 05 00",
      "02 01 09 00 81 07 01 03 01 07 00 01 01 01 74 02 00",
    ],
    [
      "references on both sides of the border",
      "01 03 05 00 c4 07 01 07 02 01 61 28 00 07 03 01 6b 01 7e 84 05 00 01 62 00",
      "01 03 05 00 c4 07 01 09 00 01 61 28 00 09 01 01 6b 01 7e 84 05 00 01 62 00",
    ],
    [
      "deletes across the border",
      "00 02 08 01 00 01 07 02 00 01 01 03",
      "00 03 09 01 00 02 08 01 00 01 07 02 00 01 01 01",
    ],
  ])("%s", (_, update, renamed) => {
    expect(renameClient(hex(update), 7, 9, 2)).toEqual(hex(renamed));
  });

  it("refuses an id that the update has already", () => {
    const both = hex("02 01 09 00 00 01 01 07 00 00 01 00");
    expect(() => renameClient(both, 7, 9)).toThrow("in use");
    expect(() => renameClient(hex("00 02 09 01 00 01 07 01 00 01"), 7, 9)).toThrow("in use");
  });
});
