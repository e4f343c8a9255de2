import { openCollection } from "@croft/core/collection";
import { meet, plainDocument, writeIn } from "@croft/core/testing";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import {
  addPage,
  listPages,
  MAX_TITLE,
  type Page,
  pageDefinition,
  type Pages,
  removePage,
  renamePage,
  restorePage,
} from "./page-index.ts";

function two(): readonly [Pages, Pages, () => void] {
  const docs = [new Y.Doc(), new Y.Doc()] as const;
  const [a, b] = docs;
  const open = (doc: Y.Doc): Pages => openCollection(plainDocument(doc), pageDefinition);
  return [open(a), open(b), () => meet(...docs)];
}

const shown = (pages: Pages): readonly Page[] => listPages(pages.all());

const shopping = { id: "shopping", title: "Shopping", created: 2 };

describe("the list of pages", () => {
  it("has a welcome page without anybody having written it", () => {
    const [pages] = two();
    expect(shown(pages)).toEqual([{ id: "welcome", title: "Welcome", created: 0 }]);
  });

  it("merges pages that two people create, rename and remove apart", () => {
    const [a, b, merge] = two();
    addPage(a, shopping);
    merge();
    renamePage(a, "shopping", "Market");
    renamePage(a, "welcome", "Hello");
    addPage(b, { id: "boat", title: "Boat", created: 1 });
    merge();
    expect(shown(a).map(({ title }) => title)).toEqual(["Hello", "Boat", "Market"]);
    expect(shown(b)).toEqual(shown(a));
  });

  it("keeps a page removed that somebody else renamed meanwhile", () => {
    const [a, b, merge] = two();
    addPage(a, shopping);
    merge();
    removePage(a, "shopping");
    renamePage(b, "shopping", "Market");
    merge();
    expect(shown(a).map(({ id }) => id)).toEqual(["welcome"]);
    restorePage(b, "shopping");
    merge();
    expect(shown(a)).toContainEqual({ ...shopping, title: "Market" });
  });

  it("can lose the welcome page and have it back", () => {
    const [pages] = two();
    removePage(pages, "welcome");
    expect(shown(pages)).toEqual([]);
    restorePage(pages, "welcome");
    expect(shown(pages)).toEqual([{ id: "welcome", title: "Welcome", created: 0 }]);
  });

  it("leaves out what strangers wrote into it, and takes only titles that are text", () => {
    const doc = new Y.Doc();
    const pages = openCollection(plainDocument(doc), pageDefinition);
    addPage(pages, { ...shopping, title: "x".repeat(MAX_TITLE + 1) });
    const strange = ["../x", "", "A", "a/b", "x".repeat(65), "__proto__"];
    writeIn(doc, "pages", {
      ...Object.fromEntries(strange.map((id) => [`${id}/`, true])),
      "shopping/created": "yesterday",
      "boat/": true,
      "boat/title": { toString: 1 },
    });
    expect(shown(pages)).toEqual([
      { id: "welcome", title: "Welcome", created: 0 },
      { id: "boat", title: "", created: 0 },
      { id: "shopping", title: "x".repeat(MAX_TITLE), created: 0 },
    ]);
  });
});
