// The browser clears the demo's database, as it does when space runs out: told to by the DevTools
// protocol, it leaves localStorage.

import { test } from "vitest";
import { type NotesWindow, reads } from "./support/notes-window.ts";
import { withRig } from "./support/rig.ts";

const rig = withRig({ freshDemo: true });

test("a database that the browser cleared meanwhile: what is lost is said, the rest comes back", async () => {
  const ada = await rig.open();
  await ada.waitUntilOpen();
  await ada.typeAtEnd("At the server. ");
  await reads(ada.saved, "Saved on the server");
  await ada.offlineSwitch.click();
  await ada.typeAtEnd("Only here.");
  await reads(ada.saved, /^Saved on this device; \d+ changes? waiting$/);
  // Another page of the same origin, so that nothing holds the database.
  await ada.page.goto(`${rig.demo.url}favicon.svg`);
  await clearDatabases(ada);
  await ada.page.goto(rig.demo.url);
  const banner = ada.page.getByRole("alert");
  await banner
    .getByText(/^This device lost \d+ changes? of .*notes\/.* that had not reached the server\.$/)
    .waitFor();
  await ada.offlineSwitch.click();
  await ada.shows("At the server. ");
  await banner.getByRole("button", { name: "I understand" }).click();
  await banner.waitFor({ state: "detached" });
  await ada.page.reload();
  await ada.shows("At the server. ");
  await ada.typeAtEnd("And on.");
  await reads(ada.saved, "Saved on the server");
  await banner.waitFor({ state: "detached" });
});

test("a database that the browser clears while it is open: the page goes on", async () => {
  const ada = await rig.open();
  await ada.waitUntilOpen();
  await ada.typeAtEnd("Before. ");
  await reads(ada.saved, "Saved on the server");
  await clearDatabases(ada);
  // At once, into a document of the database that is gone: kept aside. Key by key, some of it would come after that was noticed.
  await ada.page.keyboard.insertText("Meanwhile. ");
  await ada.page.getByRole("button", { name: "Look at them…" }).waitFor();
  await ada.shows("Before. ");
  await ada.typeAtEnd("After. ");
  await reads(ada.saved, "Saved on the server");
  await ada.page.reload();
  await ada.shows("Before. After. ");
});

async function clearDatabases({ page }: NotesWindow): Promise<void> {
  const devTools = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await devTools.send("Storage.clearDataForOrigin", { origin, storageTypes: "indexeddb" });
  await devTools.detach();
}
