/** A client in this process: its own SQLite store, a real WebSocket, and somebody who types. */

import { setTimeout as delay } from "node:timers/promises";
import {
  createMemoryStore,
  type DocumentHandle,
  type OpenStore,
  openWorkspace,
  type Workspace,
} from "@croft/core";
import { sqliteStore } from "@croft/persistence/sqlite";
import { mintToken } from "@croft/server";
import { SECRET } from "../support/server-process.ts";
import type { Choices } from "./choices.ts";
import type { Contents, Ledger } from "./ledger.ts";
import { within } from "./until.ts";

/** The workspace of all crash tests. */
export const WORKSPACE = "crash";
/** The documents that everybody types into. */
export const PATHS = ["notes/a", "notes/b", "notes/c"] as const;
/** The name of the Y.Array in each. */
export const LIST = "values";

/** See the top of this file. */
export interface NodeClient {
  readonly name: string;
  readonly workspace: Workspace;
  /** Types values at random until the returned function is called, which waits for the last one. */
  type(choices: Choices): () => Promise<void>;
  contents(): Contents;
  /** For a person, when something hangs. */
  describe(): string;
  /** Resolves when all that was typed is on the server, its author knows, and the rest came down. */
  settled(): Promise<void>;
  dispose(): Promise<void>;
}

/** Opens a client with a store in the file `path`. */
export async function openNodeClient(options: {
  readonly name: string;
  /** Of the server; asked for anew before each connection, where it is a function. */
  readonly url: string | (() => string);
  readonly path: string;
  readonly ledger: Ledger;
}): Promise<NodeClient> {
  const { name, url, path, ledger } = options;
  const workspace = await open(name, url, sqliteStore({ path }));
  const handles = new Map(PATHS.map((each) => [each, workspace.open(each)]));
  const stops = [...handles.values()].flatMap((handle) => watch(handle, name, ledger));
  stops.push(workspace.onProblem((problem) => problem && ledger.wrong(`${name}: ${problem.code}`)));
  await Promise.all([...handles.values()].map(({ ready }) => ready));
  const waiting = new Set<Promise<void>>();
  let count = 0;

  /** One value in a transaction of its own. */
  function typeOne(document: (typeof PATHS)[number]): void {
    const handle = handles.get(document);
    if (!handle) return;
    const value = `${name}-${++count}`;
    ledger.typed(value, document);
    handle.doc.getArray<string>(LIST).push([value]);
    for (const level of ["device", "server"] as const) {
      const told = handle.saved(level).then(
        () => ledger.told(value, level),
        (error: unknown) => ledger.wrong(`${value} was not saved: ${String(error)}`),
      );
      waiting.add(told);
      void told.finally(() => waiting.delete(told));
    }
  }

  const describe = (): string => {
    const states = [...handles.values()].map(
      ({ state: { saved, waiting, live, error } }) =>
        `${saved} ${waiting} ${live ? "live" : "not live"} ${error?.code ?? ""}`,
    );
    return `${name} is ${workspace.sync.state.name}, ${waiting.size} answers are missing, ${states.join("; ")}`;
  };

  return {
    name,
    workspace,
    describe,
    type(choices) {
      let typing = true;
      const loop = async (): Promise<void> => {
        while (typing) {
          for (let left = choices.number(1, 4); left > 0; left--) typeOne(choices.pick(PATHS));
          await delay(choices.number(10, 60));
        }
      };
      const ended = loop();
      return () => {
        typing = false;
        return ended;
      };
    },
    contents: () => read(handles),
    async settled() {
      await within(Promise.all([...waiting]), describe);
      await within(Promise.all([...handles.values()].map((each) => each.caughtUp())), describe);
      const quarantined = await workspace.quarantine.list();
      if (quarantined.length > 0) ledger.wrong(`${quarantined.length} in ${name}'s quarantine`);
    },
    async dispose() {
      for (const stop of stops) stop();
      await workspace.dispose();
    },
  };
}

/** What a device that was never here before gets from the server. */
export async function readAfresh(url: string): Promise<Contents> {
  const workspace = await open("reader", url, async () => createMemoryStore());
  try {
    const handles = new Map(PATHS.map((each) => [each, workspace.open(each)]));
    await within(Promise.all([...handles.values()].map((each) => each.caughtUp())), () => {
      return `a new device is ${workspace.sync.state.name} and does not catch up`;
    });
    return read(handles);
  } finally {
    await workspace.dispose();
  }
}

/** A token for everything. */
export function tokenFor(user: string): Promise<string> {
  return mintToken({ secret: SECRET, workspace: WORKSPACE, user });
}

function open(user: string, url: string | (() => string), store: OpenStore): Promise<Workspace> {
  return openWorkspace({
    id: WORKSPACE,
    user,
    store,
    sync: { url, token: () => tokenFor(user), backOff: { first: 20, max: 200 } },
  });
}

/** Nobody refuses anything here, so that nothing may be taken back or built anew. */
function watch(handle: DocumentHandle, name: string, ledger: Ledger): (() => void)[] {
  return [
    handle.onReset(() => ledger.wrong(`${handle.path} was reset in ${name}`)),
    handle.onDenied(({ reason }) => ledger.wrong(`${handle.path} in ${name}: ${reason}`)),
  ];
}

function read(handles: ReadonlyMap<string, DocumentHandle>): Contents {
  return new Map(
    [...handles].map(([path, { doc }]) => [path, doc.getArray<string>(LIST).toArray()]),
  );
}
