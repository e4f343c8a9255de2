/** A full disk, by Chromium's own quota: overridden through the DevTools protocol. */

import { createTag, type Store } from "@croft/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { cdp } from "vitest/browser";
import { deleteIndexeddbStore, openIndexeddbStore } from "./index.ts";

interface DevTools {
  send(
    method: "Storage.overrideQuotaForOrigin",
    params: { origin: string; quotaSize?: number },
  ): Promise<unknown>;
}

const devTools = cdp() as unknown as DevTools;
const { storageBuckets } = navigator as unknown as {
  storageBuckets: {
    open(name: string): Promise<{ indexedDB: IDBFactory }>;
    delete(name: string): Promise<void>;
  };
};
const name = `quota-${createTag()}`;
let store: Store | undefined;

async function limitQuota(quotaSize?: number): Promise<void> {
  const { origin } = location;
  await devTools.send("Storage.overrideQuotaForOrigin", {
    origin,
    ...(quotaSize !== undefined && { quotaSize }),
  });
}

afterEach(async () => {
  vi.restoreAllMocks();
  await limitQuota();
  await store?.close();
  await deleteIndexeddbStore(name);
  vi.unstubAllGlobals();
  await storageBuckets.delete(name);
});

describe("IndexedDB store without space", () => {
  // Chromium asks for the quota once per bucket and goes by the answer for up to 30 seconds, until a
  // write is larger than what was left. Hence a bucket of its own, where no other test wrote before,
  // and the limit before the database is opened.
  it("says store/full, keeps nothing of the batch and goes on when there is space again", async () => {
    const bucket = await storageBuckets.open(name);
    vi.stubGlobal("indexedDB", bucket.indexedDB);
    const { usage = 0 } = await navigator.storage.estimate();
    await limitQuota(usage + 1_000_000);
    store = await openIndexeddbStore({ name });
    const term = await store.takeTerm();
    const big = "0123456789".repeat(200_000);
    const tooMuch = store.commit({
      term,
      meta: [
        ["small", "refused"],
        ["big", big],
      ],
    });
    await expect(tooMuch).rejects.toMatchObject({ code: "store/full" });
    expect(await store.readMeta("small")).toBeUndefined();
    expect(await store.readMeta("big")).toBeUndefined();
    await store.commit({ term, meta: [["small", "fits"]] });
    expect(await store.readMeta("small")).toBe("fits");
    await limitQuota();
    await store.commit({ term, meta: [["big", big]] });
    expect(await store.readMeta("big")).toBe(big);
  });

  it("keeps nothing of a batch whose later write throws for lack of space", async () => {
    store = await openIndexeddbStore({ name });
    const term = await store.takeTerm();
    const put = vi.spyOn(IDBObjectStore.prototype, "put");
    put.mockImplementationOnce(function (this: IDBObjectStore, ...first) {
      put.mockImplementationOnce(() => {
        throw new DOMException("full", "QuotaExceededError");
      });
      return this.add(...first);
    });
    await expect(
      store.commit({
        term,
        meta: [
          ["a", "first"],
          ["b", "second"],
        ],
      }),
    ).rejects.toMatchObject({ code: "store/full" });
    expect(await store.readMeta("a")).toBeUndefined();
    await store.commit({ term, meta: [["a", "third"]] });
    expect(await store.readMeta("a")).toBe("third");
  });
});
