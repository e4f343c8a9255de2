import { afterEach, beforeEach, expect, it } from "vitest";
import * as Y from "yjs";
import type { GrantGate } from "./access/gate.ts";
import { createGate } from "./access/gate.ts";
import { createMemoryChannelPair } from "./channel/memory-channel.ts";
import { systemClock } from "./clock.ts";
import { type Device, openDevice } from "./device/device.ts";
import type { CroftError } from "./errors.ts";
import { createHub, type Hub } from "./hub/hub.ts";
import { servePeer } from "./hub/hub-session.ts";
import { createWriterId, randomBytes } from "./ids.ts";
import type { DocumentHandle } from "./replica/document-handle.ts";
import { createReplica, type Replica } from "./replica/replica.ts";
import { createMemoryStore } from "./store/memory-store.ts";
import { RawPeer } from "./testing/raw-peer.ts";
import { grants } from "./testing/rig.ts";

let gate: GrantGate;
let hub: Hub;
const problems: CroftError[] = [];
beforeEach(async () => {
  problems.length = 0;
  gate = createGate();
  const onProblem = (problem: CroftError | undefined): void =>
    void (problem && problems.push(problem));
  hub = await createHub({ store: createMemoryStore(), gate, onProblem });
});
afterEach(() => hub.dispose());

const connect = async () => {
  const [near, far] = createMemoryChannelPair();
  servePeer(far, async () => ({ hub, principal: { user: "ada", grants: grants("**:write") } }));
  return near;
};

const text = ({ doc }: DocumentHandle): string => doc.getText("body").toString();

/** What no message ever does: the document shows something else than it was told. */
function tamper({ doc }: DocumentHandle): void {
  const content = doc.getText("body")._start?.content;
  if (!(content instanceof Y.ContentString)) throw new Error("there is no text");
  content.str = content.str.toUpperCase();
}

it("[INV-1] a replica that shows something else than the log yields takes the document anew", async () => {
  const replica = createReplica({ connect, workspace: "w", compareEvery: 20 });
  const page = replica.open("notes/a");
  await page.caughtUp();
  page.doc.getText("body").insert(0, "as it is");
  await page.saved("device");
  tamper(page);
  expect(text(page)).toBe("AS IT IS");
  await expect.poll(() => text(page)).toBe("as it is");
  expect(problems).toMatchObject([{ code: "update/invalid", path: "notes/a" }]);
  page.doc.getText("body").insert(0, "still ");
  await page.saved("device");
  await replica.dispose();
});

it("[INV-1] a device takes it anew from its server, for all its replicas", async () => {
  const device: Device = await openDevice({
    workspace: "w",
    user: "ada",
    store: async () => createMemoryStore(),
    sync: { url: "ws://in-process", connect },
    gate: createGate(),
    clock: systemClock,
    random: randomBytes,
  });
  const join = (): Replica =>
    createReplica({
      connect: (signal) => device.connect("", signal),
      workspace: "w",
      compareEvery: 20,
    });
  const [one, two] = [join(), join()];
  const [page, other] = [one.open("notes/a"), two.open("notes/a")];
  await page.caughtUp();
  page.doc.getText("body").insert(0, "as it is");
  await page.saved("server");
  await expect.poll(() => text(other)).toBe("as it is");
  tamper(page);
  await expect.poll(() => text(page)).toBe("as it is");
  await expect.poll(() => text(other)).toBe("as it is");
  expect(problems).toMatchObject([{ code: "update/invalid" }]);
  other.doc.getText("body").insert(0, "still ");
  await other.saved("server");
  await expect.poll(() => text(page)).toBe("still as it is");
  await one.dispose();
  await two.dispose();
  await device.dispose();
});

it("a peer that says so again and again costs one look at the document in a while", async () => {
  const peer = new RawPeer(await connect());
  peer.greet(createWriterId());
  await peer.next("welcome");
  await peer.open("notes/a");
  const doc = new Y.Doc();
  doc.getText("body").insert(0, "x");
  peer.submit(1, Y.encodeStateAsUpdate(doc));
  await peer.next("ack");
  for (let i = 0; i < 50; i++)
    peer.send({ type: "compare", doc: 1, seq: 1, hash: "0011223344556677" });
  await peer.next("differs");
  await peer.heard();
  expect(peer.received.filter(({ type }) => type === "differs")).toEqual([]);
  expect(problems).toHaveLength(1);
});
