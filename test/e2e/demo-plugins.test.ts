// Plugins in the real demo: installed, asked about, taken back, updated and uninstalled, in sandboxes of a real browser.

import type { Page } from "playwright-core";
import { createPublisherKeys, type PublisherKeyPair } from "@croft/plugin/package";
import { beforeAll, expect, test, vi } from "vitest";
import { accessibilityProblems } from "./support/axe.ts";
import { type NotesWindow, PATIENCE, reads } from "./support/notes-window.ts";
import { fileOf, packageFile, type PickedFile } from "./support/plugin-packages.ts";
import { withRig } from "./support/rig.ts";

// Each test has a demo of its own, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });
const rig = withRig({ freshDemo: true });

let keys: PublisherKeyPair;
let others: PublisherKeyPair;
beforeAll(async () => {
  keys = await createPublisherKeys();
  others = await createPublisherKeys();
});

const button = (page: Page, name: string | RegExp) =>
  page.getByRole("button", { name, exact: true });
const dialog = (page: Page) => page.getByRole("dialog");
const installed = (page: Page) =>
  page.getByRole("list", { name: "Installed plugins" }).getByRole("listitem");
const permission = (page: Page, name: RegExp) => page.getByRole("switch", { name });
const width = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth);

async function openPlugins(options: { readonly width?: number } = {}): Promise<NotesWindow> {
  const window = await rig.open({ path: "#/plugins", ...options });
  await window.page.getByRole("heading", { name: "Plugins", level: 1 }).waitFor();
  await button(window.page, "Install from a file…").waitFor();
  return window;
}

/** Picks a file, and waits for what the demo says of it. */
async function pick(page: Page, file: PickedFile): Promise<void> {
  await page.getByLabel("Package file").setInputFiles(file);
  await page.getByRole("heading", { name: "Reading the package" }).waitFor({ state: "detached" });
}

async function installFile(page: Page, file: PickedFile): Promise<void> {
  await pick(page, file);
  await button(page, /^(Install|Update)$/).click();
  await dialog(page).waitFor({ state: "detached" });
}

async function show(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
}

test("the example is installed by keyboard alone, works in its sandbox, and loses a permission at once", async () => {
  const ada = await rig.open();
  const { page } = ada;
  await ada.waitUntilOpen();
  await page.getByRole("link", { name: "Plugins" }).press("Enter");
  await page.getByText("No plugins yet").waitFor();
  await button(page, "Look at it: Word statistics").press("Enter");
  await dialog(page).getByText("See your pages").waitFor();
  await dialog(page)
    .getByText(/Signed with the key ([0-9a-f]{4}-){3}[0-9a-f]{4}\./)
    .waitFor();
  // From what was asked on to the last button: the checkbox, what it never can, cancel, install.
  for (const _ of ["checkbox", "never", "cancel", "install"]) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Word statistics", level: 1 }).waitFor();
  await page.getByText("Running").waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.tagName);
  await expect.poll(focused).not.toBe("BODY");

  await show(page, "#/notes/welcome");
  await ada.typeAtEnd("one two three");
  const panel = page.getByRole("region", { name: "Word statistics" });
  await reads(panel, /This page3 words/);
  await panel.getByRole("link", { name: "Word statistics" }).press("Enter");
  await page.getByText(/^One document, /).waitFor();
  await permission(page, /^See your pages/).press("Space");
  await panel.getByText("It does not count").waitFor();
  await show(page, "#/notes/welcome");
  await ada.typeAtEnd(" four");
  await reads(ada.saved, "Saved on the server");
  await show(page, "#/plugins/stats");
  await permission(page, /^See your pages/).press("Space");
  await reads(panel, /All pages3 words/);
  await show(page, "#/notes/welcome");
  await ada.typeAtEnd(" five");
  await reads(panel, /This page5 words/);
});

test("what one person installs comes to another, who decides for themselves, and goes for both", async () => {
  const ada = await openPlugins();
  const ben = await openPlugins();
  await installFile(ada.page, await packageFile({ keys }));
  await ada.page.getByText("Running").waitFor();

  await reads(
    ben.page.getByRole("region", { name: "A plugin asks" }),
    /Greeter was installed by .+ agree/,
  );
  await reads(
    installed(ben.page),
    /Greeter 1\.0\.0.*signed by [0-9a-f-]{9}.*asks for 2 permissions.*Needs your consent/,
  );
  await button(ben.page, "Not now").click();
  await ben.page.getByRole("link", { name: /^Plugins 1 asks/ }).waitFor();
  await ben.page.getByRole("link", { name: "Greeter" }).press("Enter");
  expect(await permission(ben.page, /^See and change your pages/).isDisabled()).toBe(true);
  await button(ben.page, "See what it asks").click();
  await dialog(ben.page)
    .getByRole("checkbox", { name: /^See and change your pages/ })
    .uncheck();
  await button(ben.page, "Run it with less").click();
  await ben.page.getByText("Running").waitFor();
  const may = ({ page }: NotesWindow, name: RegExp) =>
    permission(page, name).getAttribute("aria-checked");
  expect(await may(ben, /^See and change your pages/)).toBe("false");
  expect(await may(ben, /^See the list of your pages/)).toBe("true");
  expect(await may(ada, /^See and change your pages/)).toBe("true");

  await ada.page.getByRole("switch", { name: "On", exact: true }).press("Space");
  await ben.page.getByText("Off", { exact: true }).waitFor();
  await button(ada.page, "Uninstall…").press("Enter");
  await dialog(ada.page).getByText("It keeps no documents.").waitFor();
  await button(ada.page, "Keep it").press("Enter");
  await button(ada.page, "Uninstall…").press("Enter");
  await button(ada.page, "Uninstall").press("Enter");
  await ada.page.getByText("No plugins yet").waitFor();
  await ben.page.getByText("This plugin is not installed").waitFor();
});

test("a file is installed without a network, and the others get it when there is one", async () => {
  const ada = await openPlugins();
  await ada.offlineSwitch.click();
  await ada.context.setOffline(true);
  const address = ada.page.getByLabel("Address of a package");
  await address.fill("example.com/greeter.croft");
  await address.press("Enter");
  await dialog(ada.page).getByText("There is no network now.").waitFor();
  await button(ada.page, "Close").last().click();
  const file = await packageFile({ keys });
  // Dropped anywhere.
  const bytes = [...file.buffer];
  await ada.page.evaluate((content) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(content)], "greeter.croft"));
    const options = { dataTransfer, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new DragEvent("dragenter", options));
    document.body.dispatchEvent(new DragEvent("drop", options));
  }, bytes);
  await button(ada.page, "Install").click();
  await dialog(ada.page).waitFor({ state: "detached" });
  await ada.page.getByText("Running").waitFor();

  const ben = await openPlugins();
  await ben.page.getByText("No plugins yet").waitFor();
  await ada.context.setOffline(false);
  await ada.offlineSwitch.click();
  await ben.page.getByText("Greeter was installed by").waitFor();
});

test("what cannot be installed is refused in words, and nothing changes", async () => {
  const { page } = await openPlugins();
  const refuses = async (file: PickedFile, words: RegExp) => {
    await pick(page, file);
    await reads(dialog(page).getByRole("alert"), words);
    expect(
      await dialog(page)
        .getByRole("button", { name: /^(Install|Update)/ })
        .count(),
    ).toBe(0);
    await button(page, "Close").last().click();
  };
  await refuses(fileOf("photo.croft", new Uint8Array(200)), /does not start as a package does/);
  await refuses(await packageFile({}), /Nobody signed greeter 1\.0\.0\./);
  await refuses(await packageFile({ keys, id: "notes", permissions: {} }), /is a part of this app/);
  const good = await packageFile({ keys, version: "1.1.0" });
  const changed = Buffer.from(good.buffer);
  changed[changed.length - 40] = (changed[changed.length - 40] ?? 0) ^ 1;
  await refuses(fileOf("changed.croft", changed), /cannot be used|was changed/);
  await page.getByText("No plugins yet").waitFor();

  await installFile(page, good);
  await show(page, "#/plugins");
  await refuses(await packageFile({ keys, version: "1.0.0" }), /older than 1\.1\.0/);
  await refuses(
    await packageFile({ keys: others, version: "2.0.0" }),
    /comes from another publisher/,
  );
  await pick(page, good);
  await dialog(page).getByText("Greeter is installed already").waitFor();
  await button(page, "Close").last().click();
  await reads(installed(page), /Greeter 1\.1\.0.*Running/);

  for (const [text, words] of [
    ["nowhere", /is no address/],
    ["http://example.com/x.croft", /start with https/],
  ] as const) {
    await page.getByLabel("Address of a package").fill(text);
    await page.keyboard.press("Enter");
    await reads(page.locator(".address .refused-message"), words);
  }
  await page.getByLabel("Address of a package").fill(`${rig.demo.url}plugins/stats-1.0.0.croft`);
  await button(page, "Look at it").first().click();
  await dialog(page).getByText("Install Word statistics?").waitFor();
});

test("an update asks for what is new only, everybody for themselves", async () => {
  const ada = await openPlugins();
  const ben = await openPlugins();
  await installFile(ada.page, await packageFile({ keys }));
  await button(ben.page, "See what it asks").click();
  await button(ben.page, "Let it run").click();
  await reads(installed(ben.page), /Running/);
  const documents = [
    { pattern: "notes/pages/*", access: "write", reason: "To greet you on each page." },
    { pattern: "tasks/*", access: "read", reason: "To greet your tasks as well." },
  ] as const;
  await show(ada.page, "#/plugins");
  const update = await packageFile({ keys, version: "1.1.0", permissions: { documents } });
  await pick(ada.page, update);
  await dialog(ada.page).getByText("Version 1.1.0, in place of 1.0.0.").waitFor();
  expect(await dialog(ada.page).getByRole("checkbox").count()).toBe(1);
  await button(ada.page, "Update").click();
  await expect.poll(() => permission(ada.page, /tasks/).getAttribute("aria-checked")).toBe("true");
  expect(await permission(ada.page, /your pages/).getAttribute("aria-checked")).toBe("true");

  await ben.page.getByText("Greeter was updated, and asks for more.").waitFor();
  await reads(installed(ben.page), /Greeter 1\.1\.0.*Running/);
  await button(ben.page, "See what it asks").click();
  await dialog(ben.page).getByRole("checkbox", { name: /tasks/ }).uncheck();
  await button(ben.page, "Keep it as it is").click();
  await ben.page.getByText("asks for more").waitFor({ state: "detached" });
  await reads(installed(ben.page), /may see and change your pages(?!, and)/);
});

test("a plugin that fails says why, what it logged, and can be tried again", async () => {
  const { page } = await openPlugins();
  const activate = 'log.warn("about to fail", { at: 7 }); throw new Error("no luck");';
  await installFile(page, await packageFile({ keys, activate }));
  await reads(page.getByRole("alert").first(), /threw in `activate`: no luck.*Try again/);
  const journal = page.getByRole("list", { name: "Problems and messages" });
  await reads(journal, /Problem: .*no luck.*about to fail \{"at":7\}/);
  await button(page, "Try again").first().click();
  await expect.poll(() => journal.getByText("about to fail").count(), PATIENCE).toBe(2);
});

test("who may only read is told so, and installs nothing", async () => {
  const window = await rig.open({ path: "?access=read#/plugins" });
  const { page } = window;
  await reads(window.connection, "Connected");
  await pick(page, await packageFile({ keys }));
  await button(page, "Install").click();
  await page.locator(".offer .refused-message").waitFor();
  await button(page, "Cancel").click();
  await page.getByText("No plugins yet").waitFor();
});

test.each([
  ["light", 1200],
  ["dark", 360],
] as const)("is for everybody: %s, %i wide", async (colorScheme, wide) => {
  const { page } = await openPlugins({ width: wide });
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  const isFine = async () => {
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await width(page)).toBe(wide);
  };
  await button(page, "Look at it: Word statistics").waitFor();
  await isFine();
  await pick(page, await packageFile({}));
  await isFine();
  await button(page, "Close").last().click();
  await pick(page, await packageFile({ keys, activate: 'throw new Error("no luck");' }));
  await dialog(page).getByText("What it can never do").click();
  await isFine();
  await button(page, "Install").click();
  await page.getByRole("list", { name: "Problems and messages" }).waitFor();
  await button(page, "Dismiss").click();
  await isFine();
  await button(page, "Uninstall…").click();
  await isFine();
  await button(page, "Keep it").click();
  await show(page, "#/plugins");
  await reads(installed(page), /no luck/);
  await isFine();
});
