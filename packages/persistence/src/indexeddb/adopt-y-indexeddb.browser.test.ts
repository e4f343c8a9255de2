/** An application that kept its documents with y-indexeddb, the real one from npm, moves to croft. */

import {
  createGate,
  createHub,
  createMemoryChannelPair,
  createMemoryStore,
  createTag,
  type Hub,
  openWorkspace,
  parsePattern,
  servePeer,
  type Workspace,
} from "@croft/core";
import { openDB } from "idb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IndexeddbPersistence } from "y-indexeddb";
import * as Y from "yjs";
import { adoptYIndexeddb, deleteIndexeddbStore, indexeddbStore } from "./index.ts";

const PATH = "notes/a";
let server: Hub;
let names: string[];
const opened: Workspace[] = [];

beforeEach(async () => {
  server = await createHub({ store: createMemoryStore(), gate: createGate() });
  names = [];
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((workspace) => workspace.dispose()));
  await server.dispose();
  await Promise.all(names.map((name) => deleteIndexeddbStore(name)));
});

/** A device with a store in this browser. */
async function device(user = "ada", access: "read" | "write" = "write"): Promise<Workspace> {
  const name = `device-${createTag()}`;
  names.push(name);
  const workspace = await openWorkspace({
    id: "acme",
    user,
    store: indexeddbStore({ name }),
    sync: {
      url: "ws://in-process",
      connect: async () => {
        const [near, far] = createMemoryChannelPair();
        const grants = [{ pattern: parsePattern("**"), access }];
        servePeer(far, async () => ({ hub: server, principal: { user, grants } }));
        return near;
      },
    },
  });
  opened.push(workspace);
  return workspace;
}

/** What an application without croft left: a document in several updates, some of it deleted. */
async function left(edit: (doc: Y.Doc) => void, doc = new Y.Doc()): Promise<string> {
  const name = `y-${createTag()}`;
  names.push(name);
  const persistence = new IndexeddbPersistence(name, doc);
  await persistence.whenSynced;
  edit(doc);
  await persistence.destroy();
  return name;
}

function write(doc: Y.Doc): void {
  const body = doc.getText("body");
  body.insert(0, "kept text, gone");
  body.delete(9, 6);
  doc.getMap("meta").set("title", "Notes");
}

async function textAt(workspace: Workspace, path = PATH): Promise<string> {
  const page = workspace.open(path);
  await page.caughtUp();
  const text = page.doc.getText("body").toString();
  page.close();
  return text;
}

describe("what y-indexeddb kept", () => {
  it("is edits of this user, on this device and at the server; once more it changes nothing", async () => {
    const name = await left(write);
    const workspace = await device();
    const options = { workspace, name, path: PATH };
    expect(await adoptYIndexeddb(options)).toEqual({
      ...{ outcome: "added", path: PATH, incomplete: false },
    });
    const page = workspace.open(PATH);
    await page.saved("server");
    expect(await textAt(await device("bob"))).toBe("kept text");
    expect(await adoptYIndexeddb(options)).toMatchObject({ outcome: "known", path: PATH });
    page.doc.getText("body").insert(0, "and on: ");
    await page.saved("server");
    expect(await textAt(await device("eve"))).toBe("and on: kept text");
  });

  it("is adopted on two devices that both had it, and each had more", async () => {
    const shared = new Y.Doc();
    write(shared);
    const copyOf = (text: string) => (doc: Y.Doc) => {
      Y.applyUpdate(doc, Y.encodeStateAsUpdate(shared));
      doc.getText("body").insert(0, text);
    };
    const first = await left(copyOf("a"));
    const second = await left(copyOf("b"));
    const [ada, bob] = [await device("ada"), await device("bob")];
    await adoptYIndexeddb({ workspace: ada, name: first, path: PATH });
    await ada.open(PATH).saved("server");
    await textAt(bob);
    expect(await adoptYIndexeddb({ workspace: bob, name: second, path: PATH })).toMatchObject({
      ...{ outcome: "added", path: PATH },
    });
    await bob.open(PATH).saved("server");
    expect(["abkept text", "bakept text"]).toContain(await textAt(await device("eve")));
  });

  it("goes into another document where other edits are known under the same ids", async () => {
    const workspace = await device();
    const other = new Y.Doc();
    other.clientID = 7;
    const name = await left((doc) => doc.getText("body").insert(0, "from before"), other);
    const page = workspace.open(PATH);
    await page.caughtUp();
    const different = new Y.Doc();
    different.clientID = 7;
    different.getText("body").insert(0, "something else");
    Y.applyUpdate(page.doc, Y.encodeStateAsUpdate(different));
    await page.saved("server");
    for (const outcome of ["added", "known"]) {
      const adopted = await adoptYIndexeddb({ workspace, name, path: PATH });
      expect(adopted).toEqual({ outcome, path: `${PATH}-imported`, incomplete: false });
    }
    expect(await textAt(workspace)).toBe("something else");
    expect(await textAt(workspace, `${PATH}-imported`)).toBe("from before");
  });

  it("leaves out what builds on edits that are not in it, and says so", async () => {
    const doc = new Y.Doc();
    doc.getText("body").insert(0, "whole");
    const whole = Y.encodeStateAsUpdate(doc);
    doc.getText("body").insert(5, " lost");
    const middle = Y.encodeStateVector(doc);
    doc.getText("body").insert(10, " hanging");
    const name = await left((kept) => Y.applyUpdate(kept, whole));
    // As a page that was closed in the middle of saving leaves it.
    const database = await openDB(name);
    await database.add("updates", Y.encodeStateAsUpdate(doc, middle));
    database.close();
    const workspace = await device();
    expect(await adoptYIndexeddb({ workspace, name, path: PATH })).toMatchObject({
      ...{ outcome: "added", incomplete: true },
    });
    await workspace.open(PATH).saved("server");
    expect(await textAt(await device("bob"))).toBe("whole");
  });

  it("is nothing where there is no database, and none is made; and is refused to who may not write", async () => {
    const workspace = await device("eve", "read");
    const path = PATH;
    expect(await adoptYIndexeddb({ workspace, name: "none", path })).toMatchObject({
      outcome: "nothing",
    });
    expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain("none");
    const name = await left(write);
    await textAt(workspace);
    await expect(adoptYIndexeddb({ workspace, name, path })).rejects.toMatchObject({
      code: "access/denied",
    });
  });
});
