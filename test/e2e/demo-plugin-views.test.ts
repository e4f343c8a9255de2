// What plugins add to the real demo: views beside the notes, commands by palette and keys, settings, status items and questions.

import type { FrameLocator, Page } from "playwright-core";
import { createPublisherKeys, type PublisherKeyPair } from "@croft/plugin/package";
import { beforeAll, expect, test, vi } from "vitest";
import { accessibilityProblems } from "./support/axe.ts";
import { type NotesWindow, PATIENCE, reads } from "./support/notes-window.ts";
import { packageFile } from "./support/plugin-packages.ts";
import { withRig } from "./support/rig.ts";
import { SHOWCASE } from "./support/showcase-plugin.ts";

// Each test has a demo of its own, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });
const rig = withRig({ freshDemo: true });

let keys: PublisherKeyPair;
beforeAll(async () => {
  keys = await createPublisherKeys();
});

const button = (page: Page, name: string | RegExp) =>
  page.getByRole("button", { name, exact: true });
const dialog = (page: Page) => page.getByRole("dialog");
const dock = (page: Page) => page.getByRole("complementary", { name: "Board, Showcase" });
const inDock = (page: Page): FrameLocator => dock(page).frameLocator("iframe");
const toasts = (page: Page) => page.getByRole("status", { name: "Messages" });
const width = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth);

/** A window with the plugin installed, on the plugin's page. */
async function openShowcase(options: { readonly width?: number } = {}): Promise<NotesWindow> {
  const window = await rig.open({ path: "#/plugins", ...options });
  const { page } = window;
  await button(page, "Install from a file…").waitFor();
  await page.getByLabel("Package file").setInputFiles(await packageFile({ keys, ...SHOWCASE }));
  await button(page, "Install").click();
  await page.getByRole("heading", { name: "Showcase", level: 1 }).waitFor();
  await page.getByText("Running").first().waitFor();
  return window;
}

async function show(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
}

/** Chooses in the palette, by keyboard alone. */
async function choose(page: Page, typed: string): Promise<void> {
  await page.keyboard.press("ControlOrMeta+KeyK");
  await page.getByRole("combobox", { name: "Find a command" }).fill(typed);
  await page.keyboard.press("Enter");
  await page.getByRole("combobox", { name: "Find a command" }).waitFor({ state: "detached" });
}

test("a view stands beside the notes in the demo's look, is reached by keyboard, and says why it fails", async () => {
  const ada = await openShowcase();
  const { page } = ada;
  const card = page.getByRole("article", { name: "Board" });
  await reads(card.frameLocator("iframe").getByText(/times/), "Hello, 0 times, light");
  const broken = page.getByRole("article", { name: "Broken" });
  await reads(broken.getByRole("alert"), /The view showcase\/broken cannot be shown.*Try again/);

  await show(page, "#/notes/welcome");
  await ada.waitUntilOpen();
  await choose(page, "show board");
  const greet = inDock(page).getByRole("button", { name: "Greet once more" });
  await greet.waitFor();
  // The keyboard is in the view by then, and goes on to its button.
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("IFRAME");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await reads(inDock(page).getByText(/times/), "Hello, 1 times, light");
  // The app's keys work from there, those of commands too, and the keyboard comes back.
  await page.keyboard.press("ControlOrMeta+Shift+KeyG");
  await reads(inDock(page).getByText(/times/), "Hello, 2 times, light");
  await page.keyboard.press("ControlOrMeta+KeyK");
  await page.getByRole("combobox", { name: "Find a command" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("combobox", { name: "Find a command" }).waitFor({ state: "detached" });
  await page.keyboard.press("Enter");
  await reads(inDock(page).getByText(/times/), "Hello, 3 times, light");
  const colourOf = () => greet.evaluate((element) => getComputedStyle(element).backgroundColor);
  expect(await colourOf()).toBe("rgb(63, 107, 58)");
  await page.getByRole("radio", { name: /dark/i }).press("Space");
  await reads(inDock(page).getByText(/times/), "Hello, 3 times, dark");
  await expect.poll(colourOf).toBe("rgb(163, 200, 147)");

  await inDock(page).getByText("About greetings").click();
  await dialog(page).getByText("Showcase leads to https://croft.example/greetings").waitFor();
  await button(page, "Stay here").click();
  await page.reload();
  await reads(inDock(page).getByText(/times/), "Hello, 3 times, dark");
  await show(page, "#/plugins/showcase");
  await page.getByRole("switch", { name: "On", exact: true }).click();
  await dock(page).waitFor({ state: "detached" });
  await page.getByText("Board, Broken: not to be seen").waitFor();
  await page.getByRole("switch", { name: "On", exact: true }).click();
  await greet.waitFor();
  await button(page, "Close Board").press("Enter");
  await dock(page).waitFor({ state: "detached" });

  const ben = await rig.open({ path: "#/plugins/showcase" });
  await ben.page.getByText("Board, Broken: to be seen once you let Showcase run.").waitFor();
});

test("commands run from the palette and by their keys, and tell when they fail", async () => {
  const ada = await openShowcase();
  const { page } = ada;
  const status = page.getByRole("region", { name: "Status of plugins" });
  await reads(status, "Greetings: Hello 0");
  await choose(page, "greet showcase");
  await reads(status, "Greetings: Hello 1");
  await reads(toasts(page), /Greet: done\./);
  await choose(page, "fail");
  await reads(toasts(page), /Fail: .*no luck today/);

  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("ControlOrMeta+Shift+KeyG");
  await reads(status, "Greetings: Hello 2");
  await status.getByRole("button").press("Enter");
  await reads(status, "Greetings: Hello 3");
  // Not where somebody types, nor under a dialog.
  await show(page, "#/notes/welcome");
  await ada.typeAtEnd("to be exported");
  await page.keyboard.press("ControlOrMeta+Shift+KeyG");
  await page.keyboard.press("ControlOrMeta+KeyK");
  await page.keyboard.press("ControlOrMeta+Shift+KeyG");
  await dialog(page).getByRole("option", { name: "Greet", exact: false }).first().waitFor();
  await page.keyboard.press("Escape");
  await expect
    .poll(() => ada.editor.evaluate((text) => text === document.activeElement))
    .toBe(true);
  const download = page.waitForEvent("download");
  await choose(page, "export plain");
  expect((await download).suggestedFilename()).toBe("page.txt");
  // The plugin heard of that after all keys that were pressed.
  await reads(status, "Greetings: Hello 3");
  const chooser = page.waitForEvent("filechooser");
  await choose(page, "import greetings");
  const buffer = Buffer.from("40");
  await (await chooser).setFiles({ name: "greetings.txt", mimeType: "text/plain", buffer });
  await reads(toasts(page), /Import a file: Greetings: done\./);
  await reads(status, "Greetings: Hello 40");
  await status.getByRole("button").press("Enter");
  await reads(status, "Greetings: Hello 41");
});

test("settings are a form, and count at once", async () => {
  const { page } = await openShowcase();
  const status = page.getByRole("region", { name: "Status of plugins" });
  const greeting = page.getByRole("textbox", { name: "Greeting", exact: true });
  await greeting.fill("Moin");
  await greeting.press("Enter");
  await reads(status, "Greetings: Moin 0");
  await page.getByRole("switch", { name: "Loud" }).press("Space");
  await reads(status, "Greetings: Moin! 0");
  const times = page.getByRole("spinbutton", { name: "Times" });
  await times.fill("9");
  await times.press("Tab");
  await reads(page.locator(".setting", { has: times }).locator(".refused-message"), /5 or less/);
  await page.getByLabel("Tone", { exact: true }).selectOption("cool");
  await button(page, "Tone: as it was at first").waitFor();
  await button(page, "Greeting: as it was at first").press("Enter");
  await reads(status, "Greetings: Hello! 0");
  await page.reload();
  await expect
    .poll(() => page.getByLabel("Tone", { exact: true }).inputValue(), PATIENCE)
    .toBe("cool");
  await reads(status, "Greetings: Hello! 0");
});

test("what a plugin asks for while it runs is a person's to decide", async () => {
  const { page, context } = await openShowcase();
  const may = page.getByRole("switch", { name: /clipboard/i });
  await choose(page, "copy");
  await dialog(page).getByText("“To copy the greeting.”").waitFor();
  await page.keyboard.press("Escape");
  await reads(toasts(page), /Copy the greeting: .*not allowed/);
  expect(await may.getAttribute("aria-checked")).toBe("false");
  // Who said no is not asked again before the window is loaded anew.
  await page.reload();
  await may.waitFor();
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await choose(page, "copy");
  await button(page, "Allow").press("Enter");
  await reads(toasts(page), /Copy the greeting: done/);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("Hello");
  await expect.poll(() => may.getAttribute("aria-checked"), PATIENCE).toBe("true");
});

test.each([
  ["light", 1200],
  ["dark", 360],
] as const)("is for everybody: %s, %i wide", async (colorScheme, wide) => {
  const { page } = await openShowcase({ width: wide });
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  const isFine = async () => {
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await width(page)).toBe(wide);
  };
  await page.getByRole("article", { name: "Broken" }).getByRole("alert").waitFor();
  await isFine();
  await show(page, "#/notes/welcome");
  await choose(page, "show board");
  await inDock(page).getByRole("button", { name: "Greet once more" }).waitFor();
  await isFine();
  // Keys that are pressed in a view are the view's; Escape leaves it.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).not.toBe("IFRAME");
  await page.keyboard.press("ControlOrMeta+KeyK");
  await dialog(page).getByRole("option").first().waitFor();
  await isFine();
  await page.getByRole("combobox").fill("copy");
  await page.keyboard.press("Enter");
  await button(page, "Allow").waitFor();
  await isFine();
});
