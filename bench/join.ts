/** Opening a document with 260,000 operations of history for the first time. */

import {
  type Connect,
  connectWebSocket,
  createMemoryStore,
  createReplica,
  openWorkspace,
} from "@croft/core";
import { mintToken } from "@croft/server";
import * as Y from "yjs";
import { countTraffic, type Traffic } from "../test/support/counting-channel.ts";
import { SECRET } from "../test/support/server-process.ts";
import { loadAutomergePaper } from "../test/support/trace.ts";
import { median, printTable } from "./report.ts";
import { startCroft } from "./servers.ts";

const WORKSPACE = "bench";
const PAGE = "notes/paper";
const REPETITIONS = 5;

interface Join {
  readonly ms: number;
  readonly bytes: number;
}

/** Prints the table. */
export async function benchJoin(): Promise<void> {
  const token = await mintToken({ secret: SECRET, workspace: WORKSPACE, user: "bench" });
  const server = await startCroft();
  try {
    const dial: Connect = (signal) =>
      connectWebSocket(`${server.url}/sync/${WORKSPACE}`, { signal });
    const state = await write(dial, token);
    const expected = read(state).text;
    const check = (doc: Y.Doc): void => {
      if (doc.getText("body").toString() !== expected) throw new Error("a reader got another text");
    };
    const kinds: readonly { readonly name: string; readonly join: () => Promise<Join> }[] = [
      { name: "replica, straight to the server", join: () => joinReplica(dial, token, check) },
      {
        name: "workspace: device (memory store) and replica",
        join: () => joinWorkspace(server.url, dial, token, check),
      },
      { name: "Yjs alone: applyUpdateV2 of the whole state", join: async () => read(state) },
    ];
    const runs = kinds.map((): Join[] => []);
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      for (const [index, { join }] of kinds.entries()) runs[index]?.push(await join());
    }
    printTable(
      `join: first opening of a document of 259,778 operations (medians of ${REPETITIONS})`,
      ["how", "ms", "bytes down"],
      kinds.map(({ name }, index) => [
        name,
        median((runs[index] ?? []).map(({ ms }) => ms)),
        median((runs[index] ?? []).map(({ bytes }) => bytes)),
      ]),
    );
  } finally {
    await server.stop();
  }
}

/** Writes the document, batch by batch; returns its whole state. */
async function write(connect: Connect, token: string): Promise<Uint8Array> {
  const replica = createReplica({ connect, workspace: WORKSPACE, token: () => token });
  const page = replica.open(PAGE);
  await page.ready;
  const { batches, endContent } = loadAutomergePaper();
  for (const batch of batches) {
    const text = page.doc.getText("body");
    for (const { at, deleted, inserted } of batch) {
      page.doc.transact(() => {
        if (deleted > 0) text.delete(at, deleted);
        if (inserted) text.insert(at, inserted);
      });
    }
    await page.saved("device");
  }
  if (page.doc.getText("body").toString() !== endContent)
    throw new Error("the author reads another text");
  const state = Y.encodeStateAsUpdateV2(page.doc);
  await replica.dispose();
  return state;
}

function read(state: Uint8Array): Join & { readonly text: string } {
  const doc = new Y.Doc();
  const start = performance.now();
  Y.applyUpdateV2(doc, state);
  const ms = performance.now() - start;
  return { ms, bytes: state.byteLength, text: doc.getText("body").toString() };
}

async function joinReplica(
  dial: Connect,
  token: string,
  check: (doc: Y.Doc) => void,
): Promise<Join> {
  const traffic: Traffic = { up: 0, down: 0 };
  const start = performance.now();
  const connect = countTraffic(dial, traffic);
  const replica = createReplica({ connect, workspace: WORKSPACE, token: () => token });
  const page = replica.open(PAGE);
  // A replica's own hub is here the server: what is ready is all that there is.
  await page.ready;
  const ms = performance.now() - start;
  check(page.doc);
  await replica.dispose();
  return { ms, bytes: traffic.down };
}

async function joinWorkspace(
  url: string,
  dial: Connect,
  token: string,
  check: (doc: Y.Doc) => void,
): Promise<Join> {
  const traffic: Traffic = { up: 0, down: 0 };
  const start = performance.now();
  const workspace = await openWorkspace({
    id: WORKSPACE,
    user: "bench",
    store: async () => createMemoryStore(),
    sync: { url, token: () => token, connect: countTraffic(dial, traffic) },
  });
  const page = workspace.open(PAGE);
  await page.caughtUp();
  const ms = performance.now() - start;
  check(page.doc);
  await workspace.dispose();
  return { ms, bytes: traffic.down };
}
