import { describe, expect, it } from "vitest";
import { claimTabId, type TabIdOptions } from "./tab-id.ts";

/** The storage of a tab's session; its copy is what a duplicate of the tab begins with. */
function createStorage(values = new Map<string, string>()) {
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    copy: () => createStorage(new Map(values)),
  };
}

const withoutLocks = (storage: ReturnType<typeof createStorage>): TabIdOptions => ({
  storage: () => storage,
  locks: undefined,
});

describe("a tab's id", () => {
  it("stays from page to page, and is another in another tab", async () => {
    const storage = createStorage();
    const id = await claimTabId(withoutLocks(storage));
    expect(await claimTabId(withoutLocks(storage))).toBe(id);
    expect(await claimTabId(withoutLocks(createStorage()))).not.toBe(id);
  });

  it("goes with the copy of a tab where there are no locks, or where they are forbidden", async () => {
    const storage = createStorage();
    const id = await claimTabId(withoutLocks(storage));
    expect(await claimTabId(withoutLocks(storage.copy()))).toBe(id);
    const locks = { request: () => Promise.reject(new DOMException("no", "SecurityError")) };
    expect(await claimTabId({ storage: () => storage.copy(), locks })).toBe(id);
  });

  it("is each page's own where the storage is forbidden", async () => {
    const forbidden: TabIdOptions = {
      storage() {
        throw new DOMException("forbidden", "SecurityError");
      },
      locks: undefined,
    };
    const id = await claimTabId(forbidden);
    expect(id).toMatch(/\w/);
    expect(await claimTabId(forbidden)).not.toBe(id);
  });
});
