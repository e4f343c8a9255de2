import { expect, it } from "vitest";
import { isPluginLabel, labelOf, parseStamp, recoveredFrom, stampFor, stampOf } from "./stamp.ts";

it("says who somebody is without versions", () => {
  expect(stampOf({ user: "ada" })).toBe("ada");
  expect(stampOf({ user: "ada", plugin: "notes" })).toBe("ada/notes");
  const withVersion = { user: "ada", plugin: "notes", version: "1.2.0", grants: [] };
  expect(stampOf(withVersion)).toBe("ada/notes");
});

it.each([
  ["ada", { user: "ada" }],
  ["ada@example.org", { user: "ada@example.org" }],
  ["ada/notes", { user: "ada", plugin: "notes" }],
  ["ada/notes@1.2.0", { user: "ada", plugin: "notes", version: "1.2.0" }],
  [
    "ada@example.org/com.example.notes@1.0.0-dev.3+7",
    { user: "ada@example.org", plugin: "com.example.notes", version: "1.0.0-dev.3+7" },
  ],
])("reads %s as it was written", (text, stamp) => {
  expect(parseStamp(text)).toEqual(stamp);
  const { user, plugin, version } = { plugin: undefined, version: undefined, ...stamp };
  expect(stampFor(user, labelOf(plugin, version))).toBe(text);
  expect(parseStamp(recoveredFrom(text))).toEqual({ ...stamp, recovered: true });
});

it.each(["notes", "notes@1.2.0", "com.example.notes@0.0.1-a+b"])("believes in %s", (label) => {
  expect(isPluginLabel(label)).toBe(true);
});

it.each([
  "",
  "app",
  "Notes",
  "a/b",
  "notes@",
  "notes@1 2",
  "notes@1/2",
  "notes@1@2",
  `notes@${"1".repeat(65)}`,
])("does not believe in %j", (label) => {
  expect(isPluginLabel(label)).toBe(false);
});
