import { afterEach, beforeEach, expect, it } from "vitest";
import { createGate } from "../access/gate.ts";
import { CroftError, type ErrorCode } from "../errors.ts";
import { randomBytes } from "../ids.ts";
import { createHandClock, type HandClock } from "../testing/hand-clock.ts";
import { createLosableStore, type LosableStore } from "../testing/losable-store.ts";
import { type Device, openDevice } from "./device.ts";

let store: LosableStore;
let clock: HandClock;
let device: Device;

beforeEach(async () => {
  store = createLosableStore();
  clock = createHandClock();
  device = await openDevice({
    workspace: "acme",
    user: "ada",
    store: store.open,
    sync: undefined,
    gate: createGate(),
    clock,
    random: randomBytes,
  });
});
afterEach(async () => {
  await device.dispose();
  if (clock.waits.length + store.opened > 0) throw new Error("something was left open");
});

/** Ends the wait for the next attempt, and waits until it has failed. */
async function failOnce(code: ErrorCode): Promise<void> {
  const { opens } = store;
  // Another message each time: the same one is not told again.
  store.refuse = new CroftError(code, `Refused after ${opens}.`);
  clock.pass();
  await expect.poll(() => device.problem?.message).toBe(`Refused after ${opens}.`);
  expect(store.opens).toBe(opens + 1);
}

it("tries after 0.1 seconds, and then less and less often, at least every 5 seconds", async () => {
  store.close();
  const waits: number[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    await expect.poll(() => clock.waits).toHaveLength(1);
    waits.push(...clock.waits);
    await failOnce("store/failed");
  }
  const bounds = [200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000];
  for (const [index, bound] of bounds.entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(bound / 2);
    expect(waits[index]).toBeLessThanOrEqual(bound);
  }
  store.refuse = undefined;
  await expect.poll(() => clock.waits).toHaveLength(1);
  clock.pass();
  await expect.poll(() => device.problem).toBeUndefined();
  expect(clock.waits).toEqual([]);
});

it.each(["store/newer", "store/foreign"] as const)("does not try again after %s", async (code) => {
  store.close();
  await expect.poll(() => clock.waits).toHaveLength(1);
  await failOnce(code);
  // The next wait would have begun in the turn in which the problem was told.
  await Promise.resolve();
  expect(clock.waits).toEqual([]);
  await expect(device.list("")).rejects.toMatchObject({ code });
  await expect(device.connect("", new AbortController().signal)).rejects.toThrow("Refused");
});

it("tries no more once it is disposed", async () => {
  store.close();
  await expect.poll(() => clock.waits).toHaveLength(1);
  await device.dispose();
  expect([clock.waits, store.opens]).toEqual([[], 1]);
});

it("closes what it had just opened when it is disposed meanwhile", async () => {
  store.close();
  await expect.poll(() => clock.waits).toHaveLength(1);
  let disposed: Promise<void> | undefined;
  store.onOpen = () => {
    disposed = device.dispose();
  };
  clock.pass();
  await expect.poll(() => store.opens).toBe(2);
  await disposed;
  expect([clock.waits, store.opened]).toEqual([[], 0]);
});

it("opens a store again that closed just before it was used", async () => {
  let reads = 0;
  store.onReadMeta = (name) => {
    if (name !== "predecessor") return;
    reads++;
    if (reads === 1) store.close();
  };
  store.close();
  await expect.poll(() => clock.waits).toHaveLength(1);
  clock.pass();
  await expect.poll(() => reads).toBe(1);
  await expect.poll(() => clock.waits).toHaveLength(1);
  clock.pass();
  await expect.poll(() => device.problem).toBeUndefined();
  expect(await device.list("")).toEqual([]);
  expect(store.opens).toBe(3);
});

it("tries at once when it is told to", async () => {
  store.close();
  await expect.poll(() => clock.waits).toHaveLength(1);
  device.sync.retry();
  await expect.poll(() => store.opens).toBe(2);
  await expect.poll(() => device.problem).toBeUndefined();
});
