/** The suite that every store passes, in Chromium. */

import { createTag, type Store } from "@croft/core";
import { checkAgainstModel, describeStore, type StoreRig } from "@croft/core/testing";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { deleteIndexeddbStore, openIndexeddbStore } from "./index.ts";

const names = new Map<Store, string>();
afterAll(() => Promise.all([...new Set(names.values())].map(deleteIndexeddbStore)));

async function open(name: string): Promise<Store> {
  const store = await openIndexeddbStore({ name });
  names.set(store, name);
  return store;
}

const rig: StoreRig = {
  open: () => open(`conformance-${createTag()}`),
  reopen: (store) => open(names.get(store) ?? ""),
};

describeStore("IndexedDB", rig, { describe, it, expect });

describe("IndexedDB store", () => {
  it("does what the model does, whatever happens", { timeout: 60_000 }, async () => {
    const choices = fc.array(fc.nat(2 ** 31 - 1), { maxLength: 600, size: "max" });
    await fc.assert(
      fc.asyncProperty(choices, (drawn) => checkAgainstModel(rig, drawn, { expect })),
      { numRuns: 20 },
    );
  });
});
