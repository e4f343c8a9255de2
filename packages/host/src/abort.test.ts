/** Waits that a signal ends: they leave nothing behind on a signal that outlives them. */

import { getEventListeners } from "node:events";
import { beforeEach, describe, expect, it } from "vitest";
import { delayUnlessAborted, onAborted, unlessAborted, untilAborted } from "./abort.ts";
import { createDeviceLocks } from "./tasks/device-lock.ts";

const NO = new Error("no more");
const never = new Promise<never>(() => undefined);

let ending: AbortController;
let signal: AbortSignal;
beforeEach(() => {
  ending = new AbortController();
  signal = ending.signal;
});

const listeners = (): number => getEventListeners(signal, "abort").length;

describe("what is told of an abort", () => {
  it("hears it once, also when it was before, and not after it was taken back", () => {
    let heard = 0;
    const stop = onAborted(signal, () => void heard++);
    onAborted(signal, () => void heard++);
    expect(listeners()).toBe(2);
    stop();
    expect(listeners()).toBe(1);
    ending.abort();
    expect(heard).toBe(1);
    onAborted(signal, () => void heard++);
    expect(heard).toBe(2);
  });
});

describe("untilAborted", () => {
  it("resolves with what it waits for, or with the abort, and rejects as that does", async () => {
    await untilAborted(Promise.resolve(1), signal);
    await expect(untilAborted(Promise.reject(NO), signal)).rejects.toBe(NO);
    expect(listeners()).toBe(0);
    const waiting = untilAborted(never, signal);
    ending.abort();
    await waiting;
    await untilAborted(never, signal);
    expect(listeners()).toBe(0);
  });
});

describe("unlessAborted", () => {
  it("settles as what it waits for does, or rejects with the reason of the abort", async () => {
    expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1);
    await expect(unlessAborted(Promise.reject(NO), signal)).rejects.toBe(NO);
    expect(listeners()).toBe(0);
    const waiting = unlessAborted(never, signal);
    ending.abort(NO);
    await expect(waiting).rejects.toBe(NO);
    await expect(unlessAborted(never, signal)).rejects.toBe(NO);
    expect(listeners()).toBe(0);
  });
});

describe("delayUnlessAborted", () => {
  it("waits its time, and no longer than until the abort", async () => {
    const waits = new Map<number, () => void>();
    const clock = {
      delay(ms: number, run: () => void) {
        waits.set(ms, run);
        return () => void waits.delete(ms);
      },
    };
    const first = delayUnlessAborted(clock, 10, signal);
    expect([waits.size, listeners()]).toEqual([1, 1]);
    waits.get(10)?.();
    await first;
    expect([waits.size, listeners()]).toEqual([0, 0]);
    const second = delayUnlessAborted(clock, 20, signal);
    ending.abort();
    await second;
    await delayUnlessAborted(clock, 30, signal);
    expect([waits.size, listeners()]).toEqual([0, 0]);
  });
});

it("a lock that was had, and waited for, leaves no listener", async () => {
  const locks = createDeviceLocks(undefined);
  await Promise.all([1, 2, 3].map(() => locks.hold("sync", signal, async () => undefined)));
  expect(listeners()).toBe(0);
});
