/** What buses promise, over those that are there: `CROFT_TEST_POSTGRES` and `CROFT_TEST_REDIS` name servers. */

import { createClient } from "@redis/client";
import pg from "pg";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Bus } from "./bus.ts";
import { openListenBus } from "./postgres/listen-bus.ts";
import { openPgDatabase } from "./postgres/pg-database.ts";
import { openRedisBus } from "./redis/index.ts";

const postgres = process.env["CROFT_TEST_POSTGRES"];
const redis = process.env["CROFT_TEST_REDIS"];
// A connection is made anew after a while, on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

interface Kind {
  readonly name: string;
  readonly isThere: boolean;
  open(onProblem: (error: Error) => void): { readonly bus: Bus; close(): Promise<void> };
  /** Ends every connection that listens. */
  cut(): Promise<void>;
}

const KINDS: readonly Kind[] = [
  {
    name: "LISTEN and NOTIFY",
    isThere: postgres !== undefined,
    open(onProblem) {
      const url = postgres ?? "";
      const database = openPgDatabase({ url, maxConnections: 2, onProblem });
      const bus = openListenBus({ url, database, onProblem });
      return { bus, close: () => bus.close().then(() => database.close()) };
    },
    async cut() {
      const client = new pg.Client({ connectionString: postgres });
      await client.connect();
      await client.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'croft bus'",
      );
      await client.end();
    },
  },
  {
    name: "Redis",
    isThere: redis !== undefined,
    open(onProblem) {
      const bus = openRedisBus({ url: redis ?? "", onProblem });
      return { bus, close: () => bus.close() };
    },
    async cut() {
      const client = createClient({ url: redis ?? "" });
      await client.connect();
      await client.sendCommand(["CLIENT", "KILL", "TYPE", "pubsub"]);
      client.destroy();
    },
  },
];

describe.each(KINDS)("$name", (kind) => {
  const { isThere } = kind;
  const opened: { close(): Promise<void> }[] = [];
  const problems: Error[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
    problems.length = 0;
  });

  /** Joins, and resolves when texts are heard. */
  async function join(): Promise<{
    readonly bus: Bus;
    readonly heard: string[];
    missed(): number;
  }> {
    const joined = kind.open((error) => problems.push(error));
    opened.push(joined);
    const { bus } = joined;
    const heard: string[] = [];
    let missed = 0;
    bus.onMissed(() => missed++);
    bus.subscribe((text) => heard.push(text));
    await listens(bus, heard);
    return { bus, heard, missed: () => missed };
  }

  /** Says something until it is heard. */
  async function listens(bus: Bus, heard: string[]): Promise<void> {
    const mark = `mark ${Math.random()}`;
    await expect
      .poll(
        () => {
          bus.publish(mark);
          return heard.includes(mark);
        },
        { timeout: 15_000, interval: 50 },
      )
      .toBe(true);
  }

  const words = (texts: readonly string[]): string[] =>
    texts.filter((text) => text.startsWith("word"));

  it.skipIf(!isThere)(
    "carries texts to everybody, in the order in which they were said",
    async () => {
      const [one, two] = [await join(), await join()];
      const said = Array.from({ length: 200 }, (_, index) => `word ${index} with an ü and a 😀`);
      for (const text of said) one.bus.publish(text);
      const longest = `word ${"x".repeat(one.bus.maxBytes - 5)}`;
      one.bus.publish(longest);
      await expect.poll(() => words(two.heard).length).toBe(said.length + 1);
      expect(words(two.heard)).toEqual([...said, longest]);
      expect(words(one.heard)).toEqual([...said, longest]);
    },
  );

  it.skipIf(!isThere)(
    "comes back when its connection ends, and tells that it missed something",
    async () => {
      const [one, two] = [await join(), await join()];
      const before = two.missed();
      await kind.cut();
      await expect.poll(() => two.missed(), { timeout: 15_000 }).toBeGreaterThan(before);
      await listens(one.bus, two.heard);
    },
  );

  it.skipIf(!isThere)("says nothing any more once it is left", async () => {
    const [one, two] = [await join(), await join()];
    await opened[1]?.close();
    one.bus.publish("word");
    await expect.poll(() => words(one.heard)).toEqual(["word"]);
    expect(words(two.heard)).toEqual([]);
    two.bus.publish("word");
    expect(problems).toEqual([]);
  });
});
