import { matchesPattern, parseDocPath, parsePattern } from "@croft/core";
import { parseManifest, parseTopic } from "@croft/plugin";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addPermissions,
  covers,
  mayUseTopic,
  NOTHING_GRANTED,
  removePermissions,
} from "./permissions.ts";

const manifest = parseManifest({
  id: "stats",
  name: "Statistics",
  version: "1.0.0",
  engine: "*",
  permissions: {
    documents: [
      { pattern: "notes/**", access: "read", reason: "To count." },
      { pattern: "tasks/*", access: "write", reason: "To sort." },
    ],
    events: [{ topic: "notes/opened", direction: "subscribe", reason: "To show." }],
  },
});

describe("what can be granted", () => {
  it.each([
    ["what is asked for", "notes/**", "read"],
    ["fewer documents", "notes/pages/*", "read"],
    ["one document", "tasks/today", "write"],
    ["less access", "tasks/*", "read"],
    ["an exception", "notes/private/**", "none"],
  ] as const)("%s", (_, pattern, access) => {
    const documents = [{ pattern, access }];
    expect(addPermissions(NOTHING_GRANTED, { documents }, manifest).documents).toEqual(documents);
  });

  it.each([
    ["more access", "notes/**", "write"],
    ["more documents", "tasks/**", "write"],
    ["other documents", "board/**", "read"],
    ["everything", "**", "read"],
  ] as const)("not %s", (_, pattern, access) => {
    const grant = () =>
      addPermissions(NOTHING_GRANTED, { documents: [{ pattern, access }] }, manifest);
    expect(grant).toThrow(`stats did not ask for ${access} access to ${pattern}.`);
  });

  it("topics in the direction that is asked for", () => {
    const event = { topic: "notes/opened", direction: "subscribe" } as const;
    const granted = addPermissions(NOTHING_GRANTED, { events: [event] }, manifest);
    expect(granted.events).toEqual([event]);
    const other = { ...event, direction: "publish" } as const;
    expect(() => addPermissions(granted, { events: [other] }, manifest)).toThrow(
      "stats did not ask for leave to publish notes/opened.",
    );
  });

  it("the whole of a manifest's permissions, and takes it back again", () => {
    const granted = addPermissions(NOTHING_GRANTED, manifest.permissions, manifest);
    expect(granted.documents).toEqual([
      { pattern: "notes/**", access: "read" },
      { pattern: "tasks/*", access: "write" },
    ]);
    expect(removePermissions(granted, manifest.permissions)).toEqual(NOTHING_GRANTED);
  });

  it("a pattern anew replaces what it gave", () => {
    const write = addPermissions(
      NOTHING_GRANTED,
      { documents: [{ pattern: "tasks/*", access: "write" }] },
      manifest,
    );
    const read = addPermissions(
      write,
      { documents: [{ pattern: "tasks/*", access: "read" }] },
      manifest,
    );
    expect(read.documents).toEqual([{ pattern: "tasks/*", access: "read" }]);
  });
});

describe("mayUseTopic", () => {
  const may = (topic: string, direction: "publish" | "subscribe", granted = NOTHING_GRANTED) =>
    mayUseTopic("stats", granted, { topic: parseTopic(topic), direction });

  it("its own topics, both ways; croft's, to hear; others' when granted", () => {
    expect(may("stats/counted", "publish")).toBe(true);
    expect(may("stats/counted", "subscribe")).toBe(true);
    expect(may("data_changed", "subscribe")).toBe(true);
    expect(may("data_changed", "publish")).toBe(false);
    expect(may("notes/opened", "subscribe")).toBe(false);
    const granted = addPermissions(NOTHING_GRANTED, manifest.permissions, manifest);
    expect(may("notes/opened", "subscribe", granted)).toBe(true);
    expect(may("notes/opened", "publish", granted)).toBe(false);
    expect(may("stats2/x", "publish")).toBe(false);
  });
});

describe("covers", () => {
  const segment = fc.constantFrom("a", "b", "*");
  const pattern = fc
    .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.constantFrom("**", "a", "*"))
    .map(([head, tail]) => parsePattern([...head, tail].join("/")));

  it("says yes exactly where every path that the narrow one matches is one of the wide one", () => {
    // Three names are enough: one that neither pattern has stands for every other.
    const names = ["a", "b", "c"];
    const paths = [2, 3, 4, 5].flatMap((length) =>
      Array.from({ length: 3 ** length }, (_, n) =>
        parseDocPath(
          Array.from({ length }, (_unused, i) => names[Math.floor(n / 3 ** i) % 3]).join("/"),
        ),
      ),
    );
    fc.assert(
      fc.property(pattern, pattern, (wide, narrow) => {
        const escapes = paths.some(
          (each) => matchesPattern(narrow, each) && !matchesPattern(wide, each),
        );
        expect(covers(wide, narrow)).toBe(!escapes);
      }),
    );
  });
});
