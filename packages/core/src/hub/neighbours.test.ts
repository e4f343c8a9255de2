/** Several hubs on one store, as several processes on one database: devices are at one or the other, and move. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGate, type GrantGate } from "../access/gate.ts";
import { createMemoryWire, type MemoryWire } from "../channel/memory-channel.ts";
import { type Clock, systemClock } from "../clock.ts";
import { parseDocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import { createWriterId, randomBytes } from "../ids.ts";
import { createMemoryDisk, createMemoryStore, type MemoryDisk } from "../store/memory-store.ts";
import type { CommitResult, StoreBatch } from "../store/store.ts";
import { createGateway } from "../testing/gateway.ts";
import { grants } from "../testing/rig.ts";
import { RawPeer, typed } from "../testing/raw-peer.ts";
import { MemoryBus, SharedMemoryStore } from "../testing/shared-memory-store.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";
import { deleteFor, undeleteFor } from "./deletion.ts";
import { createHub, type Hub } from "./hub.ts";
import { servePeer } from "./hub-session.ts";

const NOTE = parseDocPath("notes/a");

/** Waits need not be waited for. */
const HASTY: Clock = { ...systemClock, delay: (ms, run) => systemClock.delay(ms / 50, run) };

class HeldStore extends SharedMemoryStore {
  beforeCommit: ((batch: StoreBatch) => void | Promise<void>) | undefined;

  /** How many batches did not hold any more. */
  refused = 0;

  override async commit(batch: StoreBatch): Promise<CommitResult> {
    await this.beforeCommit?.(batch);
    const result = await super.commit(batch);
    if (result.refused) this.refused++;
    return result;
  }
}

interface Node {
  readonly hub: Hub;
  readonly store: HeldStore;
  readonly gate: GrantGate;
  readonly problems: CroftError[];
}

interface Device {
  readonly workspace: Workspace;
  /** Cuts the wire; the next one goes to this node. */
  move(to: Node): void;
}

describe("several hubs on one store", () => {
  let disk: MemoryDisk;
  let bus: MemoryBus;
  let [one, two] = [] as unknown as [Node, Node];
  let open: { dispose(): Promise<void> }[] = [];

  /** Limits of users, by a line for each: `ben notes/**:read`. */
  const LIMITS = "limits";

  async function startNode(): Promise<Node> {
    const store = new HeldStore(disk, bus);
    const gate = createGate();
    const problems: CroftError[] = [];
    const read = async (): Promise<void> => {
      for (const line of ((await store.readMeta(LIMITS)) ?? "").split("\n").filter(Boolean)) {
        const [user = "", ...rest] = line.split(" ");
        gate.limitUser(user, grants(...rest));
      }
    };
    const hub = await createHub({
      store,
      gate,
      clock: HASTY,
      onFacts: read,
      onProblem: (problem) => problem && problems.push(problem),
    });
    open.push(hub);
    return { hub, store, gate, problems };
  }

  async function startDevice(user: string, at: Node): Promise<Device> {
    let node = at;
    let wire: MemoryWire | undefined;
    const workspace = await openWorkspace({
      id: "acme",
      user,
      store: async () => createMemoryStore(),
      clock: HASTY,
      sync: {
        url: "ws://in-process",
        backOff: { first: 50, max: 100 },
        async connect() {
          wire = createMemoryWire();
          const [near, far] = wire.ends;
          const { hub } = node;
          servePeer(far, async () => ({ hub, principal: { user, grants: grants("**:write") } }));
          return near;
        },
      },
    });
    open.push(workspace);
    return {
      workspace,
      move(to) {
        node = to;
        wire?.cut();
      },
    };
  }

  beforeEach(async () => {
    disk = createMemoryDisk();
    bus = new MemoryBus();
    open = [];
    [one, two] = [await startNode(), await startNode()];
  });
  afterEach(async () => {
    for (const each of open.toReversed()) await each.dispose();
  });

  /** Holds up what a node commits next to a document. */
  function hold({ store }: Node): { readonly reached: Promise<void>; release(): void } {
    const [held, reached] = [createGateway(), createGateway()];
    store.beforeCommit = ({ documents = [] }) => {
      if (documents.length === 0) return undefined;
      reached.open();
      return held.passed;
    };
    return {
      reached: reached.passed,
      release() {
        store.beforeCommit = undefined;
        held.open();
      },
    };
  }

  const text = (workspace: Workspace, path = "notes/a"): string =>
    workspace.open(path).doc.getText("body").toString();

  it("take the edits of each other's devices, and tell them at a hint", async () => {
    const [ada, ben] = [await startDevice("ada", one), await startDevice("ben", two)];
    const [at, there] = [ada.workspace.open("notes/a"), ben.workspace.open("notes/a")];
    await Promise.all([at.caughtUp(), there.caughtUp()]);
    at.doc.getText("body").insert(0, "from ada ");
    await at.saved("server");
    await expect.poll(() => text(ben.workspace)).toBe("from ada ");
    there.doc.getText("body").insert(9, "and ben");
    await there.saved("server");
    await expect.poll(() => text(ada.workspace)).toBe("from ada and ben");
  });

  it("[SYNC-13] judge again what another hub was faster with, and lose and refuse nothing", async () => {
    const devices = await Promise.all(
      ["ada", "ben", "cleo", "dan"].map((user, index) => startDevice(user, index % 2 ? one : two)),
    );
    const handles = devices.map(({ workspace }) => workspace.open("notes/a"));
    let denials = 0;
    for (const handle of handles) handle.onDenied(() => denials++);
    await Promise.all(handles.map((handle) => handle.caughtUp()));
    const typed: string[] = [];
    for (let round = 0; round < 50; round++) {
      for (const [index, { doc }] of handles.entries()) {
        const value = `${index}.${round}`;
        typed.push(value);
        doc.getArray<string>("list").push([value]);
      }
      await Promise.race(handles.map((handle) => handle.saved("server")));
    }
    await Promise.all(handles.map((handle) => handle.saved("server")));
    const lists = (): string[][] =>
      handles.map(({ doc }) => doc.getArray<string>("list").toArray());
    await expect
      .poll(() => lists().every((list) => list.toSorted().join() === typed.toSorted().join()))
      .toBe(true);
    expect(new Set(lists().map((list) => list.join())).size).toBe(1);
    expect(denials).toBe(0);
    expect(disk.documents.get(NOTE)?.record.head).toBe(typed.length);
    expect([...one.problems, ...two.problems]).toEqual([]);
  });

  it("[SYNC-15] compare what is open, and tell what no hint told, also in listings", async () => {
    bus.isCut = true;
    const [ada, ben] = [await startDevice("ada", one), await startDevice("ben", two)];
    const listing = ben.workspace.listing("notes");
    const there = ben.workspace.open("notes/a");
    await there.caughtUp();
    await ada.workspace.open("notes/a").caughtUp();
    ada.workspace.open("notes/a").doc.getText("body").insert(0, "unheard");
    ada.workspace.open("notes/b").doc.getText("body").insert(0, "unheard too");
    await expect.poll(() => text(ben.workspace)).toBe("unheard");
    await expect
      .poll(() => listing.documents.map(({ path }) => path))
      .toEqual(["notes/a", "notes/b"]);
  });

  it("[SYNC-20] take nothing of a session that another one of its writer ended", async () => {
    const ada = await startDevice("ada", one);
    const page = ada.workspace.open("notes/a");
    await page.caughtUp();
    const [atOne, atTwo] = [hold(one), hold(two)];
    page.doc.getText("body").insert(0, "once");
    await atOne.reached;
    // The first hub is about to store it, and the device gets no answer.
    ada.move(two);
    await atTwo.reached;
    atOne.release();
    await expect.poll(() => one.store.refused).toBe(1);
    expect(await two.store.readLog(NOTE, 0, Number.MAX_SAFE_INTEGER)).toEqual([]);
    atTwo.release();
    await page.saved("server");
    expect(await two.store.readLog(NOTE, 0, Number.MAX_SAFE_INTEGER)).toHaveLength(1);
    expect(text(ada.workspace)).toBe("once");
    const again = await startDevice("ben", one);
    await again.workspace.open("notes/a").caughtUp();
    expect(text(again.workspace)).toBe("once");
  });

  it("[SYNC-14] judge and relay nothing under grants that another hub has changed", async () => {
    bus.isCut = true;
    const [ada, ben] = [await startDevice("ada", one), await startDevice("ben", two)];
    const page = ben.workspace.open("notes/a");
    const hidden = ben.workspace.open("secret/a");
    await Promise.all([page.caughtUp(), hidden.caughtUp()]);
    const denied = new Promise((resolve) => page.onDenied(({ reason }) => resolve(reason)));
    expect(await one.hub.core.setFacts([[LIMITS, "ben notes/**:read secret/**:none"]])).toBe(true);
    ada.workspace.open("secret/a").doc.getText("body").insert(0, "not for ben");
    await ada.workspace.open("secret/a").saved("server");
    page.doc.getText("body").insert(0, "may he?");
    await denied;
    expect(await ben.workspace.quarantine.list()).toMatchObject([{ path: "notes/a" }]);
    await expect.poll(() => hidden.state.access).toBe("none");
    // Longer than it takes until everything that is open is compared.
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(text(ben.workspace, "secret/a")).toBe("");
    expect(
      two.gate.check({ user: "ben", grants: grants("**:write") }, parseDocPath("secret/a")),
    ).toMatchObject({ access: "none" });
  });

  it("[SYNC-17] let nobody make what is in a subtree that another hub deleted", async () => {
    bus.isCut = true;
    const [ada, ben] = [await startDevice("ada", one), await startDevice("ben", two)];
    const page = ada.workspace.open("notes/a");
    page.doc.getText("body").insert(0, "to be deleted");
    await page.saved("server");
    await expect.poll(() => text(ben.workspace)).toBe("to be deleted");
    ben.move(two);
    const late = ben.workspace.open("notes/late");
    late.doc.getText("body").insert(0, "unaware");
    const [refused] = await Promise.all([
      new Promise((resolve) => late.onDenied(({ code }) => resolve(code))),
      one.hub.deleteSubtree("notes"),
    ]);
    expect(refused).toBe("deleted");
    await expect.poll(() => text(ben.workspace)).toBe("");
    expect(await two.hub.list("notes")).toMatchObject([{ path: "notes/a", head: 0 }]);
  });

  it("[SYNC-20] end no session that is newer than the one whose edits came too late", async () => {
    const ada = await startDevice("ada", one);
    const page = ada.workspace.open("notes/a");
    await page.caughtUp();
    const atOne = hold(one);
    page.doc.getText("body").insert(0, "precious");
    await atOne.reached;
    // It comes back to the same hub, while its edit is being stored.
    ada.move(one);
    await expect.poll(() => one.hub.core.sessions.count).toBe(1);
    await expect.poll(() => disk.shared.sessions.values().next().value?.session).toBe(2);
    atOne.release();
    await page.saved("server");
    expect(text(ada.workspace)).toBe("precious");
    expect(await ada.workspace.quarantine.list()).toEqual([]);
  });

  describe("[SYNC-14] do nothing for somebody whose rights another hub took away meanwhile", () => {
    const BEN = { user: "ben", grants: grants("**:write") };
    /** Takes the rights of ben away, while hub two is about to store what he asked for. */
    async function inBetween(work: () => Promise<number>): Promise<unknown> {
      const [held, reached] = [createGateway(), createGateway()];
      two.store.beforeCommit = ({ documents = [], shared }) => {
        if (documents.length === 0 && !shared?.changesFacts) return undefined;
        reached.open();
        return held.passed;
      };
      const asked = work().catch((error: unknown) => error);
      await reached.passed;
      expect(await one.hub.core.setFacts([[LIMITS, "ben notes/**:read"]])).toBe(true);
      two.store.beforeCommit = undefined;
      held.open();
      return asked;
    }

    beforeEach(async () => {
      const ada = await startDevice("ada", one);
      const page = ada.workspace.open("notes/a");
      page.doc.getText("body").insert(0, "of ada");
      await page.saved("server");
    });

    it("as to delete a subtree", async () => {
      const refused = await inBetween(() =>
        deleteFor(two.hub.core, BEN, { path: "notes", subtree: true }),
      );
      expect(refused).toMatchObject({ code: "access/denied" });
      expect(two.hub.core.subtrees.all).toEqual([]);
      expect(await one.hub.list("notes")).toMatchObject([{ head: 1 }]);
    });

    it("as to bring a document back", async () => {
      await one.hub.deleteDocument("notes/a");
      const refused = await inBetween(() => undeleteFor(two.hub.core, BEN, "notes/a"));
      expect(refused).toMatchObject({ code: "access/denied" });
      expect(await one.hub.list("notes")).toMatchObject([{ head: 0 }]);
    });
  });

  it("read the facts again where that failed, and where nothing is open", async () => {
    let fails = 1;
    const store = new HeldStore(disk, bus);
    const gate = createGate();
    const hub = await createHub({
      store,
      gate,
      clock: HASTY,
      async onFacts() {
        if (!(await store.readMeta(LIMITS))) return;
        if (fails-- > 0) throw new CroftError("store/failed", "The test makes this fail.");
        gate.limitUser("ben", []);
      },
    });
    open.push(hub);
    await one.hub.core.setFacts([[LIMITS, "ben notes/**:read"]]);
    const ben = { user: "ben", grants: grants("**:write") };
    await expect.poll(() => gate.check(ben, NOTE).access).toBe("none");
    expect(fails).toBeLessThan(0);
    expect(hub.core.isUpToDate).toBe(true);
  });

  it("end with a store that went back to an earlier state, in place of asking it for ever", async () => {
    const ada = await startDevice("ada", one);
    const page = ada.workspace.open("notes/a");
    await page.caughtUp();
    await one.hub.core.setFacts([[LIMITS, ""]]);
    disk.shared.facts = 0;
    page.doc.getText("body").insert(0, "later");
    await expect.poll(() => one.problems.map(({ code }) => code)).toContain("store/fenced");
    expect(page.state.saved).toBe("device");
  });

  it("[SYNC-13] know what a peer heard at another hub when it opens a document", async () => {
    bus.isCut = true;
    const writer = createWriterId(randomBytes);
    const greet = async ({ hub }: Node, attempt: number): Promise<RawPeer> => {
      const [near, far] = createMemoryWire().ends;
      servePeer(far, async () => ({ hub, principal: { user: "ada", grants: grants("**:write") } }));
      const peer = new RawPeer(near);
      peer.greet(writer, { attempt });
      await peer.next("welcome");
      return peer;
    };
    const ben = await startDevice("ben", two);
    await ben.workspace.open("notes/a").caughtUp();
    const peer = await greet(one, 1);
    const { epoch } = await peer.open("notes/a");
    peer.submit(1, typed(9, "heard"));
    const { at } = await peer.next("ack");
    if (!at) throw new Error("it may read");
    const again = await greet(two, 2);
    expect(await again.open("notes/a", { epoch, ...at })).toMatchObject({
      answer: "continue",
      head: 1,
      last: { n: 1 },
    });
  });

  it("[SYNC-13] do not undo a compaction that came in between", async () => {
    const ada = await startDevice("ada", one);
    const page = ada.workspace.open("notes/a");
    for (const word of ["one", "two", "three"]) {
      page.doc.getText("body").insert(0, word);
      await page.saved("server");
    }
    const atOne = hold(one);
    page.doc.getText("body").insert(0, "four");
    await atOne.reached;
    await two.hub.compactDocument("notes/a");
    atOne.release();
    await page.saved("server");
    const { base, head } = disk.documents.get(NOTE)?.record ?? {};
    expect({ base, head }).toEqual({ base: 3, head: 4 });
    const ben = await startDevice("ben", one);
    await ben.workspace.open("notes/a").caughtUp();
    expect(text(ben.workspace)).toBe("fourthreetwoone");
  });

  describe("tell each other who is at a document", () => {
    const seenBy = ({ workspace }: Device): string[] => {
      const { awareness } = workspace.open("notes/a");
      const others = [...awareness.getStates()].filter(([id]) => id !== awareness.clientID);
      return others.map(([, state]) => String(state["name"])).toSorted((a, b) => (a < b ? -1 : 1));
    };
    const show = ({ workspace }: Device, name: string): void =>
      workspace.open("notes/a").awareness.setLocalStateField("name", name);

    it("whoever was there first, and until they leave", async () => {
      const ada = await startDevice("ada", one);
      show(ada, "Ada");
      await ada.workspace.open("notes/a").caughtUp();
      const ben = await startDevice("ben", two);
      show(ben, "Ben");
      await expect.poll(() => [seenBy(ada), seenBy(ben)]).toEqual([["Ben"], ["Ada"]]);
      show(ada, "Ada Lovelace");
      await expect.poll(() => seenBy(ben)).toEqual(["Ada Lovelace"]);
      await ada.workspace.dispose();
      await expect.poll(() => seenBy(ben)).toEqual([]);
    });

    it("also those who move from one hub to the other", async () => {
      const [ada, ben] = [await startDevice("ada", one), await startDevice("ben", two)];
      show(ada, "Ada");
      show(ben, "Ben");
      await expect.poll(() => [seenBy(ada), seenBy(ben)]).toEqual([["Ben"], ["Ada"]]);
      const cleo = await startDevice("cleo", one);
      ada.move(two);
      await expect.poll(() => [seenBy(ada), seenBy(ben)]).toEqual([["Ben"], ["Ada"]]);
      await expect.poll(() => seenBy(cleo)).toEqual(["Ada", "Ben"]);
    });

    it("and forget who was at a hub that says nothing any more", async () => {
      const [ada, ben] = [await startDevice("ada", one), await startDevice("ben", two)];
      show(ada, "Ada");
      await ben.workspace.open("notes/a").caughtUp();
      await expect.poll(() => seenBy(ben)).toEqual(["Ada"]);
      bus.isCut = true;
      await expect.poll(() => seenBy(ben)).toEqual([]);
      bus.isCut = false;
      const cleo = await startDevice("cleo", two);
      cleo.workspace.open("notes/b");
      show(ada, "Ada again");
      await expect.poll(() => seenBy(ben)).toEqual(["Ada again"]);
    });
  });

  it("pass events on to each other's devices", async () => {
    const [ada, ben] = [await startDevice("ada", one), await startDevice("ben", two)];
    const heard: unknown[] = [];
    ben.workspace.events.listen(({ topic, data, user }) => heard.push([topic, data, user]));
    await expect
      .poll(() => {
        ada.workspace.events.publish("notes/rings", "hello");
        return heard[0];
      })
      .toEqual(["notes/rings", "hello", "ada"]);
  });

  it("compact at once, and harm nothing", async () => {
    const ada = await startDevice("ada", one);
    const page = ada.workspace.open("notes/a");
    for (let index = 0; index < 20; index++) {
      page.doc.getText("body").insert(0, `${index} `);
      await page.saved("server");
    }
    await Promise.all([one.hub.compactDocument("notes/a"), two.hub.compactDocument("notes/a")]);
    page.doc.getText("body").insert(0, "after ");
    await page.saved("server");
    const ben = await startDevice("ben", two);
    await ben.workspace.open("notes/a").caughtUp();
    expect(text(ben.workspace)).toBe(text(ada.workspace));
    expect([...one.problems, ...two.problems]).toEqual([]);
  });
});
