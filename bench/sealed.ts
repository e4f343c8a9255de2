/** What sealing costs between a host and a plugin: beside the same ports unsealed, and what a sandbox takes to start. */

import {
  type Channel,
  createMemoryStore,
  createMessagePortChannel,
  HIGH_WATER,
  openWorkspace,
} from "@croft/core";
import { createPluginHost, createRemotePlugin } from "@croft/host";
import { definePlugin, parseManifest, type PluginManifestInput } from "@croft/plugin";
import { createAdmission, sealForHost, sealForPlugin, servePlugin } from "@croft/plugin/remote";
import type * as Y from "yjs";
import { packageOf } from "../test/support/hostile-package.ts";
import { openSandboxSite } from "../test/support/sandbox-site.ts";
import { memoryOfChildren } from "./memory.ts";
import { median, printTable, quantile } from "./report.ts";

const MANIFEST: PluginManifestInput = {
  id: "bench",
  name: "Bench",
  version: "1.0.0",
  engine: "*",
  // Not by itself: what is measured is when it is asked for.
  activation: ["event:bench/start"],
};
const KINDS = ["plain", "sealed"] as const;
type Kind = (typeof KINDS)[number];
const REPETITIONS = 5;

/** Prints the tables. */
export async function benchSealed(): Promise<void> {
  await benchFrames();
  await benchEdits();
  await benchUpdates();
  await benchStart();
  await benchIdle();
}

interface Ends {
  readonly host: Channel;
  readonly plugin: Channel;
}

async function connect(kind: Kind): Promise<Ends> {
  const { port1, port2 } = new MessageChannel();
  const [host, plugin] = [createMessagePortChannel(port1), createMessagePortChannel(port2)];
  if (kind === "plain") return { host, plugin };
  const admission = await createAdmission("bench");
  return { host: sealForHost(host, admission), plugin: sealForPlugin(plugin, admission.handover) };
}

async function benchFrames(): Promise<void> {
  const rows: (string | number)[][] = [];
  for (const [what, bytes, count] of [
    ["frames of 100 B, at once", 100, 50_000],
    ["frames of 64 KiB, at once", 65_536, 2_000],
  ] as const) {
    const rates = await inTurns((kind) => rateOf(kind, bytes, count));
    rows.push([`${what}, per s`, rates.plain, rates.sealed, rates.sealed / rates.plain]);
  }
  const trips = await inTurns(roundTrip);
  rows.push(["there and back, µs", trips.plain, trips.sealed, trips.sealed / trips.plain]);
  printTable("sealed: a port", ["what", "plain", "sealed", "sealed ÷ plain"], rows);
}

/** Medians of several runs, the contestants in turns. */
async function inTurns(run: (kind: Kind) => Promise<number>): Promise<Record<Kind, number>> {
  const all: Record<Kind, number[]> = { plain: [], sealed: [] };
  for (let time = 0; time < REPETITIONS; time++) {
    for (const kind of KINDS) all[kind].push(await run(kind));
  }
  return { plain: median(all.plain), sealed: median(all.sealed) };
}

/** Frames per second from the plugin to the host; the sender waits when it should. */
async function rateOf(kind: Kind, bytes: number, count: number): Promise<number> {
  const { host, plugin } = await connect(kind);
  await exchange(plugin, host);
  const frame = new Uint8Array(bytes);
  let received = 0;
  const done = new Promise<void>((resolve) => {
    host.onFrame(() => {
      if (++received === count) resolve();
    });
  });
  let sent = 0;
  const send = (): void => {
    while (sent < count && plugin.buffered < HIGH_WATER) {
      plugin.send(frame);
      sent++;
    }
  };
  plugin.onDrain(send);
  const start = performance.now();
  send();
  await done;
  const seconds = (performance.now() - start) / 1_000;
  plugin.close(1000, "");
  return count / seconds;
}

async function roundTrip(kind: Kind): Promise<number> {
  const { host, plugin } = await connect(kind);
  await exchange(plugin, host);
  const times: number[] = [];
  for (let n = 0; n < 2_000; n++) {
    const start = performance.now();
    await exchange(plugin, host);
    times.push((performance.now() - start) * 1_000);
  }
  plugin.close(1000, "");
  return median(times);
}

/** One frame there, and one back. */
async function exchange(plugin: Channel, host: Channel): Promise<void> {
  const answered = new Promise<void>((resolve) => plugin.onFrame(() => resolve()));
  host.onFrame((frame) => host.send(frame));
  plugin.send(new Uint8Array(100));
  await answered;
}

/** From an edit in the plugin to the host's own document that shows it; everything in one thread. */
async function benchEdits(): Promise<void> {
  const times: Record<Kind, number[]> = { plain: [], sealed: [] };
  for (let time = 0; time < REPETITIONS; time++) {
    for (const kind of KINDS) times[kind].push(...(await editTimes(kind)));
  }
  const rows = (
    [
      ["p50", 0.5],
      ["p99", 0.99],
    ] as const
  ).map(([name, q]) => {
    const [plain, sealed] = [quantile(times.plain, q), quantile(times.sealed, q)];
    return [`${name}, ms`, plain, sealed, sealed / plain];
  });
  printTable(
    "sealed: an edit in a plugin, until the host's document shows it",
    ["what", "plain", "sealed", "sealed ÷ plain"],
    rows,
  );
}

async function editTimes(kind: Kind): Promise<number[]> {
  const times: number[] = [];
  await inPlugin(kind, async (own, near) => {
    for (let n = 0; n < 200; n++) {
      const shown = new Promise<void>((resolve) => near.once("update", () => resolve()));
      const start = performance.now();
      own.getMap("edits").set("n", n);
      await shown;
      times.push(performance.now() - start);
    }
  });
  return times;
}

/** Edits of a plugin that waits for nobody, each in a turn of its own, until the host's document shows them all. */
async function benchUpdates(): Promise<void> {
  const rates = await inTurns(updateRate);
  printTable(
    "sealed: edits of a plugin, as fast as they go",
    ["what", "plain", "sealed", "sealed ÷ plain"],
    [["per s", rates.plain, rates.sealed, rates.sealed / rates.plain]],
  );
}

async function updateRate(kind: Kind): Promise<number> {
  const count = 5_000;
  let seconds = Number.NaN;
  await inPlugin(kind, async (own, near) => {
    const shown = new Promise<void>((resolve) => {
      near.on("update", () => {
        if (near.getMap("edits").get("n") === count) resolve();
      });
    });
    const start = performance.now();
    for (let n = 1; n <= count; n++) {
      own.getMap("edits").set("n", n);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await shown;
    seconds = (performance.now() - start) / 1_000;
  });
  return count / seconds;
}

/** Runs something in a plugin at the other end of a port, with one document as the plugin and as the host has it. */
async function inPlugin(
  kind: Kind,
  work: (own: Y.Doc, near: Y.Doc) => Promise<void>,
): Promise<void> {
  const workspace = await openWorkspace({
    id: "bench",
    user: "ada",
    store: async () => createMemoryStore(),
  });
  // Nothing is measured for its own sake, and nobody is slowed down for it.
  const host = createPluginHost({ workspace, budgets: { messages: {}, bytes: {}, updates: {} } });
  const near = workspace.open("bench/page");
  await near.ready;
  const plugin = definePlugin({
    manifest: MANIFEST,
    async activate({ documents }) {
      const own = documents.open(documents.own("page"));
      await own.ready;
      await work(own.doc, near.doc);
    },
  });
  host.register(
    createRemotePlugin({
      manifest: parseManifest(MANIFEST),
      workspace,
      host,
      sealed: kind === "sealed",
      async openRealm(admission) {
        const { port1, port2 } = new MessageChannel();
        servePlugin(plugin, port2, admission);
        return { port: port1, close: () => port2.close() };
      },
    }),
  );
  await host.activate("bench");
  await host.dispose();
  await workspace.dispose();
}

/** From asking for a plugin until it is active, in Chromium; a page's first one tests the page as well. */
async function benchStart(): Promise<void> {
  const site = await openSandboxSite();
  const cold: number[] = [];
  const warm: number[] = [];
  try {
    const bytes = await packageOf(MANIFEST, "");
    for (let time = 0; time < REPETITIONS; time++) {
      const tab = await site.open();
      await tab.page.evaluate(async (given) => {
        const { installed } = globalThis.croftPage;
        const offer = await installed.examine(Uint8Array.from(given));
        await installed.install(offer, offer.manifest.permissions);
      }, bytes);
      const [first = Number.NaN, ...later] = await tab.page.evaluate(async () => {
        const { host } = globalThis.croftPage;
        const each: number[] = [];
        for (let n = 0; n < 4; n++) {
          const start = performance.now();
          await host.activate("bench");
          each.push(performance.now() - start);
          await host.deactivate("bench");
        }
        return each;
      });
      cold.push(first);
      warm.push(...later);
      await tab.close();
    }
  } finally {
    await site.close();
  }
  printTable(
    "sealed: a sandbox, from asking to active, ms (Chromium)",
    ["first of a page", "later ones", "later ÷ first"],
    [[median(cold), median(warm), median(warm) / median(cold)]],
  );
}

/** What a plugin that does nothing holds in Chromium, its own croft and Yjs with it, beside an empty worker of the page. */
async function benchIdle(): Promise<void> {
  const count = 8;
  const site = await openSandboxSite();
  const each: Record<"worker" | "plugin", number[]> = { worker: [], plugin: [] };
  try {
    const ids = Array.from({ length: count + 1 }, (_, n) => `bench-${n}`);
    const packages = await Promise.all(ids.map((id) => packageOf({ ...MANIFEST, id }, "")));
    for (let time = 0; time < REPETITIONS; time++) {
      const tab = await site.open();
      const { page } = tab;
      for (const bytes of packages) {
        await page.evaluate(async (given) => {
          const { installed } = globalThis.croftPage;
          const offer = await installed.examine(Uint8Array.from(given));
          await installed.install(offer, offer.manifest.permissions);
        }, bytes);
      }
      const activate = (wanted: readonly string[]): Promise<void> =>
        page.evaluate(async (some) => {
          for (const id of some) await globalThis.croftPage.host.activate(id);
        }, wanted);
      // The first brings the process with it.
      await activate(ids.slice(0, 1));
      const before = await settledMemory();
      await activate(ids.slice(1));
      const withPlugins = await settledMemory();
      await page.evaluate((wanted) => {
        const empty = URL.createObjectURL(new Blob([""], { type: "text/javascript" }));
        Object.assign(globalThis, {
          kept: Array.from({ length: wanted }, () => new Worker(empty)),
        });
      }, count);
      const withWorkers = await settledMemory();
      each.plugin.push((withPlugins - before) / count / 1e6);
      each.worker.push((withWorkers - withPlugins) / count / 1e6);
      await tab.close();
    }
  } finally {
    await site.close();
  }
  const [plugin, worker] = [median(each.plugin), median(each.worker)];
  printTable(
    "sealed: memory of an idle plugin in its sandbox, MB (Chromium on Linux)",
    ["a plugin", "an empty worker", "plugin ÷ worker"],
    [[plugin, worker, plugin / worker]],
  );
}

/** The memory of the browser once it has calmed down after a start. */
async function settledMemory(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  return memoryOfChildren();
}
