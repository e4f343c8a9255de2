import { afterEach, expect, it } from "vitest";
import { createGate } from "../access/gate.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { createHub, type Hub } from "../hub/hub.ts";
import { servePeer } from "../hub/hub-session.ts";
import { createMemoryStore } from "../store/memory-store.ts";
import { grants } from "../testing/rig.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";

let hub: Hub | undefined;
let workspace: Workspace | undefined;
afterEach(async () => {
  await workspace?.dispose();
  await hub?.dispose();
});

it("the browser's word that the network is gone, or back, is taken at once", async () => {
  const server = await createHub({ store: createMemoryStore(), gate: createGate() });
  hub = server;
  let connects = 0;
  workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
    sync: {
      url: "ws://in-process",
      // Far longer than the test: what comes back comes by the event.
      backOff: { first: 600_000, max: 600_000 },
      connect: async () => {
        connects++;
        const [near, far] = createMemoryChannelPair();
        const principal = { user: "ada", grants: grants("**:write") };
        servePeer(far, async () => ({ hub: server, principal }));
        return near;
      },
    },
  });
  const { sync } = workspace;
  await expect.poll(() => sync.state.name).toBe("online");
  window.dispatchEvent(new Event("offline"));
  expect(sync.state).toMatchObject({ name: "offline" });
  const page = workspace.open("notes/page");
  page.doc.getText("body").insert(0, "on the train");
  await page.saved("device");
  window.dispatchEvent(new Event("online"));
  await page.saved("server");
  expect(sync.state.name).toBe("online");
  expect(connects).toBe(2);
});
