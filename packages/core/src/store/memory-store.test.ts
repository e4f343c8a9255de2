import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkAgainstModel, describeStore } from "../testing/store-conformance.ts";
import type { StoreRig } from "../testing/store-rig.ts";
import { comparePaths } from "../doc-path.ts";
import { createMemoryDisk, createMemoryStore, type MemoryDisk } from "./memory-store.ts";
import type { Store } from "./store.ts";

const disks = new WeakMap<Store, MemoryDisk>();

function open(disk: MemoryDisk = createMemoryDisk()): Store {
  const store = createMemoryStore(disk);
  disks.set(store, disk);
  return store;
}

const rig: StoreRig = {
  open: async () => open(),
  reopen: async (store) => open(disks.get(store)),
};

describeStore("memory", rig, { describe, it, expect });

describe("memory store", () => {
  it("does what the model does, whatever happens", async () => {
    const choices = fc.array(fc.nat(2 ** 31 - 1), { maxLength: 600, size: "max" });
    await fc.assert(
      fc.asyncProperty(choices, (drawn) => checkAgainstModel(rig, drawn, { expect })),
      { numRuns: 100 },
    );
  });

  it("orders paths as their UTF-8 bytes are ordered", () => {
    const text = fc.string({ unit: "grapheme" });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const byBytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(comparePaths(a, b))).toBe(byBytes);
      }),
    );
  });
});
