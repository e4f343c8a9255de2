import { type Clock, systemClock } from "@croft/core";
import { describe, expect, it } from "vitest";
import { drain, type Drained } from "./drain.ts";

function sessions(count: number): { all: Drained[]; gone: number[]; end: (index: number) => void } {
  const gone: number[] = [];
  const ends: (() => void)[] = [];
  const all = Array.from({ length: count }, (_, index): Drained => {
    const { promise, resolve } = Promise.withResolvers<void>();
    ends.push(resolve);
    return {
      sendAway() {
        gone.push(index);
        resolve();
      },
      done: promise,
    };
  });
  return { all, gone, end: (index) => ends[index]?.() };
}

/** A clock that goes on when it is told to. */
function createClock(): Clock & { advance(ms: number): Promise<void> } {
  let time = 0;
  let waits: { readonly at: number; readonly run: () => void }[] = [];
  return {
    ...systemClock,
    now: () => time,
    delay(ms, run) {
      waits.push({ at: time + ms, run });
      return () => undefined;
    },
    async advance(ms) {
      time += ms;
      const due = waits.filter(({ at }) => at <= time);
      waits = waits.filter(({ at }) => at > time);
      for (const { run } of due) run();
      // What was waited for goes on.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe("draining", () => {
  it("sends sessions away evenly over the time, each once", async () => {
    const clock = createClock();
    const { all, gone } = sessions(100);
    const drained = drain(all, 1000, clock);
    const counts: number[] = [];
    for (let step = 0; step < 50; step++) {
      counts.push(gone.length);
      await clock.advance(20);
    }
    await drained;
    expect(gone.toSorted((a, b) => a - b)).toEqual(all.map((_, index) => index));
    expect(counts[24]).toBeGreaterThan(40);
    expect(counts[24]).toBeLessThan(60);
    expect(gone).not.toEqual(all.map((_, index) => index));
  });

  it("takes its time with a few of them, too", async () => {
    const clock = createClock();
    const { all, gone } = sessions(4);
    const drained = drain(all, 1000, clock);
    const counts: number[] = [];
    for (let step = 0; step < 5; step++) {
      counts.push(gone.length);
      await clock.advance(250);
    }
    await drained;
    expect(counts).toEqual([0, 1, 2, 3, 4]);
  });

  it("is over when they end by themselves, and at once when there is no time", async () => {
    const { all, gone, end } = sessions(3);
    const clock = createClock();
    const drained = drain(all, 1_000_000, clock);
    for (let index = 0; index < 3; index++) end(index);
    await clock.advance(20);
    await drained;
    expect(gone.length).toBeLessThanOrEqual(1);
    const others = sessions(5);
    await drain(others.all, 0, createClock());
    expect(others.gone.length).toBe(5);
  });
});
