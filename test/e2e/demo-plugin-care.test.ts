// What becomes of plugins in the real demo: updates that wait, the way back, data kept and deleted, crashes, and safe mode.

import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { createPublisherKeys, type PublisherKeyPair } from "@croft/plugin/package";
import { beforeAll, expect, test, vi } from "vitest";
import { accessibilityProblems } from "./support/axe.ts";
import { type NotesWindow, PATIENCE, reads } from "./support/notes-window.ts";
import { packageFile, type PackageOptions } from "./support/plugin-packages.ts";
import { withRig } from "./support/rig.ts";

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
const version = (page: Page, text: string) =>
  page.locator(".plugin-table dd").first().getByText(text, { exact: true });

/** Writes one document, with the version that wrote it. */
const WRITES = `
  const notebook = documents.open(documents.own("notebook"));
  await notebook.ready;
  notebook.doc.getMap("pages").set("first", "written");`;

async function openPlugins(options: { readonly path?: string } = {}): Promise<NotesWindow> {
  const window = await rig.open({ path: "#/plugins", ...options });
  await button(window.page, "Install from a file…").waitFor();
  return window;
}

async function installFile(page: Page, options: PackageOptions): Promise<void> {
  await page.getByLabel("Package file").setInputFiles(await packageFile({ keys, ...options }));
  await button(page, /^(Install|Update)$/).click();
  await dialog(page).waitFor({ state: "detached" });
}

async function show(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
}

test("an update waits where a person wants that, says why, runs once they agree, and goes back again", async () => {
  const ada = await openPlugins();
  const ben = await openPlugins();
  await ben.page.getByRole("switch", { name: "Updates wait" }).press("Space");
  await ben.page.reload();
  await installFile(ada.page, { activate: WRITES });
  await button(ben.page, "See what it asks").click();
  await button(ben.page, "Let it run").click();
  await show(ben.page, "#/plugins/greeter");
  await ben.page.getByText("Running").waitFor();
  await show(ada.page, "#/plugins");
  await installFile(ada.page, { version: "1.1.0", activate: WRITES });
  await version(ada.page, "1.1.0").waitFor();

  const waits = ben.page.getByText(
    /^Version 1\.1\.0 waits: it is new\..* Until then 1\.0\.0 goes on/,
  );
  await waits.waitFor();
  await version(ben.page, "1.0.0").waitFor();
  await button(ben.page, "Look at the update").press("Enter");
  await dialog(ben.page).getByText("It asks for nothing that you were not asked before.").waitFor();
  await button(ben.page, "Update").press("Enter");
  await version(ben.page, "1.1.0").waitFor();
  await waits.waitFor({ state: "detached" });

  await button(ada.page, "Go back…").press("Enter");
  expect(await accessibilityProblems(ada.page)).toEqual([]);
  await button(ada.page, "Go back to 1.0.0").press("Enter");
  await version(ada.page, "1.0.0").waitFor();
  await ada.page.getByText("Running").waitFor();
});

test("what a plugin changed lately is told by document and version, and taken back", async () => {
  const { page, context } = await openPlugins();
  await installFile(page, { activate: WRITES });
  await page.getByText(/^One document, /).waitFor();
  await button(page, "Look").press("Enter");
  const changed = page.getByRole("list", { name: "Documents that it changed" });
  await changed.getByText("greeter/notebook").waitFor();
  expect(await changed.textContent()).toMatch(/Once, .+, for you, version 1\.0\.0/);
  expect(await accessibilityProblems(page)).toEqual([]);
  await button(page, "Take back what it changed in greeter/notebook").press("Enter");
  await page.getByText("What Greeter changed in greeter/notebook is taken back.").waitFor();
  await changed.getByText("Taken back").waitFor();

  await page.getByLabel("In", { exact: true }).selectOption("the last hour");
  await changed.getByText("greeter/notebook").waitFor();
  await context.setOffline(true);
  await button(page, "Look again").press("Enter");
  await page
    .getByRole("alert")
    .getByText(/^The server is needed to tell the history/)
    .waitFor();
});

test("uninstalling asks what is to become of the data: kept, saved as a file, or deleted", async () => {
  const { page } = await openPlugins();
  await installFile(page, { activate: WRITES });
  await page.getByText(/^One document, /).waitFor();
  await button(page, "Uninstall…").press("Enter");
  await dialog(page).getByText("What it wrote: one document").waitFor();
  const download = page.waitForEvent("download");
  await button(page, "Save a copy as a file").press("Enter");
  const file = await (await download).path();
  const saved: unknown = JSON.parse(await readFile(file, "utf8"));
  expect(saved).toMatchObject({
    plugin: "greeter",
    documents: [{ path: "greeter/notebook", content: { pages: { first: "written" } } }],
  });
  expect(await accessibilityProblems(page)).toEqual([]);
  await button(page, "Uninstall").press("Enter");
  await page.getByText("No plugins yet").waitFor();

  // It was kept: a version that writes nothing finds it.
  await installFile(page, { version: "1.0.1" });
  await page.getByText(/^One document, /).waitFor();
  await button(page, "Uninstall…").press("Enter");
  await dialog(page)
    .getByRole("radio", { name: /^Delete it for everybody/ })
    .press("Space");
  await button(page, "Uninstall and delete").press("Enter");
  await page.getByText("No plugins yet").waitFor();
  await installFile(page, { version: "1.0.2" });
  await reads(page.locator("section", { hasText: "Its documents" }).last(), /None yet\./);
  await page.getByLabel("File with its documents").setInputFiles(file);
  await page.getByText(/^One document, /).waitFor();
});

test("a plugin that crashes says when, why, what it did last, and when it starts again", async () => {
  const { page } = await openPlugins();
  const contributes = { commands: [{ name: "greeter/crash", title: "Crash" }] };
  const activate = `${WRITES}
    context.commands.register("greeter/crash", () => { context.crashed(new Error("out of ink")); });`;
  await installFile(page, { contributes, activate });
  await page.getByText("Running").waitFor();
  await page.keyboard.press("ControlOrMeta+KeyK");
  await page.keyboard.type("crash");
  await page.keyboard.press("Enter");
  const report = page.getByRole("list", { name: "What happened" });
  await reads(report, /out of ink.*The last thing that it did: it /);
  expect(await accessibilityProblems(page)).toEqual([]);
});

test("safe mode comes up without plugins, and says which failed, what it did last, and how to go on", async () => {
  const { page, ...ada } = await openPlugins();
  const activate = `${WRITES} await notebook.saved("device"); throw new Error("no luck");`;
  await installFile(page, { activate });
  await page.getByRole("list", { name: "What happened" }).waitFor();
  await show(page, "#/plugins");
  await page.getByRole("link", { name: "start it in safe mode" }).press("Enter");
  const banner = page.getByRole("region", { name: "Safe mode" });
  await reads(
    banner,
    /no installed plugin was started\.Greeter failed to start once\. The last thing/,
  );
  expect(new URL(page.url()).searchParams.has("safe")).toBe(true);
  expect(await accessibilityProblems(page)).toEqual([]);
  // The notes are there all the same.
  await show(page, "#/notes/welcome");
  await ada.waitUntilOpen();
  await banner.getByRole("link", { name: "Greeter" }).press("Enter");
  await button(page, "Start it now").waitFor();
  await page.getByRole("switch", { name: "On", exact: true }).press("Space");
  await page.getByText("Off", { exact: true }).waitFor();
  await page.getByRole("link", { name: "Start as usual" }).press("Enter");
  await banner.waitFor({ state: "detached" });
  await ada.offlineSwitch.waitFor();
  await expect.poll(() => page.getByText("Off", { exact: true }).count(), PATIENCE).toBe(1);
});
