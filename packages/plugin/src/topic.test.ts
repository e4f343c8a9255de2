import { describe, expect, it } from "vitest";
import { isBuiltInTopic, ownerOfTopic, parseActivation, parseTopic } from "./index.ts";

describe("parseTopic", () => {
  it.each(["notes/page-opened", "com.example.notes/x", "app/theme", "notes/page/opened-2"])(
    "accepts %s",
    (text) => {
      expect(parseTopic(text)).toBe(text);
    },
  );

  it.each([
    ["", "it needs an owner and a name"],
    ["page-opened", "it needs an owner and a name"],
    ["/x", "its first segment must be a plugin id"],
    ["Notes/x", "its first segment must be a plugin id"],
    ["notes/", "its name must be lower-case words"],
    ["notes/Page", "its name must be lower-case words"],
    ["notes/a//b", "its name must be lower-case words"],
    ["notes/*", "its name must be lower-case words"],
    ["notes/data_changed", "its name must be lower-case words"],
    [`notes/${"x".repeat(128)}`, "it is longer than 128 characters"],
  ])("refuses %j", (text, why) => {
    expect(() => parseTopic(text)).toThrow(why);
  });

  it("knows whose a topic is", () => {
    expect(ownerOfTopic(parseTopic("notes/page-opened"))).toBe("notes");
    expect(ownerOfTopic(parseTopic("data_changed"))).toBeUndefined();
    expect(isBuiltInTopic("data_changed")).toBe(true);
    expect(isBuiltInTopic("toString")).toBe(false);
  });
});

describe("parseActivation", () => {
  it.each([
    ["startup", { on: "startup" }],
    ["event:data_changed", { on: "event", topic: "data_changed" }],
    ["event:notes/page-opened", { on: "event", topic: "notes/page-opened" }],
    ["document:notes/**", { on: "document", pattern: "notes/**" }],
    ["command:notes/new-page", { on: "command", command: "notes/new-page" }],
  ])("reads %s", (text, event) => {
    expect(parseActivation(text)).toEqual(event);
  });

  it.each([
    "",
    "startup:",
    "startup:now",
    "Startup",
    "event:",
    "document:notes",
    "command:data_changed",
  ])("refuses %j", (text) => {
    expect(() => parseActivation(text)).toThrow(expect.objectContaining({ code: "input/invalid" }));
  });
});
