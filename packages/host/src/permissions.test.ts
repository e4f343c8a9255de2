import { matchesPattern, parseDocPath, parsePattern } from "@croft/core";
import { parseManifest, parseTopic } from "@croft/plugin";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addPermissions,
  covers,
  keepAsked,
  mayUseTopic,
  NOTHING_GRANTED,
  type Permissions,
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

describe("other kinds", () => {
  const origin = "https://api.example.com";
  const asking = parseManifest({
    id: "stats",
    name: "Statistics",
    version: "1.0.0",
    engine: "*",
    permissions: {
      network: [{ origin, paths: ["/v1/**"], methods: ["GET", "POST"], reason: "To look up." }],
      notifications: [{ reason: "To remind you.", optional: true }],
      clipboard: [{ access: "write", reason: "To copy." }],
      apis: [{ api: "notes/search", reason: "To find." }],
    },
  });

  it("are granted as they are asked for but for what is optional, and taken back", () => {
    const granted = addPermissions(NOTHING_GRANTED, asking.permissions, asking);
    expect(granted).toEqual({
      documents: [],
      events: [],
      network: [{ origin, paths: ["/v1/**"], methods: ["GET", "POST"] }],
      notifications: [],
      clipboard: [{ access: "write" }],
      apis: [{ api: "notes/search" }],
    });
    const more = addPermissions(granted, { notifications: [{}] }, asking);
    expect(more.notifications).toEqual([{}]);
    expect(keepAsked(more, asking)).toEqual(more);
    expect(removePermissions(more, asking.permissions)).toEqual(NOTHING_GRANTED);
    expect(removePermissions(more, { network: [{ origin }] }).network).toEqual([]);
    const other = { network: [{ origin, paths: ["/v2"] }] };
    expect(removePermissions(more, other)).toEqual(more);
  });

  it.each<[Permissions, string]>([
    [{ network: [{ origin, paths: ["/v2/**"] }] }, `the network permission for ${origin} (/v2/**)`],
    [{ network: [{ origin }] }, `the network permission for ${origin}`],
    [
      { network: [{ origin, paths: ["/v1/a"], methods: ["PUT"] }] },
      `the network permission for ${origin} (/v1/a)`,
    ],
    [{ clipboard: [{ access: "read" }] }, "the permission clipboard (read)"],
    [{ apis: [{ api: "notes/admin" }] }, "leave to call notes/admin"],
  ])("are not granted beyond that: %j", (permissions, what) => {
    expect(() => addPermissions(NOTHING_GRANTED, permissions, asking)).toThrow(
      `stats did not ask for ${what}.`,
    );
  });

  it("in part, when less is asked for after an update", () => {
    const granted = addPermissions(
      NOTHING_GRANTED,
      { network: [{ origin, paths: ["/v1/a"] }], clipboard: [{ access: "write" }] },
      asking,
    );
    const { permissions } = asking;
    const less = { ...asking, permissions: { ...permissions, clipboard: [] } };
    expect(keepAsked(granted, less)).toEqual({ ...granted, clipboard: [] });
    expect(keepAsked({ documents: [] }, less)).toEqual(NOTHING_GRANTED);
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
