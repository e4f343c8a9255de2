/** The recipes on a page of a real Chromium, over real workspaces and a real hub. */

import {
  createGate,
  createHub,
  createMemoryChannelPair,
  createMemoryStore,
  type DocumentHandle,
  type Hub,
  openWorkspace,
  parsePattern,
  servePeer,
  type Workspace,
} from "@croft/core";
import { afterEach, beforeEach } from "vitest";
import * as Y from "yjs";
import { bindTextarea, mountCodeMirror, mountTiptap } from "./index.ts";

/** An editor on the page, and what a test does with it. */
export interface Mounted {
  /** Where keys go. */
  readonly target: HTMLElement;
  readonly shown: () => string;
  readonly destroy: () => void;
}

export interface Recipe {
  readonly name: string;
  /** Whether it shows where others are. */
  readonly carets: boolean;
  /** Whether letters go on being composed when somebody else types in the same line. */
  readonly holdsComposition: boolean;
  readonly mount: (document: DocumentHandle, parent: HTMLElement, user: string) => Mounted;
  /** The text in the document. */
  readonly stored: (doc: Y.Doc) => string;
  /** What somebody does in the document, without an editor. */
  readonly write: (doc: Y.Doc, place: number, text: string) => void;
  readonly remove: (doc: Y.Doc, place: number, length: number) => void;
}

const textOf = (doc: Y.Doc): Y.Text => doc.getText("body");
const fragmentOf = (doc: Y.Doc): Y.XmlFragment => doc.getXmlFragment("rich");

/** The text of the only paragraph. */
function paragraphOf(doc: Y.Doc): Y.XmlText {
  const [paragraph] = fragmentOf(doc).toArray();
  const text = paragraph instanceof Y.XmlElement ? paragraph.get(0) : undefined;
  if (text instanceof Y.XmlText) return text;
  throw new Error("no paragraph with text");
}

function within(parent: HTMLElement, selector: string): HTMLElement {
  const found = parent.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
}

/** What is shown, without the names at the cursors of others. */
function plain(element: HTMLElement): string {
  const copy = element.cloneNode(true) as HTMLElement;
  for (const caret of copy.querySelectorAll(".cm-ySelectionCaret, .collaboration-carets__caret")) {
    caret.remove();
  }
  return copy.textContent.replaceAll("\u2060", "");
}

export const recipes: readonly Recipe[] = [
  {
    name: "textarea",
    carets: false,
    holdsComposition: true,
    mount(document, parent) {
      const field = parent.appendChild(globalThis.document.createElement("textarea"));
      const destroy = bindTextarea(document, field, textOf);
      return { target: field, shown: () => field.value, destroy };
    },
    stored: (doc) => textOf(doc).toString(),
    write: (doc, place, text) => textOf(doc).insert(place, text),
    remove: (doc, place, length) => textOf(doc).delete(place, length),
  },
  {
    name: "CodeMirror",
    carets: true,
    holdsComposition: true,
    mount(document, parent, name) {
      const destroy = mountCodeMirror(document, parent, textOf, { name, color: "#7a3" });
      return {
        get target() {
          return within(parent, ".cm-content");
        },
        shown: () => plain(within(parent, ".cm-content")),
        destroy,
      };
    },
    stored: (doc) => textOf(doc).toString(),
    write: (doc, place, text) => textOf(doc).insert(place, text),
    remove: (doc, place, length) => textOf(doc).delete(place, length),
  },
  {
    name: "Tiptap",
    carets: true,
    holdsComposition: false,
    mount(document, parent, name) {
      const destroy = mountTiptap(document, parent, fragmentOf, { name, color: "#77aa33" });
      return {
        get target() {
          return within(parent, ".ProseMirror");
        },
        shown: () => plain(within(parent, ".ProseMirror")),
        destroy,
      };
    },
    stored: (doc) =>
      fragmentOf(doc)
        .toString()
        .replaceAll(/<[^>]*>/g, ""),
    write: (doc, place, text) => paragraphOf(doc).insert(place, text),
    remove: (doc, place, length) => paragraphOf(doc).delete(place, length),
  },
];

/** The browser tells editors of a moved caret a moment after the key. */
export async function selected(): Promise<void> {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
}

let hub: Hub;
/** Of the hub: `limitUser` takes rights away and gives them back. */
export let gate: ReturnType<typeof createGate>;
const opened: Workspace[] = [];
/** What takes each editor off the page. */
export const mounted: (() => void)[] = [];

beforeEach(async () => {
  gate = createGate();
  hub = await createHub({ store: createMemoryStore(), gate });
});
afterEach(async () => {
  for (const destroy of mounted.splice(0)) destroy();
  document.body.replaceChildren();
  await Promise.all(opened.splice(0).map((workspace) => workspace.dispose()));
  await hub.dispose();
});

export async function open(user: string): Promise<{
  readonly workspace: Workspace;
  readonly page: DocumentHandle;
}> {
  const workspace = await openWorkspace({
    id: "acme",
    user,
    store: async () => createMemoryStore(),
    sync: {
      url: "ws://in-process",
      connect: async () => {
        const [near, far] = createMemoryChannelPair();
        const grants = [{ pattern: parsePattern("**"), access: "write" as const }];
        servePeer(far, async () => ({ hub, principal: { user, grants } }));
        return near;
      },
    },
  });
  opened.push(workspace);
  const page = workspace.open("notes/page");
  await page.caughtUp();
  return { workspace, page };
}

/** Puts an editor on the page until the test ends. */
export function show({ mount }: Recipe, page: DocumentHandle, user: string): Mounted {
  const parent = document.body.appendChild(document.createElement("div"));
  const editor = mount(page, parent, user);
  mounted.push(editor.destroy);
  return editor;
}
