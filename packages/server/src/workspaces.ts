/**
 * The open workspaces of a server: one hub for each, opened when an authenticated peer asks first,
 * shared while anybody uses it, closed some time after. One that cannot be opened harms no other.
 */

import {
  type Clock,
  type Compactor,
  createHub,
  CroftError,
  type Disposable,
  type Hub,
  type Limit,
  type Store,
  toCroftError,
} from "@croft/core";
import type { Log } from "./log.ts";
import type { AccessPolicy } from "./membership/gate.ts";
import { Membership } from "./membership/membership.ts";

/** Options of {@link createWorkspaces}. */
export interface WorkspacesOptions {
  readonly openStore: (workspace: string) => Promise<Store>;
  /** How long a workspace without sessions stays open, in milliseconds. */
  readonly idleAfter: number;
  readonly maxUpdateBytes?: number | undefined;
  readonly recover?: boolean | undefined;
  readonly keepDeleted?: number | undefined;
  readonly keepHistory?: number | undefined;
  readonly compactor?: Compactor | undefined;
  /** Default: `token`. */
  readonly access?: AccessPolicy | undefined;
  /** How long the audit log of administration is kept, in milliseconds. */
  readonly keepAudit: number;
  /** Says which edits have to wait. */
  readonly limitOf?: ((store: Store) => Limit) | undefined;
  /** Told of each workspace that is opened; what it returns is called before the workspace is closed. */
  readonly onOpened?: ((workspace: string, hub: Hub) => () => Promise<void>) | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** The hubs of a server. */
export interface Workspaces extends Disposable {
  /**
   * Opens a workspace, or joins those who use it.
   *
   * @throws {@link CroftError} when its store cannot be opened; for a few seconds after that
   * without trying again.
   */
  acquire(workspace: string): Promise<Lease>;
  /** How many are open or being opened. */
  readonly size: number;
}

/** The use of a workspace's hub by one session. */
export interface Lease extends OpenWorkspace {
  /** Ends the use. Idempotent. */
  release(): void;
}

/** What there is of a workspace while it is open. */
interface OpenWorkspace {
  readonly hub: Hub;
  readonly membership: Membership;
  /** Ends what goes along with it. */
  readonly leave: () => Promise<void>;
}

/** A workspace that could not be opened is not tried again for so long, in milliseconds. */
const RETRY_AFTER = 5000;

interface Entry {
  readonly opened: Promise<OpenWorkspace>;
  failed: boolean;
  leases: number;
  cancelTimer: () => void;
}

/** Creates the {@link Workspaces} of a server. */
export function createWorkspaces(options: WorkspacesOptions): Workspaces {
  const { openStore, idleAfter, maxUpdateBytes, recover = false, clock, log } = options;
  const { keepDeleted, keepHistory, compactor } = options;
  const entries = new Map<string, Entry>();
  /** What is being closed: nobody may open it again before. */
  const closing = new Map<string, Promise<void>>();
  let disposed = false;

  /** Calls `lost` when the hub can do nothing any more. */
  async function open(workspace: string, lost: () => void): Promise<OpenWorkspace> {
    await closing.get(workspace);
    const store = await openStore(workspace);
    const membership = new Membership({
      ...{ policy: options.access ?? "token", keepAudit: options.keepAudit },
      now: () => clock.now(),
    });
    try {
      const hub = await createHub({
        store,
        gate: membership.gate,
        clock,
        recovering: recover,
        ...(compactor && { compactor }),
        ...(options.limitOf && { limit: options.limitOf(store) }),
        ...(maxUpdateBytes !== undefined && { maxUpdateBytes }),
        ...(keepDeleted !== undefined && { keepDeleted }),
        ...(keepHistory !== undefined && { keepHistory }),
        onFacts: () => membership.reload(),
        onProblem: (problem) => {
          if (problem) logError("store problem", workspace, problem);
          else log("info", "store works again", { workspace });
          // Another process took the store. If it is gone by then, a new hub takes it back.
          if (problem?.code === "store/fenced") lost();
        },
      });
      store.onLost((error) => {
        logError("store lost", workspace, error);
        lost();
      });
      // The store is this hub's by now, or it is told when another server changes it.
      await membership.load(hub).catch(async (error: unknown) => {
        await hub.dispose();
        throw error;
      });
      log("info", "workspace opened", { workspace });
      const leave = options.onOpened?.(workspace, hub) ?? (() => Promise.resolve());
      return { hub, membership, leave };
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  function enter(workspace: string): Entry {
    const known = entries.get(workspace);
    if (known) return known;
    const entry: Entry = {
      opened: open(workspace, () => retire(workspace, entry)),
      failed: false,
      leases: 0,
      cancelTimer: () => undefined,
    };
    entries.set(workspace, entry);
    entry.opened.catch((error: unknown) => {
      logError("workspace cannot be opened", workspace, error);
      entry.failed = true;
      entry.cancelTimer = clock.delay(RETRY_AFTER, () => entries.delete(workspace));
    });
    return entry;
  }

  function leave(workspace: string, entry: Entry): void {
    entry.leases--;
    if (entry.leases > 0 || entry.failed || disposed || entries.get(workspace) !== entry) return;
    entry.cancelTimer = clock.delay(idleAfter, () => retire(workspace, entry));
  }

  /** Closes a workspace; who asks for it again waits for that and gets a new hub. */
  function retire(workspace: string, entry: Entry): void {
    if (entries.get(workspace) !== entry) return;
    entries.delete(workspace);
    entry.cancelTimer();
    const closed = close(workspace, entry).finally(() => closing.delete(workspace));
    closing.set(workspace, closed);
  }

  async function close(workspace: string, entry: Entry): Promise<void> {
    try {
      const { hub, leave: end } = await entry.opened;
      await end();
      await hub.dispose();
      log("info", "workspace closed", { workspace });
    } catch (error) {
      if (!entry.failed) logError("workspace did not close cleanly", workspace, error);
    }
  }

  function logError(message: string, workspace: string, thrown: unknown): void {
    const error = toCroftError(thrown, "store/failed", "The store failed");
    const { code, path, hint } = error;
    log("error", message, { workspace, code, path, error: error.message, hint });
  }

  return {
    async acquire(workspace) {
      if (disposed) throw new CroftError("disposed", "The server is shutting down.");
      const entry = enter(workspace);
      if (!entry.failed) entry.cancelTimer();
      entry.leases++;
      let used = true;
      const release = () => {
        if (used) leave(workspace, entry);
        used = false;
      };
      try {
        return { ...(await entry.opened), release };
      } catch (error) {
        release();
        throw error;
      }
    },
    get size() {
      let open = 0;
      for (const entry of entries.values()) if (!entry.failed) open++;
      return open;
    },
    async dispose() {
      disposed = true;
      for (const [workspace, entry] of [...entries]) retire(workspace, entry);
      await Promise.all(closing.values());
    },
  };
}
