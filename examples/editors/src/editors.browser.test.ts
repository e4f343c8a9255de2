/** The recipes in a real Chromium, over real workspaces and a real hub, with real keys. */

import { parsePattern } from "@croft/core";
import { describe, expect, it } from "vitest";
import { userEvent } from "vitest/browser";
import { gate, mounted, open, recipes, selected, show } from "./editors-rig.ts";

describe.each(recipes)("$name", (recipe) => {
  const { stored, carets } = recipe;

  it("shows what people type, each where they type it, and where they are", async () => {
    const [ada, ben] = [await open("ada"), await open("ben")];
    const [ours, theirs] = [show(recipe, ada.page, "Ada"), show(recipe, ben.page, "Ben")];
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
    const [ours, theirs] = [show(recipe, ada.page, "Ada"), show(recipe, ben.page, "Ben")];
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
    const editor = show(recipe, page, "Ada");
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
    const editor = show(recipe, page, "Ada");
    await userEvent.click(editor.target);
    await userEvent.keyboard("text");
    mounted.pop()?.();
    const after = [...page.doc._observers.values()].reduce((sum, each) => sum + each.size, 0);
    expect(after).toBe(before);
  });
});
