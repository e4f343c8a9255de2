// Finds a Chromium for the browser tests, or installs one. Finding is quick and changes nothing;
// installing happens only in ensureChromium(), before a run that needs a browser.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Arguments for a browser that tests drive: no sandbox only as root, where it cannot start with one. */
export const chromiumArgs = [
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // As browsers with windows do by themselves: a frame without an origin is in a process of its own.
  "--site-per-process",
];

/** The path of a Chromium of this machine, or undefined. */
export function findChromium() {
  return [
    process.env.CHROMIUM,
    // The same engine without the browser's own windows, each of which costs a second of a processor to open.
    onPath("chromium-headless-shell"),
    ...["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].map(onPath),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
    playwrightOwn(),
  ].find((path) => path && existsSync(path));
}

/** The same, installing one where there is none; undefined, and a message, where that fails. */
export function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  console.error("No Chromium found: installing one for the browser tests.");
  if (process.getuid?.() === 0 && onPath("apt-get")) {
    sh("apt-get", ["update", "-q"]);
    for (const name of ["chromium-headless-shell", "chromium"]) {
      if (!findChromium()) sh("apt-get", ["install", "-yq", "--no-install-recommends", name]);
    }
  }
  if (!findChromium()) {
    sh(process.execPath, [
      join(root, "node_modules/playwright-core/cli.js"),
      "install",
      "chromium",
    ]);
  }
  const installed = findChromium();
  if (!installed) {
    console.error(
      "The browser tests need Chromium and it could not be installed. Install Chromium or Chrome\n" +
        "yourself, or set CHROMIUM to the path of one. Without: npm test -- --project node",
    );
  }
  return installed;
}

function playwrightOwn() {
  try {
    return createRequire(join(root, "package.json"))("playwright-core").chromium.executablePath();
  } catch {
    return undefined; // Not installed yet, or no build for this platform: there is nothing to find.
  }
}

function onPath(name) {
  for (const dir of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(dir, name);
    if (dir && existsSync(path)) return path;
  }
  return undefined;
}

function sh(file, args) {
  // stdout belongs to the test run: what an installer prints goes to stderr.
  spawnSync(file, args, { stdio: ["ignore", 2, 2] });
}
