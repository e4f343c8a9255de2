// Two real processes, one after the other on the same data, while people go on typing.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  connectWebSocket,
  createMemoryStore,
  type DocumentHandle,
  openWorkspace,
  type Workspace,
} from "@croft/core";
import { mintToken } from "@croft/server";
import { afterEach, expect, it } from "vitest";
import { SECRET, type ServerProcess, startServerProcess } from "../support/server-process.ts";

const data = mkdtempSync(join(tmpdir(), "croft-drain-"));
const workspaces: Workspace[] = [];
let server: ServerProcess | undefined;
afterEach(async () => {
  for (const workspace of workspaces.splice(0)) await workspace.dispose();
  await server?.kill();
  rmSync(data, { recursive: true, force: true });
});

async function device(url: string, user: string): Promise<Workspace> {
  const workspace = await openWorkspace({
    id: "acme",
    user,
    store: async () => createMemoryStore(),
    sync: {
      url,
      token: () => mintToken({ secret: SECRET, workspace: "acme", user }),
      backOff: { first: 20, max: 200 },
    },
  });
  workspaces.push(workspace);
  return workspace;
}

const USERS = ["ada", "bob", "cyd", "dan"];
const PATH = "notes/page";

it("a server drains while people type; its successor has every keystroke", async () => {
  const flags = ["--drain-time", "2s"];
  server = await startServerProcess({ data, flags });
  const { port, url } = server;
  const pages: DocumentHandle[] = [];
  const typed = new Map<string, number>();
  for (const user of USERS) {
    const page = (await device(url, user)).open(PATH);
    await page.caughtUp();
    pages.push(page);
    typed.set(user, 0);
  }
  let typing = true;
  /** A word for each keystroke, at a place of its own, until it is told to stop. */
  const type = async (page: DocumentHandle, user: string): Promise<void> => {
    while (typing) {
      const count = (typed.get(user) ?? 0) + 1;
      typed.set(user, count);
      const text = page.doc.getText(user);
      text.insert(text.length, `${count} `);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const done = Promise.all(pages.map((page, index) => type(page, USERS[index] ?? "")));
  await expect.poll(() => typed.get("ada")).toBeGreaterThan(50);

  // Sockets that only look on: how they are sent away.
  const onlookers = await Promise.all(
    Array.from({ length: 12 }, () => connectWebSocket(`${url}/sync/acme`)),
  );
  const closed: { readonly at: number; readonly code: number }[] = [];
  for (const channel of onlookers)
    channel.onClose(({ code }) => closed.push({ at: Date.now(), code }));
  const http = url.replace("ws", "http");
  expect((await fetch(`${http}/health/ready`)).status).toBe(200);
  const stopped = server.stop();
  await expect.poll(async () => (await fetch(`${http}/health/ready`)).status).toBe(503);
  // It says so while it still has sessions.
  expect(closed.length).toBeLessThan(onlookers.length);
  expect(await (await fetch(`${http}/health`)).json()).toMatchObject({ status: "stopping" });
  await stopped;
  expect(closed.map(({ code }) => code)).toEqual(onlookers.map(() => 4500));
  const times = closed.map(({ at }) => at);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(500);

  server = await startServerProcess({ data, port, flags });
  const before = typed.get("ada") ?? 0;
  await expect.poll(() => pages.every((page) => page.state.live), { timeout: 10_000 }).toBe(true);
  await expect.poll(() => typed.get("ada")).toBeGreaterThan(before + 50);
  typing = false;
  await done;
  await Promise.all(pages.map((page) => page.saved("server")));

  const wanted = (user: string): string =>
    Array.from({ length: typed.get(user) ?? 0 }, (_, index) => `${index + 1} `).join("");
  const cold = (await device(url, "eve")).open(PATH);
  await cold.caughtUp();
  for (const user of USERS) expect(cold.doc.getText(user).toString()).toBe(wanted(user));
  for (const page of pages) {
    await expect
      .poll(() => USERS.every((user) => page.doc.getText(user).toString() === wanted(user)), {
        timeout: 10_000,
      })
      .toBe(true);
  }
}, 60_000);
