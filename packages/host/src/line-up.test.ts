/** Whom a silence of several plugins is blamed on: plugins that share a process, played through, one of which kills it. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineUp } from "./line-up.ts";
import { FellSilent } from "./remote/realm-group.ts";
import { SUPERVISION } from "./supervision.ts";

/** How long after the process died that is noticed. */
const NOTICED = 5_000;

interface Outcome {
  readonly culprits: readonly string[];
  readonly running: readonly string[];
  readonly deaths: number;
}

/**
 * Plays `minutes` of a page.
 *
 * @param fuses How long after its start each kills the process, in milliseconds; `undefined`: never.
 */
function play(
  fuses: ReadonlyMap<string, number | undefined>,
  { startup = 500, minutes = 30 } = {},
): Outcome {
  const lineUp = new LineUp(SUPERVISION);
  const running = new Map<string, number>();
  const active = new Set<string>();
  const due = new Map<string, number>([...fuses.keys()].map((id) => [id, 0]));
  const culprits: string[] = [];
  let deaths = 0;
  let died: { readonly at: number; readonly silent: readonly string[] } | undefined;
  for (const id of fuses.keys()) {
    lineUp.watch(id, () => ({ what: "began to start", at: running.get(id) ?? 0 }));
  }
  for (let now = 0; now <= minutes * 60_000; now += 100) {
    for (const [id, at] of due) {
      if (at > now) continue;
      due.delete(id);
      running.set(id, now);
      lineUp.starts(id, now);
    }
    const isDead = (id: string): boolean => died?.silent.includes(id) ?? false;
    for (const [id, began] of running) {
      if (!active.has(id) && !isDead(id) && now >= began + startup) {
        active.add(id);
        lineUp.isUp(id, now);
      }
      const fuse = fuses.get(id);
      if (fuse === undefined || isDead(id) || now < began + fuse || died) continue;
      deaths++;
      died = { at: now, silent: [...running.keys()] };
    }
    if (!died || now < died.at + NOTICED) continue;
    const { silent } = died;
    died = undefined;
    const silence = new FellSilent(silent, NOTICED);
    for (const id of silent) {
      running.delete(id);
      active.delete(id);
      const blame = lineUp.judge(id, silence, now);
      if (blame?.name === "culprit") culprits.push(id);
      // By itself: what its own crashes lead to is decided elsewhere.
      else due.set(id, blame?.until ?? now + 1_000);
    }
  }
  return { culprits, running: [...running.keys()], deaths };
}

const fuses = (count: number, bad: number, fuse: number): Map<string, number | undefined> =>
  new Map(Array.from({ length: count }, (_, n) => [`p${n}`, n === bad ? fuse : undefined]));

describe("of plugins that fall silent together", () => {
  it.each([
    ["in its `activate`", 0],
    ["soon afterwards", 3_000],
    ["after a while", 9_000],
  ])("the one that does it %s is found, and no other", (_when, fuse) => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(7), (count, bad) => {
        const { culprits, running, deaths } = play(fuses(count, bad % count, fuse));
        expect(culprits).toEqual([`p${bad % count}`]);
        expect(running).toHaveLength(count - 1);
        expect(deaths).toBe(3);
      }),
    );
  });

  it("one that falls silent before the others do is suspected first", () => {
    const lineUp = new LineUp(SUPERVISION);
    const judge = (plugins: readonly string[], now: number): Record<string, string | undefined> => {
      const silence = new FellSilent(plugins, NOTICED);
      return Object.fromEntries(plugins.map((id) => [id, lineUp.judge(id, silence, now)?.name]));
    };
    const restarts = (id: string, now: number): void => {
      lineUp.starts(id, now);
      lineUp.isUp(id, now);
    };
    expect(judge(["bad"], 10_000)).toEqual({ bad: undefined });
    expect(judge(["a", "b"], 14_000)).toEqual({ a: "waits", b: "waits" });
    for (const id of ["a", "b", "bad"]) restarts(id, 15_000);
    expect(judge(["bad"], 21_000)).toEqual({ bad: "culprit" });
    expect(judge(["b", "a"], 24_000)).toEqual({ a: "waits", b: "waits" });
    for (const id of ["a", "b"]) restarts(id, 26_000);
    // What comes later is another matter.
    expect(judge(["a"], 60_000)).toEqual({ a: undefined });
  });

  it("one that was unregistered is suspected no more, nor is what comes by its name", () => {
    const lineUp = new LineUp(SUPERVISION);
    const deeds: string[] = [];
    for (const id of ["a", "b", "bad"]) {
      lineUp.watch(id, () => {
        deeds.push(id);
        return undefined;
      });
    }
    const judge = (plugins: readonly string[], now: number): Record<string, string | undefined> => {
      const silence = new FellSilent(plugins, NOTICED);
      return Object.fromEntries(plugins.map((id) => [id, lineUp.judge(id, silence, now)?.name]));
    };
    const restarts = (id: string, now: number): void => {
      lineUp.starts(id, now);
      lineUp.isUp(id, now);
    };
    // Suspected, since it fell silent before the others, and in its turn from then on.
    judge(["bad"], 10_000);
    judge(["a", "b"], 14_000);
    lineUp.forget("bad");
    for (const id of ["a", "b", "bad"]) restarts(id, 15_000);
    expect(judge(["bad"], 21_000)).toEqual({ bad: undefined });
    // The same before the others fall silent: they wait, and it is not suspected meanwhile.
    lineUp.forget("bad");
    expect(judge(["a", "b"], 24_000)).toEqual({ a: "waits", b: "waits" });
    restarts("bad", 25_000);
    expect(judge(["bad"], 30_000)).toEqual({ bad: undefined });
    // Nor is it asked what it did last.
    expect(judge(["a", "b", "bad"], 100_000)).toEqual({ a: "waits", b: "waits", bad: "waits" });
    expect(new Set(deeds)).toEqual(new Set(["a", "b"]));
  });

  it("two that do it are both found, and no other", () => {
    const bad = new Map<string, number | undefined>([
      ["a", undefined],
      ["b", 1_000],
      ["c", undefined],
      ["d", 0],
    ]);
    const { culprits, running } = play(bad);
    expect(culprits.toSorted()).toEqual(["b", "d"]);
    expect(running.toSorted()).toEqual(["a", "c"]);
  });

  it("all come back when it happened once", () => {
    const lineUp = new LineUp(SUPERVISION);
    for (const [id, at] of Object.entries({ late: 3, early: 1, later: 4 })) {
      lineUp.watch(id, () => ({ what: "logged", at }));
    }
    const silence = new FellSilent(["late", "early", "later"], NOTICED);
    const turns = silence.plugins.map((id) => lineUp.judge(id, silence, 100_000));
    expect(turns).toEqual([
      { name: "waits", until: 111_000 },
      { name: "waits", until: 101_000 },
      { name: "waits", until: 121_000 },
    ]);
    for (const [id, at] of Object.entries({ early: 101_000, late: 111_000, later: 121_000 })) {
      lineUp.starts(id, at);
      lineUp.isUp(id, at);
    }
    // Much later: nobody is watched any more.
    const again = new FellSilent(["early", "late"], NOTICED);
    expect(lineUp.judge("early", again, 10_000_000)?.name).toBe("waits");
    expect(lineUp.judge("late", again, 10_000_000)?.name).toBe("waits");
  });

  it("one that does so alone is none of it", () => {
    const lineUp = new LineUp(SUPERVISION);
    expect(lineUp.judge("alone", new FellSilent(["alone"], NOTICED), 1_000)).toBeUndefined();
  });
});
