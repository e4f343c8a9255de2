// The view as its user sees it: of pages that two people write, with the grant and without it.

import type { Workspace } from "@croft/core";
import { defineCollection, openCollection } from "@croft/core/collection";
import { createTestTeam, type TestTeam, type TestView } from "@croft/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as z from "zod";
import statistics from "./main.tsx";

const VIEW = "word-statistics/pages";
const pages = defineCollection("pages", { title: z.string(), gone: z.boolean() });

let team: TestTeam;
beforeEach(async () => {
  team = await createTestTeam();
});
afterEach(async () => team.dispose());

it("shows the words of pages that two people write apart, once they meet", async () => {
  const ada = await team.device("ada", { plugins: [statistics] });
  const ben = await team.device("ben", { plugins: [statistics] });
  await list(ada.workspace, "1", "Plans");
  await list(ada.workspace, "2", "Ideas");
  await write(ada.workspace, "1", "three short words ");
  const [adas, bens] = [await ada.view(VIEW), await ben.view(VIEW)];
  await rows(bens, ["Plans 3", "Ideas 0"]);
  ben.goOffline();
  await write(ada.workspace, "1", "two more ");
  await write(ben.workspace, "1", "It’s one, ");
  await write(ben.workspace, "2", "Some words that only Ben has ");
  await rows(adas, ["Plans 5", "Ideas 0"]);
  await rows(bens, ["Ideas 6", "Plans 5"]);
  ben.goOnline();
  await team.converge();
  for (const view of [adas, bens]) {
    await rows(view, ["Plans 7", "Ideas 6"]);
    await view.shows("13 words on 2 pages");
  }
  expect([...ada.problems, ...ben.problems]).toEqual([]);
});

it("shows the same in a chart, and in the order that is chosen", async () => {
  const ada = await team.device("ada", { plugins: [statistics] });
  const view = await ada.view(VIEW);
  await view.shows("There are no pages yet.");
  await list(ada.workspace, "1", "Plans");
  await list(ada.workspace, "2", "Ideas");
  await write(ada.workspace, "1", "two words");
  // Of a page that nobody listed it hears when it changes.
  await write(ada.workspace, "3", "one");
  await rows(view, ["Plans 2", "3 1", "Ideas 0"]);
  const chart = await view.find({ role: "table", label: "Words of the first pages" });
  expect(chart.text.split("\n")).toEqual(["Words of the first pages", "Plans 2", "3 1", "Ideas 0"]);
  await view.choose("Order", "By name");
  await rows(view, ["3 1", "Ideas 0", "Plans 2"]);
});

it("leaves out what was taken off the list", async () => {
  const ada = await team.device("ada", { plugins: [statistics] });
  await list(ada.workspace, "1", "Plans");
  await write(ada.workspace, "1", "words");
  const view = await ada.view(VIEW);
  await rows(view, ["Plans 1"]);
  await list(ada.workspace, "1", "Plans", true);
  await view.shows("There are no pages yet.");
});

it("shows nothing that it was not granted, and nothing any more once that is over", async () => {
  const ada = await team.device("ada", { plugins: [statistics], granted: false });
  await list(ada.workspace, "1", "Plans");
  await write(ada.workspace, "1", "two words");
  const view = await ada.view(VIEW);
  await view.shows("You have not allowed it to read your pages.");
  ada.host.grant("word-statistics", statistics.manifest.permissions);
  await rows(view, ["Plans 2"]);
  ada.host.revoke("word-statistics");
  await view.shows("You have not allowed it to read your pages.");
  await write(ada.workspace, "1", "not seen ");
  ada.host.grant("word-statistics", statistics.manifest.permissions);
  await rows(view, ["Plans 4"]);
});

it("keeps nothing", async () => {
  const ada = await team.device("ada", { plugins: [statistics] });
  await list(ada.workspace, "1", "Plans");
  await write(ada.workspace, "1", "words");
  await rows(await ada.view(VIEW), ["Plans 1"]);
  await ada.host.deactivate("word-statistics");
  const paths = (await ada.workspace.list("")).map(({ path }) => path);
  expect(paths.toSorted()).toEqual(["notes/index", "notes/pages/1"]);
});

/** Enters a page in the list, as the notes would. */
async function list(workspace: Workspace, id: string, title: string, gone = false): Promise<void> {
  const index = workspace.open("notes/index");
  await index.ready;
  const found = openCollection(index, pages);
  if (found.has(id)) found.update(id, { title, gone });
  else found.insert({ id, title, gone });
  await index.saved("device");
  index.close();
}

/** Writes at the front of a page. */
async function write(workspace: Workspace, id: string, text: string): Promise<void> {
  const page = workspace.open(`notes/pages/${id}`);
  await page.ready;
  page.doc.getText("body").insert(0, text);
  await page.saved("device");
  page.close();
}

/** Waits until these are the rows of the table. */
async function rows(view: TestView, wanted: readonly string[]): Promise<void> {
  const shown = (): readonly string[] =>
    view
      .findAll({ role: "table", label: "Words of each page" })
      .flatMap((table) => table.findAll({ role: "row" }).map(({ text }) => text))
      .slice(1);
  await expect.poll(shown).toEqual(wanted);
}
