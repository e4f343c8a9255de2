/** Views of plugins, in real Chromium: what they show, what people do in them, and what they may not. */

import type { PluginManifestInput } from "@croft/plugin";
import type { Browser, BrowserContextOptions, FrameLocator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { problemsInFrames } from "./support/axe.ts";
import { launchBrowser } from "./support/browser.ts";
import { GALLERY, GALLERY_SOURCE } from "./support/gallery-plugin.ts";
import { HOSTILE_SOURCE } from "./support/hostile-views.ts";
import { install, packageOf, serveViewsPage, type ViewsServer } from "./support/views-rig.ts";

let browser: Browser;
let server: ViewsServer;
let gallery: number[];
let page: Page;
/** What is in the view's frame. */
let view: FrameLocator;

beforeAll(async () => {
  [browser, server, gallery] = await Promise.all([
    launchBrowser(),
    serveViewsPage(),
    packageOf(GALLERY_SOURCE, GALLERY),
  ]);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await server.close();
});
beforeEach(() => open());
afterEach(async () => {
  await page.context().close();
});

async function open(options: BrowserContextOptions = {}): Promise<void> {
  server.leaks.length = 0;
  page = await (await browser.newContext(options)).newPage();
  await page.goto(`http://${server.address}/`);
  await page.evaluate(async () => {
    globalThis.croftViews = await globalThis.openViewsPage();
  });
  view = page.frameLocator("#panel iframe");
}

const news = (): Promise<string[]> => page.evaluate(() => globalThis.croftViews.news);
const logged = (): Promise<string[]> => page.evaluate(() => globalThis.croftViews.logged);
const problems = (): Promise<string[]> => page.evaluate(() => globalThis.croftViews.problems);
const show = (name: string): Promise<void> =>
  page.evaluate((wanted) => globalThis.croftViews.show(wanted), name);
const inPanel = (): Promise<number> => page.locator("#panel > *").count();

async function showGallery(): Promise<void> {
  await install(page, gallery);
  await show("gallery/all");
  await view.getByRole("heading", { name: "This week" }).waitFor();
}

/** Installs a plugin with one view, `small/view`, and shows it. */
async function showSmall(source: string, fields: object = {}): Promise<void> {
  const manifest: PluginManifestInput = {
    id: "small",
    name: "Small",
    version: "1.0.0",
    engine: "*",
    activation: ["view:small/view"],
    contributes: { views: [{ name: "small/view", title: "Small", ...fields }] },
  };
  const body = `export default { topics: {}, deactivate() {}, activate(context) { ${source} } };`;
  await install(page, await packageOf(body, manifest));
  await show("small/view");
}

describe("a view", () => {
  it("has every element, wakes its plugin, and is as high as what is in it", async () => {
    await showGallery();
    expect(await news()).toEqual(["loading", "shown"]);
    for (const [role, name] of [
      ["button", "Count again"],
      ["img", "Rising"],
      ["status", ""],
      ["tab", "Words"],
      ["tabpanel", "Words"],
      ["region", "Settings"],
      ["textbox", "Name"],
      ["spinbutton", "Count"],
      ["combobox", "Colour"],
      ["checkbox", "Count drafts, too"],
      ["textbox", "Note"],
      ["progressbar", "Counted"],
      ["list", "Pages"],
      ["link", "link"],
      ["heading", "Read me"],
      ["img", "A drawing"],
    ] as const) {
      await expect
        .poll(() => view.getByRole(role, name === "" ? {} : { name }).count(), {
          message: `${role} ${name}`,
        })
        .toBe(1);
    }
    await expect.poll(() => view.getByText("drawn").count()).toBe(1);
    expect(await view.getByText("<b onclick=x>no HTML</b>").count()).toBe(1);
    expect(await view.locator("a, b, img, script:not(head script)").count()).toBe(0);
    const frame = page.locator("#panel iframe");
    expect(await frame.getAttribute("title")).toBe("Everything (Gallery)");
    await expect
      .poll(async () => (await frame.boundingBox())?.height)
      .toBe(
        await view
          .locator(".c-root")
          .evaluate((root) => Math.ceil(root.getBoundingClientRect().height)),
      );
    expect(await view.locator("html").getAttribute("lang")).toBe("en");
    expect(await problems()).toEqual([]);
    expect(server.leaks).toEqual([]);
  });

  it("tells of what people do as plain data", async () => {
    await showGallery();
    await view.getByRole("button", { name: "Count again" }).click();
    await expect.poll(() => view.getByText("Pressed 1 times, light, en").count()).toBe(1);
    await view.getByRole("textbox", { name: "Name" }).fill("Grace");
    await view.getByRole("textbox", { name: "Name" }).press("Enter");
    await view.getByRole("spinbutton").fill("4");
    await view.getByRole("combobox").press("ArrowDown");
    await view.getByRole("checkbox").uncheck();
    await view.getByText("More").click();
    await view.getByRole("tab", { name: "People" }).click();
    await expect.poll(() => view.getByRole("table", { name: "People" }).count()).toBe(1);
    await view.getByRole("link", { name: "link" }).click();
    await view.getByRole("img", { name: "A drawing" }).click();
    await expect
      .poll(logged)
      .toEqual([
        'gallery: pressed {"type":"click"}',
        'gallery: name "Grace"',
        'gallery: enter "Grace"',
        'gallery: count "4"',
        'gallery: colour "blue"',
        "gallery: done false",
        'gallery: toggle {"open":true}',
        'gallery: tab "people"',
        "gallery: pointer 1",
      ]);
    expect(await news()).toEqual(["loading", "shown", "open https://example.com/a"]);
    await view.getByRole("textbox", { name: "Note" }).fill("");
    const note = view.getByRole("textbox", { name: "Note" });
    await expect.poll(() => note.getAttribute("aria-invalid")).toBe("true");
    expect(await view.getByText("Write something.").count()).toBe(1);
  });

  it("is worked with by keyboard alone", async () => {
    await showGallery();
    await page.locator("#title").focus();
    await page.keyboard.press("Tab");
    const focused = (): Promise<string> =>
      view.locator(":focus").evaluate((found) => found.textContent ?? "");
    await expect.poll(focused).toBe("Count again");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const dialog = view.getByRole("dialog", { name: "Delete the page?" });
    await dialog.waitFor();
    await expect.poll(focused).toBe("Keep");
    await page.keyboard.press("Escape");
    await expect.poll(() => dialog.count()).toBe(0);
    await expect.poll(focused).toBe("Ask");
    for (const name of ["Quiet", "Delete", "Words"]) {
      await page.keyboard.press("Tab");
      expect(await focused()).toBe(name);
    }
    await page.keyboard.press("ArrowLeft");
    expect(await focused()).toBe("People");
    await page.keyboard.press("Space");
    await expect.poll(() => view.getByRole("tabpanel", { name: "People" }).count()).toBe(1);
    await page.keyboard.press("Home");
    expect(await focused()).toBe("Words");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("title");
    expect(await news()).toEqual(["loading", "shown", "escape"]);
    expect(await logged()).toEqual(["gallery: closed true", 'gallery: tab "people"']);
  });

  it("leaves the page its shortcuts, which a plugin neither gets nor hears of", async () => {
    await showSmall(`
      let drawn = 0;
      context.views.define("small/view", () => [
        h("p", null, "Drawn " + ++drawn),
        h(Field, { label: "Text", value: "" }),
        h("div", { tabindex: 0, keys: "k n j", onKey: ({ key }) => context.log.info("key " + key) }, "Listens"),
      ]);
    `);
    const setShortcuts = (...all: string[]) =>
      page.evaluate((given) => globalThis.croftViews.view?.setShortcuts(given), all);
    const drawn = async () => Number((await view.getByText("Drawn").textContent())?.slice(6));
    const before = await drawn();
    await setShortcuts("Mod+K", "Alt+N");
    await view.getByText("Listens").focus();
    for (const key of ["Control+k", "Alt+n", "Control+j"]) await page.keyboard.press(key);
    await expect.poll(logged).toEqual(["small: key j undefined"]);
    await view.getByRole("textbox", { name: "Text" }).focus();
    for (const key of ["Alt+n", "Control+k"]) await page.keyboard.press(key);
    const pressed = async () => (await news()).filter((each) => each.startsWith("pressed"));
    await expect.poll(pressed).toEqual(["pressed k", "pressed n", "pressed k, typing"]);
    await setShortcuts("Mod+J");
    for (const key of ["Control+k", "Control+j"]) await page.keyboard.press(key);
    await expect.poll(pressed).toHaveLength(4);
    expect((await pressed()).at(-1)).toBe("pressed j, typing");
    // Of all that the plugin heard nothing: it drew for its own key, before and after that was handled.
    await expect.poll(drawn).toBe(before + 2);
  });

  it("keeps what is typed, the caret and the keyboard, whatever changes around them", async () => {
    await showSmall(`
      let text = "";
      let order = ["a", "b", "c", "d"];
      context.views.define("small/view", () => [
        text.length % 2 ? h("p", null, "odd") : null,
        h(Field, { label: "Text", value: text, onInput: (value) => { text = value.toUpperCase(); } }),
        h("ul", null, order.map((key) => h("li", { key }, h("input", { "aria-label": key, value: text, onInput: ({ value }) => { text = value; order = [...order.slice(1), order[0]]; } })))),
        h("p", null, "[" + text + "]"),
      ]);
    `);
    const field = view.getByRole("textbox", { name: "Text" });
    await field.pressSequentially("the quick brown fox jumps over the lazy dog");
    await expect.poll(() => field.inputValue()).toBe("THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG");
    await field.fill("ABEF");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.type("c");
    await expect.poll(() => field.inputValue()).toBe("ABCEF");
    await page.keyboard.type("d");
    await expect.poll(() => view.getByText("[ABCDEF]").count()).toBe(1);
    expect(await field.inputValue()).toBe("ABCDEF");
    const item = view.getByRole("textbox", { name: "b", exact: true });
    await item.focus();
    await page.keyboard.press("End");
    for (const key of "xyz") await page.keyboard.type(key);
    await expect.poll(() => view.getByText("[ABCDEFxyz]").count()).toBe(1);
    expect(await item.evaluate((found) => found.matches(":focus"))).toBe(true);
    const names = await view
      .locator("li input")
      .evaluateAll((all) => all.map((each) => each.ariaLabel));
    expect(names).toEqual(["d", "a", "b", "c"]);
  });

  it("gives fields that their plugin does not let change their values back", async () => {
    await showSmall(`
      let seen = 0;
      context.views.define("small/view", () => [
        h(Checkbox, { label: "Fixed", checked: true, onChange() { seen++; } }),
        h(Field, { label: "Digits", value: "7", onInput() { seen++; } }),
        ["x", "y"].map((key) => h("input", { key, type: "radio", name: "one", "aria-label": key, checked: key === "x", onChange() { seen++; } })),
        h("p", null, "seen " + seen),
      ]);
    `);
    await view.getByRole("checkbox").click();
    await expect.poll(() => view.getByText("seen 1").count()).toBe(1);
    expect(await view.getByRole("checkbox").isChecked()).toBe(true);
    await view.getByRole("textbox").fill("8");
    await expect.poll(() => view.getByText("seen 2").count()).toBe(1);
    expect(await view.getByRole("textbox").inputValue()).toBe("7");
    await view.getByRole("radio", { name: "y" }).click();
    await expect.poll(() => view.getByText("seen 3").count()).toBe(1);
    expect(await view.getByRole("radio", { name: "x" }).isChecked()).toBe(true);
  });

  it("follows the theme, light and dark, and takes none that is not one", async () => {
    await showGallery();
    const ground = (): Promise<string> =>
      view.locator(".c-root").evaluate((root) => getComputedStyle(root).backgroundColor);
    expect(await ground()).toBe("rgb(255, 255, 255)");
    await page.evaluate(() => globalThis.croftViews.view?.setTheme({ scheme: "dark" }));
    await expect.poll(ground).toBe("rgb(22, 25, 29)");
    await expect.poll(() => view.getByText("Pressed 0 times, dark, en").count()).toBe(1);
    await page.evaluate(() => {
      globalThis.croftViews.view?.setTheme({
        properties: { "--croft-surface": "#fed", "--croft-radius": "0" },
      });
    });
    await expect.poll(ground).toBe("rgb(255, 238, 221)");
    for (const value of [
      "url(http://x/)",
      "red; color: blue",
      "image-set('x')",
      "}",
      "\\75rl(x)",
    ]) {
      const code = await page.evaluate((given) => {
        try {
          globalThis.croftViews.view?.setTheme({ properties: { "--croft-surface": given } });
        } catch (error) {
          return (error as { readonly code?: string }).code;
        }
        return "taken";
      }, value);
      expect([value, code]).toEqual([value, "input/invalid"]);
    }
    expect(await ground()).toBe("rgb(255, 238, 221)");
  });

  it("is never lower or higher than its manifest says", async () => {
    await showSmall(
      `let rows = 1;
       const view = context.views.define("small/view", () => [
         h(Button, { onPress() { rows *= 8; } }, "More"),
         Array.from({ length: rows }, (_, index) => h("p", { key: index }, "Row " + index)),
       ]);`,
      { minHeight: 150, maxHeight: 300 },
    );
    const height = async (): Promise<number | undefined> =>
      (await page.locator("#panel iframe").boundingBox())?.height;
    await view.getByText("Row 0").waitFor();
    expect(await height()).toBe(150);
    await view.getByRole("button").click();
    await view.getByText("Row 7").waitFor();
    await expect.poll(height).toBe(300);
  });

  it("has nothing that axe complains about, light or dark, with a dialog too", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.context().close();
      await open({ colorScheme });
      await showGallery();
      const complaints = (): Promise<readonly string[]> => problemsInFrames(page);
      expect(await complaints()).toEqual([]);
      for (const tab of ["Pages", "People"]) {
        await view.getByRole("tab", { name: tab }).click();
        await view.getByRole("tabpanel", { name: tab }).waitFor();
        expect(await complaints()).toEqual([]);
      }
      await view.getByRole("button", { name: "Ask" }).click();
      await view.getByRole("dialog").waitFor();
      expect(await complaints()).toEqual([]);
    }
  });
});

describe("a view of a hostile plugin", () => {
  it("that asks for what is not allowed is ended, and nothing leaves the page", async () => {
    const manifest: PluginManifestInput = {
      id: "hostile",
      name: "Hostile",
      version: "1.0.0",
      engine: "*",
      activation: ["view:hostile/view"],
      contributes: { views: [{ name: "hostile/view", title: "Hostile" }] },
    };
    const source = HOSTILE_SOURCE.replace("SERVER", server.address);
    await install(page, await packageOf(source, manifest));
    const outcomes = await page.evaluate(async () => {
      const { host, logged: lines } = globalThis.croftViews;
      await host.activate("hostile");
      const count = Number(lines[0]?.split(" ").at(-1));
      const seen: string[] = [];
      const panel = document.querySelector<HTMLElement>("#panel");
      if (!panel) return seen;
      for (let attempt = 0; attempt < count; attempt++) {
        const mounted = host.views.mount("hostile/view", panel);
        seen.push(
          await new Promise<string>((resolve) => {
            mounted.onState((state) => {
              if (state.name === "failed") resolve(state.error.message);
            });
            setTimeout(() => resolve(`attempt ${attempt} was ${mounted.state.name}`), 20_000);
          }),
        );
        mounted.dispose();
      }
      return seen;
    });
    expect(outcomes.length).toBeGreaterThan(80);
    expect(
      outcomes.filter((each) => !each.startsWith("The view hostile/view cannot be shown:")),
    ).toEqual([]);
    const reasons = new Set(outcomes.map((each) => each.replaceAll(/^.*shown: |( an?)? ".*/g, "")));
    expect([...reasons].toSorted()).toEqual(
      [
        "it changes too much at once.",
        "it has more text than can be shown.",
        "it has more than 5000 parts.",
        "it is nested too deep.",
        "it sends more than can be shown.",
        "it wants an attribute",
        "it wants an element",
        "it wants",
        "what it describes cannot be read.",
      ].toSorted(),
    );
    expect(await inPanel()).toBe(0);
    // It goes on to run: only its view was ended.
    expect(await page.evaluate(() => globalThis.croftViews.host.list()[0]?.state.name)).toBe(
      "active",
    );
    expect(server.leaks).toEqual([]);
  }, 240_000);

  it("takes the keyboard from nobody who types elsewhere", async () => {
    await showSmall(`
      let turn = 0;
      const view = context.views.define("small/view", () => [
        h("p", null, turn > 40 ? "tried" : "trying"),
        h("input", { "aria-label": "Bait", focus: turn % 2 === 0 }),
        turn % 2 === 0 && h(Dialog, { title: "Look here", onClose() {} }, h("input", { "aria-label": "More bait", focus: true })),
      ]);
      const timer = setInterval(() => { turn++; view.update(); }, 20);
      context.subscriptions.add(() => clearInterval(timer));
    `);
    await page.locator("#title").focus();
    for (const key of "this goes where it belongs") {
      await page.keyboard.type(key);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    }
    await view.getByText("tried").waitFor();
    expect(await page.locator("#title").inputValue()).toBe("this goes where it belongs");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("title");
  });
});

describe("a place for a view", () => {
  it("says why nothing is there, and shows it again when the plugin is back", async () => {
    await showSmall(`
      let broken = false;
      context.views.define("small/view", () => {
        if (broken) throw new Error("no luck");
        return h(Button, { onPress() { broken = true; } }, "Break");
      });
    `);
    await view.getByRole("button").click();
    await expect.poll(news).toEqual(["loading", "shown", "failed"]);
    expect(await problems()).toEqual(
      expect.arrayContaining([
        expect.stringContaining("threw when it described its view: no luck"),
      ]),
    );
    expect(await inPanel()).toBe(0);
    await page.evaluate(() => globalThis.croftViews.host.deactivate("small"));
    await expect.poll(news).toEqual(["loading", "shown", "failed", "waiting"]);
    await page.evaluate(() => globalThis.croftViews.host.activate("small"));
    await view.getByRole("button", { name: "Break" }).waitFor();
    await page.evaluate(() => globalThis.croftViews.host.deactivate("small"));
    await expect.poll(inPanel).toBe(0);
    await page.evaluate(() => globalThis.croftViews.host.activate("small"));
    await view.getByRole("button", { name: "Break" }).waitFor();
    await page.evaluate(() => globalThis.croftViews.view?.dispose());
    expect(await inPanel()).toBe(0);
    expect((await news()).at(-1)).toBe("ended");
  });

  it("ends in the plugin, too, and there can be several", async () => {
    await showSmall(`
      let shown = 0;
      context.views.define("small/view", ({ signal }) => {
        signal.onabort ??= () => context.log.info("gone", --shown);
        return h("p", null, "here");
      });
      shown = 2;
    `);
    await page.evaluate(() => globalThis.croftViews.show("small/view"));
    await expect.poll(() => page.locator("#panel iframe").count()).toBe(2);
    for (const nth of [0, 1]) {
      await page.frameLocator(`#panel iframe >> nth=${nth}`).getByText("here").waitFor();
    }
    await page.evaluate(() => globalThis.croftViews.view?.dispose());
    await expect.poll(logged).toEqual(["small: gone 1"]);
    expect(await page.locator("#panel iframe").count()).toBe(1);
    await view.getByText("here").waitFor();
  });

  it("is refused for a view of the kind `framed`, and for one that nobody has", async () => {
    const bytes = await packageOf(
      "export default { topics: {}, deactivate() {}, activate() {} };",
      {
        ...GALLERY,
        contributes: { views: [{ name: "gallery/all", title: "Page", kind: "framed" }] },
      },
    );
    await install(page, bytes);
    const refused = (name: string): Promise<unknown> =>
      page.evaluate((wanted) => {
        try {
          globalThis.croftViews.show(wanted);
        } catch (error) {
          return (error as { readonly code?: string }).code;
        }
        return "shown";
      }, name);
    expect(await refused("gallery/all")).toBe("plugin/view");
    expect(await refused("gallery/none")).toBe("plugin/unknown");
    expect(await inPanel()).toBe(0);
  });

  it("is a shadow root for a plugin of the application's own", async () => {
    await page.evaluate(() => {
      globalThis.croftViews.registerLocal();
      globalThis.croftViews.show("local/form", { theme: { scheme: "dark" } });
    });
    await page.getByRole("textbox", { name: "Name" }).fill("Ada");
    await page.getByText("Hello, Ada").waitFor();
    expect(await page.locator("#panel iframe").count()).toBe(0);
    const colour = await page
      .locator("#panel .c-root")
      .evaluate((root) => getComputedStyle(root).backgroundColor);
    expect(colour).toBe("rgb(22, 25, 29)");
    await page.getByRole("button", { name: "Ask" }).click();
    await page.getByRole("dialog", { name: "Sure?" }).waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
    await page.evaluate(() => globalThis.croftViews.view?.dispose());
    expect(await inPanel()).toBe(0);
  });
});
