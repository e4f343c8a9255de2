/** A tab with device-page.ts in it, as tests see it. */

import type { BrowserContext, Page } from "playwright-core";
import type { DeviceOptions, Told } from "./device-page.ts";

/** See the top of this file. */
export interface DeviceTab {
  readonly name: string;
  readonly page: Page;
  contents(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Lets it reach the server. */
  goOnline(): Promise<void>;
  /** Types a value after each of these pauses, over and over, in milliseconds. */
  startTyping(pauses: readonly number[]): Promise<void>;
  stopTyping(): Promise<void>;
  /** Resolves when all that this tab typed is on the server, and all that was there came down. */
  settled(): Promise<void>;
  /** Resolves when the device's database has the list of all that was changed. */
  listed(): Promise<void>;
  leads(): Promise<boolean>;
  databases(): Promise<readonly string[]>;
  describe(): Promise<string>;
  burn(ms: number): Promise<void>;
}

/** How long a tab may take for anything; longer than any machine needs, shorter than a test may take. */
const PATIENCE_MS = 60_000;

/** Once for each browser: where its tabs say what they typed and what they were told. */
export async function listenToTabs(
  context: BrowserContext,
  listener: (news: Told) => void,
): Promise<void> {
  await context.exposeBinding("told", (_source, news: Told) => listener(news));
}

/** Opens a tab and its workspace; resolves when all that is stored is shown. */
export async function openDeviceTab(
  context: BrowserContext,
  site: string,
  options: DeviceOptions,
): Promise<DeviceTab> {
  const page = await context.newPage();
  const { name } = options;
  /** A tab that hangs says where, in place of a test that only ran out of time. */
  const inTime = async <T>(what: string, work: Promise<T>): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const state = Promise.race([
          page.evaluate(() => window.device.describe()).catch(String),
          new Promise<string>((resolve) => setTimeout(resolve, 1_000, "it does not answer")),
        ]);
        void state.then((told) =>
          reject(new Error(`${name} did not ${what} within ${PATIENCE_MS} ms: ${told}`)),
        );
      }, PATIENCE_MS);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  };
  await page.goto(site);
  await inTime(
    "open",
    page.evaluate((given) => window.device.open(given), options),
  );
  return {
    name,
    page,
    contents: async () => new Map(await page.evaluate(() => window.device.contents())),
    goOnline: () => page.evaluate(() => window.device.goOnline()),
    startTyping: (pauses) => page.evaluate((given) => window.device.startTyping(given), { pauses }),
    stopTyping: () => page.evaluate(() => window.device.stopTyping()),
    settled: () =>
      inTime(
        "settle",
        page.evaluate(() => window.device.settled()),
      ),
    listed: () =>
      inTime(
        "list what was changed",
        page.evaluate(() => window.device.listed()),
      ),
    leads: () => page.evaluate(() => window.device.leads()),
    databases: () => page.evaluate(() => window.device.databases()),
    describe: () => page.evaluate(() => window.device.describe()),
    burn: (ms) => page.evaluate((given) => window.device.burn(given), ms),
  };
}
