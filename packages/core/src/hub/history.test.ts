import { afterEach, beforeEach, describe, expect, it } from "vitest";
import fc from "fast-check";
import * as Y from "yjs";
import { CroftError } from "../errors.ts";
import type { DocumentHandle } from "../replica/document-handle.ts";
import { createMemoryDisk, createMemoryStore } from "../store/memory-store.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";
import { createRig, type Rig, type RigDevice } from "../testing/rig.ts";
import { entryOf } from "../testing/store-samples.ts";
import { forgottenUpTo, partOf, readHistoryPage, runsOf } from "./history.ts";

const BOARD = "kanban/board";

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.dispose());

/** Opens a document, for the application or as a plugin. */
async function opened(device: RigDevice, path: string, version?: string): Promise<DocumentHandle> {
  const { workspace } = device;
  const replica =
    version === undefined ? workspace : workspace.createPluginReplica("kanban", { version });
  const handle = replica.open(path);
  await handle.caughtUp();
  return handle;
}

async function change(handle: DocumentHandle, run: (doc: Y.Doc) => void): Promise<void> {
  run(handle.doc);
  await handle.saved("server");
}

const namesOf = (changes: readonly { readonly author: object }[]): readonly unknown[] =>
  changes.map(({ author }) => author);

describe("the history of a document", () => {
  it("tells who changed it, with which plugin, the newest first", async () => {
    const [ada, ben] = [await rig.device("ada"), await rig.device("ben")];
    const started = Date.now();
    const own = await opened(ada, BOARD);
    await change(own, (doc) => doc.getMap("tasks").set("a", 1));
    await change(own, (doc) => doc.getMap("tasks").set("b", 1));
    const plugin = await opened(ada, BOARD, "1.2.0");
    await change(plugin, (doc) => doc.getMap("tasks").set("c", 1));
    await rig.hub.compactDocument(BOARD);
    const theirs = await opened(ben, BOARD);
    await change(theirs, (doc) => doc.getMap("tasks").set("d", 1));

    const { changes, complete } = await ben.workspace.history(BOARD).changes();
    expect(complete).toBe(true);
    expect(changes).toMatchObject([
      { seq: 4, author: { user: "ben" } },
      { seq: 3, author: { user: "ada", plugin: "kanban", version: "1.2.0" } },
      { seq: 2, author: { user: "ada" } },
    ]);
    for (const { from, to } of changes) {
      expect(from).toBeGreaterThanOrEqual(started);
      expect(to).toBeGreaterThanOrEqual(from);
    }
    const some = await ben.workspace.history(BOARD).changes({
      since: changes[1]?.from,
      by: ({ plugin: name }) => name === undefined,
    });
    expect(namesOf(some.changes)).toEqual([{ user: "ben" }]);
    const none = await ben.workspace.history("kanban/none").changes();
    expect(none).toEqual({ changes: [], complete: true });
  });

  it("is asked of the server, by whoever may read", async () => {
    const ada = await rig.device("ada");
    const page = await opened(ada, BOARD);
    await change(page, (doc) => doc.getText("body").insert(0, "text"));
    rig.gate.limitUser("ada", []);
    await expect(ada.workspace.history(BOARD).changes()).rejects.toMatchObject({
      code: "access/denied",
    });
    rig.gate.limitUser("ada", undefined);
    ada.workspace.sync.pause();
    await expect(ada.workspace.history(BOARD).changes()).rejects.toMatchObject({
      code: "link/offline",
      path: BOARD,
    });
    await expect(ada.workspace.history(BOARD).undo({})).rejects.toMatchObject({
      code: "link/offline",
    });
    expect(() => ada.workspace.history("kanban")).toThrow(/two segments/);
  });

  it("is not for plugins, which were granted what there is", async () => {
    const ada = await rig.device("ada");
    const plugin = ada.workspace.createPluginReplica("kanban");
    await change(await opened(ada, BOARD), (doc) => doc.getText("body").insert(0, "text"));
    await plugin.open(BOARD).caughtUp();
    await expect(plugin.history(BOARD).changes()).rejects.toMatchObject({ code: "access/denied" });
  });

  it("is told of many documents at once", async () => {
    const ada = await rig.device("ada");
    await opened(ada, BOARD);
    const asked = Array.from({ length: 200 }, (_, at) =>
      ada.workspace.history(`kanban/${at}`).changes(),
    );
    for (const { changes } of await Promise.all(asked)) expect(changes).toEqual([]);
    const lost = Array.from({ length: 20 }, () => ada.workspace.history(BOARD).changes());
    ada.workspace.sync.pause();
    const outcomes = await Promise.allSettled(lost);
    const codes = outcomes.map((each) =>
      each.status === "rejected" && each.reason instanceof CroftError ? each.reason.code : "told",
    );
    expect(new Set(codes)).toEqual(new Set(["link/offline"]));
    ada.workspace.sync.resume();
    await expect.poll(() => ada.workspace.sync.state.name).toBe("online");
    expect((await ada.workspace.history(BOARD).changes()).changes).toEqual([]);
  });

  it("shows the document as it was, also what was deleted since", async () => {
    const ada = await rig.device("ada");
    const page = await opened(ada, BOARD);
    const plugin = await opened(ada, BOARD, "1.0.0");
    await change(page, (doc) => doc.getText("body").insert(0, "one two three"));
    await rig.hub.compactDocument(BOARD);
    await change(plugin, (doc) => doc.getText("body").delete(4, 4));
    await rig.hub.compactDocument(BOARD);
    await change(page, (doc) => doc.getText("body").insert(0, "zero "));
    const history = ada.workspace.history(BOARD);
    const { changes } = await history.changes();
    const [added, removed, first] = changes;
    if (!added || !removed || !first) throw new Error("three changes were made");
    const textOf = async (...at: Parameters<typeof history.version>): Promise<string> =>
      (await history.version(...at)).getText("body").toString();
    expect(await textOf(first, "before")).toBe("");
    expect(await textOf(first)).toBe("one two three");
    expect(await textOf(removed, "before")).toBe("one two three");
    expect(await textOf(removed)).toBe("one three");
    expect(await textOf(added)).toBe("zero one three");
    // It went on after it was told of.
    await change(page, (doc) => doc.getText("body").insert(0, "minus "));
    expect(await textOf(added)).toBe("zero one three");
    await expect(history.version({ ...first, seq: 99 })).rejects.toMatchObject({
      code: "history/forgotten",
    });
  });

  it("takes back what one author did, and nothing of what others did", async () => {
    const ada = await rig.device("ada");
    const page = await opened(ada, BOARD);
    await change(page, (doc) => {
      doc.getText("body").insert(0, "keep this, drop that");
      doc.getMap("tasks").set("mine", "mine");
      doc.getMap("tasks").set("both", "mine");
    });
    await rig.hub.compactDocument(BOARD);
    const plugin = await opened(ada, BOARD, "1.0.0");
    await change(plugin, (doc) => {
      doc.getText("body").delete(4, 6);
      doc.getText("body").insert(0, "SPAM ");
      doc.getMap("tasks").set("mine", "theirs");
      doc.getMap("tasks").set("both", "theirs");
      doc.getMap("tasks").set("new", "theirs");
    });
    await rig.hub.compactDocument(BOARD);
    await expect.poll(() => page.doc.getMap("tasks").get("both")).toBe("theirs");
    await change(page, (doc) => {
      doc.getText("body").insert(doc.getText("body").length, " now");
      doc.getMap("tasks").set("both", "mine again");
    });
    const ben = await rig.device("ben");
    await expect.poll(() => ben.workspace.sync.state.name).toBe("online");
    const byPlugin = { by: ({ plugin: name }: { plugin?: string }) => name === "kanban" };
    const { changes, complete } = await ben.workspace.history(BOARD).undo(byPlugin);
    expect(complete).toBe(true);
    expect(namesOf(changes)).toEqual([{ user: "ada", plugin: "kanban", version: "1.0.0" }]);
    await expect.poll(() => page.doc.getText("body").toString()).toBe("keep this, drop that now");
    expect(page.doc.getMap("tasks").toJSON()).toEqual({ mine: "mine", both: "mine again" });
    // That is a change of Ben's, and can be taken back like any other.
    const after = await ada.workspace.history(BOARD).changes();
    expect(namesOf(after.changes)[0]).toEqual({ user: "ben" });
    await ada.workspace.history(BOARD).undo({ by: ({ user }) => user === "ben" });
    await expect.poll(() => page.doc.getText("body").toString()).toBe("SPAM keep drop that now");
    const nothing = await ada.workspace.history(BOARD).undo({ since: Date.now() + 60_000 });
    expect(nothing.changes).toEqual([]);
  });

  it("is taken back under what is typed here and was not sent yet", async () => {
    const ada = await rig.device("ada");
    const own = await opened(ada, BOARD);
    await change(own, (doc) => doc.getMap("tasks").set("a", "before"));
    const plugin = await opened(ada, BOARD, "1.2.0");
    await change(plugin, (doc) => doc.getMap("tasks").set("a", "by the plugin"));
    await expect.poll(() => own.doc.getMap("tasks").get("a")).toBe("by the plugin");
    const undoing = ada.workspace
      .history(BOARD)
      .undo({ by: ({ plugin: name }) => name !== undefined });
    own.doc.getMap("tasks").set("a", "typed just now");
    await undoing;
    await own.saved("server");
    expect(own.doc.getMap("tasks").get("a")).toBe("typed just now");
  });

  it("is not taken back by who may not write", async () => {
    const ada = await rig.device("ada");
    const page = await opened(ada, BOARD);
    await change(page, (doc) => doc.getText("body").insert(0, "text"));
    rig.gate.limitUser("ada", [{ pattern: "**" as never, access: "read" }]);
    await expect.poll(() => page.state.access).toBe("read");
    await expect(ada.workspace.history(BOARD).undo({})).rejects.toMatchObject({
      code: "access/denied",
    });
    expect(page.doc.getText("body").toString()).toBe("text");
  });

  it("is that of one document, though another one has its path by now", async () => {
    const ada = await rig.device("ada");
    const page = await opened(ada, BOARD);
    await change(page, (doc) => doc.getText("body").insert(0, "former"));
    const history = ada.workspace.history(BOARD);
    const [former] = (await history.changes()).changes;
    if (!former) throw new Error("it was changed");
    await ada.workspace.delete(BOARD);
    await expect.poll(() => page.doc.getText("body").toString()).toBe("");
    await change(page, (doc) => doc.getText("body").insert(0, "new"));
    const [newest] = (await history.changes()).changes;
    expect(newest).toMatchObject({ seq: former.seq });
    expect(newest?.epoch).not.toBe(former.epoch);
    await expect(history.version(former)).rejects.toMatchObject({ code: "history/forgotten" });
  });

  it("goes with the document", async () => {
    const ada = await rig.device("ada");
    const page = await opened(ada, BOARD);
    await change(page, (doc) => doc.getText("body").insert(0, "text"));
    await rig.hub.compactDocument(BOARD);
    expect(await rig.store.listHistory(page.path)).toHaveLength(1);
    await ada.workspace.delete(BOARD);
    expect(await rig.store.listHistory(page.path)).toEqual([]);
    expect(await ada.workspace.history(BOARD).changes()).toMatchObject({ changes: [] });
  });

  it("is as it was at every moment, whatever was done and whenever a log was compacted", async () => {
    const step = fc.record({
      by: fc.nat(1),
      at: fc.nat(40),
      erase: fc.boolean(),
      compact: fc.nat(6).map((n) => n === 0),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const own = await createRig();
        try {
          const device = await own.device("ada");
          const handles = [await opened(device, BOARD), await opened(device, BOARD, "1.0.0")];
          const were = new Map<number, string>();
          /** What the application put in, and did not take out itself. Every letter is put in once. */
          const mine = new Set<string>();
          for (const [index, { by, at, erase, compact }] of steps.entries()) {
            const handle = handles[by];
            if (!handle) throw new Error("there are two");
            const text = handle.doc.getText("body");
            const place = at % (text.length + 1);
            const letter = String.fromCharCode(97 + index);
            const isErased = erase && text.length > place;
            if (by === 0 && isErased) mine.delete(text.toString().charAt(place));
            else if (by === 0) mine.add(letter);
            await change(handle, () => {
              if (isErased) text.delete(place, 1);
              else text.insert(place, letter);
            });
            const shown = text.toString();
            for (const each of handles) {
              await expect.poll(() => each.doc.getText("body").toString()).toBe(shown);
            }
            were.set(index + 1, shown);
            if (compact) await own.hub.compactDocument(BOARD);
          }
          const history = device.workspace.history(BOARD);
          const { changes, complete } = await history.changes();
          expect(complete).toBe(true);
          for (const each of changes) {
            const doc = await history.version(each);
            expect(doc.getText("body").toString()).toBe(were.get(each.seq));
          }
          await history.undo({ by: ({ plugin }) => plugin !== undefined });
          const [page] = handles;
          const left = page?.doc.getText("body").toString().split("") ?? [];
          expect(new Set(left)).toEqual(mine);
          expect(left).toHaveLength(mine.size);
        } finally {
          await own.dispose();
        }
      }),
      { numRuns: 12 },
    );
  }, 60_000);
});

describe("what is kept of the history", () => {
  const MINUTE = 60_000;

  it("is cut where somebody else goes on, after a pause, and after an hour", () => {
    const at = (seq: number, minutes: number, author: string) =>
      entryOf(seq, { at: minutes * MINUTE, author });
    const log = [
      at(1, 0, "ada"),
      at(2, 4, "ada"),
      at(3, 10, "ada"),
      at(4, 11, "ben"),
      at(5, 12, "ada"),
      ...Array.from({ length: 20 }, (_, i) => at(6 + i, 12 + 4 * (i + 1), "ada")),
    ];
    expect(runsOf(log).map((run) => run.map(({ seq }) => seq)[0])).toEqual([1, 3, 4, 5, 20]);
    expect(runsOf([])).toEqual([]);
  });

  it("goes when it is too old, or too large", () => {
    const kept = [1, 2, 3].map((seq) => ({ seq, at: seq * MINUTE, size: 100 }));
    const limits = { keep: 10 * MINUTE, times: 2, bytes: 350 };
    const forget = (snapshotBytes: number, now: number, own = limits): number =>
      forgottenUpTo(kept, undefined, { snapshotBytes }, own, now);
    expect(forget(0, 5 * MINUTE)).toBe(0);
    expect(forget(0, 12 * MINUTE)).toBe(2);
    expect(forget(0, 60 * MINUTE)).toBe(3);
    expect(forget(0, 5 * MINUTE, { ...limits, bytes: 250 })).toBe(1);
    expect(forget(200, 5 * MINUTE, { ...limits, bytes: 250 })).toBe(0);
    expect(forget(200, 5 * MINUTE, { ...limits, keep: 0 })).toBe(3);
    const added = partOf(undefined, runsOf([entryOf(4, { update: new Uint8Array(300) })]), []);
    expect(forgottenUpTo(kept, added, { snapshotBytes: 0 }, limits, 5 * MINUTE)).toBe(3);
  });

  it("is not told any more when it is too old, though its document rests", async () => {
    await rig.dispose();
    rig = await createRig({ keepHistory: 60_000 });
    const ada = await rig.device("ada");
    const page = await opened(ada, BOARD);
    await change(page, (doc) => doc.getText("body").insert(0, "text"));
    await rig.hub.compactDocument(BOARD);
    const told = async (now: number): Promise<unknown> => {
      const { record } = (await rig.store.loadDocument(page.path)) ?? {};
      if (!record) throw new Error("it was written");
      return readHistoryPage(rig.store, record, 2, now - 60_000);
    };
    expect(await told(Date.now())).toMatchObject({ page: { changes: [{ first: 1 }] } });
    expect(await told(Date.now() + 61_000)).toMatchObject({ page: { changes: [] }, before: 0 });
  });

  /** A workspace without a server, and a page of which more was written than a hub leaves in its log. */
  async function alone(history: number | undefined): Promise<[Workspace, DocumentHandle]> {
    const disk = createMemoryDisk();
    const workspace = await openWorkspace({
      id: "acme",
      user: "ada",
      store: async () => createMemoryStore(disk),
      keep: { history },
    });
    const page = workspace.open(BOARD);
    await page.ready;
    for (let at = 0; at < 6; at++) {
      page.doc.getMap("tasks").set("a", `${at} ${"x".repeat(200_000)}`);
      await page.saved("device");
    }
    await expect.poll(() => disk.documents.get(page.path)?.record.base).toBeGreaterThan(0);
    page.doc.getMap("tasks").set("a", "new");
    await page.saved("device");
    return [workspace, page];
  }

  it("is kept by a device that has no server", async () => {
    const [workspace, page] = await alone(undefined);
    const { changes, complete } = await workspace.history(BOARD).changes();
    expect([changes.length, complete]).toEqual([2, true]);
    await workspace.history(BOARD).undo({ since: changes[0]?.to });
    expect(page.doc.getMap("tasks").get("a")).toContain("5 ");
    await workspace.dispose();
  });

  it("is not kept by a device that has no server and is told not to", async () => {
    const [workspace] = await alone(0);
    const { changes, complete } = await workspace.history(BOARD).changes();
    expect([changes.length, complete]).toEqual([1, false]);
    await workspace.dispose();
  });

  it("is nothing where nothing is to be kept", async () => {
    await rig.dispose();
    rig = await createRig({ keepHistory: 0 });
    const ada = await rig.device("ada");
    const page = await opened(ada, BOARD);
    await change(page, (doc) => doc.getText("body").insert(0, "text"));
    await rig.hub.compactDocument(BOARD);
    expect(await rig.store.listHistory(page.path)).toEqual([]);
    await change(page, (doc) => doc.getText("body").insert(0, "more "));
    const { changes, complete } = await ada.workspace.history(BOARD).changes();
    expect([changes.length, complete]).toEqual([1, false]);
  });
});
