// Pages in the real demo: made, named, imported, exported, deleted and brought back, by keyboard too.

import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { PATIENCE, reads } from "./support/notes-window.ts";
import { withRig } from "./support/rig.ts";

const rig = withRig();
const titleOf = (page: Page) => page.getByRole("textbox", { name: "Page title" });
/** After its title a link may say who is there. */
const linkTo = (page: Page, title: string) =>
  page.getByRole("link", { name: new RegExp(`^${title}(, .+ is here)*$`) });

test("a page made by keyboard alone reaches others, with its title and its text", async () => {
  const ada = await rig.open();
  const ben = await rig.open();
  await ada.waitUntilOpen();
  await ada.editor.focus();
  await ada.page.keyboard.press("Alt+KeyN");
  await expect.poll(() => titleOf(ada.page).inputValue(), PATIENCE).toBe("");
  await ada.page.keyboard.type("Shopping");
  await ada.page.keyboard.press("Enter");
  await ada.page.keyboard.type("Oats");
  await linkTo(ben.page, "Shopping").click();
  await ben.shows("Oats");
  expect(await titleOf(ben.page).inputValue()).toBe("Shopping");
  // The list tells where others are, to everybody.
  await ada.page.getByRole("link", { name: /^Shopping, .+ is here$/ }).waitFor();
  await titleOf(ben.page).fill("Market day");
  await expect.poll(() => titleOf(ada.page).inputValue(), PATIENCE).toBe("Market day");
});

test("the skip link leads into the text, and Tab leads out of it", async () => {
  const { page, editor, waitUntilOpen } = await rig.open({ path: "#/notes/welcome" });
  await waitUntilOpen();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const focused = () => editor.evaluate((element) => element === document.activeElement);
  await expect.poll(focused).toBe(true);
  await page.keyboard.press("Tab");
  expect(await focused()).toBe(false);
});

test("files become pages, what is no text is named, and a page becomes a file", async () => {
  const { page, shows } = await rig.open();
  await page.getByRole("button", { name: "Import files" }).waitFor();
  await page.getByLabel("Files to import").setInputFiles([
    { name: "peat.md", mimeType: "text/markdown", buffer: Buffer.from("# Peat\r\n\r\nDry it.") },
    { name: "boat_shed.txt", mimeType: "text/plain", buffer: Buffer.from("Tar.") },
    { name: "photo.png", mimeType: "image/png", buffer: Buffer.from([0x89, 0x50, 0xff, 0]) },
  ]);
  await shows("# Peat\n\nDry it.");
  const messages = page.getByRole("status", { name: "Messages" });
  await reads(messages, /Imported 2 pages\..*Not imported: photo\.png is not a text file\./);
  await linkTo(page, "boat shed").waitFor();

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export page" }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toBe("Peat.md");
  expect(await readFile(await file.path(), "utf8")).toBe("# Peat\n\nDry it.");
});

test("a dropped file becomes a page, not text of the page that it fell on", async () => {
  const { page, editor, shows, waitUntilOpen } = await rig.open();
  await waitUntilOpen();
  await page.getByRole("button", { name: "Import files" }).waitFor();
  await editor.evaluate((target) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["Dropped."], "drop.txt", { type: "text/plain" }));
    const options = { dataTransfer, bubbles: true, cancelable: true };
    target.dispatchEvent(new DragEvent("dragenter", options));
    target.dispatchEvent(new DragEvent("drop", options));
  });
  await shows("Dropped.");
  await linkTo(page, "drop").waitFor();
});

test("a deleted page is gone for everybody, and comes back with Undo", async () => {
  const ada = await rig.open({ path: "#/notes/hens" });
  const ben = await rig.open({ path: "#/notes/hens" });
  // An address of no page says so, and can be made one.
  await ada.page.getByRole("button", { name: "Put it back" }).click();
  await ada.typeAtEnd("Six eggs.");
  await titleOf(ada.page).fill("Hens");
  await ben.shows("Six eggs.");
  await ada.page.getByRole("button", { name: "Delete page" }).click();
  await linkTo(ben.page, "Hens").waitFor({ state: "detached" });
  await ben.page.getByText("This page is not on the list").waitFor();
  await ada.page.getByRole("button", { name: "Undo" }).click();
  await linkTo(ben.page, "Hens").waitFor();
  await ada.shows("Six eggs.");
});

test("a deletion shows the next page, and a dialog gives the focus back", async () => {
  const { page } = await rig.open({ path: "#/notes/barn" });
  await page.getByRole("button", { name: "Put it back" }).click();
  await titleOf(page).fill("Barn");
  await page.getByRole("button", { name: "New page" }).click();
  await expect.poll(() => titleOf(page).inputValue(), PATIENCE).toBe("");
  await titleOf(page).fill("Byre");
  const account = page.getByRole("button", { name: /change your name/ });
  await account.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  const focused = () => account.evaluate((element) => element === document.activeElement);
  await expect.poll(focused).toBe(true);
  await page.getByRole("button", { name: "Delete page" }).press("Enter");
  await linkTo(page, "Byre").waitFor({ state: "detached" });
  await expect.poll(() => titleOf(page).inputValue(), PATIENCE).not.toMatch(/^(Byre)?$/);
  expect(await page.getByText("This page is not on the list").count()).toBe(0);
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("main");
});

test("a narrow window has the list in a drawer", async () => {
  const { page, waitUntilOpen, offlineSwitch } = await rig.open({ width: 360 });
  await waitUntilOpen();
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  expect(await width()).toBe(360);
  await page.getByRole("button", { name: "Open the list of pages" }).click();
  await offlineSwitch.waitFor();
  expect(await width()).toBe(360);
  await page.keyboard.press("Escape");
  await offlineSwitch.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Open the list of pages" }).click();
  await page.getByRole("button", { name: "New page" }).click();
  await expect.poll(() => titleOf(page).inputValue(), PATIENCE).toBe("");
  await offlineSwitch.waitFor({ state: "detached" });
});
