import { expect, it } from "vitest";
import { createGate } from "../access/gate.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { createHub } from "../hub/hub.ts";
import { servePeer } from "../hub/hub-session.ts";
import { createWriterId, fromHex } from "../ids.ts";
import { createMemoryStore } from "../store/memory-store.ts";
import { RawPeer } from "../testing/raw-peer.ts";
import { grants } from "../testing/rig.ts";
import { createReplica } from "./replica.ts";

/** Found by the fuzz test: sound as bytes and one by one; all in one transaction Yjs throws. */
const POISON = [
  "0303030041020101660300016201310100030102030200000207010174020001030100070101740427000100016b02c4020301010261610103010102",
  "0101020404010174016100",
  "02030205c70204020101810203020002030104840101026161460105016201314701020400",
  "0103010887010701a4010002616100020101010003",
];

it("[INV-5] content that Yjs throws on ends one document, and nothing else", async () => {
  const hub = await createHub({ store: createMemoryStore(), gate: createGate() });
  const channelOf = (user: string) => {
    const [near, far] = createMemoryChannelPair();
    servePeer(far, async () => ({ hub, principal: { user, grants: grants("**:write") } }));
    return near;
  };
  const mallory = new RawPeer(channelOf("mallory"));
  mallory.greet(createWriterId());
  await mallory.next("welcome");
  await mallory.open("notes/page");
  for (const [index, hex] of POISON.entries()) {
    mallory.submit(index + 1, fromHex(hex));
    await mallory.next("ack");
  }
  const replica = createReplica({ workspace: "acme", connect: async () => channelOf("ada") });
  const page = replica.open("notes/page");
  await expect.poll(() => page.state.error?.code).toBe("update/invalid");
  const other = replica.open("notes/other");
  await other.caughtUp();
  other.doc.getText("body").insert(0, "goes on");
  await other.saved("device");
  expect(replica.session.name).toBe("open");
  await replica.dispose();
  await hub.dispose();
});
