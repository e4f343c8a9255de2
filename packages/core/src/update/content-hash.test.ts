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

  it("stays what it was: hubs and replicas of two versions compare theirs", () => {
    const doc = new Y.Doc();
    doc.clientID = 7;
    const inner = new Y.Map<unknown>();
    doc.getArray("list").push(["first", inner, new Y.Array(), "last"]);
    inner.set("title", new Y.Text("nested"));
    inner.set("size", 3);
    inner.set("gone", 1);
    inner.delete("gone");
    const deeper = new Y.Map<unknown>();
    inner.set("deeper", deeper);
    deeper.set("list", Y.Array.from([1, [2, { b: 1, a: 2 }]]));
    deeper.set("after", true);
    const text = doc.getText("text");
    text.insert(0, "hello world");
    text.format(0, 5, { bold: true });
    text.insertEmbed(5, { image: "a.png" });
    const element = new Y.XmlElement("p");
    doc.getXmlFragment("xml").insert(0, [element, new Y.XmlText("tail")]);
    element.setAttribute("class", "x");
    element.insert(0, [new Y.XmlText("in p")]);
    expect(contentHash(doc)).toBe("b4c9839f875994e8");
  });

  it("[INV-5] is found however deep types are nested", () => {
    expect(contentHash(nested(20_000))).not.toBe(contentHash(nested(19_999)));
  });
});

/** One map in another. */
function nested(depth: number): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = 5;
  doc.transact(() => {
    let map = doc.getMap("root");
    for (let i = 0; i < depth; i++) {
      const inner = new Y.Map<unknown>();
      map.set("inner", inner);
      map = inner;
    }
  });
  return doc;
}
