import { parseManifest } from "@croft/plugin";
import { expect, it } from "vitest";
import { isGranted, listAsked, permissionsOf } from "./asked.ts";

const { permissions } = parseManifest({
  id: "board",
  name: "Board",
  version: "1.0.0",
  engine: "*",
  permissions: {
    documents: [
      { pattern: "notes/pages/*", access: "read", reason: "To link to them." },
      { pattern: "tasks/today", access: "write", reason: "To plan." },
    ],
    events: [{ topic: "notes/page-opened", direction: "subscribe", reason: "To follow you." }],
  },
});

it("says each thing in words, what may be changed first", () => {
  expect(listAsked(permissions).map(({ what, exactly, why }) => [what, exactly, why])).toEqual([
    ["See and change the documents tasks/today", undefined, "To plan."],
    ["See your pages", "notes/pages/*", "To link to them."],
    ["Hear of notes/page-opened", undefined, "To follow you."],
  ]);
});

it("puts chosen items together into what is granted, and finds them in it again", () => {
  const [change, see, hear] = listAsked(permissions);
  if (!change || !see || !hear) throw new Error("three were asked for");
  const nothing = {
    documents: [],
    events: [],
    network: [],
    notifications: [],
    clipboard: [],
    apis: [],
  };
  const chosen = permissionsOf([see, hear]);
  expect(chosen.documents).toEqual([{ pattern: "notes/pages/*", access: "read" }]);
  const { documents = [], events = [] } = chosen;
  const granted = { ...nothing, documents, events };
  expect([change, see, hear].map((item) => isGranted(item, granted))).toEqual([false, true, true]);
  const less = {
    ...nothing,
    documents: [{ pattern: "tasks/today", access: "read" as const }],
  };
  expect(isGranted(change, less)).toBe(false);
});
