import { describe, expect, it } from "vitest";
import { fitsVersionRange, isVersion, isVersionRange } from "./version-range.ts";

describe("versions and ranges", () => {
  it.each(["0.0.0", "1.2.3", "1.2.3-rc.1", "1.2.3+build.5", "1.2.3-rc.1+build"])(
    "%s is one",
    (text) => {
      expect(isVersion(text)).toBe(true);
    },
  );

  it.each(["", "1", "1.2", "v1.2.3", "=1.2.3", " 1.2.3", "1.2.3 ", "01.2.3", "1.2.x"])(
    "%j is none",
    (text) => {
      expect(isVersion(text)).toBe(false);
    },
  );

  it("ranges are npm's", () => {
    for (const range of ["^1.2.0", "~1", ">=1 <3", "1.x || 2.x", "1.2.0 - 1.4.0", "*"]) {
      expect(isVersionRange(range)).toBe(true);
    }
    for (const range of ["", " ", "latest", "^", "file:../x"])
      expect(isVersionRange(range)).toBe(false);
  });

  it.each([
    ["1.4.0", "^1.2.0", true],
    ["2.0.0", "^1.2.0", false],
    ["0.2.0", "^0.1.0", false],
    ["0.1.9", "^0.1.0", true],
    ["2.0.0-beta.1", "^1.2.0", false],
    ["1.0.0-beta.1", "^1.0.0", false],
    ["1.0.0-beta.2", "^1.0.0-beta.1", true],
    ["7.0.0", "*", true],
  ])("%s in %s: %s", (version, range, fits) => {
    expect(fitsVersionRange(version, range)).toBe(fits);
  });
});
