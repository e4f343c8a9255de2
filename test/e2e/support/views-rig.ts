/** The page of the views' tests, a server for it that hears of everything else that is asked for, and plugins to put into it. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PluginManifestInput } from "@croft/plugin";
import { packPlugin } from "@croft/plugin/package";
import type { Page } from "playwright-core";
import { bundlePage } from "../../support/bundle-page.ts";
import { bundleSource } from "../../support/plugin-bundle.ts";
import type { ViewsPage } from "./views-page.ts";

declare global {
  var openViewsPage: () => Promise<ViewsPage>;
  var croftViews: ViewsPage;
}

const here = dirname(fileURLToPath(import.meta.url));
const HTML = `<!doctype html><html lang="en"><title>views</title><style>body{margin:0;font-family:sans-serif}#panel{max-width:var(--width,720px)}</style>
<main><h1>Acme</h1><label>Title <input id="title"></label><div id="panel"></div></main><script type=module src=/page.js></script>`;

/** A server for the page. */
export interface ViewsServer {
  readonly address: string;
  /** Everything that was asked for, besides the page itself. */
  readonly leaks: string[];
  close(): Promise<void>;
}

/** Starts a {@link ViewsServer}. */
export async function serveViewsPage(): Promise<ViewsServer> {
  const script = await bundlePage(join(here, "views-page.ts"));
  const leaks: string[] = [];
  const server = createServer((request, response) => {
    if (request.url === "/") {
      response.setHeader("content-type", "text/html");
      response.end(HTML);
    } else if (request.url === "/page.js") {
      response.setHeader("content-type", "text/javascript");
      response.end(script);
    } else {
      if (request.url !== "/favicon.ico") leaks.push(`${request.method} ${request.url}`);
      response.end("");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    leaks,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A plugin's package, of a module that has all of croft's elements at hand. */
export async function packageOf(source: string, manifest: PluginManifestInput): Promise<number[]> {
  const imports = `
    import { BarChart, Button, Canvas, Checkbox, Column, Dialog, Field, Group, h, Heading, Item, LineChart, List, Open, Progress, Row,
      Select, Sparkline, Status, Table, Tabs, Text } from "@croft/plugin/view";
    import { Markdown } from "@croft/plugin/view/markdown";`;
  const code = await bundleSource(imports + source, manifest);
  return [...(await packPlugin({ manifest, files: new Map([["main.js", code]]) }))];
}

/** Installs a plugin, without activating it. */
export async function install(page: Page, bytes: number[]): Promise<void> {
  await page.evaluate(async (given) => {
    const { installed, host } = globalThis.croftViews;
    const offer = await installed.examine(Uint8Array.from(given));
    await installed.install(offer, offer.manifest.permissions);
    while (!host.list().some(({ id }) => id === offer.manifest.id)) {
      await new Promise<void>((resolve) => {
        const stop = host.onState(() => {
          stop();
          resolve();
        });
      });
    }
  }, bytes);
}
