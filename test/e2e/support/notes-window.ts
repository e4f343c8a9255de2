/** A window of the demo as a person uses it: by roles and labels, and waiting for what is shown. */

import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** How long a state may take to come, in milliseconds. */
export const PATIENCE = { timeout: 20_000 };

/** A window. */
export interface NotesWindow {
  readonly page: Page;
  readonly context: BrowserContext;
  /** The text of the open page. */
  readonly editor: Locator;
  /** What is saved where. */
  readonly saved: Locator;
  /** How the link to the server is. */
  readonly connection: Locator;
  readonly offlineSwitch: Locator;
  /** Cursors of others in the text. */
  readonly cursors: Locator;
  /** Types at the end of the text. */
  readonly typeAtEnd: (text: string) => Promise<void>;
  /** The text as it is, without what the editor draws into it. */
  readonly text: () => Promise<string>;
  /** Waits until the text is exactly this. */
  readonly shows: (text: string) => Promise<void>;
  readonly waitUntilOpen: () => Promise<void>;
  /** Problems that the page logged or threw. */
  readonly problems: readonly string[];
}

/** Options of {@link openNotesWindow}. */
export interface WindowOptions {
  /** Added to the address: a query or a hash. */
  readonly path?: string;
  readonly width?: number;
}

/** Opens a window for a new person: a browser context of its own. */
export async function openNotesWindow(
  browser: Browser,
  url: string,
  { path = "", width = 1200 }: WindowOptions = {},
): Promise<NotesWindow> {
  const context = await browser.newContext({ viewport: { width, height: 800 } });
  const window = watch(await context.newPage(), context);
  await window.page.goto(url + path);
  return window;
}

function watch(page: Page, context: BrowserContext): NotesWindow {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.stack ?? error.message));
  page.on("console", (message) => {
    // A server that cannot be reached is reported by the browser itself.
    const expected =
      /ERR_CONNECTION_|ERR_INTERNET_DISCONNECTED|WebSocket connection to|backend cannot be asked/;
    if (message.type() !== "error" || expected.test(message.text())) return;
    // Of a file that is opened by itself the browser wants to know an icon.
    if (!message.location().url.endsWith("/favicon.ico")) problems.push(message.text());
  });
  const editor = page.getByRole("textbox", { name: "Page text" });
  const text = () =>
    editor.evaluate((content) =>
      [...content.querySelectorAll(".cm-line")]
        .map((line) => {
          const copy = line.cloneNode(true);
          if (!(copy instanceof Element)) return "";
          const drawn = ".cm-ySelectionCaret, .cm-placeholder, .cm-widgetBuffer";
          for (const each of copy.querySelectorAll(drawn)) each.remove();
          return copy.textContent;
        })
        .join("\n"),
    );
  return {
    page,
    context,
    editor,
    saved: page.getByRole("status", { name: "Saved" }),
    connection: page.getByRole("status", { name: "Connection" }),
    offlineSwitch: page.getByRole("switch", { name: "Work offline" }),
    cursors: editor.locator(".cm-ySelectionCaret"),
    async typeAtEnd(added) {
      await editor.click();
      await page.keyboard.press("ControlOrMeta+End");
      await page.keyboard.type(added);
    },
    text,
    shows: (expected) => expect.poll(text, PATIENCE).toBe(expected),
    waitUntilOpen: () => editor.waitFor(),
    problems,
  };
}

/** Waits until an element reads so. */
export async function reads(locator: Locator, text: string | RegExp): Promise<void> {
  const content = () => locator.textContent();
  if (typeof text === "string") await expect.poll(content, PATIENCE).toBe(text);
  else await expect.poll(content, PATIENCE).toMatch(text);
}
