/** A server with the page of the sandbox's tests, and tabs that show it in real Chromium. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../e2e/support/browser.ts";
import type { SandboxPage, SandboxPageOptions } from "../e2e/support/sandbox-page.ts";
import { bundlePage } from "./bundle-page.ts";

declare global {
  var openSandboxPage: (options?: SandboxPageOptions) => Promise<SandboxPage>;
  var croftPage: SandboxPage;
}

/** A tab with the page, and what its host says. */
export interface SandboxTab {
  readonly page: Page;
  /** Installs a plugin and grants it all that it asks for; resolves with its state, once it has one. */
  install(bytes: readonly number[]): Promise<string>;
  state(id: string): Promise<string>;
  problems(): Promise<string[]>;
  logged(): Promise<string[]>;
  /** How many frames the page has. */
  frames(): Promise<number>;
  /** The text in a document. */
  read(path: string): Promise<string>;
  close(): Promise<void>;
}

/** See the top of this file. */
export interface SandboxSite {
  /** Host and port. */
  readonly address: string;
  /** Everything that was asked for, besides the page itself. */
  readonly leaks: string[];
  /**
   * Opens a tab; `?csp=…` in the path is the policy that the page is served with, `spoil` runs in the page before anything else.
   */
  open(path?: string, spoil?: () => void, options?: SandboxPageOptions): Promise<SandboxTab>;
  close(): Promise<void>;
}

/** Starts the server and the browser, which may be started with further arguments. */
export async function openSandboxSite(browserArgs?: readonly string[]): Promise<SandboxSite> {
  const script = await pageScript();
  const leaks: string[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://host");
    // A worker's try at the page's own address has no document to be shown in.
    const isPage = request.headers["sec-fetch-dest"] === "document";
    if (pathname === "/" && isPage) {
      const policy = searchParams.get("csp");
      if (policy !== null) response.setHeader("content-security-policy", policy);
      response.setHeader("content-type", "text/html");
      response.end(
        "<!doctype html><title>sandbox</title><script type=module src=/page.js></script>",
      );
    } else if (pathname === "/page.js") {
      response.setHeader("content-type", "text/javascript");
      response.end(script);
    } else {
      if (pathname !== "/favicon.ico") leaks.push(`${request.method} ${request.url}`);
      response.end("");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await launchBrowser(browserArgs);
  return {
    address,
    leaks,
    async open(path = "/", spoil, options = {}) {
      leaks.length = 0;
      return openTab(browser, `http://${address}${path}`, spoil, options);
    },
    async close() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function openTab(
  browser: Browser,
  url: string,
  spoil: (() => void) | undefined,
  options: SandboxPageOptions,
): Promise<SandboxTab> {
  const page = await browser.newPage();
  await page.goto(url);
  if (spoil) await page.evaluate(spoil);
  await page.evaluate(async (given) => {
    globalThis.croftPage = await globalThis.openSandboxPage(given);
  }, options);
  return {
    page,
    install: (bytes) =>
      page.evaluate(
        async (given) => {
          const { installed, host } = globalThis.croftPage;
          const offer = await installed.examine(Uint8Array.from(given));
          await installed.install(offer, offer.manifest.permissions);
          const { id } = offer.manifest;
          await host.activate(id).catch(() => undefined);
          return host.list().find((plugin) => plugin.id === id)?.state.name ?? "gone";
        },
        [...bytes],
      ),
    state: (id) =>
      page.evaluate(
        (wanted) =>
          globalThis.croftPage.host.list().find((plugin) => plugin.id === wanted)?.state.name ??
          "gone",
        id,
      ),
    problems: () => page.evaluate(() => globalThis.croftPage.problems),
    logged: () => page.evaluate(() => globalThis.croftPage.logged),
    frames: () => page.locator("iframe").count(),
    read: (path) =>
      page.evaluate(async (wanted) => {
        const handle = globalThis.croftPage.workspace.open(wanted);
        await handle.ready;
        const text = handle.doc.getText("body").toString();
        handle.close();
        return text;
      }, path),
    close: () => page.close(),
  };
}

/** The script of the page: `sandbox-page.ts` with all that it imports. */
export function pageScript(): Promise<string> {
  return bundlePage(fileURLToPath(new URL("../e2e/support/sandbox-page.ts", import.meta.url)));
}
