import { expect, it } from "vitest";
import { hashOfPage, hashOfPlugin, placeOfHash, PLUGINS_HASH } from "./route.ts";

it("names a page, or the welcome page where there is none", () => {
  expect(placeOfHash(hashOfPage("shopping"))).toEqual({ name: "page", page: "shopping" });
  for (const hash of ["", "#", "#/notes", "#/notes/", "#/notes/../x", "#/stats/a", "#/notes/%00"]) {
    expect(placeOfHash(hash)).toEqual({ name: "page", page: "welcome" });
  }
});

it("names a plugin, or the list of them where it is none", () => {
  expect(placeOfHash(hashOfPlugin("stats"))).toEqual({ name: "plugin", id: "stats" });
  for (const hash of [PLUGINS_HASH, "#/plugins/", "#/plugins/No id", "#/plugins/app"]) {
    expect(placeOfHash(hash)).toEqual({ name: "plugins" });
  }
});
