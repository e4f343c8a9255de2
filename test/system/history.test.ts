/** The history of a document at a real server: its log is compacted in a worker, it is killed, and it is still there. */

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createMemoryStore, openWorkspace, type Workspace } from "@croft/core";
import { mintToken } from "@croft/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SECRET, type ServerProcess, startServerProcess } from "../support/server-process.ts";

const BOARD = "kanban/board";

let data: string;
let server: ServerProcess;
const opened: Workspace[] = [];

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "croft-history-"));
  server = await startServerProcess({ data });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((workspace) => workspace.dispose()));
  await server.kill();
  await rm(data, { recursive: true, force: true });
});

async function open(user: string): Promise<Workspace> {
  const workspace = await openWorkspace({
    id: "acme",
    user,
    store: async () => createMemoryStore(),
    sync: {
      url: server.url,
      token: () => mintToken({ secret: SECRET, workspace: "acme", user, grants: ["**:write"] }),
    },
  });
  opened.push(workspace);
  return workspace;
}

/** How many parts of the history are in the server's file. */
async function partsOnDisk(): Promise<number> {
  const [file] = (await readdir(data)).filter((name) => name.endsWith(".sqlite"));
  const database = new DatabaseSync(join(data, file ?? ""), { readOnly: true });
  try {
    return Number(database.prepare("SELECT count(*) AS parts FROM history").get()?.["parts"]);
  } finally {
    database.close();
  }
}

it("is kept when its log is compacted, and over a crash", async () => {
  const ada = await open("ada");
  const plugin = ada.createPluginReplica("kanban", { version: "2.0.0" });
  const board = ada.open(BOARD);
  const theirs = plugin.open(BOARD);
  await Promise.all([board.caughtUp(), theirs.caughtUp()]);
  board.doc.getMap("tasks").set("before", "mine");
  await board.saved("server");
  for (let at = 0; at < 600; at++) {
    theirs.doc.getMap("tasks").set(`task ${at}`, "x".repeat(60));
    // One by one, as they are made by a person.
    await theirs.saved("device");
  }
  theirs.doc.getMap("tasks").delete("before");
  await theirs.saved("server");
  await expect.poll(partsOnDisk).toBe(1);
  await server.kill();
  server = await startServerProcess({ data, port: server.port });

  const ben = await open("ben");
  const history = ben.history(BOARD);
  await expect.poll(() => ben.sync.state.name).toBe("online");
  const { changes, complete } = await history.changes();
  expect(complete).toBe(true);
  // What was made in one go, in two parts: the log was compacted before it ended.
  const [end, start, mine] = changes;
  const author = { user: "ada", plugin: "kanban", version: "2.0.0" };
  expect([end?.author, start?.author, mine?.author]).toEqual([author, author, { user: "ada" }]);
  if (!start) throw new Error("something was changed");
  const before = await history.version(start, "before");
  expect(before.getMap("tasks").toJSON()).toEqual({ before: "mine" });
  await history.undo({ by: ({ plugin: id }) => id === "kanban" });
  await expect.poll(() => board.doc.getMap("tasks").toJSON()).toEqual({ before: "mine" });
});
