/** Runs that are asked for while others run, in whichever moment. */

import { describe, expect, it } from "vitest";
import { createSettler } from "./settler.ts";

/** A run that takes as long as the test wants. */
function runs() {
  const begun: PromiseWithResolvers<void>[] = [];
  const run = (): Promise<void> => {
    const each = Promise.withResolvers<void>();
    begun.push(each);
    return each.promise;
  };
  return { begun, settler: createSettler(run) };
}

async function microtasks(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await Promise.resolve();
}

describe("a settler", () => {
  it("runs once for all who ask before it begins, and once more for those who ask later", async () => {
    const { begun, settler } = runs();
    const early = [settler.settle(), settler.settle()];
    await microtasks(5);
    expect(begun).toHaveLength(1);
    let done = 0;
    const late = [settler.settle(), settler.settle()].map((each) => each.then(() => void done++));
    begun[0]?.resolve();
    await Promise.all(early);
    await microtasks(5);
    // What runs now began after they asked.
    expect([begun.length, done]).toEqual([2, 0]);
    begun[1]?.resolve();
    await Promise.all(late);
    await settler.idle();
    expect(begun).toHaveLength(2);
  });

  it("runs for who asks in the moment in which a run ends", async () => {
    for (let moment = 0; moment < 20; moment++) {
      const { begun, settler } = runs();
      const first = settler.settle();
      await microtasks(5);
      begun[0]?.resolve();
      await microtasks(moment);
      const second = settler.settle();
      await first;
      await microtasks(5);
      expect(begun).toHaveLength(2);
      begun[1]?.resolve();
      await second;
    }
  });

  it("tells a failure to those who asked for that run only, and goes on", async () => {
    const { begun, settler } = runs();
    const first = settler.settle();
    await microtasks(5);
    const second = settler.settle();
    begun[0]?.reject(new Error("no luck"));
    await expect(first).rejects.toThrow("no luck");
    await microtasks(5);
    begun[1]?.resolve();
    await second;
  });

  it("is idle when all that was asked for is over, also what was asked for meanwhile", async () => {
    const { begun, settler } = runs();
    await settler.idle();
    const first = settler.settle().catch(() => undefined);
    await microtasks(5);
    let idle = false;
    const waiting = settler.idle().then(() => (idle = true));
    const second = settler.settle();
    begun[0]?.reject(new Error("no luck"));
    await first;
    await microtasks(20);
    expect([begun.length, idle]).toEqual([2, false]);
    begun[1]?.resolve();
    await second;
    await waiting;
  });

  it("can be asked by what it runs, which does not wait for that", async () => {
    let count = 0;
    const settler = createSettler(async () => {
      if (++count < 3) void settler.settle();
    });
    await settler.settle();
    await settler.idle();
    expect(count).toBe(3);
  });
});
