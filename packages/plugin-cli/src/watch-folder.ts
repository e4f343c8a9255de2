/** Watches a plugin's folder, until it is told to stop. */

import { watch } from "node:fs";

/** Saving many files at once is one change: how long to wait for more, in milliseconds. */
const SETTLE = 80;
// What is in these does not go into a package by itself, and changes in masses.
const PASSED_OVER = /(^|[\\/])(node_modules|\.git|dist)([\\/]|$)|\.croft$/;

/** Calls `changed` soon after something in `folder` changed. */
export function watchFolder(folder: string, changed: () => void, signal: AbortSignal): void {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { recursive: true, signal }, (_event, file) => {
    if (file !== null && PASSED_OVER.test(file)) return;
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLE);
  });
  watcher.on("error", (error) => {
    if (!signal.aborted) throw error;
  });
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}
