/** The browser that the tests drive. */

import { type Browser, chromium } from "playwright-core";
import { chromiumArgs, findChromium } from "../../../scripts/chromium.mjs";

/** Starts Chromium without a window. */
export function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const executablePath = findChromium();
  return chromium.launch({
    args: [...chromiumArgs, ...args],
    ...(executablePath && { executablePath }),
  });
}
