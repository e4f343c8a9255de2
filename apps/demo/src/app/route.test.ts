import { expect, it } from "vitest";
import { hashOfPage, pageOfHash } from "./route.ts";

it("names a page, or the welcome page where there is none", () => {
  expect(pageOfHash(hashOfPage("shopping"))).toBe("shopping");
  for (const hash of ["", "#", "#/notes", "#/notes/", "#/notes/../x", "#/stats/a", "#/notes/%00"]) {
    expect(pageOfHash(hash)).toBe("welcome");
  }
});
