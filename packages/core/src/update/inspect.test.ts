import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { fromHex } from "../ids.ts";
import { inspectUpdate } from "./inspect.ts";
import type { Inspection, UpdateLimits } from "./inspection.ts";
import type { InspectionCode } from "./malformed.ts";

const hex = (text: string) => fromHex(text.replaceAll(/\s/g, ""));
/** A lib0 varuint as hex digits. */
const uint = (value: number): string => {
  const byte = value % 128;
  const rest = Math.floor(value / 128);
  const digits = (rest > 0 ? byte + 128 : byte).toString(16).padStart(2, "0");
  return rest > 0 ? digits + uint(rest) : digits;
};
/** A text with its length, as hex digits. */
const string = (value: string | Uint8Array) => {
  const bytes = Buffer.from(value);
  return uint(bytes.length) + bytes.toString("hex");
};
/** One client's section with an item in the root `t`, then `rest`, and no deletes. */
const item = (info: string, content: string) => hex(`01 01 09 00 ${info} 01 01 74 ${content} 00`);
const any = (value: string) => item("08", `01 ${value}`);
const embed = (json: string | Uint8Array) => item("05", string(json));

const codeOf = (inspection: Inspection) => (inspection.ok ? "sound" : inspection.code);
const refusal = (update: Uint8Array, limits?: Partial<UpdateLimits>) =>
  codeOf(inspectUpdate(update, limits));

describe("what hostile peers send", () => {
  const cases: readonly (readonly [string, InspectionCode, Uint8Array])[] = [
    ["nothing at all", "truncated", hex("")],
    ["a count of structs of 2^40", "count", hex("01 8080808080 20 09 00 00 01 00")],
    ["a count of structs of 33 million", "count", hex("01 c094de0f 09 00 00 01 00")],
    ["a count of clients of 2^50", "count", hex("80808080808080 02 01 09 00 00 01 00")],
    ["a count of deleting clients of 2^50", "count", hex("00 80808080808080 02 01 09 00 01")],
    ["a count of delete ranges of 2^50", "count", hex("00 01 07 80808080808080 02 00 01")],
    ["a count of values of 2^40", "count", item("08", "8080808080 20 7f")],
    ["a value with 2^40 entries", "count", any("75 8080808080 20")],
    ["a collected run of 2^52", "clock", hex("01 01 09 00 00 ffffffffffffff07 00")],
    ["a collected run of 2^53 - 1", "clock", hex("01 01 09 00 00 ffffffffffffff0f 00")],
    ["a collected run of 2^54", "integer", hex("01 01 09 00 00 ffffffffffffff1f 00")],
    ["a first clock past 2^32", "clock", hex(`01 01 09 ${uint(2 ** 32)} 00 01 00`)],
    ["an origin past 2^32", "clock", hex(`01 01 09 00 84 07 ${uint(2 ** 32)} 01 41 00`)],
    ["a client id of 2^32", "client", hex(`01 01 ${uint(2 ** 32)} 00 00 01 00`)],
    ["an origin by client 2^32", "client", hex(`01 01 09 00 84 ${uint(2 ** 32)} 00 01 41 00`)],
    ["a leading Skip", "skip", hex("01 02 09 00 0a 05 04 01 01 74 02 7a 7a 00")],
    ["a Skip in the middle", "skip", hex("01 03 09 00 04 01 01 74 01 7a 0a 05 84 09 00 01 7a 00")],
    ["a Skip with flags", "content", hex("01 02 09 00 8a 05 04 01 01 74 02 7a 7a 00")],
    ["a collected struct with flags", "content", hex("01 01 09 00 40 05 00")],
    ["a collected run of no length", "zero-length", hex("01 01 09 00 00 00 00")],
    ["deleted content of no length", "zero-length", hex("01 01 09 00 01 01 01 74 00 00")],
    ["a string of no length", "zero-length", hex("01 01 09 00 04 01 01 74 00 00")],
    ["values of no length", "zero-length", hex("01 01 09 00 08 01 01 74 00 00")],
    [
      "an origin in the own future",
      "own-future",
      hex("01 02 09 00 04 01 01 74 01 41 84 09 32 01 42 00"),
    ],
    ["an origin in itself", "own-future", hex("01 01 09 00 84 09 00 01 42 00")],
    ["a right origin in the own future", "own-future", hex("01 01 09 00 44 09 01 01 42 00")],
    ["a parent that is itself", "own-future", hex("01 01 09 00 28 00 09 00 01 61 01 7d 01 00")],
    [
      "a circle between two clients",
      "cycle",
      hex("02 01 0a 00 84 09 00 01 41 01 09 00 84 0a 00 01 42 00"),
    ],
    [
      "a circle through three clients",
      "cycle",
      hex("03 01 0b 00 84 0a 00 01 41 01 0a 00 84 09 00 01 42 01 09 00 44 0b 00 01 42 00"),
    ],
    ["content of kind 11", "content", item("0b", "01 41")],
    ["content of kind 31", "content", item("1f", "01 41")],
    ["a type of kind 99", "content", item("07", "63")],
    ["a type of kind 7", "content", item("07", "07")],
    ["a value of type 115", "content", any("73")],
    ["a value of type 128", "content", any("80")],
    ["a parent of kind 2", "content", hex("01 01 09 00 04 02 01 74 01 41 00")],
    ["a client twice", "client-order", hex("02 01 09 00 00 01 01 09 01 00 01 00")],
    ["clients in ascending order", "client-order", hex("02 01 09 00 00 01 01 14 00 00 01 00")],
    ["a client without structs", "empty", hex("01 00 09 00 00 00")],
    ["a deleting client twice", "client-order", hex("00 02 07 01 00 01 07 01 01 01")],
    ["deleting clients in ascending order", "client-order", hex("00 02 07 01 00 01 08 01 00 01")],
    ["a deleting client of 2^32", "client", hex(`00 01 ${uint(2 ** 32)} 01 00 01`)],
    ["a deleting client without ranges", "empty", hex("00 02 07 00 06 01 00 01 00 00")],
    ["an empty delete range", "zero-length", hex("00 01 07 01 00 00")],
    ["a delete range up to 2^53", "clock", hex("00 01 07 01 00 ffffffffffffff0f")],
    ["a delete range of a client never seen", "clock", hex("00 01 ab04 01 00 808080808020")],
    ["descending delete ranges", "delete-order", hex("00 01 07 02 05 01 00 01")],
    ["overlapping delete ranges", "delete-order", hex("00 01 07 02 00 05 04 01")],
    [
      "the same delete range again and again",
      "delete-order",
      hex(`00 01 07 02 ${`00 ${uint(2 ** 31)}`.repeat(2)}`),
    ],
    ["the key __proto__ in a value", "key", any(`76 01 ${string("__proto__")} 7e`)],
    [
      "the key constructor in a nested value",
      "key",
      any(`75 01 76 01 ${string("constructor")} 7e`),
    ],
    [
      "the key __proto__ in a map",
      "key",
      hex(`01 01 09 00 28 01 01 74 ${string("__proto__")} 01 7e 00`),
    ],
    [
      "the key prototype in a map",
      "key",
      hex(`01 01 09 00 28 01 01 74 ${string("prototype")} 01 7e 00`),
    ],
    ["a root type __proto__", "key", hex(`01 01 09 00 04 01 ${string("__proto__")} 01 41 00`)],
    ["a format __proto__", "key", item("06", `${string("__proto__")} ${string("{}")}`)],
    ["the key __proto__ in an embed", "key", embed('{"a":[{"__proto__":1}]}')],
    ["an escaped __proto__ in an embed", "key", embed(String.raw`{"\u005f_proto__":1}`)],
    ["a value nested 5,000 deep", "depth", any(`${"7501".repeat(5000)}7e`)],
    ["a value nested 65 deep", "depth", any(`${"7501".repeat(65)}7e`)],
    ["an object nested 65 deep", "depth", any(`${"76010161".repeat(65)}7e`)],
    ["an embed nested 5,000 deep", "depth", embed("[".repeat(5000) + "]".repeat(5000))],
    ["an embed nested 65 deep", "depth", embed('{"a":'.repeat(65) + "1" + "}".repeat(65))],
    [
      "a format nested 5,000 deep",
      "depth",
      item("06", `0161 ${string("[".repeat(5000) + "]".repeat(5000))}`),
    ],
    ["an embed that is no JSON", "json", embed("undefined")],
    ["an embed of two values", "json", embed("1 2")],
    ["a subdocument", "subdocument", item("09", `${string("guid")} 76 00`)],
    ["old JSON content", "legacy", item("02", `01 ${string("1")}`)],
    ["1,000 trailing zeros", "trailing", hex(`00 00 ${"00".repeat(1000)}`)],
    ["a text that is cut", "truncated", item("04", "7f 41")],
    ["bytes that are cut", "truncated", item("03", "7f 41")],
    ["a number that is cut", "truncated", hex("01 01 09 00 08 01 01 74 01 7b 00")],
    ["a text with a lone continuation", "text", item("04", "01 80")],
    ["a text with a cut sequence", "text", item("04", "02 e8aa")],
    ["a text with an overlong form", "text", item("04", "02 c080")],
    ["a text with an encoded surrogate", "text", item("04", "03 eda080")],
    ["a text above U+10FFFF", "text", item("04", "04 f4908080")],
    ["an integer of more bytes than it needs", "integer", hex("01 01 09 8000 00 01 00")],
    ["an integer without end", "integer", hex("ffffffffffffffffffffffffffffffff")],
  ];
  it.each(cases)("%s: %s", (_, code, update) => {
    expect(refusal(update)).toBe(code);
  });

  /** A chain of types, each with what `place` says of its parent. */
  const chain = (depth: number, place: (parent: number) => string) => {
    const nested = Array.from({ length: depth - 1 }, (_, clock) => `${place(clock)} 00`);
    return hex(`01 ${uint(depth)} 09 00 07 01 01 74 00 ${nested.join(" ")} 00`);
  };

  it("types nested 5,000 deep", () => {
    expect(refusal(chain(5000, (parent) => `27 00 09 ${uint(parent)} 01 6b`))).toBe("depth");
    expect(refusal(chain(257, (parent) => `07 00 09 ${uint(parent)}`))).toBe("sound");
    expect(refusal(chain(258, (parent) => `07 00 09 ${uint(parent)}`))).toBe("depth");
    // A neighbour of a nested type is as deep as that: here every second one goes deeper.
    const zigzag = (parent: number) =>
      parent % 2 === 0 ? `07 00 09 ${uint(parent)}` : `87 09 ${uint(parent)}`;
    expect(refusal(chain(514, zigzag))).toBe("depth");
    expect(refusal(chain(513, zigzag))).toBe("sound");
    // Through two clients, which Yjs writes in descending order: 9 nests in 8, 8 in 9.
    const nine = Array.from({ length: 200 }, (_, clock) => `07 00 08 ${uint(clock)} 00`);
    const eight = Array.from({ length: 200 }, (_, clock) => `07 00 09 ${uint(clock)} 00`);
    const both = [`c801 09 00 ${nine.join(" ")}`, `c901 08 00 07 01 01 74 00 ${eight.join(" ")}`];
    expect(refusal(hex(`02 ${both.join(" ")} 00`))).toBe("depth");
  });

  it("many types side by side are no nesting", () => {
    const beside = (left: number) => `87 09 ${uint(left)}`;
    expect(refusal(chain(100_000, beside))).toBe("sound");
  });

  it("100,000 items, each under a new root", () => {
    const roots = Array.from(
      { length: 100_000 },
      (_, i) => `28 01 ${string(`root ${i}`)} 01 6b 01 7e`,
    );
    expect(refusal(hex(`01 ${uint(100_000)} 09 00 ${roots.join(" ")} 00`))).toBe("too-many-roots");
  });

  it("5,000 delete ranges that all cover everything", () => {
    const ranges = `00 ${uint(2 ** 32)}`.repeat(5000);
    expect(refusal(hex(`00 01 07 ${uint(5000)} ${ranges}`))).toBe("delete-order");
  });

  it("200,000 deletes of every second letter are sound in ascending order only", () => {
    const ranges = Array.from({ length: 200_000 }, (_, i) => `${uint(2 * i)} 01`);
    const head = `00 01 07 ${uint(200_000)}`;
    expect(refusal(hex(`${head} ${ranges.join(" ")}`))).toBe("sound");
    expect(refusal(hex(`${head} ${ranges.toReversed().join(" ")}`))).toBe("delete-order");
  });

  it("10,000 clients at one place are sound", () => {
    const sections = Array.from(
      { length: 10_000 },
      (_, i) => `01 ${uint(20_000 - i)} 00 84 07 00 01 61`,
    );
    expect(refusal(hex(`${uint(10_000)} ${sections.join(" ")} 00`))).toBe("sound");
  });

  it("every strict prefix of an update", () => {
    const doc = new Y.Doc();
    for (let i = 0; i < 60; i++) doc.getText("t").insert(i % 7, `text ${i} 😀`);
    for (let i = 0; i < 60; i++) doc.getText("t").delete((i * 7) % 100, 2);
    const update = Y.encodeStateAsUpdate(doc);
    expect(refusal(update)).toBe("sound");
    for (let length = 0; length < update.length; length++) {
      expect(["truncated", "count"]).toContain(refusal(update.subarray(0, length)));
    }
  });

  it("30 million structs of a byte each are refused before they are read", () => {
    const started = performance.now();
    expect(refusal(hex(`01 ${uint(30_000_000)} 09 00 00 01 00`))).toBe("count");
    expect(performance.now() - started).toBeLessThan(100);
  });

  it("clients that wait for each other in long chains take linear time", () => {
    // Client 1 needs client 2 one clock at a time, and 20,000 others wait for its last clock.
    const others = 20_000;
    const steps = 50_000;
    const sections: string[] = [];
    for (let client = others + 2; client > 2; client--) {
      sections.push(`01 ${uint(client)} 00 84 01 ${uint(steps - 1)} 01 41`);
    }
    const two = ["04 01 01 74 01 41"];
    for (let clock = 1; clock < steps; clock++) two.push(`84 02 ${uint(clock - 1)} 01 41`);
    sections.push(`${uint(steps)} 02 00 ${two.join(" ")}`);
    const one: string[] = [];
    for (let clock = 0; clock < steps; clock++) one.push(`84 02 ${uint(clock)} 01 41`);
    sections.push(`${uint(steps)} 01 00 ${one.join(" ")}`);
    const update = hex(`${uint(others + 2)} ${sections.join(" ")} 00`);
    const started = performance.now();
    expect(refusal(update)).toBe("sound");
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe("limits", () => {
  const doc = new Y.Doc();
  doc.clientID = 7;
  for (let i = 1; i < 10; i++) doc.getMap(`root ${i}`).set("key", "value");
  const text = doc.getText("root 0");
  text.insert(0, "abcdefghij");
  for (let i = 0; i < 4; i++) text.delete(2 * i, 1);
  const other = new Y.Doc();
  other.clientID = 8;
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
  other.getText("root 0").insert(0, "x");
  const update = Y.encodeStateAsUpdate(other);
  const { bytes, structs } = inspectUpdate(update) as { bytes: number; structs: number };

  it.each([
    ["maxBytes", "too-large", bytes],
    ["maxClients", "too-many-clients", 2],
    ["maxStructs", "too-many-structs", structs],
    ["maxDeletes", "too-many-deletes", 4],
    ["maxRoots", "too-many-roots", 10],
    ["maxCollected", "too-much-collected", 4],
  ] as const)("%s", (limit, code, enough) => {
    expect(refusal(update, { [limit]: enough })).toBe("sound");
    expect(refusal(update, { [limit]: enough - 1 })).toBe(code);
  });

  it("maxDepth", () => {
    const nested = any(`${"7501".repeat(64)}7e`);
    expect(refusal(nested)).toBe("sound");
    expect(refusal(nested, { maxDepth: 63 })).toBe("depth");
  });

  it("maxCollected counts clocks, which take no bytes", () => {
    expect(refusal(hex(`01 01 09 00 00 ${uint(2 ** 24)} 00`))).toBe("sound");
    expect(refusal(hex(`01 01 09 00 00 ${uint(2 ** 24 + 1)} 00`))).toBe("too-much-collected");
  });
});

describe("what it finds", () => {
  it("clients, deletes, references and roots", () => {
    const a = new Y.Doc();
    a.clientID = 7;
    a.getText("t").insert(0, "ab😀");
    const b = new Y.Doc();
    b.clientID = 9;
    Y.applyUpdate(b, Y.encodeStateAsUpdate(a));
    b.transact(() => {
      b.getText("t").insert(1, "x");
      b.getText("t").delete(3, 2);
      b.getMap("m").set("k", new Y.Map());
    });
    const inspection = inspectUpdate(
      Y.diffUpdate(Y.encodeStateAsUpdate(b), Y.encodeStateVector(a)),
    );
    expect(inspection).toEqual({
      ok: true,
      clients: [{ client: 9, from: 0, to: 2, structs: 2 }],
      deletes: [{ client: 7, from: 2, to: 4 }],
      references: new Map([[7, 2]]),
      roots: ["m"],
      bytes: expect.any(Number),
      structs: 2,
      clocks: 2,
    });
  });

  it("an update of nothing", () => {
    expect(inspectUpdate(hex("00 00"))).toMatchObject({ ok: true, clients: [], deletes: [] });
  });

  it("references between clients of the same update are no circle", () => {
    // 10:0, 9:0 after 10:0, 10:1 after 9:0.
    const update = "02 02 0a 00 04 01 01 74 01 41 84 09 00 01 43 01 09 00 84 0a 00 01 42 00";
    expect(refusal(hex(update))).toBe("sound");
  });

  it("the length of texts in UTF-16 units", () => {
    const value = "a¢€😀\u{10ffff}\ufeff\ud7ff\ue000";
    const inspection = inspectUpdate(item("04", string(value)));
    expect(inspection.ok && inspection.clocks).toBe(value.length);
  });

  it("values nested as deep as they may be", () => {
    expect(refusal(any(`${"7501".repeat(64)}7e`))).toBe("sound");
    expect(refusal(embed("[".repeat(64) + "]".repeat(64)))).toBe("sound");
  });
});
