/** Whether devices show the same, and how they differ where they do not. */

import {
  type Access,
  type DocPath,
  type DocumentHandle,
  parseDocPath,
  type Workspace,
} from "@croft/core";
import { contentHash } from "@croft/core/testing";
import * as Y from "yjs";

/** Who is compared. */
export interface Compared {
  readonly user: string;
  readonly workspace: Workspace;
  /** What its person may do at the server. */
  accessAbove(path: DocPath): Access;
}

/** How long to wait before devices are compared once more, in milliseconds. */
const PAUSE = 10;

/**
 * Resolves when all that the devices have is at the server, and every document is the same on all of them whose
 * people may read it.
 *
 * @throws Error when it is not so after `within` milliseconds.
 */
export async function waitUntilEqual(devices: readonly Compared[], within: number): Promise<void> {
  const end = Date.now() + within;
  let before: string | undefined;
  for (;;) {
    const signal = AbortSignal.timeout(Math.max(1, end - Date.now()));
    const state = await compare(devices, signal);
    // What plugins do about what they see comes a little later: it is over when nothing changes any more.
    if (state.same && state.content === before) return;
    before = state.content;
    if (Date.now() > end) {
      throw new Error(`The devices did not come together in ${within} ms: ${state.problem}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

interface State {
  readonly same: boolean;
  /** Differs whenever anything does. */
  readonly content: string;
  readonly problem: string;
}

async function compare(devices: readonly Compared[], signal: AbortSignal): Promise<State> {
  const paths = new Set<DocPath>();
  for (const { workspace } of devices) {
    for (const { path } of await workspace.list("")) paths.add(parseDocPath(path));
  }
  const contents: string[] = [];
  for (const path of [...paths].toSorted((a, b) => (a < b ? -1 : 1))) {
    const shown = new Map<string, string>();
    for (const device of devices) {
      const { user, workspace } = device;
      const handle = workspace.open(path);
      try {
        const problem = await arrive(handle, device.accessAbove(path), signal);
        if (problem !== undefined) {
          const content = `${path} ${problem}`;
          return { same: false, content, problem: `${path} of ${user} ${problem}.` };
        }
        if (handle.state.access === "none") continue;
        shown.set(contentHash(handle.doc), `${user} shows ${JSON.stringify(rootsOf(handle.doc))}`);
      } finally {
        handle.close();
      }
    }
    contents.push(path, ...shown.keys());
    if (shown.size > 1) {
      const problem = `of ${path}, ${[...shown.values()].join("; ")}.`;
      return { same: false, content: contents.join("\n"), problem };
    }
  }
  return { same: true, content: contents.join("\n"), problem: "something kept changing." };
}

/** Waits until a document is as it is at the server; says what is in the way, if that does not come about. */
async function arrive(
  handle: DocumentHandle,
  access: Access,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await handle.caughtUp({ signal });
    if (handle.state.access !== access)
      return `may be used with ${access} access, and does not know`;
    if (access !== "none") await handle.saved("server", { signal });
    return undefined;
  } catch (error) {
    if (signal.aborted) return "has not reached the server";
    return `is not saved: ${error instanceof Error ? error.message : String(error)}`;
  }
}

type Root = NonNullable<ReturnType<Y.Doc["share"]["get"]>>;

/** What a document shows, for people. */
function rootsOf(doc: Y.Doc): Record<string, unknown> {
  return Object.fromEntries([...doc.share].map(([name, type]) => [name, plain(type)]));
}

/** What a root holds, also where this device has not said yet which type it is. */
function plain(type: Root): unknown {
  if (Object.getPrototypeOf(type) !== Y.AbstractType.prototype) return type.toJSON();
  const { _map, _length } = type;
  return _map.size > 0 ? `a map with ${_map.size} keys` : `a sequence of ${_length}`;
}
