/**
 * Plugins in real Chromium that try to get at what is others', to harm the page or its other plugins, and not to go. What
 * they try at the network, storage, ports and views is in the tests beside this one. How long the page itself was held
 * up during each test is printed, and not asserted.
 */

import type { PluginManifestInput } from "@croft/plugin";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { packageOf } from "../support/hostile-package.ts";
import { outlast } from "./support/outlasting-page.ts";
import { openSandboxSite, type SandboxSite, type SandboxTab } from "../support/sandbox-site.ts";

declare global {
  /** The longest time between two turns of a timer that is due every 10 ms, in milliseconds. */
  var longestGap: number;
}

const PATIENCE = { timeout: 30_000 };
/** What the plugins of these tests ask for, and are granted. */
const PERMISSIONS: PluginManifestInput["permissions"] = {
  documents: [
    { pattern: "notes/shared/*", access: "write", reason: "To help." },
    { pattern: "notes/shown/*", access: "read", reason: "To count." },
  ],
};

let site: SandboxSite;
let tab: SandboxTab;
const gaps: { readonly test: string; readonly "longest gap of the page (ms)": number }[] = [];

beforeAll(async () => {
  site = await openSandboxSite();
}, 60_000);
afterAll(async () => {
  await site.close();
  console.table(gaps);
});
beforeEach(async () => {
  tab = await openMeasured(site);
});
afterEach(async ({ task }) => {
  await noteGap(tab, task.name);
  // Whatever a plugin tried, nobody heard of it.
  const { leaks } = site;
  await tab.close();
  if (leaks.length > 0) throw new Error(`A plugin reached the network: ${leaks.join(", ")}`);
});

async function openMeasured(
  where: SandboxSite,
  options: Parameters<SandboxSite["open"]>[2] = {},
): Promise<SandboxTab> {
  const opened = await where.open("/", undefined, options);
  await opened.page.evaluate(() => {
    let before = performance.now();
    globalThis.longestGap = 0;
    setInterval(() => {
      const now = performance.now();
      globalThis.longestGap = Math.max(globalThis.longestGap, now - before);
      before = now;
    }, 10);
  });
  return opened;
}

/** Fails when the page does not answer. */
async function noteGap(measured: SandboxTab, test: string): Promise<void> {
  const gap = await measured.page.evaluate(() => globalThis.longestGap);
  // A tab that nothing was tried in.
  if (gap === 0) return;
  gaps.push({ test, "longest gap of the page (ms)": Math.round(gap) });
}

const manifestOf = (
  id: string,
  fields: Partial<PluginManifestInput> = {},
): PluginManifestInput => ({
  id,
  name: id,
  version: "1.0.0",
  engine: "*",
  ...fields,
});

/** A plugin that does what it is told to when it is activated. */
const hostile = (activate: string, before = ""): Promise<number[]> =>
  packageOf(manifestOf("stats", { permissions: PERMISSIONS }), activate, before);

/** A plugin that harms nobody: it has a secret, and says that it lives when it is asked. */
const good = (id: string, says = "alive"): Promise<number[]> =>
  packageOf(
    manifestOf(id),
    `const own = context.documents.open(context.documents.own("secret"));
    await own.ready;
    if (own.doc.getText("body").length === 0) own.doc.getText("body").insert(0, "of ${id}");
    await own.saved("device");
    context.events.subscribe("${id}/ask", () => context.log.info("${says}"));`,
  );

/** Serves the plugin with some of its functions replaced. */
const servedWith = (fields: string): string => `
  const croftServe = globalThis.croftServe;
  Object.defineProperty(globalThis, "croftServe", { configurable: true, value(plugin, serve) {
    croftServe({ ...plugin, ${fields} }, serve);
  } });`;

/** Resolves when a plugin that harms nobody says that it lives. */
async function answers(id: string): Promise<void> {
  const count = async (): Promise<number> =>
    (await tab.logged()).filter((line) => line.startsWith(`${id}: alive`)).length;
  const before = await count();
  await tab.page.evaluate(
    (topic) => globalThis.croftPage.host.events.publish(topic, "are you there?"),
    `${id}/ask`,
  );
  await expect.poll(count, PATIENCE).toBe(before + 1);
}

async function write(path: string, text: string): Promise<void> {
  await tab.page.evaluate(
    async ([where = "", what = ""]) => {
      const handle = globalThis.croftPage.workspace.open(where);
      await handle.ready;
      handle.doc.getText("body").insert(0, what);
      await handle.saved("device");
      handle.close();
    },
    [path, text],
  );
}

/** What a plugin logged as JSON. */
async function told(): Promise<unknown> {
  const line = (): Promise<string | undefined> =>
    tab.logged().then((lines) => lines.find((each) => each.startsWith("stats: {")));
  await expect.poll(line, PATIENCE).toBeDefined();
  const text = (await line()) ?? "";
  return JSON.parse(text.slice("stats: ".length, text.lastIndexOf("}") + 1));
}

/** Collects what became of each attempt in `tried`. */
const TRYING = `
  const tried = {};
  const attempt = async (name, run) => {
    try { tried[name] = (await run()) ?? "done"; } catch (error) { tried[name] = error?.code ?? "refused"; }
  };`;

describe("what is others'", () => {
  it("documents: none is read or written that was not granted", async () => {
    expect(await tab.install(await good("notes"))).toBe("active");
    await write("notes/shown/a", "shown");
    await write("app/settings", "of the application");
    const closed = [
      "notes/secret",
      "notes/shared/deep/a",
      "app/settings",
      "app/plugins/installed",
      "app/users/ada/plugins",
    ];
    const bytes = await hostile(`${TRYING}
      const insert = async (path) => {
        const handle = context.documents.open(path);
        await handle.ready;
        const seen = JSON.stringify(handle.doc.toJSON()) + handle.doc.getText("body").toString();
        handle.doc.getText("body").insert(0, "HACKED");
        try { await handle.saved("device"); } catch (error) { return error.code + " " + seen; }
        return "written " + seen;
      };
      for (const path of ${JSON.stringify(closed)}) await attempt(path, () => insert(path));
      for (const path of ["notes/shown/a", "notes/shared/a", "../notes/secret", "stats/../notes/secret"]) {
        await attempt(path, () => insert(path));
      }
      await attempt("own", () => context.documents.own("../notes/secret"));
      context.log.info(JSON.stringify(tried));`);
    expect(await tab.install(bytes)).toBe("active");
    expect(await told()).toEqual({
      ...Object.fromEntries(closed.map((path) => [path, "access/denied {}"])),
      "notes/shown/a": expect.stringMatching(/^access\/denied .*shown$/),
      "notes/shared/a": "written {}",
      "../notes/secret": "input/invalid",
      "stats/../notes/secret": "input/invalid",
      own: "input/invalid",
    });
    expect(await tab.read("notes/secret")).toBe("of notes");
    expect(await tab.read("notes/shown/a")).toBe("shown");
    expect(await tab.read("app/settings")).toBe("of the application");
    expect(await tab.read("notes/shared/a")).toBe("HACKED");
    await answers("notes");
  });

  it("topics: none is heard or published to without a grant, though the plugin lies to itself", async () => {
    expect(await tab.install(await good("notes"))).toBe("active");
    await tab.page.evaluate(() => {
      const { host, logged } = globalThis.croftPage;
      for (const topic of ["notes/ask", "app/ask"]) {
        host.events.subscribe(topic, (_data, { publisher }) => {
          logged.push(`host heard ${topic} of ${publisher}`);
        });
      }
    });
    // Its own copy of croft would refuse: with this it believes that it may.
    const lying = `Array.prototype.some = () => true;`;
    const bytes = await hostile(
      `${TRYING}
      for (const topic of ["notes/ask", "app/ask", "data_changed"]) {
        await attempt("publish " + topic, () => context.events.publish(topic, "HACKED"));
        await attempt("everywhere " + topic, () => context.events.publish(topic, "HACKED", { scope: "workspace" }));
      }
      for (const topic of ["notes/ask", "app/ask"]) {
        await attempt("hear " + topic, () => { context.events.subscribe(topic, (data) => context.log.info("heard " + data)); });
      }
      context.log.info(JSON.stringify(tried));`,
      lying,
    );
    expect(await tab.install(bytes)).toBe("active");
    const denied = ["notes/ask", "app/ask", "data_changed"].flatMap((topic) => [
      [`publish ${topic}`, "access/denied"],
      [`everywhere ${topic}`, "access/denied"],
    ]);
    expect(await told()).toMatchObject(Object.fromEntries(denied));
    await answers("notes");
    await tab.page.evaluate(() => globalThis.croftPage.host.events.publish("app/ask", "secret"));
    await answers("notes");
    const lines = await tab.logged();
    expect(lines.filter((line) => line.startsWith("stats: heard"))).toEqual([]);
    expect(lines.filter((line) => line.includes("of stats"))).toEqual([]);
    // The host's own listeners would have heard.
    expect(lines).toContain("host heard app/ask of app");
  });

  it("the page, other frames, addresses and windows: there is nothing to reach them by", async () => {
    expect(await tab.install(await good("notes"))).toBe("active");
    const shape = (): Promise<unknown> =>
      tab.page.evaluate(() => [
        document.title,
        location.href,
        [...document.body.children].map(({ localName }) => localName),
        history.length,
      ]);
    const before = await shape();
    const names =
      "window document parent top frames opener frameElement open alert confirm prompt print history " +
      "navigation showModalDialog SharedWorker Worker ServiceWorkerContainer clients croftServe";
    const bytes = await hostile(`${TRYING}
      for (const name of ${JSON.stringify(names.split(" "))}) {
        if (typeof globalThis[name] !== "undefined") tried[name] = "is there";
      }
      const here = location.href;
      const to = "http://${site.address}/leak-navigation";
      await attempt("href", () => { location.href = to; return location.href === here ? "stays" : "goes"; });
      await attempt("location", () => { self.location = to; return location.href === here ? "stays" : "goes"; });
      await attempt("assign", () => location.assign(to));
      await attempt("replace", () => location.replace(to));
      await attempt("service worker", () => navigator.serviceWorker.register(to));
      await attempt("notification", () => new Promise((resolve, reject) => {
        const notification = new Notification("HACKED");
        notification.onshow = () => resolve("shown");
        notification.onerror = reject;
      }));
      await attempt("clipboard", () => navigator.clipboard.writeText("HACKED"));
      await attempt("beacon", () => navigator.sendBeacon(to, "HACKED"));
      // The frame listens to the first message of its worker's prelude, and to nothing after it.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => context.log.info("was answered");
      postMessage({ kill: true, code: "alert(1)", reason: "HACKED" }, [port2]);
      postMessage("croft sandbox is ready");
      dispatchEvent(new MessageEvent("message", { data: new ArrayBuffer(32) }));
      context.log.info(JSON.stringify(tried));`);
    expect(await tab.install(bytes)).toBe("active");
    expect(await told()).toEqual({
      href: expect.stringMatching(/^(stays|refused)$/),
      location: expect.stringMatching(/^(stays|refused)$/),
      ...Object.fromEntries(
        ["assign", "replace", "service worker", "clipboard", "beacon"].map((name) => [
          name,
          "refused",
        ]),
      ),
      notification: "refused",
    });
    await answers("notes");
    expect(await tab.state("stats")).toBe("active");
    expect(await shape()).toEqual([
      ...(before as unknown[]).slice(0, 2),
      ["iframe", "iframe"],
      (before as unknown[])[3],
    ]);
    expect(tab.page.context().pages()).toHaveLength(1);
    expect((await tab.logged()).filter((line) => line.includes("was answered"))).toEqual([]);
  });
});

describe("tricks", () => {
  it("with the prototypes that croft's code uses in the worker gain nothing at the host", async () => {
    expect(await tab.install(await good("notes"))).toBe("active");
    const before = `
      const seen = [];
      const post = MessagePort.prototype.postMessage;
      MessagePort.prototype.postMessage = function (message, transfer) {
        seen.push(typeof message);
        return post.call(this, message, transfer);
      };
      const then = Promise.prototype.then;
      Promise.prototype.then = function (...steps) { seen.push("then"); return then.apply(this, steps); };
      Array.prototype.some = Array.prototype.includes = () => true;
      const { test } = RegExp.prototype;
      RegExp.prototype.test = function (text) { test.call(this, text); return true; };
      for (const key of ["access", "granted", "publisher", "plugin", "isAdmin", "manifest"]) {
        Object.defineProperty(Object.prototype, key, { configurable: true, writable: true, value: "write" });
      }
      Object.prototype.polluted = "yes";`;
    const bytes = await hostile(
      `${TRYING}
      const handle = context.documents.open("notes/secret");
      await attempt("ready", async () => { await handle.ready; });
      handle.doc.getText("body").insert(0, "HACKED");
      await attempt("write", () => handle.saved("device"));
      await attempt("read", () => handle.doc.getText("body").toString().replace("HACKED", ""));
      await attempt("publish", () => context.events.publish("notes/ask", JSON.parse('{"__proto__": {"polluted": "yes"}, "constructor": 1}')));
      await attempt("own", () => context.events.publish("stats/x", JSON.parse('{"__proto__": {"polluted": "yes"}}')));
      context.log.info("data", JSON.parse('{"__proto__": {"polluted": "yes"}, "constructor": {"prototype": {"polluted": "yes"}}}'));
      tried.spied = seen.length > 0;
      context.log.info(JSON.stringify(tried));`,
      before,
    );
    await tab.install(bytes);
    const outcome = await tab.page.evaluate(() => ({
      polluted: "polluted" in {},
      arrays: [1].some((value) => value === 2),
      granted: globalThis.croftPage.host.list().map(({ granted }) => granted),
    }));
    expect(outcome).toMatchObject({ polluted: false, arrays: false });
    expect(outcome.granted[1]?.documents).toEqual(
      PERMISSIONS?.documents?.map(({ pattern, access }) => ({ pattern, access })),
    );
    expect(await tab.read("notes/secret")).toBe("of notes");
    await answers("notes");
    expect((await tab.logged()).filter((line) => line === "notes: alive undefined")).toHaveLength(
      1,
    );
  });

  it("with another manifest than the package's change nothing", async () => {
    expect(await tab.install(await good("notes"))).toBe("active");
    const any = `{ "~standard": { version: 1, vendor: "x", validate: (value) => ({ value }) } }`;
    const manifest = manifestOf("notes", {
      version: "9.9.9",
      permissions: { documents: [{ pattern: "app/**", access: "write", reason: "All." }] },
    });
    const bytes = await hostile(
      `${TRYING}
      tried.id = context.manifest?.id ?? context.documents.own("x").split("/")[0];
      await attempt("topic", () => context.events.publish("notes/ask", "HACKED"));
      const handle = context.documents.open("notes/secret");
      await handle.ready;
      handle.doc.getText("body").insert(0, "HACKED");
      await attempt("write", () => handle.saved("device"));
      context.log.info(JSON.stringify(tried));`,
      servedWith(`manifest: ${JSON.stringify(manifest)}, topics: { "notes/ask": ${any} }`),
    );
    expect(await tab.install(bytes)).toBe("active");
    expect(await told()).toEqual({ id: "stats", topic: "access/denied", write: "access/denied" });
    const known = await tab.page.evaluate(() =>
      globalThis.croftPage.host.list().map(({ id, manifest: { version } }) => `${id} ${version}`),
    );
    expect(known).toEqual(["notes 1.0.0", "stats 1.0.0"]);
    expect(await tab.read("notes/secret")).toBe("of notes");
    await answers("notes");
  });

  it("writing while it is revoked: what came too late changes nobody's document", async () => {
    expect(await tab.install(await good("notes"))).toBe("active");
    const bytes = await hostile(`
      const handle = context.documents.open("notes/shared/a");
      await handle.ready;
      // What the replica says is of no interest to it.
      const go = () => {
        try { handle.doc.getText("body").insert(0, "x"); } catch {}
        setTimeout(go, 1);
      };
      go();`);
    expect(await tab.install(bytes)).toBe("active");
    const length = async (): Promise<number> => (await tab.read("notes/shared/a")).length;
    await expect.poll(length, PATIENCE).toBeGreaterThan(20);
    const atRevocation = await tab.page.evaluate(() => {
      const handle = globalThis.croftPage.workspace.open("notes/shared/a");
      return handle.ready.then(() => {
        globalThis.croftPage.host.revoke("stats");
        const count = handle.doc.getText("body").length;
        handle.close();
        return count;
      });
    });
    // The plugin goes on, and so does everybody else.
    await answers("notes");
    const after = await length();
    // What the hub had taken in the same moment may still have been on its way to the page's own replica.
    expect(after - atRevocation).toBeLessThan(100);
    await answers("notes");
    expect(await length()).toBe(after);
    expect(await tab.state("stats")).toBe("active");
    // What was refused is a person's to decide, within limits.
    const kept = await tab.page.evaluate(() => globalThis.croftPage.workspace.quarantine.list());
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThanOrEqual(200);
    expect(new Set(kept.map(({ author }) => author))).toEqual(new Set(["ada/stats@1.0.0"]));
    await write("notes/shared/a", "host ");
    expect(await tab.read("notes/shared/a")).toMatch(/^host x+$/);
  });
});

describe("a plugin that will not go", () => {
  const goes = async (): Promise<void> => {
    await tab.page.evaluate(() => globalThis.croftPage.host.deactivate("stats"));
    expect(await tab.state("stats")).toBe("inactive");
    expect(await tab.frames()).toBe(1);
    await answers("notes");
  };

  it.each([
    ["waits for ever in `deactivate`", "deactivate: () => new Promise(() => {})"],
    ["loops for ever in `deactivate`", "deactivate: () => { for (;;); }"],
  ])("and %s is ended by force", async (_how, replaced) => {
    expect(await tab.install(await good("notes"))).toBe("active");
    expect(await tab.install(await hostile("", servedWith(replaced)))).toBe("active");
    await goes();
    expect(await tab.problems()).toContainEqual(
      expect.stringContaining("stats did not deactivate within 1 s"),
    );
  });

  it("and goes on when its signal is aborted is ended all the same", async () => {
    expect(await tab.install(await good("notes"))).toBe("active");
    const bytes = await hostile(`
      context.subscriptions.add(() => new Promise(() => {}));
      setInterval(() => context.log.info("still here"), 50);`);
    expect(await tab.install(bytes)).toBe("active");
    await goes();
    const count = (await tab.logged()).length;
    await answers("notes");
    expect((await tab.logged()).slice(count)).toEqual(["notes: alive undefined"]);
  });

  it.each([
    ["waits", "await new Promise(() => {});"],
    ["loops", "for (;;);"],
  ])("on its way in, and %s for ever in `activate`, does not get in", async (_how, activate) => {
    await tab.close();
    tab = await openMeasured(site, { deadlines: { activate: 4_000, deactivate: 1_000 } });
    expect(await tab.install(await good("notes"))).toBe("active");
    expect(await tab.install(await hostile(activate))).toBe("failed");
    expect(await tab.problems()).toContainEqual(
      expect.stringMatching(/^stats (did not activate within 4 s|died in `activate`)/),
    );
    expect(await tab.frames()).toBe(1);
    await answers("notes");
  });
});

describe("memory", () => {
  it("that a plugin fills with buffers is the plugin's, and is given back with it", async () => {
    expect(await tab.install(await good("notes"))).toBe("active");
    const bytes = await hostile(`
      globalThis.kept = [];
      for (let n = 0; n < 8; n++) kept.push(new Uint8Array(2 ** 24).fill(n + 1));
      context.log.info("filled");`);
    expect(await tab.install(bytes)).toBe("active");
    await expect.poll(() => tab.logged()).toContain("stats: filled undefined");
    await answers("notes");
    await tab.page.evaluate(() => globalThis.croftPage.host.deactivate("stats"));
    expect(await tab.frames()).toBe(1);
    await answers("notes");
  });
});

// A minute each: only with CROFT_LONG=1.
describe.runIf(process.env.CROFT_LONG === "1")(
  "a heap that is filled until the process of all plugins dies",
  () => {
    let small: SandboxSite;
    beforeAll(async () => {
      // So little that the machine of the tests has enough.
      small = await openSandboxSite(["--js-flags=--max-old-space-size=96"]);
    }, 60_000);
    afterAll(() => small.close());

    const BOMB = `const kept = []; for (;;) kept.push(new Array(10_000).fill(kept.length + 0.5));`;

    const bombs: readonly (readonly [when: string, activate: string])[] = [
      ["later", `setTimeout(() => { context.log.info("fills"); ${BOMB} }, 500);`],
      ["in `activate`", BOMB],
    ];
    it.each(bombs)(
      "%s: the others come back, and who did it is found",
      async (when, activate) => {
        await tab.close();
        tab = await openMeasured(small, {
          deadlines: { deactivate: 1_000 },
          supervision: { firstRestart: 500, longestWait: 60_000, turn: 8_000 },
        });
        expect(await tab.install(await good("notes"))).toBe("active");
        expect(await tab.install(await good("board"))).toBe("active");
        const page = await outlast(tab.page);
        const ended = tab.install(await hostile(activate)).catch(() => "the driver gave up");
        const states = (): Promise<unknown> =>
          page.evaluate(`[
        ...croftPage.host.list().map(({ id, state }) => id + " " + state.name),
        croftPage.problems.some((problem) => problem.startsWith("notes crashed: it does not answer")),
      ]`);
        // One that does not get through its start is not started again, so it may not come to be suspended.
        await expect
          .poll(states, { timeout: 180_000, interval: 500 })
          .toEqual([
            "notes active",
            "board active",
            expect.stringMatching(/^stats (suspended|failed)$/),
            true,
          ]);
        await ended;
        for (const id of ["notes", "board"]) {
          await page.evaluate(`croftPage.host.events.publish("${id}/ask", "are you there?")`);
          await expect
            .poll(() => page.evaluate("croftPage.logged"), PATIENCE)
            .toContain(`${id}: alive undefined`);
        }
        expect(await page.evaluate(`document.querySelectorAll("iframe").length`)).toBe(2);
        expect(small.leaks).toEqual([]);
        const problems = (await page.evaluate("croftPage.problems")) as string[];
        expect(problems.filter((problem) => /^(notes|board) .*suspended/.test(problem))).toEqual(
          [],
        );
        const gap = Number(await page.evaluate("longestGap"));
        gaps.push({
          test: `fills the heap ${when}`,
          "longest gap of the page (ms)": Math.round(gap),
        });
        await tab.close();
        tab = await openMeasured(site);
      },
      300_000,
    );
  },
);
