/** Three ways to read a document for the first time, each without anything known before. */

import { connectWebSocket, createMemoryStore, openWorkspace, parseDocPath } from "@croft/core";
import { openSqliteStore } from "@croft/persistence/sqlite";
import { mintToken } from "@croft/server";
import * as Y from "yjs";
import { countTraffic } from "../support/counting-channel.ts";
import { SECRET } from "../support/server-process.ts";
import { TEXT } from "./reference.ts";

/** Which document, on which server. */
export interface ColdTarget {
  readonly url: string;
  readonly workspace: string;
  readonly document: string;
}

/** What a cold reader got. */
export interface ColdRead {
  readonly text: string;
  /** From opening the workspace until everything that the server had was shown. */
  readonly ms: number;
  /** Bytes that came down. */
  readonly bytes: number;
}

/** A device that has never seen the workspace. */
export async function readCold({ url, workspace: id, document }: ColdTarget): Promise<ColdRead> {
  const token = await mintToken({ secret: SECRET, workspace: id, user: "cleo" });
  const traffic = { up: 0, down: 0 };
  const start = performance.now();
  const workspace = await openWorkspace({
    id,
    user: "cleo",
    store: async () => createMemoryStore(),
    sync: {
      url,
      token: () => token,
      connect: countTraffic((signal) => connectWebSocket(`${url}/sync/${id}`, { signal }), traffic),
    },
  });
  try {
    const page = workspace.open(document);
    await page.caughtUp();
    const ms = performance.now() - start;
    return { text: page.doc.getText(TEXT).toString(), ms, bytes: traffic.down };
  } finally {
    await workspace.dispose();
  }
}

/** The text in a SQLite store that no process has open. */
export async function readStore(file: string, document: string): Promise<string> {
  const store = await openSqliteStore({ path: file });
  try {
    const path = parseDocPath(document);
    const snapshot = await store.readSnapshot(path);
    const entries = await store.readLog(path, 0, Number.POSITIVE_INFINITY);
    const doc = new Y.Doc();
    doc.transact(() => {
      if (snapshot?.format === "v2") Y.applyUpdateV2(doc, snapshot.update);
      else if (snapshot) Y.applyUpdate(doc, snapshot.update);
      for (const { update } of entries) Y.applyUpdate(doc, update);
    });
    return doc.getText(TEXT).toString();
  } finally {
    await store.close();
  }
}
