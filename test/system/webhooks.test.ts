// A real server process that is killed before its webhook heard of a change.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, openWorkspace } from "@croft/core";
import { mintToken } from "@croft/server";
import { afterEach, expect, it } from "vitest";
import { SECRET, type ServerProcess, startServerProcess } from "../support/server-process.ts";

const root = mkdtempSync(join(tmpdir(), "croft-system-webhooks-"));
let server: ServerProcess | undefined;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await server?.kill();
  rmSync(root, { recursive: true, force: true });
});

it("a webhook hears of what was acknowledged before the server was killed, though nobody comes back", async () => {
  const bodies: string[] = [];
  const receiver = createServer((request, response) => {
    request.on("data", (part: Buffer) => bodies.push(part.toString("utf8")));
    request.on("end", () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  cleanups.push(
    () => receiver.closeAllConnections(),
    () => receiver.close(),
  );
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const secret = `whsec_${Buffer.from("a key for these tests alone!").toString("base64")}`;
  const data = join(root, "data");
  // The first one would wait for an hour before it tells anything.
  const config = (collect: number): readonly string[] => {
    const path = join(root, `${collect}.json`);
    writeFileSync(path, JSON.stringify({ webhooks: [{ url, collect }], webhookSecret: secret }));
    return ["--config", path];
  };
  server = await startServerProcess({ data, flags: config(3_600_000) });
  const workspace = await openWorkspace({
    ...{ id: "acme", user: "ada" },
    store: async () => createMemoryStore(),
    sync: {
      url: server.url,
      token: () => mintToken({ secret: SECRET, workspace: "acme", user: "ada" }),
    },
  });
  const page = workspace.open("notes/page");
  page.doc.getText("body").insert(0, "acknowledged");
  await page.saved("server");
  await server.kill();
  await workspace.dispose();
  expect(bodies).toEqual([]);
  server = await startServerProcess({ data, flags: config(10) });
  await expect.poll(() => bodies.join(""), { timeout: 10_000 }).toContain("notes/page");
}, 60_000);
