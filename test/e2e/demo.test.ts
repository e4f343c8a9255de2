// Two people in the real demo with a real server: type together, part, reload, come back and agree.

import { describe, expect, test } from "vitest";
import { runDemoToEnd } from "./support/demo-process.ts";
import { type NotesWindow, PATIENCE, reads } from "./support/notes-window.ts";
import { withProcessRig } from "./support/rig.ts";

const rig = withProcessRig();

async function open(): Promise<NotesWindow> {
  const window = await rig.open();
  await window.waitUntilOpen();
  return window;
}

describe("two people", () => {
  test("type together, one goes offline and reloads, both agree, a third opens the page cold", async () => {
    const ada = await open();
    const ben = await open();
    await reads(ada.connection, "Connected");
    await reads(ben.connection, "Connected");

    await ada.typeAtEnd("One. ");
    await ben.shows("One. ");
    await ben.typeAtEnd("Two. ");
    await ada.shows("One. Two. ");
    await expect.poll(() => ada.cursors.count(), PATIENCE).toBe(1);
    await expect.poll(() => ben.cursors.count(), PATIENCE).toBe(1);
    await reads(ada.saved, "Saved on the server");

    await ben.offlineSwitch.click();
    await reads(ben.connection, "Offline, as you asked.");
    await expect.poll(() => ada.cursors.count(), PATIENCE).toBe(0);
    await ben.typeAtEnd("Ben alone. ");
    await reads(ben.saved, /^Saved on this device; \d+ changes waiting$/);
    await ada.editor.click();
    await ada.page.keyboard.press("ControlOrMeta+Home");
    await ada.page.keyboard.type("Ada alone. ");
    await reads(ada.saved, "Saved on the server");
    expect(await ben.text()).toBe("One. Two. Ben alone. ");

    await ben.page.reload();
    await ben.shows("One. Two. Ben alone. ");
    await reads(ben.connection, "Offline, as you asked.");
    await reads(ben.saved, /^Saved on this device; \d+ changes waiting$/);

    await ben.offlineSwitch.click();
    await ben.shows("Ada alone. One. Two. Ben alone. ");
    await ada.shows("Ada alone. One. Two. Ben alone. ");
    await reads(ben.saved, "Saved on the server");

    const cleo = await open();
    await cleo.shows("Ada alone. One. Two. Ben alone. ");
    await expect
      .poll(() =>
        cleo.page.getByRole("list", { name: "People here" }).getByRole("listitem").count(),
      )
      .toBe(3);
  });

  test("go on while the server is dead, and agree when it is back", async () => {
    const ada = await open();
    const ben = await open();
    await ada.typeAtEnd("Before. ");
    await ben.shows("Before. ");
    await reads(ada.saved, "Saved on the server");

    await ben.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await rig.demo.stop("SIGKILL");
    for (const window of [ada, ben]) {
      await reads(window.connection, "Working offline. The server cannot be reached.");
    }
    await ada.typeAtEnd("Ada meanwhile. ");
    await ben.editor.click();
    await ben.page.keyboard.press("ControlOrMeta+Home");
    await ben.page.keyboard.type("Ben meanwhile. ");
    for (const window of [ada, ben]) {
      await reads(window.saved, /^Saved on this device; \d+ changes waiting$/);
    }
    expect(await ada.text()).toBe("Before. Ada meanwhile. ");
    expect(await ben.text()).toBe("Ben meanwhile. Before. ");
    // The app itself is kept too.
    await ben.page.reload();
    await ben.shows("Ben meanwhile. Before. ");
    await reads(ben.connection, "Working offline. The server cannot be reached.");

    await rig.demo.start();
    for (const window of [ada, ben]) {
      // What the platform tells when the network is back; without it the next try may be seconds away.
      await window.page.evaluate(() => dispatchEvent(new Event("online")));
      await window.shows("Ben meanwhile. Before. Ada meanwhile. ");
      await reads(window.saved, "Saved on the server");
    }
    const cleo = await open();
    await cleo.shows("Ben meanwhile. Before. Ada meanwhile. ");
  });

  test("the address of the demo is ready to type in, also without its first page", async () => {
    const ada = await open();
    await expect
      .poll(() => ada.editor.evaluate((element) => element === document.activeElement), PATIENCE)
      .toBe(true);
    await ada.page.keyboard.type("At once. ");
    await ada.shows("At once. ");
    await ada.page.getByRole("button", { name: "New page" }).click();
    await ada.page.getByRole("textbox", { name: "Page title" }).fill("Second");
    await ada.page.getByRole("link", { name: "Welcome" }).click();
    await ada.page.getByRole("button", { name: "Delete page" }).click();
    await expect.poll(() => ada.page.title()).toBe("Second · croft");
    await reads(ada.saved, "Saved on the server");
    const ben = await rig.open();
    await expect.poll(() => ben.page.title(), PATIENCE).toBe("Second · croft");
  });

  test("two windows of one browser are one person, and both are live", async () => {
    const first = await open();
    const page = await first.context.newPage();
    await page.goto(rig.demo.url);
    const second = page.getByRole("textbox", { name: "Page text" });
    await second.click();
    await page.keyboard.type("From the second window. ");
    await first.shows("From the second window. ");
    await first.page.getByText(/in 2 windows/).waitFor({ state: "attached" });
  });
});

describe("the process", () => {
  test("ends cleanly at SIGTERM and keeps what was saved", async () => {
    const ada = await open();
    await ada.typeAtEnd("Kept. ");
    await reads(ada.saved, "Saved on the server");
    await ada.context.close();
    expect(await rig.demo.stop("SIGTERM")).toBe(0);
    await rig.demo.start();
    await (await open()).shows("Kept. ");
    expect(await rig.demo.stop("SIGINT")).toBe(0);
  });

  test("says so when the port is taken, or is none", async () => {
    const { port } = new URL(rig.demo.url);
    const second = await runDemoToEnd(port);
    expect(second).toMatchObject({ code: 1 });
    expect(second.output).toMatch(/^Port \d+ is in use\. .*PORT=\d+ npm start/);
    expect(await runDemoToEnd("never")).toMatchObject({
      code: 2,
      output: "PORT must be a number from 1 to 65500, not never.\n",
    });
  });
});
