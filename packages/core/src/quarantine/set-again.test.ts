import * as Y from "yjs";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import {
  type Collection,
  type CollectionDocument,
  defineCollection,
  openCollection,
} from "../collection/index.ts";
import { parseDocPath } from "../doc-path.ts";
import { plainDocument } from "../testing/plain-document.ts";
import { quarantineOf } from "../testing/store-samples.ts";
import { keysSetSince, setAgain } from "./set-again.ts";

const fields = { name: z.string(), water: z.number().optional() };
const beds = defineCollection("beds", fields);
const newer = defineCollection("beds", fields, { steps: [(all) => all] });

type Beds = Collection<typeof fields>;

function someone(client: number, content?: Uint8Array): CollectionDocument {
  const doc = new Y.Doc({ guid: "board/main" });
  if (content) Y.applyUpdate(doc, content);
  doc.clientID = client;
  return plainDocument(doc);
}

/** What a document shows after edits were put back that had been refused, and others had gone on. */
function putBack(
  definition: typeof beds,
  start: (of: Beds) => void,
  refused: (of: Beds) => void,
  since: (of: Beds) => void,
): ReturnType<Beds["all"]> {
  const [made, mine] = [someone(1), someone(2)];
  start(openCollection(made, beds));
  const content = Y.encodeStateAsUpdate(made.doc);
  Y.applyUpdate(mine.doc, content);
  const theirs = someone(3, content);
  refused(openCollection(mine, definition));
  since(openCollection(theirs, definition));
  const edits = Y.encodeStateAsUpdate(mine.doc, Y.encodeStateVector(made.doc));
  const record = quarantineOf(1, { path: parseDocPath("board/main"), updates: [edits] });
  const again = keysSetSince(record, Y.encodeStateAsUpdate(theirs.doc));
  Y.applyUpdate(theirs.doc, edits);
  setAgain(theirs.doc, again);
  return openCollection(theirs, definition).all();
}

describe("refused edits of records that are put back", () => {
  it("hold where others made the same record meanwhile, and changed it", () => {
    const shown = putBack(
      beds,
      () => undefined,
      (of) => of.insert({ id: "a", name: "refused" }),
      (of) => {
        of.insert({ id: "a", name: "other", water: 1 });
        of.update("a", { name: "another" });
      },
    );
    expect(shown).toEqual([{ id: "a", name: "refused", water: 1 }]);
  });

  it.each([
    ["", beds],
    [" that an older version wrote", newer],
  ])("leave what others set since where they only removed a value%s", (_, definition) => {
    const shown = putBack(
      definition,
      (of) => of.insert({ id: "a", name: "A", water: 1 }),
      (of) => of.update("a", { water: undefined }),
      (of) => of.update("a", { water: 2 }),
    );
    expect(shown).toEqual([{ id: "a", name: "A", water: 2 }]);
  });
});
