/** What is run, how often and with how much in memory, when works need the content of documents. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGate, type GrantGate } from "../access/gate.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { type DocPath, parseDocPath } from "../doc-path.ts";
import { createWriterId } from "../ids.ts";
import { createGateway } from "../testing/gateway.ts";
import { RawPeer, typed } from "../testing/raw-peer.ts";
import { createFaultyStore, type FaultyStore, grants } from "../testing/rig.ts";
import type { Draft } from "./draft.ts";
import { createHub, type Hub } from "./hub.ts";
import type { HubDocument } from "./hub-document.ts";
import { servePeer } from "./hub-session.ts";

let store: FaultyStore;
let gate: GrantGate;
let hub: Hub;

beforeEach(async () => {
  store = createFaultyStore();
  gate = createGate();
  hub = await createHub({ store, gate, compactor: () => Promise.reject(new Error("not here")) });
});
afterEach(() => hub.dispose());

async function documents(count: number): Promise<readonly HubDocument[]> {
  const paths = Array.from({ length: count }, (_, i) => parseDocPath(`notes/${i}`));
  return Promise.all(paths.map((path) => hub.core.acquire(path)));
}

/** Enqueues a work; resolves with what becomes of it. */
function enqueue(
  document: HubDocument,
  run: (draft: Draft) => void,
): Promise<"committed" | "failed"> {
  return new Promise((resolve) => {
    hub.core.enqueue(document, {
      run,
      committed: () => resolve("committed"),
      failed: () => resolve("failed"),
    });
  });
}

function append(draft: Draft, bytes = 1): void {
  const update = new Uint8Array(bytes);
  draft.append({ update, writer: createWriterId(), n: 1, author: "ada" });
}

/** The paths of the documents of each commit from here on. */
function commits(): readonly (readonly DocPath[])[] {
  const all: DocPath[][] = [];
  store.beforeCommit = ({ documents: changes = [] }) => {
    all.push(changes.map(({ record }) => record.path));
  };
  return all;
}

describe("works that need the content of their documents", () => {
  it("[INV-5] are run twice at most, and the works of other documents once", async () => {
    const [plain, ...hungry] = await documents(201);
    if (!plain) throw new Error("there is no document");
    let runs = 0;
    let others = 0;
    const needing = hungry.map((document) =>
      enqueue(document, (draft) => {
        runs++;
        expect(draft.everything).toEqual([]);
      }),
    );
    await enqueue(plain, () => {
      others++;
    });
    expect(await Promise.all(needing)).toEqual(needing.map(() => "committed"));
    expect(runs).toBe(2 * hungry.length);
    expect(others).toBe(1);
  });

  it("[INV-5] hold a bounded amount of it; the rest takes part in later commits, in order", async () => {
    const all = await documents(7);
    await Promise.all(
      all.map((document) => enqueue(document, (draft) => append(draft, 7_000_000))),
    );
    const committed = commits();
    let runs = 0;
    const orders = await Promise.all(
      all.map(async (document) => {
        const order: string[] = [];
        const outcomes = ["first", "second", "third"].map((name) =>
          enqueue(document, (draft) => {
            runs++;
            const known = name === "second" ? draft.everything.length : 0;
            append(draft);
            draft.after(() => order.push(`${name} ${known}`));
          }),
        );
        await Promise.all(outcomes);
        return order;
      }),
    );
    expect(committed.map((paths) => paths.length)).toEqual([3, 3, 1]);
    expect(committed.flat()).toEqual(all.map(({ path }) => path));
    expect(orders).toEqual(all.map(() => ["first 0", "second 2", "third 0"]));
    // Until the second one asks, and all of them with the content.
    expect(runs).toBe(all.length * (2 + 3));
  });

  it("come before those that arrived while something was read", async () => {
    const [first, second] = await documents(2);
    if (!first || !second) throw new Error("there are no documents");
    const [reading, read] = [createGateway(), createGateway()];
    store.afterRead = (method) => {
      if (method !== "readSnapshot") return undefined;
      reading.open();
      return read.passed;
    };
    const order: string[] = [];
    const asks = (name: string) => (draft: Draft) => {
      const known = draft.everything.length;
      draft.after(() => order.push(`${name} ${known}`));
    };
    const outcomes = [
      // Asks at the first commit, and is read for the second one, at which the other asks.
      enqueue(first, (draft) => {
        if (!draft.content) outcomes.push(enqueue(second, asks("asking")));
        asks("read")(draft);
      }),
    ];
    await reading.passed;
    outcomes.push(enqueue(second, (draft) => draft.after(() => order.push("later"))));
    read.open();
    await expect.poll(() => order).toEqual(["read 0", "asking 0", "later"]);
    expect(await Promise.all(outcomes)).toEqual(["committed", "committed", "committed"]);
  });

  it("[SYNC-14] are judged when it was read, and nobody else waits for that", async () => {
    const [near, far] = createMemoryChannelPair();
    const principal = { user: "ada", grants: grants("**:write") };
    servePeer(far, async () => ({ hub, principal }));
    const ada = new RawPeer(near);
    ada.greet(createWriterId());
    await ada.next("welcome");
    await ada.open("notes/0");
    ada.submit(1, typed(9, "once"));
    await ada.next("ack");
    const [reading, read] = [createGateway(), createGateway()];
    store.afterRead = (method) => {
      if (method !== "readSnapshot") return undefined;
      reading.open();
      return read.passed;
    };
    const [, other] = await documents(2);
    if (!other) throw new Error("there are no documents");
    // Known structs are compared with what is there.
    ada.submit(2, typed(9, "once"));
    await enqueue(other, append);
    await reading.passed;
    expect(other.record.head).toBe(1);
    gate.limitUser("ada", []);
    read.open();
    expect(await ada.next("denied")).toMatchObject({ n: 2, code: "no-access" });
  });
});

describe("a work that throws", () => {
  it("[SYNC-16] aborts the drafts of all documents, also those made before it", async () => {
    const [before, failing, after] = await documents(3);
    if (!before || !failing || !after) throw new Error("there are no documents");
    const aborted: string[] = [];
    const outcomes = [
      enqueue(before, (draft) => draft.onAbort(() => aborted.push("before"))),
      enqueue(failing, (draft) => {
        draft.onAbort(() => aborted.push("failing"));
        throw new Error("a bug");
      }),
      enqueue(after, (draft) => draft.onAbort(() => aborted.push("after"))),
    ];
    expect(await Promise.all(outcomes)).toEqual(["failed", "failed", "failed"]);
    expect(aborted.toSorted()).toEqual(["before", "failing"]);
    // And the hub goes on.
    expect(await enqueue(failing, append)).toBe("committed");
  });

  it("fails also those that wait for content", async () => {
    const [asking, failing] = await documents(2);
    if (!asking || !failing) throw new Error("there are no documents");
    let runs = 0;
    const outcomes = [
      enqueue(asking, (draft) => {
        runs++;
        expect(draft.everything).toEqual([]);
      }),
      enqueue(failing, () => {
        throw new Error("a bug");
      }),
    ];
    expect(await Promise.all(outcomes)).toEqual(["failed", "failed"]);
    expect(runs).toBe(1);
    expect(await enqueue(asking, append)).toBe("committed");
  });
});
