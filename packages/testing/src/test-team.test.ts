import type { Workspace } from "@croft/core";
import { definePlugin } from "@croft/plugin";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestClock } from "./test-clock.ts";
import { createTestTeam, type TestTeam } from "./index.ts";

const PAGE = "notes/pages/1";

/** Writes the length of a page into a document of its own. */
const lengths = definePlugin({
  manifest: {
    id: "lengths",
    name: "Lengths",
    version: "1.0.0",
    engine: "*",
    permissions: { documents: [{ pattern: "notes/pages/*", access: "read", reason: "To count." }] },
  },
  activate({ documents, events, log }) {
    const own = documents.open(documents.own("all"));
    events.subscribe("data_changed", async ({ path }) => {
      if (!path.startsWith("notes/")) return;
      log.info("counts", path);
      const page = documents.open(path);
      await page.ready;
      const { length } = page.doc.getText("body");
      const map = own.doc.getMap("lengths");
      if (page.state.access !== "none" && map.get(path) !== length) map.set(path, length);
      page.close();
    });
  },
});

let team: TestTeam;
beforeEach(async () => {
  team = await createTestTeam();
});
afterEach(async () => team.dispose());

async function type(workspace: Workspace, text: string): Promise<void> {
  const page = workspace.open(PAGE);
  await page.ready;
  page.doc.getText("body").insert(0, text);
  await page.saved("device");
  page.close();
}

async function read(workspace: Workspace, path = PAGE, name = "body"): Promise<unknown> {
  const page = workspace.open(path);
  await page.ready;
  const shown = name === "body" ? page.doc.getText(name).toJSON() : page.doc.getMap(name).toJSON();
  page.close();
  return shown;
}

describe("a team", () => {
  it("comes together after an offline period, plugins too", async () => {
    const ada = await team.device("ada", { plugins: [lengths] });
    const ben = await team.device("ben", { plugins: [lengths], offline: true });
    await type(ada.workspace, "ada");
    await type(ben.workspace, "ben");
    expect(await read(ben.workspace)).toBe("ben");
    ben.goOnline();
    await team.converge();
    expect(await read(ben.workspace)).toBe(await read(ada.workspace));
    expect(await read(ben.workspace)).toHaveLength(6);
    expect(await read(ada.workspace, "lengths/all", "lengths")).toEqual({ [PAGE]: 6 });
    expect(ada.logged).toContainEqual({
      plugin: "lengths",
      level: "info",
      message: "counts",
      data: PAGE,
    });
    expect([...ada.problems, ...ben.problems]).toEqual([]);
  });

  it("says in which document devices differ, and what each shows", async () => {
    const ada = await team.device("ada");
    const ben = await team.device("ben");
    await type(ada.workspace, "seen");
    await team.converge();
    // A page that nobody else can come to: it changes all the time.
    const page = ada.workspace.open(PAGE);
    await page.ready;
    const busy = setInterval(() => page.doc.getText("body").insert(0, "x"), 1);
    await expect(team.converge({ within: 300 })).rejects.toThrow(/did not come together in 300 ms/);
    clearInterval(busy);
    page.close();
    await team.converge();
    expect(await read(ben.workspace)).toBe(await read(ada.workspace));
  });

  it("does not wait for who is offline, and tells who cannot save", async () => {
    const ada = await team.device("ada");
    const ben = await team.device("ben");
    ben.goOffline();
    await type(ada.workspace, "without ben");
    await team.converge();
    expect(await read(ben.workspace)).toBe("");
    ben.goOnline();
    await team.converge();
    expect(await read(ben.workspace)).toBe("without ben");
  });

  it("takes access away from a person, and gives it back", async () => {
    const ada = await team.device("ada");
    const ben = await team.device("ben");
    await type(ada.workspace, "before ");
    await team.converge();
    team.limit("ben", { "**": "write", "notes/**": "read" });
    const page = ben.workspace.open(PAGE);
    await expect.poll(() => page.state.access).toBe("read");
    page.doc.getText("body").insert(0, "refused ");
    await expect(page.saved("server")).rejects.toMatchObject({ code: "access/denied" });
    page.close();
    await team.converge();
    expect(await read(ben.workspace)).toBe("before ");
    team.limit("ben", { "notes/**": "none" });
    await type(ada.workspace, "hidden ");
    await team.converge();
    team.limit("ben");
    await team.converge();
    await type(ben.workspace, "again ");
    await team.converge();
    expect(await read(ada.workspace)).toContain("again");
  });

  it("keeps what is on a device when it is restarted", async () => {
    const ada = await team.device("ada", { plugins: [lengths], offline: true });
    await type(ada.workspace, "kept");
    const { workspace } = ada;
    await ada.restart();
    expect(ada.workspace).not.toBe(workspace);
    expect(await read(ada.workspace)).toBe("kept");
    expect(ada.host.list()).toMatchObject([{ id: "lengths", state: { name: "active" } }]);
  });

  it("grants nothing where that is asked for", async () => {
    const ada = await team.device("ada", { plugins: [lengths], granted: false });
    await type(ada.workspace, "not seen");
    await team.converge();
    expect(ada.logged).toEqual([]);
    expect(await read(ada.workspace, "lengths/all", "lengths")).toEqual({});
  });

  it("has a clock that can be put forward: what was deleted a month ago is gone for good", async () => {
    const ada = await team.device("ada");
    for (const [days, kept] of [
      [29, true],
      [31, false],
    ] as const) {
      await type(ada.workspace, "text");
      await team.converge();
      await ada.workspace.delete(PAGE);
      team.advance(days * 24 * 3_600_000);
      expect(await ada.workspace.undelete(PAGE)).toBe(kept);
      await team.converge();
    }
  });

  it("is gone when it is disposed", async () => {
    const ada = await team.device("ada");
    await team.dispose();
    expect(() => ada.workspace).toThrow("is closed");
    team = await createTestTeam();
  });
});

describe("the clock", () => {
  it("runs what is due in order, and nothing twice", () => {
    const clock = createTestClock();
    const ran: string[] = [];
    const before = clock.now();
    clock.delay(2_000, () => ran.push("second"));
    clock.delay(1_000, () => {
      ran.push("first");
      cancel();
    });
    const cancel = clock.delay(1_500, () => ran.push("cancelled by the first"));
    const later = clock.delay(60_000, () => ran.push("later"));
    clock.advance(2_500);
    expect(ran).toEqual(["first", "second"]);
    expect(clock.now() - before).toBeGreaterThanOrEqual(2_500);
    later();
    clock.advance(100_000);
    expect(ran).toEqual(["first", "second"]);
  });

  it("goes on by itself", async () => {
    const clock = createTestClock();
    clock.advance(1_000);
    await new Promise<void>((resolve) => clock.delay(1, resolve));
  });
});
