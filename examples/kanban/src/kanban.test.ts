// The board as its users have it: two people on two devices, its view, and what it lets others do.

import { openCollection } from "@croft/core/collection";
import { definePlugin, type Plugin } from "@croft/plugin";
import { createTestTeam, type TestDevice, type TestTeam, type TestView } from "@croft/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import kanban from "./main.tsx";
import { BOARD, taskApi, taskDefinition } from "./tasks.ts";

let team: TestTeam;
beforeEach(async () => {
  team = await createTestTeam();
});
afterEach(async () => team.dispose());

it("keeps what two people do while they are apart: one renames, the other moves and adds", async () => {
  const ada = await team.device("ada", { plugins: [kanban] });
  const ben = await team.device("ben", { plugins: [kanban] });
  const [adas, bens] = [await ada.view("kanban/board"), await ben.view("kanban/board")];
  await adas.type("New task", "Milk\n");
  await bens.find("Milk");
  ben.goOffline();

  await adas.press(/^Milk/);
  await adas.type("Title", "Oat milk");
  await adas.type("Due", "2030-05-01");
  await adas.press("Close");
  await column(adas, "To do", ["Oat milk 2030-05-01"]);
  await bens.key(/^Milk/, "ArrowRight");
  await column(bens, "Doing", ["Milk"]);
  await bens.type("New task", "Bread");
  await bens.press("Add");
  await column(bens, "To do", ["Bread"]);

  ben.goOnline();
  await team.converge();
  for (const view of [adas, bens]) {
    await column(view, "Doing", ["Oat milk 2030-05-01"]);
    await column(view, "To do", ["Bread"]);
  }
  expect([...ada.problems, ...ben.problems]).toEqual([]);
});

it("is used with the keyboard alone, which stays with the task that it moves", async () => {
  const ada = await team.device("ada", { plugins: [kanban] });
  const view = await ada.view("kanban/board");
  for (const title of ["one", "two", "three"]) await view.type("New task", `${title}\n`);
  await column(view, "To do", ["one", "two", "three"]);
  await view.key("three", "ArrowUp");
  await column(view, "To do", ["one", "three", "two"]);
  await view.key("one", "ArrowDown");
  await column(view, "To do", ["three", "one", "two"]);
  await view.key("one", "ArrowUp");
  await view.key("one", "ArrowUp");
  await column(view, "To do", ["one", "three", "two"]);
  await view.key("three", "ArrowLeft");
  await view.key("three", "ArrowRight");
  await column(view, "Doing", ["three"]);
  await expect.poll(() => view.focused?.label).toBe("three");
  await view.key("three", "Enter");
  const dialog = await view.find({ role: "dialog", label: "three" });
  expect(view.focused).toMatchObject({ label: "Title", value: "three" });
  await dialog.choose("Column", "Done");
  await view.key({ label: "Title" }, "Escape");
  await column(view, "Done", ["three"]);
  await expect.poll(() => ada.host.status.list().map(({ text }) => text)).toEqual(["2 open"]);
});

it("forgets what is deleted, here and where it is open", async () => {
  const ada = await team.device("ada", { plugins: [kanban] });
  const ben = await team.device("ben", { plugins: [kanban] });
  const [adas, bens] = [await ada.view("kanban/board"), await ben.view("kanban/board")];
  await adas.type("New task", "Milk\n");
  await bens.press("Milk");
  await bens.find({ role: "dialog" });
  await adas.press("Milk");
  await adas.press("Delete");
  await bens.hides("Milk");
  expect(bens.findAll({ role: "dialog" })).toEqual([]);
});

it("has the columns that people set; what was in one that is gone begins anew", async () => {
  const ada = await team.device("ada", { plugins: [kanban] });
  const view = await ada.view("kanban/board");
  await view.type("New task", "Milk\n");
  await view.key("Milk", "ArrowRight");
  await column(view, "Doing", ["Milk"]);
  await ada.host.settings.set("kanban", "columns", ["Later", "Now", "Now"]);
  await column(view, "Later", ["Milk"]);
  expect(view.findAll({ role: "columnheader" }).map(({ text }) => text)).toEqual(["Later", "Now"]);
});

it("adds tasks by its command, and refuses what is none", async () => {
  const ada = await team.device("ada", { plugins: [kanban] });
  const view = await ada.view("kanban/board");
  await ada.host.commands.run("kanban/add");
  await ada.host.commands.run("kanban/add", { title: " Milk ", due: "2030-05-01" });
  await column(view, "To do", ["New task", "Milk 2030-05-01"]);
  await expect(ada.host.commands.run("kanban/add", { title: "" })).rejects.toThrow("title");
  await expect(ada.host.commands.run("kanban/add", { due: "soon" })).rejects.toThrow("due");
});

it("lets plugins add tasks as long as a person says so", async () => {
  const ada = await team.device("ada", { plugins: [kanban, shop] });
  await ada.host.commands.run("shop/buy", "Milk");
  expect(await titles(ada)).toEqual(["Milk"]);
  ada.host.revoke("shop");
  await expect(ada.host.commands.run("shop/buy", "Bread")).rejects.toThrow("kanban/tasks");
  expect(await titles(ada)).toEqual(["Milk"]);
});

it("is only read where its person may only read", async () => {
  const ada = await team.device("ada", { plugins: [kanban] });
  const ben = await team.device("ben", { plugins: [kanban] });
  const [adas, bens] = [await ada.view("kanban/board"), await ben.view("kanban/board")];
  await adas.type("New task", "Milk\n");
  await bens.press("Milk");
  await bens.find({ role: "dialog" });
  team.limit("ben", { "**": "write", "kanban/**": "read" });
  await expect.poll(() => bens.findAll({ role: "dialog" })).toEqual([]);
  await expect(bens.press("Milk")).rejects.toThrow("is disabled");
  await expect(bens.type("New task", "Bread")).rejects.toThrow("is disabled");
  team.limit("ben");
  await expect.poll(() => bens.findAll({ label: "Milk" })[0]?.disabled).toBe(false);
});

/** Waits until these tasks are in a column, in this order. */
async function column(view: TestView, name: string, tasks: readonly string[]): Promise<void> {
  const list = await view.find({ role: "list", label: name });
  await expect
    .poll(() => list.findAll({ role: "button" }).map(({ label }) => label))
    .toEqual(tasks);
}

async function titles({ workspace }: TestDevice): Promise<readonly string[]> {
  const board = workspace.open(BOARD);
  await board.ready;
  const found = openCollection(board, taskDefinition).all();
  board.close();
  return found.map(({ title }) => title);
}

/** Another plugin, which adds what it is told to. */
const shop: Plugin = definePlugin({
  manifest: {
    id: "shop",
    name: "Shop",
    version: "1.0.0",
    engine: "*",
    permissions: { apis: [{ api: "kanban/tasks", reason: "To note what to buy." }] },
    contributes: { commands: [{ name: "shop/buy", title: "Buy" }] },
  },
  activate({ apis, commands }) {
    commands.register("shop/buy", (title) => apis.use(taskApi).add({ title: String(title) }));
  },
});
