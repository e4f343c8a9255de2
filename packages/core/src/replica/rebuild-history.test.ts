import fc from "fast-check";
import * as Y from "yjs";
import { describe, expect, it } from "vitest";
import { createDice, type Dice, pick } from "../testing/random-edits.ts";
import type { PageChange } from "../protocol/history-messages.ts";
import { undoChanges } from "./rebuild-history.ts";

/** What people made of a document, one change each, and what each of them has. */
class Log {
  readonly changes: PageChange[] = [];
  readonly #docs = new Map<string, Y.Doc>();

  of(author: string): Y.Doc {
    let doc = this.#docs.get(author);
    if (!doc) {
      doc = new Y.Doc();
      for (const { updates } of this.changes) for (const each of updates) Y.applyUpdate(doc, each);
      this.#docs.set(author, doc);
    }
    return doc;
  }

  /** Somebody changes it, and everybody gets that. */
  change(author: string, edit: (doc: Y.Doc) => void): void {
    const doc = this.of(author);
    const before = Y.encodeStateVector(doc);
    let changed = false;
    doc.once("update", () => {
      changed = true;
    });
    doc.transact(() => edit(doc));
    if (changed) this.add(author, Y.encodeStateAsUpdate(doc, before));
  }

  add(author: string, update: Uint8Array): void {
    const seq = this.changes.length + 1;
    this.changes.push({ first: seq, last: seq, author, from: seq, to: seq, updates: [update] });
    for (const doc of this.#docs.values()) Y.applyUpdate(doc, update);
  }

  /** Takes back what somebody did; returns whether there was anything to do. */
  undo(isUndone: (change: PageChange) => boolean): boolean {
    const undoing = undoChanges([{ base: undefined, changes: this.changes }], isUndone);
    if (undoing) this.add("me", undoing.update);
    return undoing !== undefined;
  }

  get content(): unknown {
    const doc = this.of("reader");
    return {
      text: doc.getText("text").toDelta(),
      list: doc.getArray("list").toJSON(),
      cards: doc.getArray("cards").toJSON(),
      map: doc.getMap("map").toJSON(),
    };
  }
}

const byPlugin = ({ author }: PageChange): boolean => author === "kanban";

describe("taking back what somebody did", () => {
  it("brings a text back once, though it is asked for again", () => {
    const log = new Log();
    log.change("ada", (doc) => doc.getText("text").insert(0, "Hello, wide world"));
    log.change("kanban", (doc) => doc.getText("text").delete(5, 6));
    log.undo(byPlugin);
    expect(log.of("ada").getText("text").toString()).toBe("Hello, wide world");
    log.change("ada", (doc) => doc.getText("text").insert(9, "__"));
    // More is deleted right behind it: what was deleted is one piece now.
    log.change("kanban", (doc) => doc.getText("text").delete(13, 3));
    log.undo(byPlugin);
    expect(log.of("ada").getText("text").toString()).toBe("Hello, wi__de world");
    expect(log.undo(byPlugin)).toBe(false);
    log.change("ada", (doc) => doc.getText("text").delete(0, 9));
    expect(log.undo(byPlugin)).toBe(false);
    expect(log.of("ada").getText("text").toString()).toBe("__de world");
    log.change("kanban", (doc) => doc.getText("text").delete(0, 10));
    log.undo(byPlugin);
    expect(log.of("ada").getText("text").toString()).toBe("__de world");
  });

  it("brings back what an undoing took that is taken back, and what that brought back goes", () => {
    const log = new Log();
    const text = log.of("ada").getText("text");
    log.change("ada", () => text.insert(0, "one two"));
    log.change("kanban", (doc) => {
      doc.getText("text").delete(0, 4);
      doc.getText("text").insert(3, " three");
    });
    const mine = ({ author }: PageChange): boolean => author === "me";
    log.undo(byPlugin);
    expect(text.toString()).toBe("one two");
    log.undo(mine);
    expect(text.toString()).toBe("two three");
    log.change("ada", () => text.insert(2, "-"));
    // All at once is as it was at first, with what others did.
    log.undo((change) => byPlugin(change) || mine(change));
    expect(text.toString()).toBe("one tw-o");
  });

  it("does nothing the second time, whatever was done and whatever others do meanwhile", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(25), fc.nat(8), (seed, count, later) => {
        const dice = createDice(seed);
        const log = new Log();
        const authors = ["ada", "ben", "kanban"];
        for (let at = 0; at < count; at++)
          log.change(pick(dice, authors), (doc) => edit(doc, dice));
        log.undo(byPlugin);
        if (chance(dice, 2)) {
          for (let at = 0; at < count; at++)
            log.change(pick(dice, authors), (doc) => edit(doc, dice));
          log.undo(byPlugin);
        }
        for (let at = 0; at < later; at++)
          log.change(pick(dice, ["ada", "ben"]), (doc) => edit(doc, dice));
        const { content } = log;
        log.undo(byPlugin);
        expect(log.content).toEqual(content);
      }),
      { numRuns: 300 },
    );
  });
});

const chance = (dice: Dice, sides: number): boolean => dice(sides) === 0;

function edit(doc: Y.Doc, dice: Dice): void {
  const cards = doc.getArray<Y.Map<unknown>>("cards");
  const card = cards.length > 0 ? cards.get(dice(cards.length)) : undefined;
  const put = (into: Y.Text | Y.Array<number>, what: string): void => {
    const index = dice(into.length + 1);
    if (into.length > index && chance(dice, 3)) into.delete(index, 1 + dice(into.length - index));
    else if (into instanceof Y.Text) into.insert(index, what.slice(0, 1 + dice(5)));
    else into.insert(index, [dice(10), dice(10)]);
  };
  switch (dice(7)) {
    case 0:
      put(doc.getArray<number>("list"), "");
      break;
    case 1:
      doc.getMap("map").set(`k${dice(3)}`, dice(10));
      break;
    case 2:
      doc.getMap("map").delete(`k${dice(3)}`);
      break;
    case 3:
      cards.insert(dice(cards.length + 1), [
        new Y.Map<unknown>([
          ["title", dice(10)],
          ["text", new Y.Text("some")],
        ]),
      ]);
      break;
    case 4:
      if (cards.length > 0) cards.delete(dice(cards.length), 1);
      break;
    case 5: {
      const text = card?.get("text");
      if (chance(dice, 2)) card?.set("title", dice(10));
      else if (text instanceof Y.Text) put(text, "card");
      break;
    }
    default:
      put(doc.getText("text"), "words");
  }
}
