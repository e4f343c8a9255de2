import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DocPath,
  isDocPath,
  isPluginId,
  isUnder,
  matchesPattern,
  MAX_PATH_LENGTH,
  ownerOf,
  parseDocPath,
  parsePattern,
  specificity,
} from "./doc-path.ts";

describe("doc paths", () => {
  it.each(["notes/welcome", "notes/pages/42", "app/users/ada/consent", "com.example.todo/a b/ü"])(
    "takes %j",
    (path) => expect(parseDocPath(path)).toBe(path),
  );

  it.each([
    ["", /at least two segments/],
    ["notes", /at least two segments/],
    ["notes/", /segment is empty/],
    ["/notes/a", /segment is empty/],
    ["notes//a", /segment is empty/],
    ["notes/../app/plugins", /segment is `\.\.`/],
    ["notes/./a", /segment is `\.`/],
    ["Notes/a", /plugin id/],
    ["notes_x/a", /plugin id/],
    ["notes/a*", /character "\*"/],
    ["notes/a\u0000b", /character/],
    ["notes/a\u202eb", /character/],
    ["notes/\ud800", /character/],
    ["notes/a\\b", /character/],
    ["notes/ a", /space/],
    ["notes/a?b", /character/],
    [`notes/${"x".repeat(200)}`, /longer than 128/],
    [`notes/${"x/".repeat(300)}x`, /longer than 512/],
    [`notes/${"x/".repeat(20)}x`, /more than 16 segments/],
  ])("refuses %j", (path, why) => {
    expect(() => parseDocPath(path)).toThrow(why);
    expect(isDocPath(path)).toBe(false);
  });

  it("are normalized, so that two spellings of one name are one document", () => {
    expect(parseDocPath("notes/u\u0308ber")).toBe("notes/\u00fcber");
    expect(isDocPath("notes/u\u0308ber")).toBe(false);
  });

  it("never come out longer, empty or with a way up, whatever goes in", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (tail) => {
        let path: DocPath;
        try {
          path = parseDocPath(`notes/${tail}`);
        } catch {
          return;
        }
        expect(path.length).toBeLessThanOrEqual(MAX_PATH_LENGTH);
        expect(path.split("/")).not.toContain("..");
        expect(path.split("/")).not.toContain("");
        expect(ownerOf(path)).toBe("notes");
        expect(parseDocPath(path)).toBe(path);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("patterns", () => {
  it.each([
    ["notes/**", "notes/a", true],
    ["notes/**", "notes/a/b/c", true],
    ["notes/**", "notesx/a", false],
    ["notes/*", "notes/a", true],
    ["notes/*", "notes/a/b", false],
    ["notes/*/meta", "notes/a/meta", true],
    ["notes/a", "notes/a", true],
    ["notes/a", "notes/a/b", false],
    ["**", "any/thing", true],
    ["*/shared/**", "notes/shared/x", true],
    ["*/shared/**", "notes/own/x", false],
  ])("%s on %s: %s", (pattern, path, matches) => {
    expect(matchesPattern(parsePattern(pattern), parseDocPath(path))).toBe(matches);
  });

  it.each(["", "notes", "*", "notes/**/x", "notes//x", "notes/a*b", "Notes/**"])(
    "refuses %j",
    (pattern) => {
      expect(() => parsePattern(pattern)).toThrow(/Invalid pattern/);
    },
  );

  it("are the more specific the more they name", () => {
    const order = ["**", "*/**", "notes/**", "notes/*", "notes/a/**", "notes/a/b"].map(
      parsePattern,
    );
    const scores = order.map(specificity);
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
    expect(new Set(scores).size).toBe(scores.length);
  });
});

describe("prefixes and ids", () => {
  it("compare by whole segments", () => {
    expect(isUnder("app/plugins/x", "app/plugins")).toBe(true);
    expect(isUnder("app/pluginsx/x", "app/plugins")).toBe(false);
    expect(isUnder("app/plugins", "app/plugins")).toBe(false);
  });

  it("`app` is nobody's id", () => {
    expect(isPluginId("app")).toBe(false);
    expect(isPluginId("word-count")).toBe(true);
    expect(isPluginId("-x")).toBe(false);
    expect(isPluginId("a..b")).toBe(false);
  });
});
