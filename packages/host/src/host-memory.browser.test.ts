/** The memory in a real browser's storage. */

import { afterEach, expect, it, vi } from "vitest";
import { createLocalMemory } from "./host-memory.ts";
import { claimTabId } from "./tab-id.ts";

const ADA = { id: "acme", user: "ada" };

afterEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
  sessionStorage.clear();
});

it("keeps a text for each user of each workspace", async () => {
  const memory = await createLocalMemory(ADA);
  expect(memory.read()).toBeUndefined();
  memory.write("one");
  const ben = await createLocalMemory({ ...ADA, user: "ben" });
  ben.write("two");
  expect((await createLocalMemory(ADA)).read()).toBe("one");
  expect((await createLocalMemory({ ...ADA, id: "other" })).read()).toBeUndefined();
});

it("has one writer in a page", async () => {
  const { writer } = await createLocalMemory(ADA);
  expect((await createLocalMemory({ ...ADA, user: "ben" })).writer).toBe(writer);
});

it("goes on where storage is forbidden", async () => {
  vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
    throw new DOMException("forbidden", "SecurityError");
  });
  const forbidden = await createLocalMemory(ADA);
  expect(forbidden.writer).toMatch(/\w/);
  expect(() => forbidden.read()).toThrow("forbidden");
});

it("has another writer in a copy of the tab, and the same in the tab's next page", async () => {
  const frame = await openFrame();
  const first = await claimTabId({ storage: () => sessionStorage, locks: frame.locks });
  // A duplicate begins with what the tab's session holds, while the tab is still open.
  const copy = await claimTabId({ storage: () => sessionStorage, locks: navigator.locks });
  expect(copy).not.toBe(first);
  expect(sessionStorage.getItem("croft/tab")).toBe(copy);
  sessionStorage.setItem("croft/tab", first);
  // The tab goes on to another page; the old one is not gone in the same moment.
  const next = claimTabId({ storage: () => sessionStorage, locks: navigator.locks });
  frame.end();
  expect(await next).toBe(first);
});

it("tells that the page goes, and whether it may come back", async () => {
  const told: boolean[] = [];
  const memory = await createLocalMemory(ADA);
  const stop = memory.onLeave?.((forGood) => told.push(forGood));
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: false }));
  stop?.();
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: false }));
  expect(told).toEqual([false, true]);
});

/** Another document of this origin, which can be ended as a tab is. */
async function openFrame(): Promise<{ readonly locks: LockManager; end(): void }> {
  const frame = document.createElement("iframe");
  frame.srcdoc = "<p>a tab</p>";
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
  document.body.append(frame);
  await loaded;
  const locks = frame.contentWindow?.navigator.locks;
  if (!locks) throw new Error("the frame has no locks");
  return { locks, end: () => frame.remove() };
}
