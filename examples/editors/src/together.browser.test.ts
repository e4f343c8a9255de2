/** The recipes while others type: selections, compositions, undo. With real keys, and the browser's own input methods. */

import { parsePattern } from "@croft/core";
import { describe, expect, it } from "vitest";
import { cdp, userEvent } from "vitest/browser";
import * as Y from "yjs";
import { gate, mounted, open, recipes, selected, show } from "./editors-rig.ts";

const devTools = cdp() as unknown as {
  send(method: "Input.imeSetComposition" | "Input.insertText", params: object): Promise<unknown>;
};

/** As an input method does it: this is underlined, and becomes something else. */
async function compose(text: string): Promise<void> {
  const end = { selectionStart: text.length, selectionEnd: text.length };
  await devTools.send("Input.imeSetComposition", { text, ...end });
}

/** What was composed becomes this. */
async function commit(text: string): Promise<void> {
  await devTools.send("Input.insertText", { text });
}

/** Moves the caret from the beginning of a line. */
async function goTo(place: number): Promise<void> {
  await userEvent.keyboard("{Control>}{Home}{/Control}");
  for (let step = 0; step < place; step++) {
    await selected();
    await userEvent.keyboard("{ArrowRight}");
  }
  await selected();
}

async function select(from: number, to: number): Promise<void> {
  await goTo(from);
  await userEvent.keyboard("{Shift>}");
  for (let at = from; at < to; at++) await userEvent.keyboard("{ArrowRight}");
  await userEvent.keyboard("{/Shift}");
  await selected();
}

describe.each(recipes)("$name", (recipe) => {
  const { stored, write, carets, holdsComposition } = recipe;

  async function begin(text: string) {
    const [ada, ben] = [await open("ada"), await open("ben")];
    const editor = show(recipe, ada.page, "Ada");
    await userEvent.click(editor.target);
    if (text) await userEvent.keyboard(text);
    await expect.poll(() => stored(ben.page.doc)).toBe(text);
    /** What Ben types where. */
    const types = (place: number, typed: string): void => write(ben.page.doc, place, typed);
    return { ada, ben, editor, types };
  }

  it("keeps what is selected while others type before, after and beside it", async () => {
    const { ben, editor, types } = await begin("one three five");
    await select(4, 9);
    ben.page.doc.transact(() => {
      types(14, " six");
      types(10, "four ");
      types(4, "two ");
      types(0, "zero ");
    });
    await expect.poll(editor.shown).toBe("zero one two three four five six");
    await userEvent.keyboard("3");
    await expect.poll(() => stored(ben.page.doc)).toBe("zero one two 3 four five six");
  });

  it("takes back what was typed here around what somebody else typed into it", async () => {
    const { ben, editor, types } = await begin("abcdef");
    types(3, "THEIRS");
    await expect.poll(editor.shown).toBe("abcTHEIRSdef");
    await userEvent.keyboard("{Control>}z{/Control}");
    await expect.poll(() => stored(ben.page.doc)).toBe("THEIRS");
    expect(editor.shown()).toBe("THEIRS");
    await userEvent.keyboard("{Control>}y{/Control}");
    await expect.poll(() => stored(ben.page.doc)).toBe("abcTHEIRSdef");
  });

  it("takes what an input method composed, once", async () => {
    const { ben, editor } = await begin("ab");
    await goTo(1);
    await compose("に");
    await compose("にほ");
    await compose("日本");
    await commit("日本");
    await expect.poll(() => stored(ben.page.doc)).toBe("a日本b");
    expect(editor.shown()).toBe("a日本b");
    await userEvent.keyboard("!");
    await expect.poll(() => stored(ben.page.doc)).toBe("a日本!b");
  });

  it.runIf(holdsComposition)("goes on composing while others type around it", async () => {
    const { ben, editor, types } = await begin("one five");
    await goTo(4);
    await compose("さ");
    await compose("さん");
    types(0, "zero ");
    const after = stored(ben.page.doc).indexOf("five");
    types(after, "four ");
    await ben.page.saved("server");
    await selected();
    await compose("三");
    types(0, "- ");
    await ben.page.saved("server");
    await commit("三 ");
    await expect.poll(() => stored(ben.page.doc)).toMatch(/^- zero one (三 four|four 三) five$/);
    expect(editor.shown()).toBe(stored(ben.page.doc));
    await userEvent.keyboard("!");
    await expect.poll(() => stored(ben.page.doc)).toContain("三 !");
  });

  it.runIf(holdsComposition)(
    "goes on composing where somebody deletes the text around it",
    async () => {
      const { ben, editor } = await begin("one two");
      await goTo(4);
      await compose("さ");
      recipe.remove(ben.page.doc, 0, 4);
      await ben.page.saved("server");
      await selected();
      await compose("さん");
      await commit("さん");
      await expect.poll(() => stored(ben.page.doc)).toBe("さんtwo");
      expect(editor.shown()).toBe("さんtwo");
    },
  );

  it("does not lose what is being composed when the document is built anew", async () => {
    const { ada, ben, editor } = await begin("one");
    ada.workspace.sync.pause();
    await userEvent.keyboard(" refused");
    await ada.page.saved("device");
    const before = ada.page.doc;
    await compose("に");
    await expect.poll(() => holdsComposition || stored(ada.page.doc).includes("に")).toBe(true);
    gate.limitUser("ada", [{ pattern: parsePattern("**"), access: "read" }]);
    ada.workspace.sync.resume();
    await expect.poll(() => ada.page.doc).not.toBe(before);
    await commit("日本");
    const kept = async (): Promise<string> => {
      const records = await ada.workspace.quarantine.list();
      // Typed letter by letter, they may be in as many updates.
      return records
        .flatMap(({ updates }) => updates.flatMap((update) => Y.decodeUpdate(update).structs))
        .map((struct) => ("content" in struct ? struct.content : undefined))
        .map((content) => (content instanceof Y.ContentString ? content.str : ""))
        .join("");
    };
    await expect.poll(kept).toContain("refused");
    await expect.poll(kept).toMatch(carets ? /に|日本/ : /日本/);
    await expect.poll(() => stored(ada.page.doc)).toBe("one");
    await expect.poll(editor.shown).toBe("one");
    expect(stored(ben.page.doc)).toBe("one");
  });

  it.runIf(holdsComposition)(
    "takes letter after letter where they are composed with no time between them",
    async () => {
      const { ben, editor } = await begin("");
      await compose("하");
      for (const type of ["compositionend", "compositionstart"]) {
        editor.target.dispatchEvent(new CompositionEvent(type, { bubbles: true }));
      }
      await expect.poll(() => stored(ben.page.doc)).toBe("하");
      await commit("하나");
      await expect.poll(() => stored(ben.page.doc)).toBe("하나");
      expect(editor.shown()).toBe("하나");
    },
  );

  it("takes what is being composed when the editor goes", async () => {
    const { ben } = await begin("one ");
    await compose("に");
    mounted.pop()?.();
    await expect.poll(() => stored(ben.page.doc)).toBe("one に");
  });

  it.runIf(holdsComposition && carets)("composes beside the carets of others", async () => {
    const { ben, editor, types } = await begin("one five");
    const { awareness, doc } = ben.page;
    const isAt = (place: number): void => {
      const head = Y.createRelativePositionFromTypeIndex(doc.getText("body"), place);
      awareness.setLocalState({
        user: { name: "Ben", color: "#77aa33" },
        cursor: { anchor: head, head },
      });
    };
    const caret = (): Element | null => document.querySelector(".cm-ySelectionCaret");
    isAt(6);
    await expect.poll(caret).not.toBeNull();
    await goTo(4);
    await compose("さ");
    types(8, " six seven eight");
    isAt(24);
    await ben.page.saved("server");
    await selected();
    await compose("三");
    isAt(23);
    await selected();
    await commit("三 ");
    await expect.poll(editor.shown).toBe("one 三 five six seven eight");
    expect(stored(doc)).toBe("one 三 five six seven eight");
    await expect.poll(caret).not.toBeNull();
  });

  it("takes a large text from the clipboard", async () => {
    const { ben, editor } = await begin("()");
    await goTo(1);
    const large = "The cactus, too. ".repeat(6_000);
    const data = new DataTransfer();
    data.setData("text/plain", large);
    editor.target.dispatchEvent(
      new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }),
    );
    if (editor.shown() === "()") await commit(large);
    await expect.poll(() => stored(ben.page.doc).length).toBe(large.length + 2);
    expect(stored(ben.page.doc) === `(${large})`).toBe(true);
    await userEvent.keyboard("!");
    await expect.poll(() => stored(ben.page.doc).endsWith(" !)")).toBe(true);
  });
});
