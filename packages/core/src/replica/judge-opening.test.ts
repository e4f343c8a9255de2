import { expect, it } from "vitest";
import { createEpoch, createTag, randomBytes } from "../ids.ts";
import type { Opened } from "../protocol/document-messages.ts";
import { judgeOpening, type OpeningVerdict, type Standing } from "./judge-opening.ts";

const epoch = createEpoch(randomBytes);
const tag = createTag(randomBytes);
const here = { epoch, seq: 1, tag };
const elsewhere = { ...here, epoch: createEpoch(randomBytes) };
const nothing: Standing = {
  cursor: undefined,
  isUncovered: false,
  expectsContent: false,
  isPast: false,
  isOurs: true,
  isTaken: false,
};

type Row = readonly [string, Partial<Standing>, Opened["answer"], OpeningVerdict];
const rows: readonly Row[] = [
  ["nothing", {}, "continue", "go-on"],
  ["nothing", {}, "hidden", "go-on"],
  ["nothing", {}, "behind", "behind"],
  ["other numbers", { isOurs: false }, "continue", "fork"],
  ["other numbers, past the device", { isOurs: false, isPast: true }, "continue", "go-home"],
  ["the log", { cursor: here, isTaken: true }, "continue", "go-on"],
  ["another log", { cursor: elsewhere }, "continue", "open-again"],
  ["an older log", { cursor: elsewhere, isTaken: true }, "superseded", "open-doomed"],
  ["a log that is gone", { cursor: here, expectsContent: true }, "deleted", "open-doomed"],
  ["content to wait for", { expectsContent: true }, "deleted", "go-on-doomed"],
  ["content to wait for", { expectsContent: true, isPast: true }, "deleted", "go-home"],
  ["edits that were taken", { isTaken: true }, "continue", "go-on-anew"],
  ["edits that were taken", { isTaken: true, isUncovered: true }, "deleted", "go-on-doomed"],
  ["edits that were taken", { isTaken: true }, "hidden", "go-on"],
  ["edits in an unknown log", { isUncovered: true }, "continue", "open-anew"],
  ["edits in an unknown log", { isUncovered: true }, "deleted", "open-doomed"],
];

it.each(rows)(
  "a document that has %s, %o, is told: %s, and does: %s",
  (_, has, answer, verdict) => {
    const opened: Opened = {
      doc: 1,
      asked: true,
      access: "write",
      answer,
      epoch,
      tombstone: undefined,
      head: 1,
      last: { n: 0, tag },
      lease: undefined,
    };
    expect(judgeOpening(opened, { ...nothing, ...has })).toBe(verdict);
  },
);
