/** The memory in a real browser's storage. */

import { afterEach, expect, it, vi } from "vitest";
import { createLocalMemory } from "./host-memory.ts";

const ADA = { id: "acme", user: "ada" };

afterEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
  sessionStorage.clear();
});

it("keeps a text for each user of each workspace", () => {
  expect(createLocalMemory(ADA).read()).toBeUndefined();
  createLocalMemory(ADA).write("one");
  createLocalMemory({ ...ADA, user: "ben" }).write("two");
  expect(createLocalMemory(ADA).read()).toBe("one");
  expect(createLocalMemory({ ...ADA, id: "other" }).read()).toBeUndefined();
});

it("knows what this tab wrote from what others did, also where storage is forbidden", () => {
  const { writer } = createLocalMemory(ADA);
  expect(createLocalMemory(ADA).writer).toBe(writer);
  // As in another tab.
  sessionStorage.clear();
  expect(createLocalMemory(ADA).writer).not.toBe(writer);
  vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
    throw new DOMException("forbidden", "SecurityError");
  });
  const forbidden = createLocalMemory(ADA);
  expect(forbidden.writer).toMatch(/\w/);
  expect(() => forbidden.read()).toThrow("forbidden");
});

it("tells that the page goes, and whether it may come back", () => {
  const told: boolean[] = [];
  const stop = createLocalMemory(ADA).onLeave?.((forGood) => told.push(forGood));
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: false }));
  stop?.();
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: false }));
  expect(told).toEqual([false, true]);
});
