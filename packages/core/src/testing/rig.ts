/**
 * A server and devices in one process, over real hubs, links, sessions and channels, whose wires
 * and stores a test can hold, cut and break. Nothing here knows how they work inside.
 */

import type { Grant } from "../access/access.ts";
import { createGate, type GrantGate } from "../access/gate.ts";
import type { Channel } from "../channel/channel.ts";
import { createMemoryWire, type MemoryWire } from "../channel/memory-channel.ts";
import { type Clock, systemClock } from "../clock.ts";
import { parsePattern } from "../doc-path.ts";
import { CroftError, type ErrorCode } from "../errors.ts";
import { createHub, type Hub } from "../hub/hub.ts";
import { type PeerService, servePeer } from "../hub/hub-session.ts";
import { createMemoryDisk, createMemoryStore, type MemoryDisk } from "../store/memory-store.ts";
import { decodeUp } from "../protocol/message.ts";
import type { SyncOptions } from "../device/sync-options.ts";
import type { Store, StoreBatch } from "../store/store.ts";
import { openWorkspace, type Workspace, type WorkspaceOptions } from "../workspace.ts";

/** A store over a {@link MemoryDisk} whose commits can be made to fail. */
export interface FaultyStore extends Store {
  /** Commits fail with this code until it is `undefined` again. */
  failWith: ErrorCode | undefined;
  /** The next commit happens, but its answer is lost. */
  loseNextAnswer: boolean;
  /** Called before each commit. */
  beforeCommit: ((batch: StoreBatch) => void | Promise<void>) | undefined;
  /** Called when a commit is durable, before it is answered. */
  afterCommit: ((batch: StoreBatch) => void | Promise<void>) | undefined;
  /** Called when the store has read something, before it is answered; waits or throws. */
  afterRead: ((method: string) => void | Promise<void>) | undefined;
  readonly commits: number;
  /** How many commits {@link FaultyStore.failWith} made fail. */
  readonly refused: number;
}

/** Creates a {@link FaultyStore}. */
export function createFaultyStore(disk: MemoryDisk = createMemoryDisk()): FaultyStore {
  const store = createMemoryStore(disk);
  let commits = 0;
  let refused = 0;
  const read = async <T>(method: string, result: Promise<T>): Promise<T> => {
    const value = await result;
    await faulty.afterRead?.(method);
    return value;
  };
  const faulty: FaultyStore = {
    kind: "faulty memory",
    failWith: undefined,
    loseNextAnswer: false,
    beforeCommit: undefined,
    afterCommit: undefined,
    afterRead: undefined,
    get commits() {
      return commits;
    },
    get refused() {
      return refused;
    },
    takeTerm: (initial) => store.takeTerm(initial),
    async commit(batch) {
      await faulty.beforeCommit?.(batch);
      if (faulty.failWith) {
        refused++;
        throw new CroftError(faulty.failWith, "The test makes this commit fail.");
      }
      const result = await store.commit(batch);
      commits++;
      await faulty.afterCommit?.(batch);
      if (faulty.loseNextAnswer) {
        faulty.loseNextAnswer = false;
        throw new CroftError("store/failed", "The answer to this commit was lost.");
      }
      return result;
    },
    loadDocument: (path) => read("loadDocument", store.loadDocument(path)),
    readWriter: (path, writer) => read("readWriter", store.readWriter(path, writer)),
    readBinding: (writer) => read("readBinding", store.readBinding(writer)),
    readLog: (path, after, maxBytes) => read("readLog", store.readLog(path, after, maxBytes)),
    readPending: (path, afterN, maxBytes) => store.readPending(path, afterN, maxBytes),
    readSnapshot: (path) => read("readSnapshot", store.readSnapshot(path)),
    readHistory: (path, before) => read("readHistory", store.readHistory(path, before)),
    listHistory: (path) => read("listHistory", store.listHistory(path)),
    readTag: (path, seq) => read("readTag", store.readTag(path, seq)),
    listDocuments: (prefix, options) => read("listDocuments", store.listDocuments(prefix, options)),
    listChanges: (after, limit) => read("listChanges", store.listChanges(after, limit)),
    readPosition: () => store.readPosition(),
    readListing: (prefix, options) => store.readListing(prefix, options),
    listPending: () => read("listPending", store.listPending()),
    listQuarantine: (code) => store.listQuarantine(code),
    readQuarantine: (path) => store.readQuarantine(path),
    readMeta: (name) => store.readMeta(name),
    close: () => store.close(),
    onLost: (listener) => store.onLost(listener),
  };
  return faulty;
}

/** A device of a {@link Rig}. */
export interface RigDevice {
  readonly workspace: Workspace;
  readonly disk: MemoryDisk;
  readonly store: FaultyStore;
  /** The wire to the server, while there is one. */
  readonly wire: MemoryWire | undefined;
  /** The process dies: nothing is saved or said any more. */
  crash(): void;
}

/** Options of a {@link RigDevice}. */
export type RigDeviceOptions = Pick<WorkspaceOptions, "lostRead" | "keep"> & {
  readonly sync?: Pick<SyncOptions, "paused">;
};

/** A server and its devices. */
export interface Rig {
  readonly hub: Hub;
  readonly gate: GrantGate;
  readonly disk: MemoryDisk;
  readonly store: FaultyStore;
  /** Opens a device; `disk` is what an earlier one left. */
  device(user: string, disk?: MemoryDisk, options?: RigDeviceOptions): Promise<RigDevice>;
  /** How many documents were opened at the server. */
  readonly opens: number;
  /** The server process dies and comes back with what is on its disk (default: its own). */
  restartServer(disk?: MemoryDisk, options?: { readonly recovering: boolean }): Promise<void>;
  /** The server is away: connections are lost and refused. */
  stopServer(): void;
  dispose(): Promise<void>;
}

/** Grants on patterns, written short: `grants("notes/**:write")`. */
export function grants(...texts: readonly string[]): readonly Grant[] {
  return texts.map((text): Grant => {
    const [pattern = "", access] = text.split(":");
    return {
      pattern: parsePattern(pattern),
      access: access === "write" ? "write" : access === "read" ? "read" : "none",
    };
  });
}

/** The platform's clock, with waits cut short: back-off and retries need not be waited for. */
const HASTY: Clock = {
  ...systemClock,
  delay: (ms, run) => systemClock.delay(ms / 50, run),
};

/** Options of {@link createRig}. */
export interface RigOptions {
  /** Told of the server's problems. */
  readonly onProblem?: (problem: CroftError | undefined) => void;
  /** As of the hub; default: its own. */
  readonly keepDeleted?: number;
  /** As of the hub; default: its own. */
  readonly keepHistory?: number;
}

/** Creates a {@link Rig}; users may do everything unless `gate.limitUser` says otherwise. */
export async function createRig({
  onProblem,
  keepDeleted,
  keepHistory,
}: RigOptions = {}): Promise<Rig> {
  const gate = createGate();
  let disk = createMemoryDisk();
  let store = createFaultyStore(disk);
  const options = {
    ...(onProblem && { onProblem }),
    ...(keepDeleted !== undefined && { keepDeleted }),
    ...(keepHistory !== undefined && { keepHistory }),
  };
  let hub: Hub | undefined = await createHub({ store, gate, clock: HASTY, ...options });
  let opens = 0;
  const wires = new Set<MemoryWire>();
  const services = new Set<PeerService>();
  const devices: Workspace[] = [];
  const everything = grants("**:write");

  const stop = (): void => {
    hub = undefined;
    for (const wire of wires) wire.cut();
    wires.clear();
  };
  const rig: Rig = {
    get hub() {
      if (!hub) throw new Error("the server is stopped");
      return hub;
    },
    gate,
    get disk() {
      return disk;
    },
    get store() {
      return store;
    },
    get opens() {
      return opens;
    },
    async device(user, own = createMemoryDisk(), { lostRead, keep, sync } = {}) {
      const deviceStore = createFaultyStore(own);
      let wire: MemoryWire | undefined;
      let crashed = false;
      const workspace = await openWorkspace({
        id: "acme",
        user,
        lostRead,
        keep,
        clock: HASTY,
        store: async () => deviceStore,
        sync: {
          ...sync,
          url: "ws://in-process",
          backOff: { first: 100, max: 500 },
          async connect() {
            const serving = hub;
            if (!serving || crashed) throw new CroftError("link/offline", "The server is away.");
            const created = createMemoryWire();
            wire = created;
            wires.add(created);
            const [near, far] = created.ends;
            const service = servePeer(far, async () => ({
              hub: serving,
              principal: { user, grants: everything },
            }));
            services.add(service);
            void service.done.then(() => {
              services.delete(service);
              wires.delete(created);
              if (wire === created) wire = undefined;
            });
            const counted: Channel = Object.create(near);
            return Object.assign(counted, {
              send(frame: Uint8Array) {
                if (decodeUp(frame).type === "open") opens++;
                near.send(frame);
              },
            });
          },
        },
      });
      devices.push(workspace);
      return {
        workspace,
        disk: own,
        store: deviceStore,
        get wire() {
          return wire;
        },
        crash() {
          crashed = true;
          deviceStore.failWith = "store/closed";
          wire?.cut();
        },
      };
    },
    async restartServer(other = disk, { recovering } = { recovering: false }) {
      stop();
      disk = other;
      store = createFaultyStore(disk);
      hub = await createHub({ store, gate, recovering, clock: HASTY, ...options });
    },
    stopServer: stop,
    async dispose() {
      await Promise.all(devices.map((workspace) => workspace.dispose()));
      await hub?.dispose();
    },
  };
  return rig;
}

/** A copy of a disk: a backup, or a cloned profile. */
export function copyDisk(disk: MemoryDisk): MemoryDisk {
  return structuredClone(disk);
}
