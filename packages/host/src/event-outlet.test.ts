import type { Workspace } from "@croft/core";
import { parseTopic } from "@croft/plugin";
import { expect, it } from "vitest";
import { createEventOutlet } from "./event-outlet.ts";

it("lets a publisher send a hundred events to others at once, and then twenty a second", () => {
  let now = 0;
  const outlet = createEventOutlet({
    events: {
      publish: () => undefined,
      listen: () => () => undefined,
      onDropped: () => () => undefined,
    } as unknown as Workspace["events"],
    bus: { publish: () => undefined, check: () => undefined },
    clock: { now: () => now },
  });
  const topic = parseTopic("stats/x");
  const refusals: unknown[] = [];
  /** How many pass of so many. */
  const publish = (publisher: string, times: number): number => {
    let passed = 0;
    for (let n = 0; n < times; n++) {
      try {
        outlet.publish(publisher, topic, n, "workspace");
        passed++;
      } catch (error) {
        refusals.push(error);
      }
    }
    return passed;
  };
  expect(publish("stats", 150)).toBe(100);
  expect(refusals[0]).toMatchObject({ code: "plugin/busy", plugin: "stats" });
  now += 1_000;
  expect(publish("stats", 150)).toBe(20);
  // Others have their own, and so has one that is registered anew.
  expect(publish("board", 150)).toBe(100);
  outlet.forget("stats");
  expect(publish("stats", 150)).toBe(100);
  expect(() => {
    for (let n = 0; n < 500; n++) outlet.publish("stats", topic, n, "device");
  }).not.toThrow();
  outlet.dispose();
});
