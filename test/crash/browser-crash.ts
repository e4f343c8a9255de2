/** Kills a real browser again and again while a page types, and checks what the page was promised. */

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type ChromiumProcess, startChromium } from "../e2e/support/chromium-process.ts";
import type { Told } from "../e2e/support/device-page.ts";
import { type DeviceSite, openDeviceSite } from "../e2e/support/device-site.ts";
import { type DeviceTab, listenToTabs, openDeviceTab } from "../e2e/support/device-tab.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { createChoices } from "./choices.ts";
import { createLedger } from "./ledger.ts";
import {
  LIST,
  type NodeClient,
  openNodeClient,
  PATHS,
  readAfresh,
  tokenFor,
  WORKSPACE,
} from "./node-client.ts";
import { type CrashOptions, type CrashReport, report } from "./report.ts";
import { until, within } from "./until.ts";

/** The user in the browser; another one types in this process. */
const USER = "ada";

/** See the top of this file. */
export async function crashBrowser(options: CrashOptions): Promise<CrashReport> {
  const { cycles, seed, tell } = options;
  const ledger = createLedger();
  const choices = createChoices(seed);
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "croft-browser-crash-"));
  const data = join(directory, "server");
  let site: DeviceSite | undefined;
  let server: ServerProcess | undefined;
  let chromium: ChromiumProcess | undefined;
  let ben: NodeClient | undefined;
  /** Values of the living page that are on its device, or above. */
  let kept = 0;

  const hear = ({ what, value, path }: Told): void => {
    if (what === "typed") ledger.typed(value, path);
    else if (what === "wrong") ledger.wrong(`${path}: ${value}`);
    else {
      ledger.told(value, what);
      kept++;
    }
  };

  /** The browser on its profile again, and offline: what it shows comes from the device. */
  const open = async (name: string, address: string, url: string): Promise<DeviceTab> => {
    chromium = await startChromium(join(directory, "profile"));
    kept = 0;
    await listenToTabs(chromium.context, hear);
    const tab = await openDeviceTab(chromium.context, address, {
      name,
      workspace: WORKSPACE,
      user: USER,
      token: await tokenFor(USER),
      url,
      database: "crash",
      paths: PATHS,
      list: LIST,
      online: false,
    });
    const contents = await tab.contents();
    ledger.adopt(contents);
    ledger.check(`the browser ${name}, offline`, contents, ownOf(ledger.promised("device")));
    return tab;
  };

  /** What comes to rest must be the same everywhere. */
  const compare = async (tab: DeviceTab, other: NodeClient, url: string): Promise<void> => {
    await tab.goOnline();
    await within(tab.settled(), () => "the page does not settle in the end");
    await other.settled();
    const promised = ledger.promised("device");
    const equal = async (): Promise<boolean> =>
      JSON.stringify([...(await tab.contents())]) === JSON.stringify([...other.contents()]);
    await until(equal, () => "the browser and the other client stay apart").catch(
      (error: unknown) => ledger.wrong(String(error)),
    );
    const copies = new Map([
      ["the browser", await tab.contents()],
      [other.name, other.contents()],
      ["the server", await readAfresh(url)],
    ]);
    for (const [where, contents] of copies) ledger.check(`${where} in the end`, contents, promised);
    ledger.agree(copies);
  };

  const run = async (): Promise<void> => {
    site = await openDeviceSite();
    let running = await startServerProcess({ data });
    server = running;
    const { url, port } = running;
    const path = join(directory, "ben.sqlite");
    const other = await openNodeClient({ name: "ben", url, path, ledger });
    ben = other;
    for (let cycle = 1; cycle <= cycles; cycle++) {
      const tab = await open(`${USER}-${cycle}`, site.url, url);
      // Now and then a life is spent offline, so that the next one goes up with what is stored alone.
      const online = !choices.once(3);
      if (online) await tab.goOnline();
      const stopBen = other.type(createChoices(seed + cycle));
      try {
        await tab.startTyping(Array.from({ length: 16 }, () => choices.number(2, 40)));
        await until(
          () => kept > 0,
          () => `nothing is saved in the browser's life ${cycle}`,
        );
        await delay(choices.number(0, 300));
        await chromium?.kill();
        chromium = undefined;
        if (choices.once(4)) {
          await running.kill();
          server = undefined;
          running = await startServerProcess({ data, port });
          server = running;
        }
      } finally {
        await stopBen();
      }
      if (cycle % 5 === 0)
        tell?.(`${cycle} kills of the browser, ${ledger.acknowledged} acknowledged`);
    }
    await compare(await open(`${USER}-last`, site.url, url), other, url);
  };

  try {
    return await report("browser killed", options, ledger, run);
  } finally {
    await chromium?.kill();
    await ben?.dispose();
    await server?.kill();
    await site?.close();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** What was typed in the browser: offline it need not show what the other one typed. */
function ownOf(values: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...values].filter(([value]) => value.startsWith(`${USER}-`)));
}
