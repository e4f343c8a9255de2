/** The recipes in a real Chromium, over real workspaces and a real hub, with real keys. */

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
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { userEvent } from "vitest/browser";
import * as Y from "yjs";
import { bindTextarea, mountCodeMirror, mountTiptap } from "./index.ts";

/** An editor on the page, and what a test does with it. */
interface Mounted {
  /** Where keys go. */
  readonly target: HTMLElement;
  readonly shown: () => string;
  readonly destroy: () => void;
}

interface Recipe {
  readonly name: string;
  /** Whether it shows where others are. */
  readonly carets: boolean;
  readonly mount: (document: DocumentHandle, parent: HTMLElement, user: string) => Mounted;
  /** The text in the document. */
  readonly stored: (doc: Y.Doc) => string;
}

const textOf = (doc: Y.Doc): Y.Text => doc.getText("body");
const fragmentOf = (doc: Y.Doc): Y.XmlFragment => doc.getXmlFragment("rich");

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

const recipes: readonly Recipe[] = [
  {
    name: "textarea",
    carets: false,
    mount(document, parent) {
      const field = parent.appendChild(globalThis.document.createElement("textarea"));
      const destroy = bindTextarea(document, field, textOf);
      return { target: field, shown: () => field.value, destroy };
    },
    stored: (doc) => textOf(doc).toString(),
  },
  {
    name: "CodeMirror",
    carets: true,
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
  },
  {
    name: "Tiptap",
    carets: true,
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
  },
];

/** The browser tells editors of a moved caret a moment after the key. */
async function selected(): Promise<void> {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
}

let hub: Hub;
let gate: ReturnType<typeof createGate>;
const opened: Workspace[] = [];
const mounted: (() => void)[] = [];

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

async function open(user: string): Promise<{
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

describe.each(recipes)("$name", ({ mount, stored, carets }) => {
  function show(page: DocumentHandle, user: string): Mounted {
    const parent = document.body.appendChild(document.createElement("div"));
    const editor = mount(page, parent, user);
    mounted.push(editor.destroy);
    return editor;
  }

  it("shows what people type, each where they type it, and where they are", async () => {
    const [ada, ben] = [await open("ada"), await open("ben")];
    const [ours, theirs] = [show(ada.page, "Ada"), show(ben.page, "Ben")];
    await userEvent.click(ours.target);
    await userEvent.keyboard("one three");
    await expect.poll(theirs.shown).toBe("one three");
    await userEvent.click(theirs.target);
    await userEvent.keyboard("{Control>}{End}{/Control}, four");
    await expect.poll(ours.shown).toBe("one three, four");
    await userEvent.click(ours.target);
    await userEvent.keyboard("{Control>}{Home}{/Control}");
    await selected();
    await userEvent.keyboard("zero ");
    await expect.poll(theirs.shown).toBe("zero one three, four");
    expect(stored(ben.page.doc)).toBe("zero one three, four");
    const names = (): string => document.body.textContent;
    await expect.poll(() => !carets || /Ada/.test(names())).toBe(true);
  });

  it("undo takes back what was typed here, and not what somebody else typed", async () => {
    const [ada, ben] = [await open("ada"), await open("ben")];
    const [ours, theirs] = [show(ada.page, "Ada"), show(ben.page, "Ben")];
    await userEvent.click(ours.target);
    await userEvent.keyboard("mine ");
    await expect.poll(theirs.shown).toMatch(/^mine/);
    await userEvent.click(theirs.target);
    await userEvent.keyboard("{Control>}{End}{/Control}theirs");
    await expect.poll(ours.shown).toBe("mine theirs");
    await userEvent.click(ours.target);
    await userEvent.keyboard("{Control>}z{/Control}");
    await expect.poll(theirs.shown).toBe("theirs");
    await userEvent.keyboard("{Control>}z{/Control}{Control>}z{/Control}");
    expect(ours.shown()).toBe("theirs");
    await userEvent.keyboard("{Control>}y{/Control}");
    await expect.poll(theirs.shown).toBe("mine theirs");
  });

  it("goes on with the caret where it was after a refusal, and is read only then", async () => {
    const { workspace, page } = await open("ada");
    const editor = show(page, "Ada");
    await userEvent.click(editor.target);
    await userEvent.keyboard("start end");
    await page.saved("server");
    workspace.sync.pause();
    await userEvent.keyboard(" refused");
    await userEvent.keyboard("{Control>}{Home}{/Control}");
    for (let step = 0; step < "start".length; step++) {
      await selected();
      await userEvent.keyboard("{ArrowRight}");
    }
    await selected();
    await page.saved("device");
    gate.limitUser("ada", [{ pattern: parsePattern("**"), access: "read" }]);
    workspace.sync.resume();
    await expect.poll(editor.shown).toBe("start end");
    await userEvent.keyboard("x");
    expect(editor.shown()).toBe("start end");
    gate.limitUser("ada", undefined);
    await expect.poll(() => page.state.access).toBe("write");
    await expect.poll(() => editor.target.contains(document.activeElement)).toBe(true);
    await userEvent.keyboard("ed");
    await expect.poll(editor.shown).toBe("started end");
    await expect.poll(() => stored(page.doc)).toBe("started end");
  });

  it("leaves nothing behind", async () => {
    const { page } = await open("ada");
    const before = [...page.doc._observers.values()].reduce((sum, each) => sum + each.size, 0);
    const editor = show(page, "Ada");
    await userEvent.click(editor.target);
    await userEvent.keyboard("text");
    mounted.pop()?.();
    const after = [...page.doc._observers.values()].reduce((sum, each) => sum + each.size, 0);
    expect(after).toBe(before);
  });
});
