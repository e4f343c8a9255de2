import { describe, expect, it } from "vitest";
import { parseDocPath } from "../doc-path.ts";
import { createHandClock } from "../testing/hand-clock.ts";
import { createMemoryCanary } from "../testing/losable-store.ts";
import { keepCanary, readCanary } from "./canary-keeper.ts";
import { type CanaryRecord, decodeCanary, encodeCanary } from "./canary-record.ts";
import { type Loss, lossError, sumLosses } from "./loss.ts";

const [A, B, C, D] = ["notes/a", "notes/b", "notes/c", "notes/d"].map(parseDocPath);

function record(waiting: readonly Loss[], change: Partial<CanaryRecord> = {}): CanaryRecord {
  return { owner: "ada", store: "s", term: 2, waiting, lost: [], ...change };
}

describe("the text of a canary", () => {
  it("comes back as it was", () => {
    const written = record([{ path: A, changes: 3 }], { lost: [{ changes: 2 }] });
    expect(decodeCanary(encodeCanary(written))).toEqual(written);
  });

  it("names a hundred documents, counts the rest, and stays short and readable", () => {
    const long = Array.from({ length: 1_000 }, (_, n) => ({
      path: parseDocPath(`notes/${"x".repeat(120)}/${"y".repeat(120)}/${"z".repeat(120)}/${n}`),
      changes: 1_000_000,
    }));
    const text = encodeCanary(record(long, { lost: long }));
    expect(text.length).toBeLessThan(100_000);
    const { waiting = [], lost = [] } = decodeCanary(text) ?? {};
    expect(waiting).toHaveLength(101);
    expect(waiting.at(-1)).toEqual({ changes: 900_000_000 });
    expect(sumLosses([...waiting, ...lost]).at(-1)).toEqual({ changes: 1_800_000_000 });
  });

  it.each([
    ["a path that is none", { waiting: [{ path: "../a", changes: 1 }] }],
    ["a count that is none", { waiting: [{ path: "notes/a", changes: -1 }] }],
    ["too many", { waiting: Array.from({ length: 102 }, () => ({ changes: 1 })) }],
  ])("is not believed with %s", (_, change) => {
    const valid = JSON.parse(encodeCanary(record([]))) as object;
    expect(decodeCanary(JSON.stringify({ ...valid, ...change }))).toBeUndefined();
  });
});

describe("keeping a canary", () => {
  it("[SYNC-9] leaves it to the tab that took the store over", () => {
    const canary = createMemoryCanary();
    const clock = createHandClock();
    let waiting: readonly Loss[] = [];
    const keeper = keepCanary({ canary, clock, record: () => record(waiting) });
    const successor = encodeCanary(record([{ path: B, changes: 1 }], { term: 3 }));
    canary.text = successor;
    waiting = [{ path: A, changes: 9 }];
    keeper.changed();
    clock.pass();
    keeper.changed();
    keeper.dispose();
    expect(canary.text).toBe(successor);
    expect(clock.waits).toEqual([]);
  });

  it("writes once a second at most, and what is left when it ends", () => {
    const canary = createMemoryCanary();
    const clock = createHandClock();
    let waiting: readonly Loss[] = [];
    const keeper = keepCanary({ canary, clock, record: () => record(waiting) });
    for (const changes of [1, 2, 3]) {
      waiting = [{ path: A, changes }];
      keeper.changed();
      expect(readCanary(canary, "ada")?.waiting).toEqual([]);
    }
    expect(clock.waits).toEqual([1_000]);
    clock.pass();
    expect(readCanary(canary, "ada")?.waiting).toEqual(waiting);
    waiting = [{ path: A, changes: 4 }];
    keeper.changed();
    keeper.dispose();
    expect(readCanary(canary, "ada")?.waiting).toEqual(waiting);
    expect(clock.waits).toEqual([]);
  });
});

describe("what is said of losses", () => {
  it.each([
    [[{ path: A, changes: 1 }], "1 change of notes/a"],
    [
      [
        { path: A, changes: 1 },
        { path: B, changes: 2 },
      ],
      "3 changes of notes/a and notes/b",
    ],
    [
      [A, B, C, D].map((path) => ({ path, changes: 1 })),
      "4 changes of notes/a, notes/b, notes/c and other documents",
    ],
    [[{ path: A, changes: 1 }, { changes: 5 }], "6 changes of notes/a and other documents"],
  ])("%j: %s", (losses, words) => {
    expect(lossError(losses)?.message).toBe(
      `This device lost ${words} that had not reached the server.`,
    );
  });

  it("is nothing when nothing was lost", () => {
    expect(lossError([])).toBeUndefined();
  });
});
