/**
 * A device: the hub over the device's store and the link to the server, for one user of one
 * workspace. Exactly one of them is open for a store at a time.
 */

import type { Grant, Principal } from "../access/access.ts";
import type { GrantGate } from "../access/gate.ts";
import type { Channel, Connect } from "../channel/channel.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { connectWebSocket } from "../channel/websocket-channel.ts";
import type { Clock } from "../clock.ts";
import { type DocPath, parsePattern } from "../doc-path.ts";
import { createEmitter, type Unsubscribe } from "../emitter.ts";
import { CroftError, toCroftError } from "../errors.ts";
import { createWriterId, isWriterId, type RandomBytes, type Tag, type WriterId } from "../ids.ts";
import { DELETED_CONTENT } from "../hub/deletion.ts";
import { createHub, type Hub } from "../hub/hub.ts";
import { servePeer } from "../hub/hub-session.ts";
import { Link, WRITER_META } from "../link/link.ts";
import type { ClientSession } from "../session/client-session.ts";
import type { DocumentRecord, OpenStore, QuarantineRecord, Store } from "../store/store.ts";
import type { SyncOptions } from "./sync-options.ts";
import { describeSession, type SyncState } from "./sync-state.ts";

/** What a workspace needs of its device, wherever the device's hub runs. */
export interface DevicePort {
  /** Opens a channel into the device's hub, for the application or for a plugin. */
  connect(plugin: string | undefined, signal: AbortSignal): Promise<Channel>;
  list(prefix: string): Promise<readonly DocumentRecord[]>;
  readonly sync: {
    readonly state: SyncState;
    onState(listener: (state: SyncState) => void): Unsubscribe;
    pause(): void;
    resume(): void;
    retry(): void;
  };
  listQuarantine(path: DocPath | undefined): Promise<readonly QuarantineRecord[]>;
  discard(id: Tag): Promise<void>;
  /** Puts refused edits back into their document. */
  retry(id: Tag): Promise<void>;
  onQuarantine(listener: () => void): Unsubscribe;
  readonly problem: CroftError | undefined;
  onProblem(listener: (problem: CroftError | undefined) => void): Unsubscribe;
  dispose(): Promise<void>;
}

/** A device whose hub runs here. */
export interface Device extends DevicePort {
  /** Lets a peer in whose channel vouches for it; `identify` says who it is. */
  serve(channel: Channel, identify: (hello: { readonly token: string }) => Principal): void;
}

/** Options of {@link openDevice}. */
export interface DeviceOptions {
  readonly workspace: string;
  readonly user: string;
  readonly store: OpenStore;
  readonly sync: SyncOptions | undefined;
  readonly gate: GrantGate;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** As of `openWorkspace`. */
  readonly lostRead?: "keep" | "erase" | undefined;
  /** Whether the link stays offline at first: the tab that led before was told to. */
  readonly paused?: boolean | undefined;
}

const EVERYTHING: readonly Grant[] = [{ pattern: parsePattern("**"), access: "write" }];

/**
 * Opens the store and starts hub and link.
 *
 * @throws CroftError `store/…` when the store cannot be opened or is another user's.
 */
export async function openDevice(options: DeviceOptions): Promise<Device> {
  const { workspace, user, gate, clock, random, sync } = options;
  const store = await options.store();
  const problems = createEmitter<CroftError | undefined>();
  let problem: CroftError | undefined;
  const setProblem = (next: CroftError | undefined): void => {
    if (next === problem || (next && problem && sameProblem(next, problem))) return;
    problem = next;
    problems.emit(next);
  };
  let hub: Hub;
  let writer: WriterId;
  try {
    const initial = await birthOf(store, options);
    hub = await createHub({ store, gate, clock, random, initial, onProblem: setProblem });
    writer = await writerOf(store, options);
  } catch (error) {
    await store.close();
    throw error;
  }
  const stopLost = store.onLost((error) =>
    setProblem(toCroftError(error, "store/closed", "The device's storage was closed")),
  );
  const link = sync
    ? new Link({
        hub: hub.core,
        workspace,
        user,
        writer,
        agent: "croft",
        connect: connectOf(sync, workspace),
        token: sync.token,
        backOff: sync.backOff,
        onProblem: setProblem,
        paused: options.paused ?? false,
        erasesLost: options.lostRead === "erase",
      })
    : undefined;
  const states = createEmitter<SyncState>();
  link?.session.onState(() => states.emit(describeSession(link.session)));
  const stopNetwork = link ? listenToNetwork(link.session) : () => undefined;
  try {
    await link?.start();
  } catch (error) {
    stopNetwork();
    stopLost();
    link?.dispose();
    await hub.dispose();
    throw error;
  }
  const serve: Device["serve"] = (channel, identify) => {
    servePeer(channel, async (hello) => ({ hub, principal: identify(hello) }), { clock });
  };
  return {
    serve,
    connect(plugin) {
      const [near, far] = createMemoryChannelPair();
      const principal: Principal = { user, plugin, grants: plugin === undefined ? EVERYTHING : [] };
      serve(far, () => principal);
      return Promise.resolve(near);
    },
    list: (prefix) => hub.list(prefix),
    sync: {
      get state(): SyncState {
        return link ? describeSession(link.session) : { name: "none" };
      },
      onState: (listener) => states.on(listener),
      pause: () => link?.pause(),
      resume: () => link?.resume(),
      retry: () => link?.session.retry(),
    },
    listQuarantine: async (path) => {
      const records = await store.readQuarantine(path);
      // What a deletion took is for `undelete`.
      return records.filter(({ code }) => code !== DELETED_CONTENT);
    },
    discard: (id) => hub.core.discard(id),
    retry: (id) => hub.core.retry(id, { user, grants: EVERYTHING }),
    onQuarantine: (listener) => hub.core.quarantineChanges.on(listener),
    get problem() {
      return problem;
    },
    onProblem: (listener) => problems.on(listener),
    async dispose() {
      stopNetwork();
      stopLost();
      link?.dispose();
      await hub.dispose();
      states.clear();
      problems.clear();
    },
  };
}

/** Whether a person would be told the same again. */
function sameProblem(a: CroftError, b: CroftError): boolean {
  return a.code === b.code && a.message === b.message;
}

/** The name under which a store keeps whose it is. */
const OWNER_META = "owner";

/**
 * What a new store is made with: this user of this workspace owns it, and it has a writer of its
 * own (SYNC rule 1). Somebody else's is left alone, its term too: its owner may have it open.
 */
async function birthOf(
  store: Store,
  options: DeviceOptions,
): Promise<readonly (readonly [string, string])[]> {
  const owner = await store.readMeta(OWNER_META);
  if (owner !== undefined) checkOwner(owner, options);
  return [
    [OWNER_META, ownerOf(options)],
    [WRITER_META, createWriterId(options.random)],
  ];
}

/** Which writer the store was born with, or has taken since. */
async function writerOf(store: Store, options: DeviceOptions): Promise<WriterId> {
  checkOwner(await store.readMeta(OWNER_META), options);
  const writer = await store.readMeta(WRITER_META);
  if (writer !== undefined && isWriterId(writer)) return writer;
  throw new CroftError("store/corrupt", "The local database has lost the name of this device.", {
    hint: "Export what you can, then delete this database and open the workspace again.",
  });
}

function ownerOf({ workspace, user }: DeviceOptions): string {
  return JSON.stringify({ workspace, user });
}

function checkOwner(owner: string | undefined, options: DeviceOptions): void {
  if (owner === ownerOf(options)) return;
  throw new CroftError(
    "store/foreign",
    "This store belongs to another user or another workspace.",
    { hint: "Give each user and workspace a store of its own, for example by its name." },
  );
}

/** How the server is reached. */
export function connectOf({ url, connect }: SyncOptions, workspace: string): Connect {
  if (connect) return connect;
  return async (signal) => {
    const found = typeof url === "string" ? url : await url();
    const base = found.endsWith("/") ? found.slice(0, -1) : found;
    return connectWebSocket(`${base}/sync/${encodeURIComponent(workspace)}`, { signal });
  };
}

/** Follows what the platform says about the network, where it says anything. */
function listenToNetwork(session: Pick<ClientSession, "retry" | "lost">): Unsubscribe {
  if (typeof globalThis.addEventListener !== "function") return () => undefined;
  const online = (): void => session.retry();
  // Without it a connection looks alive until the heartbeat misses it, half a minute later.
  const offline = (): void => session.lost();
  globalThis.addEventListener("online", online);
  globalThis.addEventListener("offline", offline);
  return () => {
    globalThis.removeEventListener("online", online);
    globalThis.removeEventListener("offline", offline);
  };
}
