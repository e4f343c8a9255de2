/**
 * Seeded editors: several replicas that edit one Yjs document at random, with everything that real
 * editors use (formats, embeds, nested types, XML, undo), and hear of each other now and then.
 */

import * as Y from "yjs";

/** A source of numbers that replays from its seed. */
export interface Dice {
  /** A whole number from 0 to `sides - 1`. */
  (sides: number): number;
}

/** Mulberry32: small, fast, and good enough for tests. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  return (sides) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / (2 ** 32 / sides));
  };
}

/** Marks what an editor heard from others. */
export const REMOTE = "remote";

/** One replica. */
export interface Editor {
  readonly doc: Y.Doc;
  /** Makes one edit, at random. */
  readonly edit: () => void;
  /** Applies what others wrote, in their order, up to a point. */
  readonly hear: (upTo: number) => void;
}

/** Editors of one document and all that they wrote. */
export interface Editors {
  readonly editors: readonly Editor[];
  /** Every update as its author's replica emitted it, in an order that respects causes. */
  readonly log: readonly Uint8Array[];
  /** `steps` random edits by random editors, who hear of others at random. */
  readonly run: (steps: number) => void;
  /** Everybody hears everything. */
  readonly settle: () => void;
}

/** Creates `count` editors under client ids that the dice choose. */
export function createEditors(dice: Dice, count: number): Editors {
  const log: Uint8Array[] = [];
  const editors = Array.from({ length: count }, () => createEditor(dice, log));
  return {
    editors,
    log,
    run(steps) {
      for (let i = 0; i < steps; i++) {
        const editor = pick(dice, editors);
        if (dice(3) === 0) editor.hear(dice(log.length + 1));
        editor.edit();
      }
    },
    settle() {
      for (const editor of editors) editor.hear(log.length);
    },
  };
}

function createEditor(dice: Dice, log: Uint8Array[]): Editor {
  const doc = new Y.Doc({ guid: "random-edits" });
  doc.clientID = 1 + dice(2 ** 32 - 1);
  const roots = [
    doc.getText("text"),
    doc.getArray("array"),
    doc.getMap("map"),
    doc.getXmlFragment("xml"),
  ];
  const undo = new Y.UndoManager(roots, { captureTimeout: 0 });
  let heard = 0;
  doc.on("update", (update: Uint8Array, origin: unknown) => {
    if (origin !== REMOTE) log.push(update);
  });
  return {
    doc,
    edit() {
      const choice = dice(12);
      if (choice === 0) undo.undo();
      else if (choice === 1) undo.redo();
      else
        doc.transact(() => {
          // Several edits in one transaction delete what the same transaction inserted.
          for (let i = dice(3); i >= 0; i--) editType(dice, pick(dice, roots));
        });
    },
    hear(upTo) {
      for (; heard < upTo; heard++) {
        const update = log[heard];
        if (update) Y.applyUpdate(doc, update, REMOTE);
      }
    },
  };
}

/** Edits a type at random, or one of the types in it. */
export function editType(dice: Dice, type: unknown): void {
  if (type instanceof Y.Text) editText(dice, type);
  else if (type instanceof Y.XmlFragment) editXml(dice, type);
  else if (type instanceof Y.Array) editArray(dice, type);
  else if (type instanceof Y.Map) editMap(dice, type);
}

function editText(dice: Dice, text: Y.Text): void {
  const at = dice(text.length + 1);
  const length = dice(Math.min(6, text.length - at) + 1);
  switch (dice(8)) {
    case 0:
      text.insert(at, randomText(dice), { bold: dice(2) === 0 ? true : null });
      break;
    case 1:
      if (length > 0)
        text.format(at, length, {
          [pick(dice, ["bold", "link"])]: pick(dice, [true, null, { href: "/" }]),
        });
      break;
    case 2:
      text.insertEmbed(
        at,
        pick(dice, [{ image: "a.png", ключ: [1, { "😀": '\u0001"\\' }] }, [null, -0.5e-7]]),
      );
      break;
    case 3:
    case 4:
      if (length > 0) text.delete(at, length);
      break;
    case 5:
      text.insertEmbed(at, new Y.Map([["in", 1]]), { bold: true });
      break;
    default:
      text.insert(at, randomText(dice));
  }
}

function editArray(dice: Dice, array: Y.Array<unknown>): void {
  const at = dice(array.length + 1);
  const child = array.length > 0 && dice(3) === 0 ? array.get(dice(array.length)) : undefined;
  if (child instanceof Y.AbstractType) return editType(dice, child);
  if (dice(3) === 0 && at < array.length)
    return array.delete(at, 1 + dice(Math.min(3, array.length - at)));
  array.insert(
    at,
    Array.from({ length: 1 + dice(3) }, () => randomValue(dice)),
  );
}

function editMap(dice: Dice, map: Y.Map<unknown>): void {
  const key = pick(dice, ["a", "b", "ключ", "", "proto", "😀"]);
  const child = map.get(key);
  if (child instanceof Y.AbstractType && dice(2) === 0) return editType(dice, child);
  if (dice(4) === 0) map.delete(key);
  else map.set(key, randomValue(dice));
}

function editXml(dice: Dice, xml: Y.XmlFragment): void {
  const at = dice(xml.length + 1);
  const child: unknown = xml.length > 0 ? xml.get(dice(xml.length)) : undefined;
  if (xml instanceof Y.XmlElement && dice(4) === 0)
    xml.setAttribute(pick(dice, ["id", "class"]), randomText(dice));
  else if (child instanceof Y.AbstractType && dice(2) === 0) editType(dice, child);
  else if (dice(4) === 0 && at < xml.length) xml.delete(at, 1);
  else
    xml.insert(at, [
      dice(2) === 0 ? new Y.XmlElement(pick(dice, ["p", "h1"])) : new Y.XmlText(randomText(dice)),
    ]);
}

function randomText(dice: Dice): string {
  return Array.from({ length: 1 + dice(4) }, () =>
    pick(dice, ["a", "b", " ", "ß", "語", "😀", "👩‍👩‍👧", "\ufeff", "\0"]),
  ).join("");
}

function randomValue(dice: Dice): unknown {
  switch (dice(16)) {
    case 0:
      return new Y.Map([["n", 1]]);
    case 1:
      return new Y.Array();
    case 2:
      return new Y.Text(randomText(dice));
    case 3:
      return new Y.XmlElement("div");
    case 4:
      return new Uint8Array(dice(4));
    case 5:
      return { list: [1, "два", { deep: [null, undefined, true] }], bytes: new Uint8Array([1]) };
    case 6:
      return { big: 10n ** 15n };
    case 7:
      return null;
    default:
      return pick<unknown>(dice, [
        0,
        -1,
        -0,
        1.5,
        1 / 3,
        2 ** 31,
        1e300,
        NaN,
        true,
        false,
        "",
        randomText(dice),
        [],
      ]);
  }
}

/** One of `choices`, which are not none. */
export function pick<T>(dice: Dice, choices: readonly T[]): T {
  // The cast: an index below the length is there.
  return choices[dice(choices.length)] as T;
}
