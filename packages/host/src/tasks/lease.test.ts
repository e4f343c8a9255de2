/**
 * Leases of several devices around a server, in virtual time, over real documents: whatever comes and goes, no two that are in
 * touch have the turn for longer than it takes to hear of each other, and one has it in the end.
 */

import { CroftError } from "@croft/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { nextFence, readEntry } from "./lease-entry.ts";
import { ACTIONS, LEASE, World } from "../testing/lease-world.ts";

describe("a lease", () => {
  it("is one device's at a time, and goes over within its length when that one is gone", async () => {
    const world = new World(3);
    await world.run(LEASE);
    const [first] = world.holders;
    expect(world.holders).toHaveLength(1);
    first?.crash();
    await world.run(LEASE / 2);
    expect(world.holders).toHaveLength(0);
    await world.run(LEASE);
    expect(world.holders).toHaveLength(1);
    expect(world.holders[0]).not.toBe(first);
    expect(world.holders[0]?.fence).toBeGreaterThan(first?.lastFence ?? Infinity);
  });

  it("goes over at once when it is given back", async () => {
    const world = new World(2);
    await world.run(LEASE);
    world.holders[0]?.stop();
    await world.run(LEASE / 10);
    expect(world.holders).toHaveLength(1);
  });

  it("is not taken by who is offline and knew its holder alive, unless asked for", async () => {
    for (const offline of ["wait", "run"] as const) {
      const world = new World(2, offline);
      await world.run(LEASE);
      const other = world.devices.find(({ holds }) => !holds);
      other?.disconnect();
      await world.run(10 * LEASE);
      expect(world.holders).toHaveLength(offline === "run" ? 2 : 1);
      other?.connect();
      await world.run(LEASE);
      expect(world.holders).toHaveLength(1);
    }
  });

  it("that nobody had is taken offline, too; of two who did so the higher fence stays", async () => {
    // Whichever the merge prefers: that is drawn anew each time.
    for (let n = 0; n < 20; n++) {
      const world = new World(2, "wait", n);
      for (const device of world.devices) device.disconnect();
      await world.run(LEASE);
      expect(world.holders).toHaveLength(2);
      const highest = Math.max(...world.holders.map(({ fence = 0 }) => fence));
      for (const device of world.devices) device.connect();
      await world.run(LEASE);
      expect(world.holders.map(({ fence }) => fence)).toEqual([highest]);
    }
  });

  it("is let go by who slept longer than it lasts", async () => {
    const world = new World(2);
    await world.run(LEASE);
    const [sleeper] = world.holders;
    const fence = sleeper?.fence;
    sleeper?.sleep();
    await world.run(3 * LEASE);
    expect(world.awake).toHaveLength(1);
    sleeper?.wake();
    await world.run(LEASE);
    expect(world.holders).toHaveLength(1);
    expect(world.holders[0]?.fence).toBeGreaterThan(fence ?? Infinity);
  });

  it("is lost when what says so is refused; that is told, and it is not tried again at once", async () => {
    const world = new World(1);
    world.refusal = new CroftError("access/denied", "No more.");
    await world.run(LEASE);
    expect([world.fences, world.told]).toEqual([[], [world.refusal]]);
    await world.run(LEASE);
    expect([world.fences, world.told]).toEqual([[], [world.refusal, world.refusal]]);
    world.refusal = undefined;
    await world.run(2 * LEASE);
    expect(world.holders).toHaveLength(1);
  });

  it("stands when only the connection went, until it is refused after all", async () => {
    const world = new World(1);
    const [device] = world.devices;
    while (world.writes === 0) await world.run(1);
    device?.disconnect();
    await world.run(LEASE / 2);
    expect(world.holders).toHaveLength(1);
    world.refusal = new CroftError("access/denied", "No more.");
    device?.connect();
    await world.run(LEASE / 2);
    expect([world.holders, world.told]).toEqual([[], [world.refusal]]);
    world.refusal = new CroftError("link/offline", "There is no connection.");
    await world.run(2 * LEASE);
    expect(world.holders).toHaveLength(1);
    expect(world.told).toHaveLength(1);
  });

  it("costs nothing that is kept while it stays where it is, and a few bytes when it goes over", async () => {
    const world = new World(3);
    await world.run(2 * LEASE);
    const before = world.writes;
    await world.run(100 * LEASE);
    expect(world.writes).toBe(before);
    for (let n = 0; n < 200; n++) {
      world.holders[0]?.stop();
      for (const device of world.devices) if (!device.wants) device.want();
      await world.run(LEASE);
      expect(world.holders).toHaveLength(1);
    }
    // Two writes for each time that it went over.
    expect(Y.encodeStateAsUpdate(world.server).length).toBeLessThan(200 * 2 * 12);
  }, 60_000);

  it("holds in any order of coming, going, crashing and sleeping", async () => {
    const action = fc.constantFrom(...ACTIONS);
    const step = fc.record({ device: fc.nat(3), action, wait: fc.integer({ min: 1, max: LEASE }) });
    const steps = fc.array(step, { minLength: 5, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.constantFrom("wait", "run"),
        fc.nat(),
        async (schedule, offline, seed) => {
          const world = new World(4, offline, seed);
          for (const { device, action: name, wait } of schedule) {
            world.devices[device]?.act(name);
            await world.run(wait);
          }
          for (const device of world.devices) device.recover();
          await world.run(4 * LEASE);
          const wanting = world.devices.filter(({ wants }) => wants);
          expect(world.holders).toHaveLength(Math.min(1, wanting.length));
          expect(world.problems).toEqual([]);
          expect(new Set(world.fences).size).toBe(world.fences.length);
          const written = world.writes;
          await world.run(10 * LEASE);
          expect(world.writes).toBe(written);
          for (const device of world.devices) device.crash();
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);
});

describe("an entry", () => {
  it("that makes no sense is none", () => {
    const good = { holder: "a", fence: 1, lease: 1_000 };
    expect(readEntry(good)).toEqual(good);
    for (const bad of [
      undefined,
      null,
      "a",
      {},
      { ...good, fence: -1 },
      { ...good, lease: 1e12 },
    ]) {
      expect(readEntry(bad)).toBeUndefined();
    }
  });

  it("has a greater fence than all before it", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (n, r) => {
          expect(nextFence(n, r)).toBeGreaterThan(n);
        },
      ),
    );
  });
});
