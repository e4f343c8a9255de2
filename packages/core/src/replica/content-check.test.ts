import { expect, it, onTestFinished } from "vitest";
import * as Y from "yjs";
import { createHandClock } from "../testing/hand-clock.ts";
import { uncaught } from "../testing/uncaught.ts";
import { ContentCheck } from "./content-check.ts";

it("[INV-5] an error while a document is compared is reported, and comes out of no timer", async () => {
  const errors = uncaught(onTestFinished);
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
