import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { fromHex } from "../ids.ts";
import { createDice, createEditors, pick } from "../testing/random-edits.ts";
import { compareStructs } from "./compare.ts";
import { Kind } from "./content.ts";
import { StructReader } from "./struct-reader.ts";

const hex = (text: string) => fromHex(text.replaceAll(/\s/g, ""));
const someSeed = fc.integer({ min: 0, max: 2 ** 31 });

function docOf(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}

/** The state vector of a document as a function. */
function clocks(doc: Y.Doc): (client: number) => number {
  const vector = Y.decodeStateVector(Y.encodeStateVector(doc));
  return (client) => vector.get(client) ?? 0;
}

describe("[SYNC-7] structs below the state vector", () => {
  it("are equal, however store and replica have cut, merged and collected them", () => {
    fc.assert(
      fc.property(someSeed, (seed) => {
        const dice = createDice(seed);
        const session = createEditors(dice, 3);
        session.run(60);
        const known = session.log.slice(0, 1 + dice(session.log.length));
        const hub = docOf(known);
        session.settle();
        const state = Y.encodeStateAsUpdate(hub);
        const middle = dice(known.length);
        const stores = [
          known,
          [state],
          [Y.convertUpdateFormatV2ToV1(Y.encodeStateAsUpdateV2(hub))],
          [Y.encodeStateAsUpdate(docOf(known.slice(0, middle))), ...known.slice(middle)],
          [Y.mergeUpdates(known.slice(0, 64)), ...known.slice(64)],
        ];
        const sent = [
          ...session.log,
          Y.mergeUpdates(session.log.slice(0, 64)),
          ...session.editors.map(({ doc }) => Y.encodeStateAsUpdate(doc)),
          Y.diffUpdate(state, new Uint8Array([0])),
        ];
        for (const store of stores) {
          for (const update of sent)
            expect(compareStructs(store, update, clocks(hub))).toBe("equal");
        }
      }),
      { numRuns: 60 },
    );
  });

  it("are different when a forger wrote other content under the same clocks", () => {
    fc.assert(
      fc.property(someSeed, (seed) => {
        const dice = createDice(seed);
        const session = createEditors(dice, 2);
        session.run(40);
        const forged = Uint8Array.from(pick(dice, session.log));
        // Another letter in a text, or another place.
        const spots: number[] = [];
        const reader = new StructReader(forged);
        while (reader.nextSection()) {
          while (reader.nextStruct()) {
            if (reader.kind === Kind.string) spots.push(reader.input.textEnd - 1);
            if (reader.keyStart >= 0 && reader.keyEnd > reader.keyStart)
              spots.push(reader.keyEnd - 1);
            if (reader.originClient >= 0 && reader.kind !== Kind.gc) spots.push(reader.start + 1);
          }
        }
        fc.pre(spots.length > 0);
        const spot = pick(dice, spots);
        const byte = forged[spot] ?? 0;
        forged[spot] = byte < 0x80 ? (byte % 0x60) + 1 + 0x1f * Number(byte < 0x20) : byte ^ 1;
        fc.pre(forged[spot] !== byte);
        const hub = docOf(session.log);
        expect(compareStructs(session.log, forged, clocks(hub))).toBe("different");
      }),
      { numRuns: 200 },
    );
  });

  // Client 7 wrote "abcdef" in the root `t`, then client 9 the values 1 and 2 in the root `a`.
  const stored = [
    hex("01 01 07 00 04 01 01 74 06 616263646566 00"),
    hex("01 01 09 00 08 01 01 61 02 7d01 7d02 00"),
  ];
  const compare = (update: string, store = stored) =>
    compareStructs(store, hex(update), (client) => ({ 7: 6, 9: 2 })[client] ?? 0);

  it.each([
    ["the same", "01 01 07 00 04 01 01 74 06 616263646566 00"],
    ["a part from inside", "01 01 07 02 84 07 01 02 6364 00"],
    ["two halves", "01 02 07 00 04 01 01 74 03 616263 84 07 02 03 646566 00"],
    ["the same and more", "01 01 07 03 84 07 02 05 6465666768 00"],
    ["its own deleted content", "01 01 07 00 01 01 01 74 06 00"],
    ["its own collected content", "01 01 07 00 00 06 00"],
    ["one value", "01 01 09 01 88 09 00 01 7d02 00"],
    ["nothing known", "01 01 08 00 04 01 01 74 01 7a 00"],
    ["nothing", "00 00"],
  ])("equal: %s", (_, update) => {
    expect(compare(update)).toBe("equal");
  });

  it.each([
    ["another letter", "01 01 07 00 04 01 01 74 06 616263646567 00"],
    ["another letter in a part", "01 01 07 02 84 07 01 02 6363 00"],
    ["another origin", "01 01 07 02 84 07 00 02 6364 00"],
    ["a right origin", "01 01 07 02 c4 07 01 07 00 02 6364 00"],
    ["no origin where the store has one", "01 01 07 02 04 01 01 74 02 6364 00"],
    ["another root", "01 01 07 00 04 01 01 75 06 616263646566 00"],
    ["a key", "01 01 07 00 24 01 01 74 00 06 616263646566 00"],
    ["a parent struct", "01 01 07 00 04 00 09 00 06 616263646566 00"],
    ["another kind", "01 01 07 00 08 01 01 74 06 7e7e7e7e7e7e 00"],
    ["another value", "01 01 09 01 88 09 00 01 7d03 00"],
    ["another type of value", "01 01 09 01 88 09 00 01 79 00"],
  ])("different: %s", (_, update) => {
    expect(compare(update)).toBe("different");
  });

  it("whatever was collected in the store is equal", () => {
    const collected = [hex("01 02 07 00 00 03 81 07 02 03 00")];
    expect(compare("01 01 07 00 04 01 01 74 06 787878787878 00", collected)).toBe("equal");
    // Of deleted content the place is left, and compared.
    expect(compare("01 01 07 03 c4 07 02 07 00 03 787878 00", collected)).toBe("different");
  });

  it("what the store does not have is not equal", () => {
    expect(compare("01 01 07 00 04 01 01 74 06 616263646566 00", [])).toBe("different");
    const half = [hex("01 01 07 00 04 01 01 74 03 616263 00")];
    expect(compare("01 01 07 00 04 01 01 74 06 616263646566 00", half)).toBe("different");
    const rest = hex("01 01 07 03 84 07 02 03 646566 00");
    expect(compare("01 01 07 00 04 01 01 74 06 616263646566 00", [...half, rest])).toBe("equal");
  });

  it("many small pieces of one long text take linear time", () => {
    const clocks = 50_000;
    const id = (clock: number) =>
      clock < 128
        ? [clock]
        : clock < 16_384
          ? [(clock % 128) | 128, clock >> 7]
          : [(clock % 128) | 128, ((clock >> 7) % 128) | 128, clock >> 14];
    const head = (structs: number) => [1, ...id(structs), 7, 0];
    const text = new Uint8Array(clocks).fill(0x61);
    const long = Uint8Array.from([...head(1), 4, 1, 1, 0x74, ...id(clocks), ...text, 0]);
    const small: number[] = [...head(clocks), 4, 1, 1, 0x74, 1, 0x61];
    for (let clock = 1; clock < clocks; clock++) small.push(0x84, 7, ...id(clock - 1), 1, 0x61);
    const pieces = Uint8Array.from([...small, 0]);
    const started = performance.now();
    expect(compareStructs([long], pieces, () => clocks)).toBe("equal");
    expect(compareStructs([pieces], long, () => clocks)).toBe("equal");
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("the same value in other bytes is equal", () => {
    const object = (entries: string) => hex(`01 01 05 00 08 01 01 61 01 7602 ${entries} 00`);
    const store = [object("0161 7d01 0162 7d02")];
    expect(compareStructs(store, object("0162 7d02 0161 7d01"), () => 1)).toBe("equal");
    expect(compareStructs(store, object("0162 7d01 0161 7d02"), () => 1)).toBe("different");
    const embed = (json: string) =>
      hex(
        `01 01 05 00 05 01 01 61 ${json.length.toString(16).padStart(2, "0")} ${Buffer.from(json).toString("hex")} 00`,
      );
    expect(compareStructs([embed('{"a":1,"b":[2]}')], embed('{"b":[2],"a":1}'), () => 1)).toBe(
      "equal",
    );
    expect(compareStructs([embed('{"a":1,"b":[2]}')], embed('{"b":[3],"a":1}'), () => 1)).toBe(
      "different",
    );
  });
});
