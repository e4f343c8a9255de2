import { expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { CROFT_VERSION } from "./index.ts";

it("plugins are told the version of this package", () => {
  expect(CROFT_VERSION).toBe(manifest.version);
});
