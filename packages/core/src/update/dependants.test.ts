import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, type WriterId } from "../ids.ts";
import { createDice, createEditors } from "../testing/random-edits.ts";
import { dependants } from "./dependants.ts";
import { inspectUpdate } from "./inspect.ts";
import { judgeUpdate } from "./judge.ts";

const hex = (text: string) => fromHex(text.replaceAll(/\s/g, ""));
const writer = "ada" as WriterId;

describe("[SYNC-19] dependants of a denied update", () => {
  it("are exactly those that a document without it could not take", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const dice = createDice(seed);
        const { log, run } = createEditors(dice, 3);
        run(50);
        const at = dice(log.length);
        const denied = log[at] ?? new Uint8Array();
        const later = log.slice(at + 1);
        const found = new Set(dependants(denied, later));
        const vector = new Map<number, number>();
        const verdict = (update: Uint8Array) => {
          const judgement = judgeUpdate(inspectUpdate(update), {
            clock: (client) => vector.get(client) ?? 0,
            owner: () => undefined,
            writer,
          });
          if (judgement.verdict === "new") {
            for (const { client, clock } of judgement.advance) vector.set(client, clock);
          }
          return judgement.verdict;
        };
        for (const update of log.slice(0, at)) expect(verdict(update)).toBe("new");
        for (const [index, update] of later.entries()) {
          expect(verdict(update)).toBe(found.has(index) ? "gap" : "new");
        }
      }),
      { numRuns: 100 },
    );
  });

  // Client 7 wrote "ab" in the root `t`; 1 and 2 are its next clocks.
  const denied = hex("01 01 07 01 84 07 00 01 62 00");

  it.each([
    ["later clocks of the same client", "01 01 07 02 04 01 01 75 01 7a 00"],
    ["an origin in it", "01 01 09 00 84 07 01 01 7a 00"],
    ["a right origin in it", "01 01 09 00 44 07 01 01 7a 00"],
    ["a parent in it", "01 01 09 00 28 00 07 01 01 61 01 7d01 00"],
    ["a delete of it", "00 01 07 01 00 02"],
    ["bytes that nobody can read", "01 01"],
  ])("%s", (_, update) => {
    expect(dependants(denied, [hex(update)])).toEqual([0]);
  });

  it.each([
    ["an earlier clock as origin", "01 01 09 00 84 07 00 01 7a 00"],
    ["another client", "01 01 08 05 04 01 01 74 01 7a 00"],
    ["a delete before it", "00 01 07 01 00 01"],
    ["nothing", "00 00"],
  ])("not: %s", (_, update) => {
    expect(dependants(denied, [hex(update)])).toEqual([]);
  });

  it("follow through one another, also through clients", () => {
    const through9 = hex("01 01 09 00 84 07 01 01 7a 00");
    const through8 = hex("01 01 08 00 84 09 00 01 7a 00");
    const of8 = hex("00 01 08 01 00 01");
    const free = hex("01 01 06 00 04 01 01 74 01 7a 00");
    expect(dependants(denied, [free, through9, free, through8, of8])).toEqual([1, 3, 4]);
    expect(dependants(denied, [through8, of8])).toEqual([]);
  });

  it("of mere deletes there are none", () => {
    expect(dependants(hex("00 01 07 01 00 01"), [hex("01 01 07 02 04 01 01 75 01 7a 00")])).toEqual(
      [],
    );
  });

  it("structs that are accepted already do not count", () => {
    const overlapping = hex("01 01 07 00 04 01 01 74 02 6162 00");
    const beside = [hex("01 01 09 00 84 07 00 01 7a 00")];
    expect(dependants(overlapping, beside)).toEqual([0]);
    expect(dependants(overlapping, beside, (client) => (client === 7 ? 1 : 0))).toEqual([]);
  });

  it("all that is later depends on what nobody can read", () => {
    expect(dependants(hex("01 01 09"), [hex("00 00"), hex("00 00")])).toEqual([0, 1]);
    // What a hub refuses and Yjs can read is read: a subdocument here.
    const subdocument = hex("01 01 07 01 09 01 01 74 0167 7600 00");
    expect(
      dependants(subdocument, [hex("00 00"), hex("01 01 07 02 04 01 01 75 01 7a 00")]),
    ).toEqual([1]);
  });
});
