/** What a person agreed to, as it is kept: by older versions, and while a plugin runs. */

import { createMemoryStore, type CroftError, openWorkspace, type Workspace } from "@croft/core";
import { defineCollection, openCollection } from "@croft/core/collection";
import { definePlugin, type PluginContext, type PluginManifestInput } from "@croft/plugin";
import { packPlugin } from "@croft/plugin/package";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { createPluginHost, type PluginHost } from "../plugin-host.ts";
import { followInstalled, type InstalledPlugins } from "./installed-plugins.ts";
import { consentPath } from "./records.ts";

const MANIFEST: PluginManifestInput = {
  id: "stats",
  name: "Statistics",
  version: "1.0.0",
  engine: "*",
  permissions: {
    documents: [{ pattern: "notes/*", access: "read", reason: "To count." }],
    network: [
      { origin: "https://api.example.com", reason: "To look up." },
      { origin: "https://cdn.example.com", reason: "To load pictures.", optional: true },
    ],
  },
};
const CDN = { network: [{ origin: "https://cdn.example.com" }] };

let workspace: Workspace;
let host: PluginHost;
let installed: InstalledPlugins;
let context: PluginContext | undefined;
let problems: CroftError[];

beforeEach(async () => {
  problems = [];
  context = undefined;
  workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
});
afterEach(async () => {
  await installed.dispose();
  await host.dispose();
  await workspace.dispose();
  if (problems[0]) throw problems[0];
});

/** As when the application starts. */
async function start(): Promise<void> {
  host = createPluginHost({
    workspace,
    onAsk: () => true,
    onProblem: (problem) => problems.push(problem),
  });
  installed = await followInstalled({
    workspace,
    host,
    allowUnsigned: true,
    load: async ({ manifest }) =>
      definePlugin({ manifest, activate: (given) => void (context = given) }),
    onProblem: (problem) => problems.push(problem),
  });
  await host.start();
}

async function install(): Promise<void> {
  const bytes = await packPlugin({
    manifest: MANIFEST,
    files: new Map([["main.js", new TextEncoder().encode("export default {};")]]),
  });
  const offer = await installed.examine(bytes);
  await installed.install(offer, offer.manifest.permissions);
}

const granted = () => host.list()[0]?.granted;

describe("what is optional", () => {
  it("is neither asked for nor granted with the rest", async () => {
    await start();
    await install();
    expect(installed.list()[0]?.asks.network).toEqual([]);
    expect(granted()).toMatchObject({
      documents: [{ pattern: "notes/*" }],
      network: [{ origin: "https://api.example.com", paths: ["/**"], methods: ["GET"] }],
    });
  });

  it("counts the next time, too, when the person agreed to it", async () => {
    await start();
    await install();
    await expect.poll(() => context).toBeDefined();
    expect(await context?.permissions.request(CDN)).toBe(true);
    // What is followed is settled anew, and keeps it.
    await installed.setEnabled("stats", true);
    expect(granted()?.network).toHaveLength(2);
    await installed.dispose();
    await host.dispose();
    await start();
    expect(granted()?.network).toMatchObject([
      { origin: "https://api.example.com" },
      { origin: "https://cdn.example.com" },
    ]);
  });
});

it("a consent from before there were other kinds grants nothing of them, and they are asked for", async () => {
  await start();
  await install();
  await installed.dispose();
  await host.dispose();
  const old = z.object({ documents: z.array(z.unknown()), events: z.array(z.unknown()) });
  const handle = workspace.open(consentPath("ada"));
  await handle.ready;
  const consents = openCollection(
    handle,
    defineCollection("consents", { granted: old, asked: old }),
  );
  const documents = [{ pattern: "notes/*", access: "read" }];
  consents.update("stats", {
    granted: { documents, events: [] },
    asked: { documents, events: [] },
  });
  consents.dispose();
  handle.close();
  await start();
  expect(installed.list()[0]).toMatchObject({
    standing: { name: "ready" },
    granted: { documents, network: [], notifications: [], clipboard: [], apis: [] },
    asks: { documents: [], network: [{ origin: "https://api.example.com" }] },
  });
  expect(granted()).toMatchObject({ documents, network: [] });
});
