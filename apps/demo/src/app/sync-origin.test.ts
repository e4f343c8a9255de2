import { expect, it } from "vitest";
import { originOfSync } from "./sync-origin.ts";

it.each([
  ["ws://127.0.0.1:5174", "http://127.0.0.1:5174"],
  ["wss://sync.example.com/v1?a=b", "https://sync.example.com"],
])("of %s the origin is %s", (url, origin) => {
  expect(originOfSync(url)).toBe(origin);
});
