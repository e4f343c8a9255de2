/** A Chromium over a profile on disk, in a process group of its own, that dies of SIGKILL at any moment. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { chromiumArgs, findChromium } from "../../../scripts/chromium.mjs";

/** See the top of this file. */
export interface ChromiumProcess {
  readonly browser: Browser;
  /** The one whose data is in the profile. */
  readonly context: BrowserContext;
  /** SIGKILL to all its processes at once; resolves when the one that holds the profile is gone. */
  kill(): Promise<void>;
}

/**
 * Starts it. Playwright's own way gives no process id together with a profile; and its switches
 * against the throttling of background tabs are left out, since people's browsers have none.
 */
export async function startChromium(profile: string): Promise<ChromiumProcess> {
  const file = findChromium() ?? chromium.executablePath();
  const child = spawn(
    file,
    [
      ...chromiumArgs,
      "--headless",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      "--disable-breakpad",
      "--no-default-browser-check",
      "--password-store=basic",
      // A tab is a process, and dies alone.
      "--disable-features=ProcessPerSiteUpToMainFrameThreshold",
      "about:blank",
    ],
    { detached: true, stdio: ["ignore", "ignore", "pipe"] },
  );
  const exit = once(child, "exit");
  const kill = async (): Promise<void> => {
    killGroup(child);
    await exit;
  };
  try {
    const browser = await chromium.connectOverCDP(await devtoolsOf(child));
    const [context] = browser.contexts();
    if (!context) throw new Error("Chromium has no default context.");
    return { browser, context, kill };
  } catch (error) {
    await kill();
    throw error;
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-child.pid, "SIGKILL");
}

/** The address that Chromium prints once it listens to a debugger. */
function devtoolsOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    // Read to the end: a full pipe would stop it.
    child.stderr?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const [, address] = /DevTools listening on (ws:\S+)/.exec(output) ?? [];
      if (address !== undefined) resolve(address);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`Chromium ended with ${code}:\n${output}`)));
  });
}
