// The calendar beside the board: on two people's devices, with its grants and without them.

import kanban from "@croft/example-kanban";
import { createTestTeam, type TestTeam, type TestView } from "@croft/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import calendar from "./main.tsx";

const { permissions } = calendar.manifest;
const NOT_SHOWN = "Tasks are not shown";

let team: TestTeam;
beforeEach(async () => {
  team = await createTestTeam();
});
afterEach(async () => team.dispose());

it("shows what two people enter while they are apart, tasks and events", async () => {
  const ada = await team.device("ada", { plugins: [kanban, calendar] });
  const ben = await team.device("ben", { plugins: [kanban, calendar], offline: true });
  const [adas, bens] = [await ada.view("calendar/month"), await ben.view("calendar/month")];
  for (const view of [adas, bens]) await view.type("Month", "2030-05");
  await enter(adas, "Dentist", "2030-05-02", "Add event");
  await enter(bens, "Taxes", "2030-05-02", "Add task");
  await bens.shows("“Taxes” is on the board.");
  await entries(adas, ["Dentist ×"]);
  await entries(bens, ["Task: Taxes"]);

  ben.goOnline();
  await team.converge();
  for (const view of [adas, bens]) await entries(view, ["Dentist ×", "Task: Taxes"]);
  const board = await ada.view("kanban/board");
  await board.press(/^Taxes/);
  await board.type("Due", "2030-05-03");
  await entries(bens, ["Task: Taxes"], "May 3, 2030");
  await bens.press("Remove Dentist");
  await adas.hides("Dentist");
  expect([...ada.problems, ...ben.problems]).toEqual([]);
});

it("says that it may not read the board, and shows events all the same", async () => {
  const ada = await team.device("ada", { plugins: [kanban, calendar], granted: false });
  await ada.host.commands.run("kanban/add", { title: "Taxes", due: "2030-05-02" });
  const view = await ada.view("calendar/month");
  await view.type("Month", "2030-05");
  await view.shows(NOT_SHOWN);
  await enter(view, "Dentist", "2030-05-02", "Add event");
  await entries(view, ["Dentist ×"]);
  await enter(view, "Shopping", "2030-05-02", "Add task");
  await view.shows("You have not allowed the calendar to add tasks.");
  expect((await view.find({ label: "Title" })).value).toBe("Shopping");
  expect((await ada.view("kanban/board")).text).not.toContain("Shopping");
});

it("follows its grants while it runs", async () => {
  const ada = await team.device("ada", { plugins: [kanban, calendar], granted: false });
  await ada.host.commands.run("kanban/add", { title: "Taxes", due: "2030-05-02" });
  const view = await ada.view("calendar/month");
  await view.type("Month", "2030-05");
  await view.shows(NOT_SHOWN);
  ada.host.grant("calendar", { documents: permissions.documents });
  await entries(view, ["Task: Taxes"]);
  await view.hides(NOT_SHOWN);
  // It may read the board, and still not add to it.
  await enter(view, "Shopping", "2030-05-02", "Add task");
  await view.shows("You have not allowed the calendar to add tasks.");
  ada.host.grant("calendar", { apis: permissions.apis });
  await view.press("Add task");
  await entries(view, ["Task: Taxes", "Task: Shopping"]);

  ada.host.revoke("calendar");
  await view.shows(NOT_SHOWN);
  await view.hides("Taxes");
  await enter(view, "Cleaning", "2030-05-02", "Add task");
  await view.shows("You have not allowed the calendar to add tasks.");
  ada.host.grant("calendar", permissions);
  await entries(view, ["Task: Taxes", "Task: Shopping"]);
});

it("says so where there is no board", async () => {
  const ada = await team.device("ada", { plugins: [calendar] });
  const view = await ada.view("calendar/month");
  await view.press("Add event");
  await view.shows("A title and a day are needed.");
  await enter(view, "Taxes", "2030-05-02", "Add task");
  await view.shows("The board did not take it");
});

it("goes from month to month", async () => {
  const ada = await team.device("ada", { plugins: [calendar] });
  const view = await ada.view("calendar/month");
  await view.type("Month", "2029-12");
  await view.press("Later");
  await view.shows("January 2030");
  await view.press("Earlier");
  await view.shows("December 2029");
  await view.type("Month", "0002-05");
  await view.type("Month", "2028-05");
  await view.shows("May 2028");
});

async function enter(view: TestView, title: string, day: string, button: string): Promise<void> {
  await view.type("Title", title);
  await view.type("Day", day);
  await view.press(button);
}

/** Waits until these are the entries of a day, in any order. */
async function entries(
  view: TestView,
  wanted: readonly string[],
  day = "May 2, 2030",
): Promise<void> {
  const of = (): readonly string[] =>
    view
      .findAll({ role: "list", label: day })
      .flatMap((list) => list.findAll({ role: "listitem" }).map(({ text }) => text));
  await expect.poll(() => of().toSorted()).toEqual(wanted.toSorted());
}
