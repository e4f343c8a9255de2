/** From a folder of packages on a web server into a workspace. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fetchPackage, findRelease, type InstalledPlugins, readRegistry } from "@croft/host";
import type { PluginManifestInput } from "@croft/plugin";
import { createPublisherKeys } from "@croft/plugin/package";
import { writeIndex } from "@croft/plugin-cli";
import { createTestTeam } from "@croft/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { makeVersion, openInstalled } from "../support/installed-devices.ts";

// With real parts, on machines that may be busy: what never comes fails all the same.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 30_000 });

const MANIFEST: PluginManifestInput = { id: "board", name: "Board", version: "1.0.0", engine: "*" };
const CODE = `export default { activate() {}, deactivate() {}, topics: {} };`;

let folder: string;
let server: Server;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "croft-registry-"));
  server = createServer((request, response) => {
    response.end(readFileSync(join(folder, basename(decodeURIComponent(request.url ?? "")))));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

it("a plugin is listed, found, downloaded and installed, and keeps its date", async () => {
  const keys = await createPublisherKeys();
  const old = Date.parse("2026-01-01T00:00:00Z");
  const later = Date.parse("2026-02-01T00:00:00Z");
  writeFileSync(join(folder, "board 1.croft"), await makeVersion(MANIFEST, CODE, keys));
  await writeIndex(folder, old);
  const next = await makeVersion({ ...MANIFEST, version: "1.1.0" }, CODE, keys);
  writeFileSync(join(folder, "board-1.1.0.croft"), next);
  const { versions, unsigned } = await writeIndex(folder, later);
  expect([...versions]).toEqual([["board", ["1.1.0", "1.0.0"]]]);
  expect(unsigned).toEqual([]);

  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const registry = await readRegistry(`${base}/registry.json`);
  expect(registry.plugins[0]?.releases).toMatchObject([
    { version: "1.1.0", released: later, publisher: keys.publisher },
    { version: "1.0.0", released: old, publisher: keys.publisher },
  ]);
  const release = findRelease(registry, "board", { before: old });
  if (!release) throw new Error("not found");

  const team = await createTestTeam();
  const ended: InstalledPlugins[] = [];
  const { installed, host } = await openInstalled(team, "ada", ended);
  await installed.install(await installed.examine(await fetchPackage(release)), {});
  await eventually(() => host.list()[0]?.state.name).toBe("active");
  await Promise.all(ended.map((each) => each.dispose()));
  await team.dispose();
});

it("the same version twice is refused, and so is what is no package", async () => {
  const keys = await createPublisherKeys();
  const bytes = await makeVersion(MANIFEST, CODE, keys);
  writeFileSync(join(folder, "a.croft"), bytes);
  writeFileSync(join(folder, "b.croft"), bytes);
  await expect(writeIndex(folder, 0)).rejects.toThrow("a.croft and b.croft are both board 1.0.0");
  writeFileSync(join(folder, "b.croft"), "nothing");
  await expect(writeIndex(folder, 0)).rejects.toThrow(/^b\.croft: /);
});
