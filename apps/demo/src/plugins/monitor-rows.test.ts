import type { PluginFigures } from "@croft/host";
import { expect, it } from "vitest";
import { monitorRows } from "./monitor-rows.ts";

const FIGURES: PluginFigures = {
  plugin: "stats",
  version: "1.0.0",
  activations: 1,
  activationMs: 84.4,
  crashes: 0,
  messages: { in: 1234, out: 56 },
  bytes: { in: 12_345, out: 100 },
  updates: 7,
  denied: 0,
  deniedBy: {},
  errors: 0,
  lastErrors: [],
  holds: { tasks: 2, ms: 1_530, longest: 900 },
  holdsBy: [],
  documents: 1,
  cache: { hits: 3, misses: 1, evictions: 0 },
  storage: undefined,
  memory: undefined,
  recent: { messages: 12, bytes: 999, updates: 1, denied: 0, errors: 0, held: 0 },
};

it("says what a plugin takes", () => {
  expect(Object.fromEntries(monitorRows(FIGURES))).toEqual({
    "Started in": "84 ms",
    Crashes: "0",
    Messages: "1,234 from it (12.3 kB), 56 to it",
    "In the last minute": "12 messages, 999 bytes",
    Changes: "7",
    "Held its thread": "1.5 s in all, 900 ms at a time",
    "Open documents": "1",
    "From its cache": "3 of 4 openings",
    "Refused calls": "0",
    Errors: "0",
  });
});

it("leaves out what nobody tells", () => {
  const fresh = {
    ...FIGURES,
    activationMs: undefined,
    cache: { hits: 0, misses: 0, evictions: 0 },
  };
  const rows = Object.fromEntries(monitorRows(fresh));
  expect(rows["Started in"]).toBe("—");
  expect(rows).not.toHaveProperty("From its cache");
  expect(rows).not.toHaveProperty("Kept on this device");
  const told = Object.fromEntries(monitorRows({ ...fresh, storage: 999_999, memory: 1 }));
  expect(told).toMatchObject({ "Kept on this device": "1.0 MB", Memory: "1 byte" });
});
