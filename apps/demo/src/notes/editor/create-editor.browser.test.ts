import { afterEach, expect, it } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { createEditor, type Editor, type Place } from "./create-editor.ts";
import { createEditorAwareness } from "./safe-awareness.ts";

let editor: Editor | undefined;
let parent: HTMLElement;

afterEach(() => {
  editor?.destroy();
  parent.remove();
});

function mount(doc: Y.Doc, writable = true, place?: Place): Awareness {
  parent = document.body.appendChild(document.createElement("div"));
  const awareness = new Awareness(new Y.Doc());
  editor = createEditor({
    parent,
    text: doc.getText("body"),
    awareness: createEditorAwareness(awareness),
    writable,
    place,
    hint: "Write here",
    label: "Page text",
  });
  return awareness;
}

function content(): HTMLElement {
  const found = parent.querySelector<HTMLElement>(".cm-content");
  if (!found) throw new Error("no editor");
  return found;
}

it("shows what is no text as one character, wherever it comes from", () => {
  const doc = new Y.Doc();
  const text = doc.getText("body");
  text.insert(0, "ab");
  text.insertEmbed(1, { image: "x" });
  mount(doc).destroy();
  expect(content().textContent).toBe("a\uFFFCb");
  text.insertEmbed(3, { image: "y" });
  text.insert(4, "c");
  text.delete(0, 1);
  expect(content().textContent).toBe("\uFFFCb\uFFFCc");
});

it("keeps carriage returns as they are, so that places agree with Yjs", () => {
  const doc = new Y.Doc();
  const text = doc.getText("body");
  text.insert(0, "a\r\nb");
  mount(doc).destroy();
  text.insert(4, "c");
  expect(content().querySelectorAll(".cm-line").length).toBe(2);
  expect(content().querySelectorAll(".cm-line")[1]?.textContent).toBe("bc");
});

it("survives whatever cursor a stranger sends", () => {
  const doc = new Y.Doc();
  doc.getText("body").insert(0, "abc");
  const awareness = mount(doc);
  const positions: readonly unknown[] = [
    { item: { client: 99, clock: 5 } },
    { item: { client: doc.clientID, clock: 1 }, assoc: -1 },
    { type: { client: doc.clientID, clock: 0 } },
    { tname: "other" },
    {},
    null,
  ];
  for (const [client, anchor] of positions.entries()) {
    awareness.states.set(client + 1, { user: {}, cursor: { anchor, head: anchor } });
    awareness.emit("change", [{ added: [client + 1], updated: [], removed: [] }, "remote"]);
  }
  // The one that makes sense is shown.
  expect(content().querySelectorAll(".cm-ySelectionCaret").length).toBe(1);
  expect([...doc.share.keys()]).toEqual(["body"]);
  awareness.destroy();
});

it("can be read by keyboard, and not written, without access", () => {
  const doc = new Y.Doc();
  doc.getText("body").insert(0, "abc");
  mount(doc, false).destroy();
  expect(content().getAttribute("aria-readonly")).toBe("true");
  expect(content().tabIndex).toBe(0);
  editor?.setWritable(true);
  expect(content().getAttribute("aria-readonly")).toBe(null);
  expect(content().contentEditable).toBe("true");
});

it("goes on where the person was, in a document that was built anew", () => {
  const [before, after] = [new Y.Doc(), new Y.Doc()];
  before.getText("body").insert(0, "start refused end");
  after.getText("body").insert(0, "start end");
  mount(before, true, { text: "start refused end", anchor: 3, head: 17 }).destroy();
  const place = editor?.place;
  expect(place).toEqual({ text: "start refused end", anchor: 3, head: 17 });
  editor?.destroy();
  parent.remove();
  mount(after, true, place).destroy();
  expect(document.activeElement).toBe(content());
  expect(editor?.place).toEqual({ text: "start end", anchor: 3, head: 9 });
});
