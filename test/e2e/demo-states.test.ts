// What the real demo says, and offers, when something is not as it should be.

import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type NotesWindow, reads } from "./support/notes-window.ts";
import { withRig } from "./support/rig.ts";

const rig = withRig();

test("who may only read sees the page, and cannot change it", async () => {
  const ada = await rig.open();
  await ada.typeAtEnd("For all to read. ");
  await reads(ada.saved, "Saved on the server");
  const reader = await rig.open({ path: "?access=read" });
  await reader.shows("For all to read. ");
  await reader.page.getByText("You can read this page, but not change it.").waitFor();
  await reader.typeAtEnd("Not this.");
  await reader.shows("For all to read. ");
  await expect(reader.page.getByRole("button", { name: "New page" }).isDisabled()).resolves.toBe(
    true,
  );
});

test("who may see nothing is told so, and not what there is", async () => {
  const stranger = await rig.open({ path: "?access=none" });
  await stranger.page.getByText("You may not see this page").waitFor();
  await stranger.page.getByText("You may not see the pages of this workspace.").waitFor();
  expect(await stranger.page.getByRole("link", { name: "Welcome" }).count()).toBe(0);
});

test("edits that the server refuses are taken back, kept, shown, saved as a file and put back", async () => {
  const ada = await rig.open();
  await ada.waitUntilOpen();
  const before = await settled(ada);
  await ada.offlineSwitch.click();
  await ada.typeAtEnd("No longer allowed.");
  await reads(ada.saved, /^Saved on this device; \d+ changes waiting$/);
  await ada.page.goto(`${rig.demo.url}?access=read`);
  await ada.shows(`${before}No longer allowed.`);
  await ada.offlineSwitch.click();
  const banner = ada.page.getByRole("alert");
  await banner.getByText("Some of your changes were refused").waitFor();
  await ada.shows(before);
  const saved = ada.page.waitForEvent("download");
  await banner.getByRole("button", { name: "Save as a file" }).click();
  const file = await readFile(await (await saved).path(), "utf8");
  expect(file).toContain("No longer allowed.");
  await banner.getByRole("button", { name: "Look at them…" }).click();
  const dialog = ada.page.getByRole("dialog", { name: "Refused changes" });
  await dialog.locator("ins", { hasText: "No longer allowed." }).waitFor();
  await dialog.getByRole("button", { name: "Put back" }).click();
  await dialog.getByText("there is still no permission to write here").waitFor();
  // Access came back: the same button works.
  await ada.page.goto(rig.demo.url);
  await ada.waitUntilOpen();
  await banner.getByRole("button", { name: "Look at them…" }).click();
  await dialog.getByRole("button", { name: "Put back" }).click();
  await banner.waitFor({ state: "detached" });
  await ada.shows(`${before}No longer allowed.`);
  await reads(ada.saved, /^Saved on the server/);
});

test("refused edits can be discarded, after a question", async () => {
  const ada = await rig.open();
  await ada.waitUntilOpen();
  const before = await settled(ada);
  await ada.offlineSwitch.click();
  await ada.typeAtEnd("To be thrown away.");
  await reads(ada.saved, /^Saved on this device; \d+ changes waiting$/);
  await ada.page.goto(`${rig.demo.url}?access=read`);
  await ada.shows(`${before}To be thrown away.`);
  await ada.offlineSwitch.click();
  const banner = ada.page.getByRole("alert");
  await banner.getByRole("button", { name: "Look at them…" }).click();
  const dialog = ada.page.getByRole("dialog", { name: "Refused changes" });
  await dialog.getByRole("button", { name: "Discard…" }).click();
  await dialog.getByRole("button", { name: "Discard", exact: true }).click();
  await banner.waitFor({ state: "detached" });
  await ada.shows(before);
});

test("a store of a newer version is left alone until a person says so", async () => {
  const ada = await rig.open();
  await ada.waitUntilOpen();
  const before = await settled(ada);
  // Another page of the same origin, so that nothing holds the database.
  await ada.page.goto(`${rig.demo.url}favicon.svg`);
  await ada.page.evaluate(async () => {
    const [database] = await indexedDB.databases();
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.open(database?.name ?? "", 99);
      request.addEventListener("error", () => reject(new Error("blocked")));
      request.addEventListener("success", () => {
        request.result.close();
        resolve();
      });
    });
  });
  await ada.page.goto(rig.demo.url);
  const failure = ada.page.getByRole("alert");
  await failure.getByText("was written by a newer version").waitFor();
  const saved = ada.page.waitForEvent("download");
  await failure.getByRole("button", { name: "Save a copy" }).click();
  const copy: unknown = JSON.parse(await readFile(await (await saved).path(), "utf8"));
  expect(copy).toMatchObject({ format: "croft-demo-backup", version: 99 });
  await failure.getByRole("button", { name: "Start over…" }).click();
  await ada.page.getByRole("button", { name: "Delete and start over" }).click();
  await ada.shows(before);
});

test("a refused token leaves the notes usable, and is not asked for again and again", async () => {
  const ada = await rig.open();
  await ada.waitUntilOpen();
  await settled(ada);
  let asked = 0;
  await ada.page.route("**/api/session*", async (route) => {
    const answer: unknown = await (await route.fetch()).json();
    asked++;
    await route.fulfill({ json: { ...Object(answer), token: "not.a.token" } });
  });
  await ada.page.reload();
  await reads(ada.connection, "Working offline. The server does not let you in.");
  await ada.typeAtEnd("Still here. ");
  await reads(ada.saved, /^Saved on this device; \d+ changes not sent$/);
  const before = asked;
  await ada.page.unroute("**/api/session*");
  await ada.page.getByRole("button", { name: "Try again now" }).click();
  await reads(ada.saved, "Saved on the server");
  // Once for the address, once for the token, once more after the refusal.
  expect(before).toBeLessThanOrEqual(3);
});

/** The text once everything is saved and nothing is on its way. */
async function settled({ saved, text }: NotesWindow): Promise<string> {
  await reads(saved, "Saved on the server");
  return text();
}
