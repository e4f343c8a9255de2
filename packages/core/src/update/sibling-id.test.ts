import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { siblingClientId } from "./sibling-id.ts";

const ids = fc.integer({ min: 1, max: 2 ** 32 - 1 });

describe("siblingClientId", () => {
  it("lies below the client with no other client between", () => {
    fc.assert(
      fc.property(ids, fc.array(ids), (client, others) => {
        const sibling = siblingClientId(client, others);
        const blocked = client === 1 || others.includes(client - 1);
        expect(sibling === undefined).toBe(blocked);
        if (sibling === undefined) return;
        expect(sibling).toBeGreaterThan(0);
        expect(sibling).toBeLessThan(client);
        expect(others.filter((other) => other >= sibling && other < client)).toEqual([]);
      }),
    );
  });

  it("uses the whole gap", () => {
    const random = (byte: number) => () => new Uint8Array(4).fill(byte);
    expect(siblingClientId(1000, [17, 900, 1000, 4000], random(0))).toBe(901);
    expect(siblingClientId(1000, [17, 900, 1000, 4000], random(255))).toBe(999);
    expect(siblingClientId(1000, [999, 998])).toBeUndefined();
  });
});
