/** An editor that knows nothing of croft, at a croft server: y-codemirror.next and y-websocket, unchanged, in two real pages. */

import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mintToken } from "@croft/server";
import type { Browser, Page } from "playwright-core";
import { afterEach, expect, it, vi } from "vitest";
import { bundlePage } from "../support/bundle-page.ts";
import { SECRET, type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { launchBrowser } from "./support/browser.ts";

// On a machine that is busy with other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const ROOM = "notes/pages/1";
const ENTRY = fileURLToPath(new URL("support/codemirror-page.ts", import.meta.url));

const ends: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** Serves the page; resolves with its address. */
async function openSite(): Promise<string> {
  const code = await bundlePage(ENTRY);
  const site = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    response.end(isScript ? code : `<!doctype html><script type="module" src="/page.js"></script>`);
  });
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  ends.push(() => {
    site.closeAllConnections();
    site.close();
  });
  const address = site.address();
  if (address === null || typeof address === "string") throw new Error("The site has no port.");
  return `http://127.0.0.1:${address.port}/`;
}

async function openEditor(
  browser: Browser,
  site: string,
  { port }: ServerProcess,
  name: string,
  grants: readonly string[],
): Promise<Page> {
  const token = await mintToken({ secret: SECRET, workspace: "acme", user: name, grants });
  const page = await browser.newPage();
  const server = `ws://127.0.0.1:${port}/y/acme`;
  await page.goto(`${site}?${String(new URLSearchParams({ server, room: ROOM, token, name }))}`);
  return page;
}

const textOf = (page: Page): Promise<string> => page.evaluate(() => window.codemirror.text);
const isSynced = (page: Page): Promise<boolean> => page.evaluate(() => window.codemirror.isSynced);

it("shows two people what the other types, and where, and keeps it when the server dies", async () => {
  const data = mkdtempSync(join(realpathSync(tmpdir()), "croft-codemirror-"));
  ends.push(() => rmSync(data, { recursive: true, force: true }));
  let server = await startServerProcess({ data });
  ends.push(() => server.kill());
  const site = await openSite();
  const browser = await launchBrowser();
  ends.push(() => browser.close());
  const everything = ["notes/**:write"];
  const ada = await openEditor(browser, site, server, "ada", everything);
  const ben = await openEditor(browser, site, server, "ben", everything);
  await expect.poll(() => Promise.all([isSynced(ada), isSynced(ben)])).toEqual([true, true]);

  await ada.locator(".cm-content").click();
  await ada.keyboard.type("Typed by Ada. ");
  await expect.poll(() => textOf(ben)).toBe("Typed by Ada. ");
  await expect.poll(() => ben.locator(".cm-ySelectionInfo").first().textContent()).toBe("ada");
  await ben.locator(".cm-content").click();
  await ben.keyboard.press("End");
  await ben.keyboard.type("And by Ben.");
  await expect.poll(() => textOf(ada)).toBe("Typed by Ada. And by Ben.");

  // Killed, so that what it keeps is what was on its disk.
  await server.kill();
  await ada.keyboard.type("Offline ");
  server = await startServerProcess({ data, port: server.port });
  await expect.poll(() => textOf(ben), { timeout: 20_000 }).toBe(await textOf(ada));
  const cleo = await openEditor(browser, site, server, "cleo", ["notes/**:read"]);
  await expect.poll(() => textOf(cleo)).toBe(await textOf(ada));
  expect(await textOf(cleo)).toContain("Offline");
});
