/** What every author's process does, whatever it types: opens its device and talks to the test. */

import { setImmediate as nextTask } from "node:timers/promises";
import {
  type Connect,
  connectWebSocket,
  type DocumentHandle,
  openWorkspace,
  type RandomBytes,
  randomBytes,
  type Workspace,
} from "@croft/core";
import { sqliteStore } from "@croft/persistence/sqlite";
import * as Y from "yjs";
import { countTraffic, type Traffic } from "../support/counting-channel.ts";
import type { Keystroke } from "../support/trace.ts";
import type { AuthorCommand, AuthorMessage, AuthorNews, AuthorOrders } from "./author-messages.ts";
import { TEXT } from "./reference.ts";

/** An author's open document. */
export interface Desk {
  readonly workspace: Workspace;
  readonly page: DocumentHandle;
  readonly text: () => string;
  type(keystroke: Keystroke): void;
  tell(news: AuthorNews): void;
  /** The state of everything, for a person. */
  describe(): string;
}

/** How long an author waits for anything, in milliseconds: then something is lost, and it says what. */
const PATIENCE = 60_000;

/** The orders of this process. */
export function readOrders(): AuthorOrders {
  return JSON.parse(process.argv[2] ?? "") as AuthorOrders;
}

/** Opens the device's store and the document; resolves when what is stored is shown. */
export async function openDesk(
  orders: AuthorOrders,
  hold: (connect: Connect) => Connect,
): Promise<Desk> {
  const { url, token, user, agent } = orders;
  const traffic: Traffic = { up: 0, down: 0 };
  const dial: Connect = (signal) => connectWebSocket(`${url}/sync/${orders.workspace}`, { signal });
  const workspace = await openWorkspace({
    id: orders.workspace,
    user,
    store: sqliteStore({ path: orders.store }),
    sync: {
      url,
      token: () => token,
      connect: hold(countTraffic(dial, traffic)),
      backOff: { first: 20, max: 200 },
    },
    random: randomOf(agent),
  });
  const page = workspace.open(orders.document);
  // A replay has no edits that anybody may refuse. Both would make it end in another text.
  page.onReset(() => fail("the document was reset"));
  page.onDenied(({ reason }) => fail(`an edit was denied: ${reason}`));
  await page.ready;
  process.on("message", ({ type }: AuthorCommand) => {
    if (type === "stop") void workspace.dispose().then(() => process.disconnect());
  });
  return {
    workspace,
    page,
    text: () => page.doc.getText(TEXT).toString(),
    type({ at, deleted, inserted }) {
      const body = page.doc.getText(TEXT);
      page.doc.transact(() => {
        if (deleted > 0) body.delete(at, deleted);
        if (inserted) body.insert(at, inserted);
      });
    },
    tell(news) {
      process.send?.({ ...news, traffic: { ...traffic } } satisfies AuthorMessage);
    },
    describe: () =>
      `link ${workspace.sync.state.name}; document ${JSON.stringify(page.state)} ${page.state.error?.message ?? ""}; ` +
      `text of ${page.doc.getText(TEXT).length}`,
  };
}

/** How many characters this author, in all his lives, has inserted into the document. */
export function insertedBy(agent: 0 | 1, { doc }: DocumentHandle): number {
  let sum = 0;
  for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(doc))) {
    if (isIdOf(agent, client)) sum += clock;
  }
  return sum;
}

// Yjs orders concurrent inserts by client id, so the recorded text comes about only if agent 0 has
// the smaller id in each of his lives. Client ids are drawn as four random bytes.
function randomOf(agent: 0 | 1): RandomBytes {
  return (length) => {
    const bytes = randomBytes(length);
    const [first = 0] = bytes;
    if (length === 4) bytes[0] = agent === 0 ? first & 0x7f : first | 0x80;
    return bytes;
  };
}

function isIdOf(agent: 0 | 1, client: number): boolean {
  return client >= 0x80000000 === (agent === 1);
}

/** Rejects with what `describe` says if `promise` takes longer than anything should. */
export async function patiently<T>(promise: Promise<T>, describe: () => string): Promise<T> {
  const timer = Promise.withResolvers<never>();
  const timeout = setTimeout(() => timer.reject(new Error(describe())), PATIENCE);
  try {
    return await Promise.race([promise, timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}

/** Types on until the process is killed; for that the event loop has to turn. */
export async function awaitDeath(): Promise<never> {
  await patiently(new Promise(() => undefined), () => "nobody killed this author");
  return fail("unreachable");
}

/** Lets messages and timers come between two keystrokes. */
export async function breathe(): Promise<void> {
  await nextTask();
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
