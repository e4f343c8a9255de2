import { expect, it } from "vitest";
import { createRig } from "./testing/rig.ts";

const COUNT = 3_000;
/** A replica keeps this many documents that nobody holds, and its hub those. */
const KEPT = 16;

it("thousands of documents over one socket cost memory only while they are open", async () => {
  const rig = await createRig();
  const ada = await rig.device("ada");
  let connections = 0;
  ada.workspace.sync.onState(({ name }) => {
    if (name === "online") connections++;
  });
  const paths = Array.from({ length: COUNT }, (_, i) => `notes/${String(i).padStart(5, "0")}`);
  for (let at = 0; at < COUNT; at += 100) {
    const pages = paths.slice(at, at + 100).map((path) => ada.workspace.open(path));
    for (const { doc, path } of pages) doc.getText("body").insert(0, path);
    await Promise.all(pages.map((page) => page.saved("server")));
    for (const page of pages) page.close();
  }
  await expect.poll(() => rig.hub.core.documents.length).toBeLessThanOrEqual(KEPT);
  expect(connections).toBeLessThanOrEqual(1);
  const rows = await ada.workspace.list("notes/");
  expect(rows.map(({ path }) => path)).toEqual(paths);
  expect(await rig.hub.list("notes/")).toHaveLength(COUNT);

  // The ones that were closed last are there at once, any other as soon as it was read.
  const last = ada.workspace.open(paths.at(-1) ?? "");
  expect(last.doc.getText("body").toString()).toBe(last.path);
  const first = ada.workspace.open(paths[0] ?? "");
  await first.ready;
  expect(first.doc.getText("body").toString()).toBe(first.path);
  await rig.dispose();
}, 60_000);
