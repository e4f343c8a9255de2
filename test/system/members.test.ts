/** Members at a server process that is killed: what it answered is there afterwards, each change with its entry in the audit log. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, openWorkspace } from "@croft/core";
import { mintToken } from "@croft/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SECRET, type ServerProcess, startServerProcess } from "../support/server-process.ts";

let data: string;
let server: ServerProcess;
const start = async (): Promise<void> => {
  server = await startServerProcess({ data, flags: ["--access", "members"] });
};

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "croft-members-"));
  await start();
});
afterEach(async () => {
  await server.kill();
  await rm(data, { recursive: true, force: true });
});

async function ask(method: string, path: string, body?: object): Promise<Response> {
  const token = await mintToken({ secret: SECRET, workspace: "acme", user: "op", admin: true });
  return fetch(`http://127.0.0.1:${server.port}/api/acme${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body && { body: JSON.stringify(body) }),
  });
}

it("[INV-2] survives being killed while members are changed", async () => {
  const answered: string[] = [];
  for (let round = 0; round < 3; round++) {
    const asked = Array.from({ length: 200 }, async (_, n) => {
      const user = `user-${round}-${n}`;
      const answer = await ask("PUT", `/members/${user}`, { roles: ["reader"] }).catch(
        // Cut off in the middle: it may be there or not.
        () => undefined,
      );
      if (answer?.status === 201) answered.push(user);
    });
    await expect.poll(() => answered.length, { timeout: 10_000 }).toBeGreaterThan(10 * (round + 1));
    await server.kill();
    await Promise.all(asked);
    await start();
  }
  const list = (await (await ask("GET", "/members?limit=1000")).json()) as {
    members: { user: string; version: number }[];
  };
  const there = list.members.map(({ user }) => user);
  expect(there).toEqual(expect.arrayContaining(answered));
  const log = (await (await ask("GET", "/audit?limit=1000")).json()) as {
    entries: { target: string }[];
  };
  expect(log.entries.map(({ target }) => target).toSorted()).toEqual(there.toSorted());
}, 60_000);

it("lets a member in after it was killed, and nobody else", async () => {
  await ask("PUT", "/members/ada", { roles: ["editor"] });
  await server.kill();
  await start();
  const open = async (user: string) => {
    const token = (): Promise<string> => mintToken({ secret: SECRET, workspace: "acme", user });
    return openWorkspace({
      ...{ id: "acme", user },
      store: async () => createMemoryStore(),
      sync: { url: server.url, token },
    });
  };
  const [ada, eve] = [await open("ada"), await open("eve")];
  const [page, hers] = [ada.open("notes/page"), eve.open("notes/page")];
  await page.caughtUp();
  page.doc.getText("body").insert(0, "kept");
  await page.saved("server");
  await expect.poll(() => hers.state.access).toBe("none");
  await Promise.all([ada.dispose(), eve.dispose()]);
});
