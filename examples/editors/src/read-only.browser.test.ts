/** The recipes where one may not write, or not any more, with real keys. */

import { type DocumentHandle, parsePattern, type Workspace } from "@croft/core";
import { describe, expect, it } from "vitest";
import { cdp, userEvent } from "vitest/browser";
import { gate, open, recipes, show } from "./editors-rig.ts";

const devTools = cdp() as unknown as {
  send(method: "Input.dispatchKeyEvent", params: object): Promise<unknown>;
};

/** As the browser's own menu does it. */
async function choose(command: "undo" | "redo"): Promise<void> {
  await devTools.send("Input.dispatchKeyEvent", { type: "keyDown", commands: [command] });
  await devTools.send("Input.dispatchKeyEvent", { type: "keyUp" });
}

async function mayOnlyRead(page: DocumentHandle, user: string): Promise<void> {
  gate.limitUser(user, [{ pattern: parsePattern("**"), access: "read" }]);
  await expect.poll(() => page.state.access).toBe("read");
}

async function refused(workspace: Workspace): Promise<number> {
  return (await workspace.quarantine.list()).length;
}

describe.each(recipes)("$name", (recipe) => {
  const { stored } = recipe;

  it("undoes and redoes nothing while it is read only, by key or by menu", async () => {
    const { workspace, page } = await open("ada");
    const editor = show(recipe, page, "Ada");
    await userEvent.click(editor.target);
    await userEvent.keyboard("one");
    await userEvent.keyboard("{Control>}z{/Control}");
    await expect.poll(editor.shown).toBe("");
    await userEvent.keyboard("two");
    await page.saved("server");
    const before = page.doc;
    await mayOnlyRead(page, "ada");
    await userEvent.keyboard("{Control>}z{/Control}{Control>}y{/Control}{Control>}{Shift>}z");
    await userEvent.keyboard("{/Shift}{/Control}x{Backspace}");
    await choose("undo");
    await choose("redo");
    expect([editor.shown(), stored(page.doc)]).toEqual(["two", "two"]);
    expect(page.state.waiting).toBe(0);
    expect(page.doc).toBe(before);
    gate.limitUser("ada", undefined);
    await expect.poll(() => page.state.access).toBe("write");
    await userEvent.click(editor.target);
    await userEvent.keyboard("{Control>}z{/Control}");
    await expect.poll(() => stored(page.doc)).toBe("");
    await page.saved("server");
    expect(await refused(workspace)).toBe(0);
  });

  it("undoes by menu what was typed here while it may", async () => {
    const { page } = await open("ada");
    const editor = show(recipe, page, "Ada");
    await userEvent.click(editor.target);
    await userEvent.keyboard("one");
    await choose("undo");
    await expect.poll(() => stored(page.doc)).toBe("");
  });

  it("loses nothing in silence when one may not write any more while one types", async () => {
    const { workspace, page } = await open("ada");
    const editor = show(recipe, page, "Ada");
    await userEvent.click(editor.target);
    await userEvent.keyboard("kept");
    await page.saved("server");
    // The device hears of it later than what it types.
    workspace.sync.pause();
    await userEvent.keyboard(" lost?");
    await page.saved("device");
    gate.limitUser("ada", [{ pattern: parsePattern("**"), access: "read" }]);
    workspace.sync.resume();
    await expect.poll(editor.shown).toBe("kept");
    await userEvent.keyboard("x");
    expect(stored(page.doc)).toBe("kept");
    expect(await refused(workspace)).toBe(1);
  });
});
