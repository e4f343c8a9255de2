import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@croft/core";
import { checkAgainstModel, describeStore, type StoreRig } from "@croft/core/testing";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openSqliteStore } from "./index.ts";

const directory = mkdtempSync(join(tmpdir(), "croft-sqlite-"));
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
const paths = new WeakMap<Store, string>();

async function open(path: string = join(directory, `${++files}.sqlite`)): Promise<Store> {
  const store = await openSqliteStore({ path });
  paths.set(store, path);
  return store;
}

const rig: StoreRig = {
  open: () => open(),
  reopen: (store) => open(paths.get(store)),
};

describeStore("sqlite", rig, { describe, it, expect });

describe("sqlite store", () => {
  it("does what the model does, whatever happens", async () => {
    const choices = fc.array(fc.nat(2 ** 31 - 1), { maxLength: 600, size: "max" });
    await fc.assert(
      fc.asyncProperty(choices, (drawn) => checkAgainstModel(rig, drawn, { expect })),
      { numRuns: 40, interruptAfterTimeLimit: 10_000 }, // Or it would shrink for minutes.
    );
  }, 20_000);
});
