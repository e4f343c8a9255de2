import { createTestTeam, type TestTeam } from "@croft/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import plugin from "./main.ts";

let team: TestTeam;
beforeEach(async () => {
  team = await createTestTeam();
});
afterEach(() => team.dispose());

it("notes pages that two people change while they are apart", async () => {
  const ada = await team.device("ada", { plugins: [plugin] });
  const ben = await team.device("ben", { plugins: [plugin], offline: true });
  for (const [{ workspace }, path] of [
    [ada, "notes/pages/1"],
    [ben, "notes/pages/2"],
  ] as const) {
    const page = workspace.open(path);
    await page.ready;
    page.doc.getText("body").insert(0, "Hello");
    await page.saved("device");
  }
  ben.goOnline();

  const log = ada.workspace.open(`${plugin.manifest.id}/changes`);
  await log.ready;
  await vi.waitFor(() => expect(log.doc.getMap("changed").size).toBe(2), { timeout: 5000 });
  await team.converge();
  expect([...ada.problems, ...ben.problems]).toEqual([]);
});

it("sees nothing that it was not granted", async () => {
  const ada = await team.device("ada", { plugins: [plugin], granted: false });
  const page = ada.workspace.open("notes/pages/1");
  await page.ready;
  page.doc.getText("body").insert(0, "Private");
  await page.saved("server");
  await team.converge();
  const log = ada.workspace.open(`${plugin.manifest.id}/changes`);
  await log.ready;
  expect(log.doc.getMap("changed").size).toBe(0);
});
