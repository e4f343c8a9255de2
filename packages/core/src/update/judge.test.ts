import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { fromHex, type WriterId } from "../ids.ts";
import { isWellPlaced } from "../hub/well-placed.ts";
import { byClient, createBook, vectorOf } from "../testing/document-book.ts";
import { createDice, createEditors } from "../testing/random-edits.ts";
import { inspectUpdate } from "./inspect.ts";
import { type DocumentView, judgeUpdate } from "./judge.ts";

const hex = (text: string) => fromHex(text.replaceAll(/\s/g, ""));
const ada = "ada" as WriterId;
const eve = "eve" as WriterId;

const someSeed = fc.integer({ min: 0, max: 2 ** 31 });

describe("what real replicas send", () => {
  it("is new, in causal order, and advances as Yjs does", () => {
    fc.assert(
      fc.property(someSeed, (seed) => {
        const session = createEditors(createDice(seed), 3);
        session.run(60);
        const book = createBook();
        const mirror = new Y.Doc();
        for (const update of session.log) {
          expect(book.append(update)).toMatchObject({ verdict: "new" });
          Y.applyUpdate(mirror, update);
          expect(byClient(book.vector)).toEqual(byClient(vectorOf(mirror)));
        }
        for (const { doc } of [...session.editors, { doc: mirror }]) {
          expect(isWellPlaced(doc)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is new when it is merged, diffed, or sent as sync step 2", () => {
    fc.assert(
      fc.property(someSeed, (seed) => {
        const dice = createDice(seed);
        const session = createEditors(dice, 3);
        const book = createBook();
        let sent = 0;
        for (let round = 0; round < 8; round++) {
          session.run(12);
          const batch = session.log.slice(
            sent,
            (sent += 1 + dice(Math.min(64, session.log.length - sent))),
          );
          const merged = Y.mergeUpdates(batch);
          const vector = Y.encodeStateVector(new Map(book.vector));
          const diffed = Y.diffUpdate(merged, vector);
          const judged = judgeUpdate(inspectUpdate(diffed), book.view());
          expect(book.append(merged)).toEqual(judged);
          expect(judged.verdict).toBe(batch.length > 0 ? "new" : "known");
        }
        session.settle();
        for (const { doc } of session.editors) {
          const vector = Y.encodeStateVector(new Map(book.vector));
          const answer = Y.encodeStateAsUpdate(doc, vector);
          const diff = Y.diffUpdate(Y.encodeStateAsUpdate(doc), vector);
          expect(judgeUpdate(inspectUpdate(diff), book.view()).verdict).toBe("new");
          expect(judgeUpdate(inspectUpdate(answer), book.view()).verdict).toBe("new");
          expect(createBook([Y.encodeStateAsUpdate(doc)]).vector).toEqual(vectorOf(doc));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("[SYNC-7] is known or overlaps when the hub has some of it", () => {
    fc.assert(
      fc.property(someSeed, (seed) => {
        const dice = createDice(seed);
        const session = createEditors(dice, 2);
        session.run(40);
        const known = session.log.slice(0, 1 + dice(session.log.length));
        const all = Y.mergeUpdates(session.log.slice(0, 64));
        const book = createBook(known);
        for (const update of known) {
          const { verdict } = judgeUpdate(inspectUpdate(update), book.view());
          const clients = inspectUpdate(update);
          expect(verdict).toBe(clients.ok && clients.clients.length > 0 ? "known" : "new");
        }
        const { verdict } = judgeUpdate(inspectUpdate(all), book.view());
        expect(["known", "overlap", "new"]).toContain(verdict);
        book.append(all);
        expect(judgeUpdate(inspectUpdate(all), book.view()).verdict).toBe("known");
      }),
      { numRuns: 30 },
    );
  });
});

describe("judging", () => {
  // Client 7 wrote "abcdef" in the root `t`.
  const base = hex("01 01 07 00 04 01 01 74 06 616263646566 00");
  const judge = (update: string, extra?: Partial<DocumentView>) =>
    judgeUpdate(inspectUpdate(hex(update)), createBook([base]).view(extra));

  it("refuses what the inspector refuses", () => {
    expect(judge("00 00 00")).toMatchObject({ verdict: "refused", code: "trailing" });
  });

  it.each([
    ["a clock gap of a known client", "01 01 07 07 84 07 05 01 67 00"],
    ["a clock gap of an unknown client", "01 01 09 64 04 01 01 74 01 7a 00"],
    ["an origin that is not here", "01 01 09 00 84 07 06 01 7a 00"],
    ["an origin of a client that is not here", "01 01 09 00 84 b960 03 01 7a 00"],
    ["a right origin that is not here", "01 01 09 00 44 07 06 01 7a 00"],
    ["a parent that is not here", "01 01 09 00 28 00 07 06 01 61 01 7d 01 00"],
    [
      "an origin past the end of another section",
      "02 01 09 00 84 08 01 01 7a 01 08 00 04 01 01 74 01 41 00",
    ],
    ["a delete past the state vector", "00 01 07 01 05 02"],
    ["a delete of a client that is not here", "00 01 08 01 00 01"],
    ["a delete past the update's own structs", "01 01 07 06 84 07 05 01 67 01 07 01 00 08"],
  ])("calls a gap: %s", (_, update) => {
    expect(judge(update)).toMatchObject({ verdict: "gap" });
  });

  it.each([
    ["the next clock", "01 01 07 06 84 07 05 01 67 00", [{ client: 7, clock: 7 }]],
    ["another client", "01 01 09 00 c4 07 01 07 02 01 7a 00", [{ client: 9, clock: 1 }]],
    ["mere deletes", "00 01 07 01 00 06", []],
    [
      "a delete of what it brings itself",
      "01 01 07 06 84 07 05 01 67 01 07 01 05 02",
      [{ client: 7, clock: 7 }],
    ],
  ])("accepts %s", (_, update, advance) => {
    expect(judge(update)).toEqual({ verdict: "new", advance });
  });

  it.each([
    [
      "a parent that is no type: Yjs makes it collected content",
      "01 01 09 00 28 00 07 00 01 61 01 7d 01 00",
    ],
    [
      "a right origin that is not on the right of the origin",
      "01 01 03 00 c4 07 01 07 01 01 45 00",
    ],
    [
      "a map entry of two clocks, then one inside it: Yjs throws when the map is deleted",
      "01 04 09 00 27 01 01 74 01 6b 01 28 00 09 00 01 61 02 7e 7e e8 09 01 09 02 01 7e 28 01 01 74 01 78 01 7e 01 09 01 00 01",
    ],
  ])("cannot see, and leaves to who has the document: %s", (_, update) => {
    expect(judge(update)).toMatchObject({ verdict: "new" });
  });

  it("an update of nothing is known", () => {
    expect(judge("00 00")).toEqual({ verdict: "known", clients: [], deletes: false });
  });

  it("[SYNC-7] known structs are to be compared, and their deletes are not lost", () => {
    const same = "01 01 07 00 04 01 01 74 06 616263646566";
    expect(judge(`${same} 00`)).toEqual({ verdict: "known", clients: [7], deletes: false });
    expect(judge(`${same} 01 07 01 00 01`)).toEqual({
      verdict: "known",
      clients: [7],
      deletes: true,
    });
    const more = "01 01 07 03 84 07 02 04 64656667 00";
    expect(judge(more)).toEqual({
      verdict: "overlap",
      clients: [7],
      advance: [{ client: 7, clock: 7 }],
    });
    const mixed = "02 01 09 00 84 07 05 01 7a 01 07 03 84 07 02 01 64 00";
    expect(judge(mixed)).toEqual({
      verdict: "overlap",
      clients: [7],
      advance: [{ client: 9, clock: 1 }],
    });
  });

  it("[SYNC-11] new structs under somebody else's client id are answered id-taken", () => {
    const next = "01 01 07 06 84 07 05 01 67 00";
    expect(judge(next, { owner: () => eve })).toEqual({ verdict: "id-taken", client: 7 });
    expect(judge(next, { owner: () => ada })).toMatchObject({ verdict: "new" });
    expect(judge(next, { owner: () => eve, trusted: true })).toMatchObject({ verdict: "new" });
    // Collected structs at the victim's next clock would swallow what the victim writes there.
    expect(judge("01 01 07 06 00 e807 00", { owner: () => eve })).toMatchObject({
      verdict: "id-taken",
    });
    // A longer forged run over the victim's own content.
    const longer = "01 01 07 00 04 01 01 74 08 6162636465664d45 00";
    expect(judge(longer, { owner: () => eve })).toMatchObject({ verdict: "id-taken" });
    // Deletes are nobody's.
    expect(judge("00 01 07 01 00 01", { owner: () => eve })).toMatchObject({ verdict: "new" });
  });

  it("bounds the root types of a document", () => {
    const update = "01 02 09 00 04 01 01 74 01 7a 04 01 01 75 01 7a 00"; // roots t and u
    const roots = (max: number, ...known: string[]) => ({ roots: { known: new Set(known), max } });
    expect(judge(update, roots(2, "t"))).toMatchObject({ verdict: "new" });
    expect(judge(update, roots(1, "t"))).toMatchObject({
      verdict: "refused",
      code: "document-roots",
    });
    // A document that has too many already stays writable.
    expect(judge(update, roots(1, "t", "u"))).toMatchObject({ verdict: "new" });
  });
});
