import { CroftError } from "@croft/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HostMemory } from "./host-memory.ts";
import { openStartJournal, type StartJournal } from "./start-journal.ts";

const STATS = { id: "stats", version: "1.0.0" };
const OTHER = { id: "other", version: "1.0.0" };

let now: number;
let text: string | undefined;
let problems: CroftError[];

beforeEach(() => {
  now = 1_000_000;
  text = undefined;
  problems = [];
});
afterEach(() => {
  // Whatever is written can be read again.
  const told = problems.length;
  open();
  if (problems.length !== told) throw new Error(`It cannot read what it wrote: ${text}`);
});

const shared = (writer?: string): HostMemory => ({
  read: () => text,
  write(written) {
    text = written;
  },
  writer,
});

function open(memory: HostMemory = shared()): StartJournal {
  return openStartJournal({
    memory,
    now: () => now,
    patience: 40_000,
    onProblem: (problem) => problems.push(problem),
  });
}

const failure = (n: number) => ({ at: now, reason: `no luck ${n}`, last: undefined });

describe("the journal of starts", () => {
  it("keeps failures in a row, over openings, until one succeeds", () => {
    open().begun(STATS);
    for (let n = 1; n <= 3; n++) {
      const journal = open();
      journal.begun(STATS);
      journal.failed(STATS, failure(n));
    }
    const journal = open();
    expect(journal.failures(STATS).map(({ reason }) => reason)).toEqual([
      "the application ended while it was starting.",
      "no luck 1",
      "no luck 2",
      "no luck 3",
    ]);
    expect(journal.failures({ ...STATS, version: "1.0.1" })).toEqual([]);
    expect(journal.failures(OTHER)).toEqual([]);
    journal.begun(STATS);
    journal.succeeded(STATS);
    expect(open().failures(STATS)).toEqual([]);
  });

  it("counts what was given up, or begun when the page was closed, neither way", () => {
    const journal = open();
    journal.begun(STATS);
    journal.failed(STATS, failure(1));
    journal.begun(STATS);
    journal.givenUp(STATS);
    journal.begun(STATS);
    journal.begun(OTHER);
    journal.leave();
    expect(open().failures(STATS)).toHaveLength(1);
    expect(open().failures(OTHER)).toEqual([]);
  });

  it("knows whom the page may have died by", () => {
    open().begun(STATS);
    const journal = open();
    expect([journal.isSuspect(STATS), journal.isSuspect(OTHER)]).toEqual([true, false]);
    journal.begun(STATS);
    journal.failed(STATS, failure(1));
    expect(journal.isSuspect(STATS)).toBe(false);
  });

  it("takes what another tab has begun for failed only after a while", () => {
    const other = open(shared("other tab"));
    other.begun(STATS);
    now += 40_000;
    const here = open(shared("this tab"));
    expect(here.failures(STATS)).toEqual([]);
    here.begun(STATS);
    here.succeeded(STATS);
    here.leave();
    now += 1;
    expect(open(shared("a third one")).failures(STATS)).toHaveLength(1);
    other.begun(STATS);
    expect(open(shared("other tab")).failures(STATS)).toHaveLength(2);
  });

  it.each([
    ["no JSON", "{"],
    ["something else", "[1, 2]"],
    ["another format", '{"format":2,"notes":[]}'],
    ["a bad note", '{"format":1,"notes":[{"id":"stats"}]}'],
    ["much too long", " ".repeat(2_000_001)],
  ])("begins anew when the memory holds %s, and says so once", (_what, damaged) => {
    text = damaged;
    const journal = open();
    expect(journal.failures(STATS)).toEqual([]);
    journal.begun(STATS);
    expect(problems).toMatchObject([
      { message: "The memory of plugins' starts was damaged and is begun anew." },
    ]);
    expect(open().failures(STATS)).toHaveLength(1);
    expect(problems).toHaveLength(1);
  });

  it.each(["read", "write"] as const)(
    "goes on without a memory whose `%s` throws, and says so once",
    (method) => {
      const memory = {
        ...shared(),
        [method]() {
          throw new Error("forbidden");
        },
      };
      const journal = open(memory);
      for (let n = 1; n <= 2; n++) {
        journal.begun(STATS);
        journal.failed(STATS, failure(n));
      }
      expect(journal.failures(STATS)).toHaveLength(2);
      expect(problems).toMatchObject([{ message: expect.stringContaining("forbidden") }]);
    },
  );

  it("stays small, whatever it is told", () => {
    const journal = open();
    for (let n = 0; n < 300; n++) journal.failed({ id: `p${n}`, version: "1" }, failure(n));
    for (let n = 0; n < 50; n++) {
      journal.failed(STATS, {
        at: now,
        reason: "x".repeat(100_000),
        last: { what: "y".repeat(100_000), at: now },
      });
    }
    expect(journal.failures(STATS)).toHaveLength(10);
    expect(journal.failures({ id: "p299", version: "1" })).toHaveLength(1);
    expect(journal.failures({ id: "p0", version: "1" })).toEqual([]);
    expect(text?.length).toBeLessThan(50_000);
  });
});
