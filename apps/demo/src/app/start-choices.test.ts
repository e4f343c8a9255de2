import { expect, it } from "vitest";
import { hrefOfSafeMode, loadUpdateChoice, wantsSafeMode } from "./start-choices.ts";

it("goes into safe mode and out of it, and keeps all else of the address", () => {
  const at = (search: string) => ({ pathname: "/", search, hash: "#/plugins" }) as Location;
  const safe = hrefOfSafeMode(true, at("?access=read"));
  expect(safe).toBe("/?access=read&safe=#/plugins");
  expect(wantsSafeMode(new URL(safe, "http://demo.invalid").search)).toBe(true);
  expect(hrefOfSafeMode(false, at("?access=read&safe"))).toBe("/?access=read#/plugins");
  expect(hrefOfSafeMode(false, at("?safe"))).toBe("/#/plugins");
});

it("takes what was kept only if it is a choice", () => {
  expect(loadUpdateChoice({ getItem: () => "agreed" })).toBe("agreed");
  expect(loadUpdateChoice({ getItem: () => "whenever" })).toBe("now");
  expect(loadUpdateChoice({ getItem: () => null })).toBe("now");
});
