import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import {
  addPage,
  listPages,
  MAX_TITLE,
  pageMap,
  removePage,
  renamePage,
  restorePage,
} from "./page-index.ts";

function two(): readonly [Y.Map<unknown>, Y.Map<unknown>, () => void] {
  const [a, b] = [new Y.Doc(), new Y.Doc()];
  const merge = (): void => {
    Y.applyUpdate(a, Y.encodeStateAsUpdate(b));
    Y.applyUpdate(b, Y.encodeStateAsUpdate(a));
  };
  return [pageMap(a), pageMap(b), merge];
}

const shopping = { id: "shopping", title: "Shopping", created: 2 };

describe("the list of pages", () => {
  it("has a welcome page without anybody having written it", () => {
    expect(listPages(pageMap(new Y.Doc()))).toEqual([
      { id: "welcome", title: "Welcome", created: 0 },
    ]);
  });

  it("merges pages that two people create, rename and remove apart", () => {
    const [a, b, merge] = two();
    addPage(a, shopping);
    merge();
    renamePage(a, "shopping", "Market");
    renamePage(a, "welcome", "Hello");
    addPage(b, { id: "boat", title: "Boat", created: 1 });
    merge();
    expect(listPages(a).map(({ title }) => title)).toEqual(["Hello", "Boat", "Market"]);
    expect(listPages(b)).toEqual(listPages(a));
  });

  it("keeps a page removed that somebody else renamed meanwhile", () => {
    const [a, b, merge] = two();
    addPage(a, shopping);
    merge();
    removePage(a, "shopping");
    renamePage(b, "shopping", "Market");
    merge();
    expect(listPages(a).map(({ id }) => id)).toEqual(["welcome"]);
    restorePage(b, "shopping");
    merge();
    expect(listPages(a)).toContainEqual({ ...shopping, title: "Market" });
  });

  it("can lose the welcome page and have it back", () => {
    const map = pageMap(new Y.Doc());
    removePage(map, "welcome");
    expect(listPages(map)).toEqual([]);
    restorePage(map, "welcome");
    expect(listPages(map).map(({ id }) => id)).toEqual(["welcome"]);
  });

  it("leaves out what strangers wrote into it, and takes only titles that are text", () => {
    const map = pageMap(new Y.Doc());
    for (const id of ["../x", "", "A", "a/b", "x".repeat(65), "__proto__"]) map.set(`${id}/`, true);
    addPage(map, { ...shopping, title: "x".repeat(MAX_TITLE + 1) });
    map.set("shopping/created", "yesterday");
    map.set("boat/", true);
    map.set("boat/title", { toString: 1 });
    expect(listPages(map)).toEqual([
      { id: "welcome", title: "Welcome", created: 0 },
      { id: "boat", title: "", created: 0 },
      { id: "shopping", title: "x".repeat(MAX_TITLE), created: 0 },
    ]);
  });
});
