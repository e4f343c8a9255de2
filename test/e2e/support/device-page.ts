/**
 * A tab of an application, as small as it can be: `window.device` is what tests drive. It runs in the
 * browser; its types are all that tests import.
 */

import {
  type DocumentHandle,
  type DocumentRecord,
  type ListedAbove,
  openWorkspace,
  type Workspace,
} from "@croft/core";
import { indexeddbStore } from "@croft/persistence/indexeddb";

/** What a tab opens. */
export interface DeviceOptions {
  /** Of this tab; the values that it types start with it. */
  readonly name: string;
  readonly workspace: string;
  readonly user: string;
  readonly token: string;
  /** The server, `ws://…`. */
  readonly url: string;
  /** The IndexedDB database; tabs that name the same share it. */
  readonly database: string;
  readonly paths: readonly string[];
  /** The name of the Y.Array in each document. */
  readonly list: string;
  /** Whether it may reach the server before {@link DevicePage.goOnline}. */
  readonly online: boolean;
}

/** What a tab says by itself, through the binding `told`. */
export interface Told {
  readonly tab: string;
  readonly what: "typed" | "device" | "server" | "wrong";
  /** The value, or what is wrong. */
  readonly value: string;
  readonly path: string;
  /** Milliseconds since 1970: tabs and tests are on one machine. */
  readonly at: number;
}

/** How a tab types. */
export interface TypingOptions {
  /** Which waits, in milliseconds, between two values; over and over. */
  readonly pauses: readonly number[];
}

/** What tests call in a tab. */
export interface DevicePage {
  /** Resolves when all that is stored is shown. */
  open(options: DeviceOptions): Promise<void>;
  contents(): (readonly [path: string, values: readonly string[]])[];
  goOnline(): void;
  /** Types one value after the other, into all documents in turn, until {@link stopTyping}. */
  startTyping(options: TypingOptions): void;
  stopTyping(): void;
  /** Resolves when all that this tab typed is on the server, and all that was there came down. */
  settled(): Promise<void>;
  /** Resolves when the device's database has the list of all that was changed: nothing is to be stored then. */
  listed(): Promise<void>;
  /** Whether it is this tab that leads the device. */
  leads(): Promise<boolean>;
  databases(): Promise<readonly string[]>;
  /** For a person, when something hangs. */
  describe(): string;
  /** Keeps this tab's process busy for so many milliseconds. */
  burn(ms: number): void;
}

declare global {
  interface Window {
    device: DevicePage;
    told(news: Told): Promise<void>;
  }
}

interface Opened {
  readonly options: DeviceOptions;
  readonly workspace: Workspace;
  readonly handles: ReadonlyMap<string, DocumentHandle>;
}

let opened: Opened | undefined;
let online = false;
let typing: ReturnType<typeof setTimeout> | undefined;
let count = 0;

window.device = {
  async open(options) {
    online = options.online;
    const { workspace: id, user, url, token, paths, database } = options;
    const workspace = await openWorkspace({
      id,
      user,
      store: indexeddbStore({ name: database }),
      sync: {
        url: () => (online ? url : Promise.reject(new Error("the test holds this tab offline"))),
        token: () => token,
        backOff: { first: 20, max: 200 },
      },
    });
    workspace.onProblem((problem) => problem && say("wrong", problem.code, ""));
    const handles = new Map(paths.map((path) => [path, workspace.open(path)]));
    for (const [path, handle] of handles) {
      handle.onReset(() => say("wrong", "the document was reset", path));
      handle.onDenied(({ reason }) => say("wrong", `denied: ${reason}`, path));
    }
    opened = { options, workspace, handles };
    await Promise.all([...handles.values()].map(({ ready }) => ready));
  },
  contents() {
    const { handles, options } = device();
    return [...handles].map(([path, { doc }]) => [
      path,
      doc.getArray<string>(options.list).toArray(),
    ]);
  },
  goOnline() {
    online = true;
    device().workspace.sync.retry();
  },
  startTyping({ pauses }) {
    const { options } = device();
    const next = (): void => {
      const index = count++;
      const path = options.paths[index % options.paths.length];
      if (path !== undefined) type(path, `${options.name}-${index}`);
      typing = setTimeout(next, pauses[index % pauses.length]);
    };
    next();
  },
  stopTyping() {
    clearTimeout(typing);
  },
  async settled() {
    const { handles } = device();
    await Promise.all([...handles.values()].map((handle) => handle.saved("server")));
    await Promise.all([...handles.values()].map((handle) => handle.caughtUp()));
  },
  async listed() {
    const database = await answerOf(indexedDB.open(device().options.database));
    const read = <T>(store: string): Promise<T[]> =>
      answerOf<T[]>(database.transaction(store).objectStore(store).getAll());
    const isListed = async (): Promise<boolean> => {
      const listed = await read<ListedAbove>("listing");
      return (await read<DocumentRecord>("documents")).every(({ path, upstream }) => {
        const head = listed.find((row) => row.path === path)?.head ?? 0;
        return head === (upstream?.cursor?.seq ?? 0);
      });
    };
    while (!(await isListed())) await new Promise((resolve) => setTimeout(resolve, 20));
    database.close();
  },
  async leads() {
    const { database } = device().options;
    // A lock of a random name tells under which id the platform knows this tab.
    const own = crypto.randomUUID();
    return navigator.locks.request(own, async () => {
      const { held = [] } = await navigator.locks.query();
      const holder = (name: string) => held.find((lock) => lock.name === name)?.clientId;
      return holder(`croft/indexeddb/${database}/lead`) === holder(own);
    });
  },
  async databases() {
    return (await indexedDB.databases()).map(({ name }) => name ?? "");
  },
  describe() {
    const { workspace, handles } = device();
    const states = [...handles.values()].map(({ state }) => state);
    return `${document.visibilityState}, ${JSON.stringify(workspace.sync.state)}, ${JSON.stringify(states)}`;
  },
  burn(ms) {
    const end = performance.now() + ms;
    while (performance.now() < end);
  },
};

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("no error")));
  });
}

function device(): Opened {
  if (!opened) throw new Error("This tab has not opened a workspace.");
  return opened;
}

function type(path: string, value: string): void {
  const { options, handles } = device();
  const handle = handles.get(path);
  if (!handle) return;
  say("typed", value, path);
  handle.doc.getArray<string>(options.list).push([value]);
  for (const level of ["device", "server"] as const) {
    handle.saved(level).then(
      () => say(level, value, path),
      (error: unknown) => say("wrong", `${value} was not saved: ${String(error)}`, path),
    );
  }
}

function say(what: Told["what"], value: string, path: string): void {
  const tab = opened?.options.name ?? "";
  void window.told({ tab, what, value, path, at: Date.now() });
}
