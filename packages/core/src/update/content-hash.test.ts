import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { createDice, createEditors } from "../testing/random-edits.ts";
import { contentHash } from "./content-hash.ts";

function copyOf(updates: readonly Uint8Array[], gc = true): Y.Doc {
  const doc = new Y.Doc({ gc });
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}

describe("the hash of a document's content", () => {
  it("is the same for all that show the same, however they came to it", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { editors, log, run, settle } = createEditors(createDice(seed), 3);
      run(60);
      settle();
      const hashes = editors.map(({ doc }) => contentHash(doc));
      editors[0]?.doc.getMap("asked for, and never written");
      const whole = copyOf([Y.encodeStateAsUpdate(copyOf(log))]);
      const kept = copyOf(log, false);
      expect(new Set([...hashes, contentHash(whole), contentHash(kept)]).size).toBe(1);
    }
  });

  it("is another one for other content, other ids and another order", () => {
    const make = (client: number, write: (doc: Y.Doc) => void): string => {
      const doc = new Y.Doc();
      doc.clientID = client;
      write(doc);
      return contentHash(doc);
    };
    const hashes = [
      make(1, (doc) => doc.getText("t").insert(0, "ab")),
      make(2, (doc) => doc.getText("t").insert(0, "ab")),
      make(1, (doc) => doc.getText("u").insert(0, "ab")),
      make(1, (doc) => {
        doc.getText("t").insert(0, "a");
        doc.getText("t").insert(0, "b");
      }),
      make(1, (doc) => doc.getMap("t").set("a", 1)),
      make(1, (doc) => doc.getMap("t").set("a", 2)),
      make(1, (doc) => doc.getMap("t").set("b", 1)),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
