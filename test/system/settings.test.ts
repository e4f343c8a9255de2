/** Settings of plugins on several devices, apart and together. */

import { definePlugin } from "@croft/plugin";
import { createTestTeam, type TestDevice, type TestTeam } from "@croft/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const stats = definePlugin({
  manifest: {
    id: "stats",
    name: "Statistics",
    version: "1.0.0",
    engine: "*",
    contributes: {
      settings: [
        { name: "goal", title: "Goal", type: "number", default: 5 },
        { name: "unit", title: "Unit", scope: "workspace", type: "string", default: "words" },
      ],
    },
  },
  async activate({ settings, documents }) {
    const seen = documents.open(documents.own("seen"));
    await seen.ready;
    const note = (): void => {
      seen.doc.getMap("seen").set("unit", settings.get("unit"));
    };
    settings.onChange("unit", note);
    note();
  },
});

let team: TestTeam;

beforeEach(async () => {
  team = await createTestTeam();
});
afterEach(() => team.dispose());

const goalAndUnit = ({ host }: TestDevice) => [
  host.settings.get("stats", "goal"),
  host.settings.get("stats", "unit"),
];

describe("settings", () => {
  it("that are set without a network reach the person's other devices, or everybody", async () => {
    const desk = await team.device("ada", { plugins: [stats] });
    const phone = await team.device("ada", { plugins: [stats], offline: true });
    const ben = await team.device("ben", { plugins: [stats] });
    await phone.host.settings.set("stats", "goal", 7);
    await phone.host.settings.set("stats", "unit", "signs");
    expect(goalAndUnit(phone)).toEqual([7, "signs"]);
    expect(goalAndUnit(desk)).toEqual([5, "words"]);
    phone.goOnline();
    await team.converge();
    await expect.poll(() => goalAndUnit(desk)).toEqual([7, "signs"]);
    await expect.poll(() => goalAndUnit(ben)).toEqual([5, "signs"]);
    // Plugins hear of it wherever they run.
    const seen = ben.workspace.open("stats/seen");
    await expect.poll(() => seen.doc.getMap("seen").get("unit")).toBe("signs");
    seen.close();
    await desk.restart();
    await desk.host.settings.ready;
    expect(goalAndUnit(desk)).toEqual([7, "signs"]);
  });

  it("for everybody are set by who may, and what does not fit counts for nobody", async () => {
    team.limit("ben", { "**": "write", "app/plugins/**": "read" });
    const ada = await team.device("ada", { plugins: [stats] });
    const ben = await team.device("ben", { plugins: [stats] });
    await team.converge();
    const readOnly = () =>
      ben.host.settings.form("stats").map((field) => [field.name, field.readOnly]);
    await expect.poll(readOnly).toEqual([
      ["goal", false],
      ["unit", true],
    ]);
    await expect(ben.host.settings.set("stats", "unit", "signs")).rejects.toMatchObject({
      code: "access/denied",
    });
    await ben.host.settings.set("stats", "goal", 9);
    expect(goalAndUnit(ben)).toEqual([9, "words"]);
    await ada.host.settings.set("stats", "unit", "signs");
    await team.converge();
    await expect.poll(() => goalAndUnit(ben)).toEqual([9, "signs"]);
    team.limit("ben");
    await expect.poll(readOnly).toEqual([
      ["goal", false],
      ["unit", false],
    ]);
  });
});
