/** The example plugins as people get them: packed from their folders, in a sandbox, in real Chromium. */

import { fileURLToPath } from "node:url";
import { bundlePlugin, readProject } from "@croft/plugin-cli";
import { packPlugin } from "@croft/plugin/package";
import type { Browser, FrameLocator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { problemsInFrames } from "./support/axe.ts";
import { launchBrowser } from "./support/browser.ts";
import { install, serveViewsPage, type ViewsServer } from "./support/views-rig.ts";

let browser: Browser;
let server: ViewsServer;
let page: Page;
/** What is in the view's frame. */
let view: FrameLocator;
const packages = new Map<string, number[]>();

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), serveViewsPage()]);
  for (const name of ["kanban", "calendar", "word-statistics"]) {
    const folder = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
    const project = await readProject(folder);
    const { code } = await bundlePlugin(project, ["source"]);
    const { manifest } = project;
    const files = new Map([...project.files, [manifest.entry, code] as const]);
    packages.set(name, [...(await packPlugin({ manifest: project.written, files }))]);
  }
}, 60_000);
afterAll(async () => {
  await browser.close();
  await server.close();
});
beforeEach(async () => {
  server.leaks.length = 0;
  page = await (await browser.newContext({ locale: "en-US" })).newPage();
  await page.goto(`http://${server.address}/`);
  await page.evaluate(async () => {
    globalThis.croftViews = await globalThis.openViewsPage();
  });
  view = page.frameLocator("#panel iframe");
});
afterEach(async () => {
  await page.context().close();
});

/** What went wrong, and what was asked for of the network. */
async function troubles(): Promise<readonly string[]> {
  return [...(await page.evaluate(() => globalThis.croftViews.problems)), ...server.leaks];
}

async function show(name: string): Promise<void> {
  await page.evaluate((wanted) => {
    globalThis.croftViews.view?.dispose();
    globalThis.croftViews.show(wanted);
  }, name);
}

async function installAll(...names: readonly string[]): Promise<void> {
  for (const name of names) await install(page, packages.get(name) ?? []);
}

it("moves tasks of the board by keyboard, across columns", async () => {
  await installAll("kanban");
  await show("kanban/board");
  const field = view.getByRole("textbox", { name: "New task" });
  for (const title of ["Milk", "Bread"]) {
    await field.fill(title);
    await field.press("Enter");
    await view.getByRole("button", { name: title }).waitFor();
    await expect.poll(() => field.inputValue()).toBe("");
  }
  const inColumn = async (name: string): Promise<readonly string[]> => {
    const tasks = await view.getByRole("list", { name }).getByRole("button").allTextContents();
    return tasks.map((text) => text.trim());
  };
  await view.getByRole("button", { name: "Milk" }).focus();
  await page.keyboard.press("ArrowDown");
  await expect.poll(() => inColumn("To do")).toEqual(["Bread", "Milk"]);
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => inColumn("Doing")).toEqual(["Milk"]);
  const focused = (): Promise<string> =>
    view.locator(":focus").evaluate((found) => (found.textContent ?? "").trim());
  await expect.poll(focused).toBe("Milk");
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => inColumn("Done")).toEqual(["Milk"]);
  await expect.poll(focused).toBe("Milk");

  await page.keyboard.press("Enter");
  const dialog = view.getByRole("dialog", { name: "Milk" });
  await dialog.waitFor();
  await dialog.getByRole("textbox", { name: "Title" }).fill("Oat milk");
  expect(await problemsInFrames(page)).toEqual([]);
  // Not by `selectOption`: what no person did is nothing to a view.
  await dialog.getByRole("combobox", { name: "Column" }).press("ArrowUp");
  await dialog.getByRole("combobox", { name: "Column" }).press("ArrowUp");
  await page.keyboard.press("Escape");
  await expect.poll(() => inColumn("To do")).toEqual(["Bread", "Oat milk"]);
  await expect.poll(() => dialog.count()).toBe(0);
  expect(await problemsInFrames(page)).toEqual([]);
  const status = (): Promise<string[]> =>
    page.evaluate(() => globalThis.croftViews.host.status.list().map(({ text }) => text));
  expect(await status()).toEqual(["2 open"]);
  expect(await troubles()).toEqual([]);
});

it("shows tasks in the calendar as long as that is granted, each plugin in a sandbox of its own", async () => {
  await installAll("kanban", "calendar");
  await show("calendar/month");
  // Typed part by part, as people do: what a script sets is nothing to a view.
  const month = view.getByLabel("Month", { exact: true });
  await month.pressSequentially("May");
  await month.press("ArrowRight");
  await month.pressSequentially("2030");
  await view.getByRole("table", { name: "May 2030" }).waitFor();
  await view.getByRole("textbox", { name: "Title" }).fill("Taxes");
  await view.getByLabel("Day").pressSequentially("05022030");
  await view.getByRole("button", { name: "Add task" }).click();
  await view.getByText("Task: Taxes").waitFor();
  await view.getByRole("textbox", { name: "Title" }).fill("Dentist");
  await view.getByRole("button", { name: "Add event" }).click();
  await view.getByRole("button", { name: "Remove Dentist" }).waitFor();
  expect(await problemsInFrames(page)).toEqual([]);
  await page.evaluate(() => globalThis.croftViews.host.revoke("calendar"));
  await view.getByText("Tasks are not shown").waitFor();
  expect(await view.getByText("Task: Taxes").count()).toBe(0);
  expect(await view.getByText("Dentist").count()).toBe(1);
  await show("kanban/board");
  await view.getByRole("button", { name: "Taxes" }).waitFor();
  expect(await troubles()).toEqual([]);
});

it("shows the words of pages in a chart and a table", async () => {
  await installAll("word-statistics");
  await show("word-statistics/pages");
  await view.getByText("There are no pages yet.").waitFor();
  await page.evaluate(async () => {
    const handle = globalThis.croftViews.workspace.open("notes/pages/plans");
    await handle.ready;
    handle.doc.getText("body").insert(0, "three short words");
    await handle.saved("device");
  });
  await view.getByRole("heading", { name: "3 words on 1 page" }).waitFor();
  expect(await view.locator("rect").count()).toBe(1);
  expect(await problemsInFrames(page)).toEqual([]);
  expect(await troubles()).toEqual([]);
});
