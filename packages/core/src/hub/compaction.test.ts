import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { createWriterId } from "../ids.ts";
import type { CroftError } from "../errors.ts";
import { createMemoryWire } from "../channel/memory-channel.ts";
import { createEditors, createDice } from "../testing/random-edits.ts";
import { RawPeer, shownBy, typed } from "../testing/raw-peer.ts";
import { createRig, grants, type Rig } from "../testing/rig.ts";
import { compactHere, yields } from "./compaction.ts";
import { servePeer } from "./hub-session.ts";
import { isWellPlaced } from "./well-placed.ts";

/** Puts `z` after `b` and before `a` of what client 1 typed as `ab`: sound as bytes. */
const MISPLACED = new Uint8Array([1, 1, 2, 0, 0xc4, 1, 1, 1, 0, 1, 0x7a, 0]);
/** Goes on after that `z`. */
const BUILT_ON_IT = new Uint8Array([1, 1, 3, 0, 0x84, 2, 0, 1, 0x79, 0]);

describe("a document into which a peer put content where none can be", () => {
  let rig: Rig;
  const problems: CroftError[] = [];
  beforeEach(async () => {
    problems.length = 0;
    rig = await createRig({ onProblem: (problem) => problem && problems.push(problem) });
  });
  afterEach(() => rig.dispose());

  async function peer(user: string): Promise<RawPeer> {
    const [near, far] = createMemoryWire().ends;
    const principal = { user, grants: grants("**:write") };
    servePeer(far, async () => ({ hub: rig.hub, principal }));
    const raw = new RawPeer(near);
    raw.greet(createWriterId());
    await raw.next("welcome");
    return raw;
  }

  it("[INV-1] is repaired by a new epoch, with the author named and all else kept", async () => {
    const ada = await rig.device("ada");
    const page = ada.workspace.open("notes/a");
    const honest = await peer("honest");
    await honest.open("notes/a");
    honest.submit(1, typed(1, "ab"));
    await honest.next("ack");
    const mallory = await peer("mallory");
    await mallory.open("notes/a");
    mallory.submit(1, MISPLACED);
    await mallory.next("ack");
    const ben = await peer("ben");
    await ben.open("notes/a");
    ben.submit(1, BUILT_ON_IT);
    await ben.next("ack");
    await page.caughtUp();
    page.doc.getText("other").insert(0, "stays");
    await page.saved("server");

    await rig.hub.compactDocument("notes/a");

    expect(problems).toMatchObject([{ code: "update/invalid", path: "notes/a" }]);
    expect(problems[0]?.message).toContain("mallory");
    await expect.poll(() => page.doc.getText("body").toString()).toBe("ab");
    expect(page.doc.getText("other").toString()).toBe("stays");
    expect(isWellPlaced(page.doc)).toBe(true);
    const kept = await rig.store.readQuarantine();
    expect(kept.map(({ author, code }) => [author, code])).toEqual([
      ["mallory", "invalid"],
      ["ben", "invalid"],
    ]);
    // Nothing is missing in its history but what was taken out.
    const { changes, complete } = await ada.workspace.history("notes/a").changes();
    expect(changes.map(({ author }) => author.user)).toEqual(["ada", "honest"]);
    expect(complete).toBe(true);
    // Everybody goes on, those who had it too.
    page.doc.getText("body").insert(2, "c");
    await page.saved("server");
    const fresh = await peer("fresh");
    await fresh.open("notes/a");
    await fresh.next("upstream");
    expect(shownBy(fresh).getText("body").toString()).toBe("abc");
    await ada.workspace.dispose();
    const again = await rig.device("ada", ada.disk);
    const reopened = again.workspace.open("notes/a");
    await reopened.caughtUp();
    expect(reopened.doc.getText("body").toString()).toBe("abc");
    reopened.doc.getText("body").insert(0, "!");
    await reopened.saved("server");
  });
});

describe("compaction", () => {
  it("takes everything that real editors write for well placed", async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { log, run, settle } = createEditors(createDice(seed), 3);
      run(80);
      settle();
      expect(
        await compactHere({ snapshot: undefined, updates: log }),
        `seed ${seed}`,
      ).toHaveProperty("update");
    }
  });

  it("looks whether its snapshot yields the content that the log yields", async () => {
    const log = { snapshot: undefined, updates: [typed(1, "ab")] };
    const compacted = await compactHere(log);
    if ("damagedBy" in compacted) throw new Error(compacted.reason);
    const { update, hash } = compacted;
    expect(yields(update, hash)).toBe(true);
    const other = await compactHere({ snapshot: undefined, updates: [typed(1, "ba")] });
    expect("update" in other && yields(other.update, hash)).toBe(false);
  });

  it("[INV-5] takes types that are nested as deep as their author likes", async () => {
    const doc = new Y.Doc();
    doc.transact(() => {
      let map = doc.getMap("root");
      for (let i = 0; i < 20_000; i++) {
        const inner = new Y.Map<unknown>();
        map.set("inner", inner);
        map = inner;
      }
    });
    const updates = [Y.encodeStateAsUpdate(doc)];
    expect(await compactHere({ snapshot: undefined, updates })).toHaveProperty("hash");
  });

  it("finds the first update that brings the damage", async () => {
    const doc = new Y.Doc();
    doc.clientID = 9;
    const later: Uint8Array[] = [];
    doc.on("update", (update: Uint8Array) => later.push(update));
    for (let i = 0; i < 10; i++) doc.getArray("list").push([i]);
    const updates = [typed(1, "ab"), ...later.slice(0, 5), MISPLACED, ...later.slice(5)];
    expect(await compactHere({ snapshot: undefined, updates })).toMatchObject({ damagedBy: 6 });
  });
});
