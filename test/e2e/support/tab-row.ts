/** Five tabs of one origin, user and store, the server above them, and what they said. */

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLedger, type Ledger } from "../../crash/ledger.ts";
import { LIST, PATHS, tokenFor, WORKSPACE } from "../../crash/node-client.ts";
import { startServerProcess } from "../../support/server-process.ts";
import { startChromium } from "./chromium-process.ts";
import type { Told } from "./device-page.ts";
import { openDeviceSite } from "./device-site.ts";
import { type DeviceTab, listenToTabs, openDeviceTab } from "./device-tab.ts";
import { findRenderer } from "./renderer.ts";

/** See the top of this file. */
export interface TabRow {
  readonly tabs: readonly DeviceTab[];
  /** `ws://…` */
  readonly server: string;
  readonly ledger: Ledger;
  /** All that the tabs said, in the order in which it came. */
  readonly news: readonly Told[];
  /** The process of a tab; while nobody types. */
  renderer(tab: DeviceTab): Promise<number>;
  /** How many sessions the server has. */
  sessions(): Promise<number>;
  dispose(): Promise<void>;
}

const DATABASE = "shared";
const USER = "ada";

/** Opens everything; the tabs are online, and the first one leads. */
export async function openTabRow(count: number): Promise<TabRow> {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "croft-tabs-"));
  const ends: (() => Promise<void>)[] = [
    async () => rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  ];
  const dispose = async (): Promise<void> => {
    for (const end of ends.splice(0).toReversed()) await end();
  };
  try {
    const server = await startServerProcess({ data: join(directory, "server") });
    ends.push(() => server.kill());
    const site = await openDeviceSite();
    ends.push(() => site.close());
    const chromium = await startChromium(join(directory, "profile"));
    ends.push(() => chromium.kill());
    const { browser, context } = chromium;
    const ledger = createLedger();
    const news: Told[] = [];
    await listenToTabs(context, (told) => {
      news.push(told);
      const { what, value, path } = told;
      if (what === "typed") ledger.typed(value, path);
      else if (what === "wrong") ledger.wrong(`${told.tab}, ${path}: ${value}`);
      else ledger.told(value, what);
    });
    const system = await browser.newBrowserCDPSession();
    const tabs: DeviceTab[] = [];
    for (let index = 1; index <= count; index++) {
      const tab = await openDeviceTab(context, site.url, {
        name: `tab${index}`,
        workspace: WORKSPACE,
        user: USER,
        token: await tokenFor(USER),
        url: server.url,
        database: DATABASE,
        paths: PATHS,
        list: LIST,
        online: true,
      });
      tabs.push(tab);
    }
    return {
      tabs,
      server: server.url,
      ledger,
      news,
      renderer: (tab) => findRenderer(system, tab),
      async sessions() {
        const response = await fetch(`${server.url.replace("ws", "http")}/health`);
        const health: unknown = await response.json();
        if (typeof health !== "object" || health === null || !("sessions" in health)) return -1;
        return Number(health.sessions);
      },
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
