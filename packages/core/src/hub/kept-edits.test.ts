import { afterEach, beforeEach, expect, it } from "vitest";
import type { DocumentHandle } from "../replica/document-handle.ts";
import { createMemoryStore } from "../store/memory-store.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";

const PAGE = "notes/page";
const MEBIBYTE = 1024 * 1024;

let workspace: Workspace;
beforeEach(async () => {
  workspace = await openWorkspace({
    id: "w",
    user: "ada",
    store: () => Promise.resolve(createMemoryStore()),
  });
});
afterEach(() => workspace.dispose());

it("keeps what was refused of a plugin, also on a device that has no server", async () => {
  const page = await openFor("stats");
  await refused(page, "mine now");
  const [record, ...more] = await workspace.quarantine.list();
  expect(more).toEqual([]);
  expect(record).toMatchObject({ path: PAGE, author: "ada/stats", code: "no-access" });
  if (!record) throw new Error("nothing is kept");
  const { withEdits } = await workspace.quarantine.read(record.id);
  expect(withEdits.getText("body").toString()).toBe("mine now");
  await expect(workspace.quarantine.retry(record.id)).resolves.toBeUndefined();
  expect(await workspace.quarantine.list()).toEqual([]);
});

it("keeps no more than 200 updates of a plugin, which does not take from another's", async () => {
  const page = await openFor("stats");
  for (let n = 0; n < 205; n++) await refused(page, `${n} `);
  expect(await workspace.quarantine.list()).toHaveLength(200);
  await refused(await openFor("board"), "of another");
  const kept = await workspace.quarantine.list();
  expect(kept.filter(({ author }) => author === "ada/board")).toHaveLength(1);
});

it("keeps no more than 32 MiB of a plugin", async () => {
  const page = await openFor("stats");
  for (let n = 0; n < 5; n++) await refused(page, "x".repeat(9 * MEBIBYTE));
  await refused(page, "there is room for this");
  expect(await workspace.quarantine.list()).toHaveLength(4);
});

async function openFor(plugin: string): Promise<DocumentHandle> {
  const handle = workspace.createPluginReplica(plugin).open(PAGE);
  await handle.ready;
  return handle;
}

async function refused(handle: DocumentHandle, text: string): Promise<void> {
  handle.doc.getText("body").insert(0, text);
  await expect(handle.saved("device")).rejects.toMatchObject({ code: "access/denied" });
  await expect.poll(() => handle.doc.getText("body").length).toBe(0);
}
