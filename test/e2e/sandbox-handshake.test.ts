/** Plugins in real Chromium that cheat at the port: what they prove, what they send, and in what pages they run at all. */

import type { PluginManifestInput } from "@croft/plugin";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { packageOf } from "../support/hostile-package.ts";
import { openSandboxSite, type SandboxSite, type SandboxTab } from "../support/sandbox-site.ts";

let site: SandboxSite;
let tab: SandboxTab;
beforeAll(async () => {
  site = await openSandboxSite();
});
afterAll(() => site.close());
afterEach(() => tab.close());

const MANIFEST: PluginManifestInput = {
  id: "stats",
  name: "Statistics",
  version: "1.0.0",
  engine: "*",
};

/** Serves the plugin by hand; `serve(plugin, port, admission)` is what the bundle would do. */
const byHand = (how: string): string => `
  Object.defineProperty(globalThis, "croftServe", { value(plugin, serve) {
    addEventListener("message", ({ data: admission, ports: [port] }) => { ${how} });
  } });`;
const ACTIVATE = `context.log.info("was activated");`;

async function refused(before: string, reason: string): Promise<void> {
  tab = await site.open();
  const bytes = await packageOf(MANIFEST, ACTIVATE, before);
  expect(await tab.install(bytes)).not.toBe("active");
  expect(await tab.problems()).toContainEqual(expect.stringContaining(reason));
  expect(await tab.logged()).toEqual([]);
  expect(await tab.frames()).toBe(0);
}

describe("a plugin", () => {
  it("with a capability that it made up gets nothing", () =>
    refused(
      byHand(`new Uint8Array(admission)[0] ^= 1; serve(plugin, port, admission);`),
      "it does not prove its capability",
    ));

  it("that wants to speak unsealed gets nothing", () =>
    refused(
      byHand(`serve(plugin, port); port.postMessage(new Uint8Array(256).buffer);`),
      "it does not prove its capability",
    ));

  it("that replays the handshake of its last activation gets nothing", async () => {
    tab = await site.open();
    const recording = byHand(`
      const post = port.postMessage.bind(port);
      port.postMessage = (message, transfer) => {
        globalThis.hello ??= [...new Uint8Array(message)];
        post(message, transfer);
      };
      serve(plugin, port, admission);`);
    const spying = `context.log.info(JSON.stringify(globalThis.hello));`;
    expect(await tab.install(await packageOf(MANIFEST, spying, recording))).toBe("active");
    await expect.poll(() => tab.logged()).toHaveLength(1);
    const [line = ""] = await tab.logged();
    const hello = line.slice(line.indexOf("["), line.indexOf("]") + 1);
    expect(JSON.parse(hello)).toHaveLength(256);
    await tab.close();
    await refused(
      byHand(`port.postMessage(Uint8Array.from(${hello}).buffer);`),
      "it does not prove its capability",
    );
  });

  it.each([
    ["tiny records", "new ArrayBuffer(1)", "it sends more than anybody can take"],
    ["huge records", "new ArrayBuffer(2 ** 20)", "it sends more than anybody can take"],
    ["acknowledgements", "16_384", "it says that it read what nobody sent"],
    ["what is no message", `{ deep: "thing" }`, "it sends what is no message"],
  ])("that floods its port with %s is ended in its frame", async (_what, message, reason) => {
    tab = await site.open();
    const flooding = byHand(`
      serve(plugin, port, admission);
      globalThis.flood = () => { for (;;) port.postMessage(${message}); };`);
    const later = `setTimeout(() => globalThis.flood(), 200);`;
    expect(await tab.install(await packageOf(MANIFEST, later, flooding))).toBe("active");
    await expect.poll(() => tab.state("stats"), { timeout: 20_000 }).toBe("crashed");
    expect(await tab.problems()).toContainEqual(expect.stringContaining(reason));
    expect(await tab.frames()).toBe(0);
  });

  it("that repeats a record of its own is ended", async () => {
    tab = await site.open();
    const repeating = byHand(`
      const post = port.postMessage.bind(port);
      port.postMessage = (message, transfer) => {
        const copy = globalThis.repeat && message instanceof ArrayBuffer ? message.slice(0) : undefined;
        post(message, transfer);
        if (copy) post(copy);
      };
      serve(plugin, port, admission);`);
    const later = `setTimeout(() => { globalThis.repeat = true; context.log.info("once"); }, 200);`;
    expect(await tab.install(await packageOf(MANIFEST, later, repeating))).toBe("active");
    await expect.poll(() => tab.state("stats"), { timeout: 20_000 }).toBe("crashed");
    expect(await tab.logged()).toEqual(["stats: once undefined"]);
    expect(await tab.problems()).toContainEqual(expect.stringContaining("on its way"));
  });

  /** Writes four megabytes while the page takes nothing, since it is busy. */
  const WRITING = `
    const own = context.documents.open(context.documents.own("b"));
    await own.ready;
    setTimeout(() => {
      for (let n = 0; n < 40; n++) own.doc.getText("body").insert(0, String(n % 10).repeat(100_000));
    }, 200);`;
  const keepBusy = (): Promise<void> =>
    tab.page.evaluate(() => {
      const end = performance.now() + 3_000;
      while (performance.now() < end);
    });

  it("waits for a host that is busy, and nothing is lost", async () => {
    tab = await site.open();
    expect(await tab.install(await packageOf(MANIFEST, WRITING))).toBe("active");
    await keepBusy();
    await expect
      .poll(async () => (await tab.read("stats/b")).length, { timeout: 40_000 })
      .toBe(4_000_000);
    expect(await tab.problems()).toEqual([]);
  });

  it("that does not wait is ended in its frame, though all that it sends is sealed", async () => {
    tab = await site.open();
    // It tells itself that all was taken.
    const hasty = byHand(`
      const post = port.postMessage.bind(port);
      port.postMessage = (message, transfer) => {
        const data = message.byteLength;
        post(message, transfer);
        if (data) setTimeout(() => port.dispatchEvent(new MessageEvent("message", { data })));
      };
      port.addEventListener("message", (event) => {
        if (event.isTrusted && typeof event.data === "number") event.stopImmediatePropagation();
      });
      serve(plugin, port, admission);`);
    expect(await tab.install(await packageOf(MANIFEST, WRITING, hasty))).toBe("active");
    await keepBusy();
    await expect.poll(() => tab.state("stats"), { timeout: 20_000 }).toBe("crashed");
    expect(await tab.problems()).toContainEqual(
      expect.stringContaining("it sends more than anybody can take"),
    );
    expect(await tab.frames()).toBe(0);
  });

  it("learns nothing of the page's address", async () => {
    tab = await site.open("/?invite=query-secret#fragment-secret");
    const looking = `
      const seen = new Set();
      const texts = [];
      const look = (value, depth) => {
        if (typeof value === "string") texts.push(value);
        if ((typeof value !== "object" && typeof value !== "function") || value === null) return;
        if (seen.has(value) || depth > 4) return;
        seen.add(value);
        for (let at = value; at; at = Object.getPrototypeOf(at)) {
          for (const key of Reflect.ownKeys(at)) {
            try { look(value[key], depth + 1); } catch {}
          }
        }
      };
      look(globalThis, 0);
      texts.push(JSON.stringify(performance.getEntries()), new Error().stack, import.meta.url, String(location));
      const all = texts.join("\\n");
      context.log.info(JSON.stringify([
        secrets.filter((secret) => all.includes(secret)),
        location.protocol,
        texts.length > 100,
      ]));`;
    // In numbers, since its own address is its code.
    const secrets = ["query-secret", "fragment-secret", site.address].map((secret) =>
      Array.from(new TextEncoder().encode(secret)),
    );
    const bytes = await packageOf(
      MANIFEST,
      `const secrets = ${JSON.stringify(secrets)}.map((codes) => String.fromCharCode(...codes)); ${looking}`,
    );
    expect(await tab.install(bytes)).toBe("active");
    await expect.poll(() => tab.logged()).toEqual(['stats: [[],"data:",true] undefined']);
  });
});

describe("in a page", () => {
  async function refusedIn(path: string, missing: string, spoil?: () => void): Promise<void> {
    tab = await site.open(path, spoil);
    expect(await tab.install(await packageOf(MANIFEST, ACTIVATE))).toBe("failed");
    expect(await tab.problems()).toContainEqual(expect.stringContaining(missing));
    expect(await tab.logged()).toEqual([]);
    expect(await tab.frames()).toBe(0);
    // The test of the page tries to ask the page's own address.
    expect(site.leaks.filter((leak) => leak !== "GET /")).toEqual([]);
  }

  it("that allows no workers from data, no plugin is started", () =>
    refusedIn(
      "/?csp=worker-src 'none'",
      "need what this page does not have: workers from `data:`",
    ));

  it("that does not allow the frame's script, no plugin is started", () =>
    refusedIn("/?csp=script-src 'self'", "A plugin's sandbox does not start in this page"));

  it("where frames share its origin, no plugin is started", () =>
    refusedIn("/", "an origin that nothing shares, a page that cannot be reached", () => {
      const create = document.createElement.bind(document);
      document.createElement = (name: string) => {
        const element = create(name);
        const set = element.setAttribute.bind(element);
        element.setAttribute = (attribute, value) =>
          set(attribute, attribute === "sandbox" ? `${value} allow-same-origin` : value);
        return element;
      };
    }));

  it("where policies do not hold, no plugin is started", () =>
    refusedIn("/", "no code made of text, a policy without network", () => {
      Object.defineProperty(HTMLIFrameElement.prototype, "srcdoc", {
        set(this: HTMLIFrameElement, html: string) {
          this.setAttribute("srcdoc", html.replace(/<meta[^>]*>/, ""));
        },
      });
    }));

  it("where a worker has no cryptography once, it is started again", async () => {
    tab = await site.open("/", () => {
      let times = 0;
      Object.defineProperty(HTMLIFrameElement.prototype, "srcdoc", {
        set(this: HTMLIFrameElement, html: string) {
          const spoiled = html
            .replace(/<meta[^>]*>/, "")
            .replace("Boolean(globalThis.crypto?.subtle)", "false");
          const isFirst = this.title.endsWith("(plugin)") && times++ === 0;
          this.setAttribute("srcdoc", isFirst ? spoiled : html);
        },
      });
    });
    expect(await tab.install(await packageOf(MANIFEST, ACTIVATE))).toBe("active");
    expect(await tab.frames()).toBe(1);
  });

  it("where workers have no cryptography, no plugin is started", () =>
    refusedIn("/", "stats has no cryptography in its sandbox", () => {
      Object.defineProperty(HTMLIFrameElement.prototype, "srcdoc", {
        set(this: HTMLIFrameElement, html: string) {
          const spoiled = html
            .replace(/<meta[^>]*>/, "")
            .replace("Boolean(globalThis.crypto?.subtle)", "false");
          this.setAttribute("srcdoc", this.title.endsWith("(plugin)") ? spoiled : html);
        },
      });
    }));
});
