import { expect, it, onTestFinished } from "vitest";
import * as Y from "yjs";
import { createHandClock } from "../testing/hand-clock.ts";
import { ContentCheck } from "./content-check.ts";

/** What the process hears of as uncaught, in place of the test runner. */
function uncaught(): readonly unknown[] {
  const heard: unknown[] = [];
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => heard.push(error));
  onTestFinished(() => {
    process.removeAllListeners("uncaughtException");
    for (const other of others) process.on("uncaughtException", other);
  });
  return heard;
}

it("[INV-5] an error while a document is compared is reported, and comes out of no timer", async () => {
  const errors = uncaught();
  const clock = createHandClock();
  const bug = new Error("cannot be compared");
  let seq = 1;
  let compared = 0;
  const document = {
    doc: new Y.Doc(),
    get comparableAt() {
      return seq;
    },
    compare() {
      compared++;
      if (seq === 1) throw bug;
    },
  };
  const check = new ContentCheck(document, 100, { clock, random: (n) => new Uint8Array(n) });
  check.later();
  expect(() => clock.pass()).not.toThrow();
  await expect.poll(() => errors).toEqual([bug]);
  // The same content is not compared again; what comes later is.
  check.later();
  expect(clock.waits).toEqual([]);
  seq = 2;
  check.later();
  clock.pass();
  expect(compared).toBe(2);
  check.dispose();
});
