/** Plugins in their sandboxes, in real Chromium: what they can do, and what they cannot. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { PluginManifestInput } from "@croft/plugin";
import { packPlugin } from "@croft/plugin/package";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bundleSource } from "../support/plugin-bundle.ts";
import { launchBrowser } from "./support/browser.ts";
import { pageScript } from "../support/sandbox-site.ts";

const MANIFEST: PluginManifestInput = {
  id: "stats",
  name: "Statistics",
  version: "1.0.0",
  engine: "*",
  permissions: {
    documents: [{ pattern: "notes/*", access: "read", reason: "To count." }],
    events: [{ topic: "notes/opened", direction: "subscribe", reason: "To hear." }],
  },
};

let browser: Browser;
let server: Server;
let address: string;
/** Everything that was asked for, besides the page itself. */
const leaks: string[] = [];
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
  const script = await pageScript();
  server = createServer((request, response) => {
    if (request.url === "/") {
      response.setHeader("content-type", "text/html");
      response.end(
        "<!doctype html><title>sandbox</title><script type=module src=/page.js></script>",
      );
    } else if (request.url === "/page.js") {
      response.setHeader("content-type", "text/javascript");
      response.end(script);
    } else {
      if (request.url !== "/favicon.ico") leaks.push(`${request.method} ${request.url}`);
      response.setHeader("access-control-allow-origin", "*");
      if (request.url === "/v1/moved") response.writeHead(302, { location: "/v1/elsewhere" });
      response.end(request.headers.cookie ?? "no cookie");
    }
  });
  server.on("upgrade", (request, socket) => {
    leaks.push(`upgrade ${request.url}`);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 60_000);
afterAll(async () => {
  await browser.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(async () => {
  leaks.length = 0;
  page = await browser.newPage();
  await page.goto(`http://${address}/`);
  await page.evaluate(async () => {
    globalThis.croftPage = await globalThis.openSandboxPage();
  });
});
afterEach(async () => {
  await page.close();
});

/** A plugin's package, with what it does in `activate`. */
async function packageOf(
  activate: string,
  fields: Partial<PluginManifestInput> = {},
  migrate = "",
): Promise<number[]> {
  const manifest = { ...MANIFEST, ...fields };
  const source = `
    import * as Y from "yjs";
    const server = ${JSON.stringify(address)};
    export default { topics: {}, deactivate() {}, async activate(context) { ${activate} }, async migrate(context) { ${migrate} } };
    export const used = Y;`;
  const code = await bundleSource(source, manifest);
  return [...(await packPlugin({ manifest, files: new Map([["main.js", code]]) }))];
}

/** Installs a plugin and grants it all that it asks for; resolves with its state, once it has one. */
async function install(bytes: number[]): Promise<string> {
  return page.evaluate(async (given) => {
    const { installed, host } = globalThis.croftPage;
    const offer = await installed.examine(Uint8Array.from(given));
    await installed.install(offer, offer.manifest.permissions);
    const { id } = offer.manifest;
    await host.activate(id).catch(() => undefined);
    return host.list().find((plugin) => plugin.id === id)?.state.name ?? "gone";
  }, bytes);
}

const state = (id = "stats"): Promise<string> =>
  page.evaluate(
    (wanted) =>
      globalThis.croftPage.host.list().find((plugin) => plugin.id === wanted)?.state.name ?? "gone",
    id,
  );
const logged = (): Promise<string[]> => page.evaluate(() => globalThis.croftPage.logged);
const problems = (): Promise<string[]> => page.evaluate(() => globalThis.croftPage.problems);
const frames = (): Promise<number> => page.locator("iframe").count();

async function read(path: string): Promise<string> {
  return page.evaluate(async (wanted) => {
    const handle = globalThis.croftPage.workspace.open(wanted);
    await handle.ready;
    const text = handle.doc.getText("body").toString();
    handle.close();
    return text;
  }, path);
}

describe("a plugin in its sandbox", () => {
  it("reads and writes what it may, with a Yjs of its own, and is stamped", async () => {
    await page.evaluate(async () => {
      const handle = globalThis.croftPage.workspace.open("notes/a");
      await handle.ready;
      handle.doc.getText("body").insert(0, "three short words");
      await handle.saved("device");
    });
    const bytes = await packageOf(`
      const [page, own] = [context.documents.open("notes/a"), context.documents.open(context.documents.own("b"))];
      await Promise.all([page.ready, own.ready]);
      own.doc.getText("body").insert(0, page.state.access + ": " + page.doc.getText("body").toString());
      own.doc.getMap("types").set("text", new Y.Text("nested"));
      await own.saved("device");
      context.events.subscribe("notes/opened", (data) => context.log.info("heard", data));
    `);
    expect(await install(bytes)).toBe("active");
    expect(await read("stats/b")).toBe("read: three short words");
    await page.evaluate(() => globalThis.croftPage.host.events.publish("notes/opened", "a page"));
    await expect.poll(logged).toEqual(["stats: heard a page"]);
    expect(await frames()).toBe(1);
    await page.evaluate(() => globalThis.croftPage.host.deactivate("stats"));
    expect(await frames()).toBe(0);
    expect(await problems()).toEqual([]);
  });

  it("brings its data over on a copy, in a sandbox that is gone afterwards", async () => {
    const write = (text: string): string => `
      const own = context.documents.open(context.documents.own("b"));
      await own.ready;
      own.doc.getText("body").insert(0, ${text});
      await own.saved("device");`;
    expect(await install(await packageOf(write(`"first"`)))).toBe("active");
    const second = { version: "2.0.0", data: 2 };
    const migrate = (then: string): string => `
      const other = context.documents.open("notes/a");
      await other.ready;
      ${write(`other.state.access + " from " + context.from + " " + context.paths + " "`)}
      ${then}`;
    const update = (): Promise<unknown> =>
      page.evaluate(() => {
        const [plugin] = globalThis.croftPage.installed.list();
        return [plugin?.package?.version, plugin?.update?.standing.name];
      });
    await install(await packageOf("", second, migrate(`throw new Error("no luck");`)));
    await expect.poll(update).toEqual(["1.0.0", "refused"]);
    expect(await read("stats/b")).toBe("first");
    expect((await problems()).join()).toContain("no luck");
    await install(await packageOf("", { ...second, version: "2.0.1" }, migrate("")));
    await expect.poll(update).toEqual(["2.0.1", undefined]);
    expect(await read("stats/b")).toBe("none from 1 stats/b first");
    await expect.poll(frames).toBe(1);
    expect(leaks).toEqual([]);
  });

  it("has no network, no storage, no page, and no further workers", async () => {
    const bytes = await packageOf(`
      const tried = {};
      const attempt = async (name, run) => {
        try { tried[name] = String(await run()); } catch (error) { tried[name] = "refused"; }
      };
      const url = (what) => "http://" + server + "/leak-" + what;
      await attempt("fetch", () => fetch(url("fetch")));
      await attempt("no-cors", () => fetch(url("no-cors"), { mode: "no-cors", keepalive: true }));
      await attempt("xhr", () => new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open("GET", url("xhr"));
        request.onload = () => resolve("loaded");
        request.onerror = reject;
        request.send();
      }));
      await attempt("socket", () => new Promise((resolve, reject) => {
        const socket = new WebSocket("ws://" + server + "/leak-socket");
        socket.onopen = () => resolve("open");
        socket.onerror = reject;
      }));
      await attempt("events", () => new Promise((resolve, reject) => {
        const source = new EventSource(url("events"));
        source.onopen = () => resolve("open");
        source.onerror = reject;
      }));
      await attempt("import", () => import(/* @vite-ignore */ new URL(url("import")).href));
      await attempt("importScripts", () => importScripts(url("scripts")));
      await attempt("eval", () => (0, eval)("1"));
      await attempt("function", () => new Function("return 1")());
      await attempt("indexedDB", () => new Promise((resolve, reject) => {
        const request = indexedDB.open("x");
        request.onsuccess = () => resolve("open");
        request.onerror = reject;
      }));
      await attempt("caches", () => caches.open("x"));
      await attempt("storage", () => navigator.storage.getDirectory());
      await attempt("locks", () => navigator.locks.request("x", () => "held"));
      for (const name of ["Worker", "SharedWorker", "BroadcastChannel", "document", "parent", "localStorage", "RTCPeerConnection", "croftServe"]) {
        tried[name] = typeof globalThis[name];
      }
      tried.origin = self.origin;
      context.log.info(JSON.stringify(tried));
    `);
    expect(await install(bytes)).toBe("active");
    const [line = ""] = await logged();
    const tried: unknown = JSON.parse(line.slice("stats: ".length, line.lastIndexOf("}") + 1));
    expect(tried).toEqual({
      ...Object.fromEntries(
        ["fetch", "no-cors", "xhr", "socket", "events", "import", "importScripts"].map((name) => [
          name,
          "refused",
        ]),
      ),
      ...Object.fromEntries(
        ["eval", "function", "indexedDB", "caches", "storage", "locks"].map((name) => [
          name,
          "refused",
        ]),
      ),
      Worker: "undefined",
      SharedWorker: "undefined",
      BroadcastChannel: "undefined",
      document: "undefined",
      parent: "undefined",
      localStorage: "undefined",
      RTCPeerConnection: "undefined",
      croftServe: "undefined",
      origin: "null",
    });
    expect(leaks).toEqual([]);
    // What listens for leaks would have heard of one.
    await page.evaluate(async (url) => {
      await fetch(url);
    }, `http://${address}/leak-control`);
    expect(leaks).toEqual(["GET /leak-control"]);
  });

  it("reaches servers through the host, as far as it was granted", async () => {
    await page.context().addCookies([{ name: "session", value: "x", url: `http://${address}` }]);
    const origin = `http://${address}`;
    const bytes = await packageOf(
      `
      const ask = async (path, request) => {
        try {
          const { status, body } = await context.network.fetch("http://" + server + path, request);
          return status + " " + new TextDecoder().decode(body);
        } catch (error) { return error.code; }
      };
      const answers = [];
      for (const path of ["/v1/a", "/v2/a", "/v1/%2e%2e/v2/a", "/v1/moved"]) answers.push(await ask(path));
      answers.push(await ask("/v1/a", { method: "POST", body: "x" }));
      context.log.info(answers.join(", "));
    `,
      { permissions: { network: [{ origin, paths: ["/v1/*"], reason: "To look up." }] } },
    );
    expect(await install(bytes)).toBe("active");
    expect(await logged()).toEqual([
      "stats: 200 no cookie, access/denied, access/denied, network/failed, access/denied undefined",
    ]);
    expect(leaks).toEqual(["GET /v1/a", "GET /v1/moved"]);
    await page.evaluate(async () => {
      await fetch("/v1/control");
    });
    expect(leaks).toHaveLength(3);
  });

  it("calls another in its own sandbox, through the host", async () => {
    const contract = `({ name: "notes/search", methods: { find: { input: any, output: any } } })`;
    const any = `const any = { "~standard": { version: 1, vendor: "x", validate: (value) => ({ value }) } };`;
    const notes = await packageOf(
      `${any} context.apis.provide(${contract}, {
        find(text, { caller }) {
          if (text === "nothing") throw new Error("found nothing");
          return [text, caller];
        },
      });`,
      { id: "notes", permissions: {}, apis: [{ name: "search" }] },
    );
    const stats = await packageOf(
      `${any} const api = context.apis.use(${contract});
      context.log.info(JSON.stringify(await api.find("croft")));
      const error = await api.find("nothing").catch((thrown) => thrown);
      context.log.info(error.code + ": " + error.message, error.stack.includes("data:"));`,
      { permissions: { apis: [{ api: "notes/search", reason: "To find." }] } },
    );
    expect(await install(notes)).toBe("active");
    expect(await install(stats)).toBe("active");
    expect(await logged()).toEqual([
      'stats: ["croft","stats"] undefined',
      "stats: plugin/failed: notes/search find failed: found nothing false",
    ]);
  });

  it("in an endless loop is ended, and the host and the other plugins go on", async () => {
    const good = await packageOf(
      `context.events.subscribe("other/x", () => context.log.info("alive"));`,
      {
        id: "other",
        permissions: {},
      },
    );
    expect(await install(good)).toBe("active");
    const loop = await packageOf(`
      const own = context.documents.open(context.documents.own("b"));
      await own.ready;
      own.doc.getText("body").insert(0, "before");
      await own.saved("device");
      setTimeout(() => { for (;;); });
    `);
    expect(await install(loop)).toBe("active");
    // The page answers while the plugin loops.
    await page.evaluate(() => globalThis.croftPage.host.events.publish("other/x", 0));
    await expect.poll(logged).toContainEqual(expect.stringContaining("other: alive"));
    expect(await state()).toBe("active");
    await expect.poll(() => state(), { timeout: 15_000 }).toBe("crashed");
    expect(await problems()).toEqual(["stats crashed: it does not answer"]);
    expect(await read("stats/b")).toBe("before");
    await page.evaluate(() => globalThis.croftPage.host.events.publish("other/x", 1));
    await expect.poll(async () => (await logged()).length).toBe(2);
    expect(await frames()).toBe(1);
  });

  it("that floods is ended, and the host goes on", async () => {
    const flood = await packageOf(`
      setTimeout(() => { for (let i = 0; i < 50_000; i++) context.log.info("flood"); }, 100);
    `);
    await install(flood);
    await expect.poll(() => state(), { timeout: 15_000 }).toBe("crashed");
    // On a busy machine the flood holds up its own answers before it is counted as one.
    expect(await problems()).toEqual([
      expect.stringMatching(
        /^stats crashed: it (sends more than anybody can take|does not answer)$/,
      ),
    ]);
    // Most of it never reached the host.
    expect((await logged()).length).toBeLessThan(25_000);
    expect(await frames()).toBe(0);
  });

  it("that throws where nobody catches it crashes, and is suspended when it does so again", async () => {
    const bytes = await packageOf(`
      setTimeout(() => {
        context.log.info("about to fail");
        setTimeout(() => { throw new Error("no luck"); });
      }, 100);
    `);
    expect(await install(bytes)).toBe("active");
    await expect.poll(() => state(), { timeout: 15_000 }).toBe("crashed");
    expect(await frames()).toBe(0);
    await page.evaluate(() => globalThis.croftPage.host.activate("stats"));
    await expect.poll(() => state(), { timeout: 15_000 }).toBe("suspended");
    expect(await frames()).toBe(0);
    const report = await page.evaluate(() => globalThis.croftPage.host.list()[0]?.trouble);
    const mishap = {
      reason: expect.stringContaining("no luck"),
      last: { what: 'logged "about to fail"' },
    };
    expect(report).toMatchObject({ kind: "crash", limit: 2, mishaps: [mishap, mishap] });
  });

  it("that does not load says why", async () => {
    expect(await install(await packageOf(`throw new Error("no luck");`))).toBe("failed");
    expect(await problems()).toContainEqual("stats threw in `activate`: no luck");
    expect(await frames()).toBe(0);
  });
});
