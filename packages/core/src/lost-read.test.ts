import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DocumentHandle } from "./replica/document-handle.ts";
import { isOnDisk } from "./testing/simulation/ledger.ts";
import { createRig, grants, type Rig, type RigDevice } from "./testing/rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.dispose());

const SECRET = "v1.secret";

const text = ({ doc }: DocumentHandle): string => doc.getText("body").toString();

async function write(device: RigDevice, path: string, words: string): Promise<DocumentHandle> {
  const handle = device.workspace.open(path);
  await handle.caughtUp();
  handle.doc.getText("body").insert(0, words);
  await handle.saved("server");
  return handle;
}

describe("when read access is lost", () => {
  it("[INV-4] keeps what the device has, unless it is told otherwise", async () => {
    const ada = await rig.device("ada");
    await write(ada, "notes/a", SECRET);
    const ben = await rig.device("ben");
    const page = ben.workspace.open("notes/a");
    await expect.poll(() => text(page)).toBe(SECRET);
    rig.gate.limitUser("ben", grants("**:none"));
    await expect.poll(() => page.state.access).toBe("none");
    expect(text(page)).toBe(SECRET);
    expect(isOnDisk(ben.disk, "notes/a", SECRET)).toBe(true);
  });

  it("[INV-4] erases the local copy, shown or not, and gets it again with the access", async () => {
    const ada = await rig.device("ada");
    await write(ada, "notes/a", SECRET);
    await write(ada, "notes/b", SECRET);
    await write(ada, "notes/c", SECRET);
    const ben = await rig.device("ben", undefined, { lostRead: "erase" });
    const page = ben.workspace.open("notes/a");
    const closed = ben.workspace.open("notes/b");
    const other = ben.workspace.open("notes/c");
    for (const each of [page, closed, other]) await expect.poll(() => text(each)).toBe(SECRET);
    closed.close();
    ben.workspace.sync.pause();
    rig.gate.limitUser("ben", grants("**:write", "notes/a:none", "notes/b:none"));
    ben.workspace.sync.resume();
    await expect.poll(() => text(page)).toBe("");
    await expect.poll(() => isOnDisk(ben.disk, "notes/a", SECRET)).toBe(false);
    await expect.poll(() => isOnDisk(ben.disk, "notes/b", SECRET)).toBe(false);
    expect(page.state.access).toBe("none");
    expect(text(other)).toBe(SECRET);

    rig.gate.limitUser("ben", undefined);
    await expect.poll(() => text(page)).toBe(SECRET);
    page.doc.getText("body").insert(0, "more ");
    await page.saved("server");
    expect(isOnDisk(ben.disk, "notes/a", SECRET)).toBe(true);
  });

  it("[INV-3] keeps refused edits aside before it erases", async () => {
    const ada = await rig.device("ada");
    await write(ada, "notes/a", SECRET);
    const ben = await rig.device("ben", undefined, { lostRead: "erase" });
    const page = ben.workspace.open("notes/a");
    await expect.poll(() => text(page)).toBe(SECRET);
    ben.workspace.sync.pause();
    page.doc.getText("body").insert(0, "typed offline ");
    await page.saved("device");
    rig.gate.limitUser("ben", grants("**:none"));
    ben.workspace.sync.resume();
    await expect.poll(() => text(page)).toBe("");
    await expect.poll(() => isOnDisk(ben.disk, "notes/a", SECRET)).toBe(false);
    const [kept] = await ben.workspace.quarantine.list();
    expect(kept).toMatchObject({ path: "notes/a", code: "no-access", author: "ben" });
  });
});

describe("the cut-off", () => {
  it("tells how much was taken, and from where on it was refused", async () => {
    const ada = await rig.device("ada");
    const page = ada.workspace.open("notes/a");
    await page.caughtUp();
    const told: [accepted: number, refused: number][] = [];
    page.onDenied(({ accepted, refused }) => told.push([accepted, refused]));
    for (const words of ["one ", "two "]) {
      page.doc.getText("body").insert(0, words);
      await page.saved("server");
    }
    ada.workspace.sync.pause();
    for (const words of ["three ", "four ", "five "]) page.doc.getText("body").insert(0, words);
    await page.saved("device");
    rig.gate.limitUser("ada", grants("**:read"));
    ada.workspace.sync.resume();
    await expect.poll(() => told).toEqual([[2, 3]]);
    await expect.poll(() => text(page)).toBe("two one ");
  });
});
