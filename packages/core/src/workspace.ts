/** Puts device and replica together for an application, in one call. */

import * as z from "zod/mini";
import { createGate, type GrantGate } from "./access/gate.ts";
import { isStampedVersion, labelOf, type PluginLabel } from "./access/stamp.ts";
import type { Channel } from "./channel/channel.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type DevicePort, openDevice } from "./device/device.ts";
import type { DeviceOptions } from "./device/device-options.ts";
import type { Loss } from "./device/loss.ts";
import { canShareDevice, openSharedDevice } from "./device/shared-device.ts";
import { connectOf, type SyncOptions } from "./device/sync-options.ts";
import type { SyncState } from "./device/sync-state.ts";
import { isPluginId, parsePattern } from "./doc-path.ts";
import type { Unsubscribe } from "./emitter.ts";
import { CroftError } from "./errors.ts";
import type { WorkspaceEvents } from "./event/workspace-events.ts";
import { type RandomBytes, randomBytes } from "./ids.ts";
import type { Changed } from "./protocol/document-messages.ts";
import type { ListedDocument } from "./protocol/listing-messages.ts";
import type { DocumentHistory } from "./replica/document-history.ts";
import type { DocumentListing } from "./replica/document-listing.ts";
import type { DocumentHandle } from "./replica/document-handle.ts";
import { createQuarantine, type Quarantine } from "./quarantine/quarantine.ts";
import { createClientIds } from "./replica/client-ids.ts";
import type { HubAboveOptions } from "./replica/hub-above.ts";
import { type OpenDocuments, OpenDocumentsList } from "./replica/open-documents.ts";
import { createReplica, type Replica, type ReplicaOptions } from "./replica/replica.ts";
import type { OpenStore } from "./store/store.ts";

/** How a plugin is known on a device, besides by its id. */
export interface PluginReplicaOptions {
  /** Its version, which is stamped on what it writes: letters, digits, `.`, `+` and `-`. Default: none is stamped. */
  readonly version?: string;
}

/** Options of {@link openWorkspace}. */
export interface WorkspaceOptions {
  /** The workspace's id, as tokens name it. */
  readonly id: string;
  /** The user whose device this is. A store belongs to one user of one workspace. */
  readonly user: string;
  /** Opens the device's store, e.g. `indexeddbStore({ name: "acme-ada" })`. */
  readonly store: OpenStore;
  /** The server; absent for a workspace that lives on this device alone. */
  readonly sync?: SyncOptions | undefined;
  /**
   * What becomes of documents on this device that its user may not read any more: they stay, as they were
   * (`keep`, the default), or go as soon as the server says so (`erase`). Refused edits are in the
   * quarantine in any case.
   */
  readonly lostRead?: "keep" | "erase" | undefined;
  /**
   * What is on this device, for when there is no network. By default that is every document that was opened
   * here, with all changes up to when it was open last, and nothing is ever dropped.
   */
  readonly keep?: WorkspaceKeep | undefined;
  /** What plugins were granted besides their own subtrees; a new gate by default. */
  readonly gate?: GrantGate | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: RandomBytes | undefined;
}

/** What a device keeps. */
export interface WorkspaceKeep {
  /**
   * Patterns of documents that are fetched and kept up to date in the background without being opened, as
   * `["notes/**"]`. Those that changed last come first.
   */
  readonly follow?: readonly string[] | undefined;
  /**
   * About how many bytes of documents may be on this device; default no limit. What is over it goes, and is
   * fetched again when it is opened: first what was not changed or opened for longest. What is open, has not
   * reached the server, or is in the quarantine always stays.
   */
  readonly budget?: number | undefined;
  /**
   * For how long the history of documents is kept, in milliseconds, where there is no server: who changed what, and when; 0 for
   * not at all. Default: 30 days. Where there is one, it says so and keeps it.
   */
  readonly history?: number | undefined;
}

/** The link to the server. */
export interface WorkspaceSync {
  readonly state: SyncState;
  /** Tells of every change of {@link WorkspaceSync.state}. */
  onState(listener: (state: SyncState) => void): Unsubscribe;
  /** Goes offline on purpose and stays so. */
  pause(): void;
  /** Ends {@link WorkspaceSync.pause}. */
  resume(): void;
  /** Tries again at once. */
  retry(): void;
}

/** An open workspace. */
export interface Workspace {
  readonly id: string;
  readonly user: string;
  /**
   * Opens a document for the application. Opening the same path twice gives handles of the same
   * `Y.Doc`.
   *
   * @throws CroftError `input/invalid` when `path` is not a doc path.
   */
  open(path: string): DocumentHandle;
  /** The documents that {@link Workspace.open} gave handles of which are not closed yet. */
  readonly openDocuments: OpenDocuments;
  /**
   * The history of a document: who changed what, with which plugin, and when; how it was then; and what one of them did taken
   * back.
   *
   * @throws CroftError `input/invalid` when `path` is not a doc path.
   */
  history(path: string): DocumentHistory;
  /**
   * The documents of the workspace that this user may read and whose path starts with `prefix`, by path, as
   * far as this device has heard; `stored` tells which of them are on it.
   */
  list(prefix: string): Promise<readonly ListedDocument[]>;
  /**
   * The same, live. Dispose it when it is not shown any more.
   *
   * @example
   * ```ts
   * const pages = workspace.listing("notes/pages/");
   * pages.onChange((documents) => console.log(documents.map(({ path }) => path)));
   * ```
   */
  listing(prefix: string): DocumentListing;
  /**
   * Deletes a document, or all documents at and below a path, for everybody; resolves with how many
   * went. Needs the server, if there is one. Edits that others made without knowing of it go to their
   * quarantine, in a subtree also documents that they made there; those only if all of the subtree may be written. For 30 days, unless the server is set otherwise, {@link Workspace.undelete} brings it back.
   *
   * @throws CroftError `access/denied` without write access to all that may be read there;
   *   `link/offline` when the server is not there.
   */
  delete(path: string, options?: { readonly subtree?: boolean }): Promise<number>;
  /**
   * Brings back what the last deletion of a document took; what was written since stays. Resolves with
   * whether it was still kept.
   *
   * @throws CroftError as {@link Workspace.delete}.
   */
  undelete(path: string): Promise<boolean>;
  /** The link to the server: how it is, and how to go offline and back. */
  readonly sync: WorkspaceSync;
  /** Edits that were refused, until a person decides about them. */
  readonly quarantine: Quarantine;
  /** What plugins may do; changes take effect at once. */
  readonly gate: GrantGate;
  /**
   * A replica of its own behind a session and the gate, for a plugin: what it reaches is its own
   * subtree and what it was granted. Dispose it when the plugin stops.
   */
  createPluginReplica(plugin: string, options?: PluginReplicaOptions): Replica;
  /**
   * Opens a channel to this device's hub for a plugin's replica that lives elsewhere, in a worker or a frame: pass its
   * frames on. Closed when the hub moves to another tab; then open another one.
   *
   * @throws CroftError `input/invalid` for no plugin id, or a version that cannot be stamped; `disposed` after the workspace's end.
   */
  connectPlugin(
    plugin: string,
    signal: AbortSignal,
    options?: PluginReplicaOptions,
  ): Promise<Channel>;
  /**
   * Events for everybody in the workspace who is there now, on all devices and in all tabs; they are never stored. A
   * topic is named as a document is, `notes/page-opened`: who may write a document there may publish, who may read it may
   * hear. Nothing comes back to this very workspace object.
   *
   * @example
   * ```ts
   * workspace.events.listen(({ topic, user, data }) => console.log(user, topic, data));
   * workspace.events.publish("notes/page-opened", { page: 42 });
   * ```
   */
  readonly events: WorkspaceEvents;
  /**
   * A name that all tabs have in common which share this device; nothing where the device is this process's alone.
   */
  readonly sharedAs: string | undefined;
  /** Tells of every committed change that the application may read. */
  onChanged(listener: (changed: Changed) => void): Unsubscribe;
  /**
   * Changes that had not reached the server when the browser cleared this device's storage, or something
   * else lost the store: by document, empty as a rule. Kept, over restarts too, until
   * {@link Workspace.dismissLosses}. Everything that the server has comes back by itself.
   *
   * @example
   * ```ts
   * for (const { path = "other documents", changes } of workspace.losses)
   *   console.warn(`${changes} changes of ${path} are lost`);
   * workspace.dismissLosses();
   * ```
   */
  readonly losses: readonly Loss[];
  /** Tells of every change of {@link Workspace.losses}. */
  onLosses(listener: (losses: readonly Loss[]) => void): Unsubscribe;
  /** The person knows: {@link Workspace.losses} is empty from now on. */
  dismissLosses(): void;
  /**
   * What is wrong with the device's store, if something is. `store/closed`: it was closed under us and is
   * being opened again. `store/lost`: {@link Workspace.losses} in a sentence, while nothing else is wrong.
   */
  readonly problem: CroftError | undefined;
  /** Tells of every change of {@link Workspace.problem}. */
  onProblem(listener: (problem: CroftError | undefined) => void): Unsubscribe;
  /** Saves what is in memory, closes the link and the store. Idempotent. */
  dispose(): Promise<void>;
}

// The small build of zod: applications carry this file to every browser.
const NAME = z
  .string({ error: "must be a text" })
  .check(
    z.minLength(1, "must not be empty"),
    z.maxLength(128, "must have at most 128 characters"),
    z.regex(/^[^\p{C}/\\]*$/u, "must not hold slashes or control characters"),
  );
const SERVER_URL = z
  .url({ protocol: /^wss?$/ })
  // The workspace's own path is added: with it the address would be another one, and never answer.
  .check(z.refine((text) => !/\/sync\/[^/]/.test(text)));
const OPTIONS = z.object({
  id: NAME,
  user: NAME,
  keep: z.optional(
    z.object({
      follow: z.optional(
        z.array(
          z.custom(
            (value) => typeof value === "string" && isPattern(value),
            "must be a pattern of doc paths, e.g. notes/**",
          ),
          { error: "must be a list of patterns" },
        ),
      ),
      budget: z.optional(
        z.number({ error: "must be a number of bytes" }).check(z.positive("must be above 0")),
      ),
      history: z.optional(
        z
          .number({ error: "must be a number of milliseconds" })
          .check(z.nonnegative("must be 0 or more")),
      ),
    }),
  ),
  store: z.custom((value) => typeof value === "function", "must be a function that opens a store"),
  sync: z.optional(
    z.object({
      url: z.custom(
        (value) => typeof value === "function" || SERVER_URL.safeParse(value).success,
        "must start with ws:// or wss:// and be without /sync/…, or a function that finds such an address",
      ),
    }),
  ),
});

/**
 * Opens a workspace: the device's store and hub, the link to the server, and a replica for the
 * application. It resolves as soon as the store is open, with or without a network.
 *
 * @throws CroftError `input/invalid` for bad options, `store/…` when the store cannot be opened
 *   (`store/newer`, `store/corrupt`, `store/foreign` tell the way out).
 * @example
 * ```ts
 * const workspace = await openWorkspace({
 *   id: "acme",
 *   user: "ada",
 *   store: indexeddbStore({ name: "acme-ada" }),
 *   sync: { url: "wss://sync.example.com", token: () => fetchToken() },
 * });
 * ```
 */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  check(options);
  const { id, user, gate = createGate(), clock = systemClock, random = randomBytes } = options;
  const { store, sync, lostRead, keep } = options;
  const settings: DeviceOptions = {
    workspace: id,
    user,
    store,
    sync,
    lostRead,
    gate,
    clock,
    random,
    keep: {
      follow: (keep?.follow ?? []).map(parsePattern),
      budget: keep?.budget ?? Number.POSITIVE_INFINITY,
      history: keep?.history,
    },
  };
  const shared = store.sharedAs !== undefined && canShareDevice();
  const device = shared
    ? await openSharedDevice(`croft/${store.sharedAs}`, settings)
    : await openDevice(settings);
  const sharedAs = shared ? store.sharedAs : undefined;
  return new OpenedWorkspace(id, user, gate, device, { sync, sharedAs }, clock, random);
}

class OpenedWorkspace implements Workspace {
  readonly id: string;
  readonly user: string;
  readonly gate: GrantGate;
  readonly quarantine: Quarantine;
  readonly openDocuments = new OpenDocumentsList();
  readonly sharedAs: string | undefined;
  readonly #device: DevicePort;
  readonly #replica: Replica;
  readonly #pluginReplicas = new Set<Replica>();
  readonly #newReplica: (
    label: PluginLabel,
    own?: Pick<ReplicaOptions, "above" | "openDocuments">,
  ) => Replica;
  #disposing: Promise<void> | undefined;

  constructor(
    id: string,
    user: string,
    gate: GrantGate,
    device: DevicePort,
    { sync, sharedAs }: Pick<WorkspaceOptions, "sync"> & Pick<Workspace, "sharedAs">,
    clock: Clock,
    random: RandomBytes,
  ) {
    this.id = id;
    this.user = user;
    this.gate = gate;
    this.sharedAs = sharedAs;
    this.#device = device;
    this.quarantine = createQuarantine({
      list: (path) => device.listQuarantine(path),
      discard: (record) => device.discard(record),
      retry: (record) => device.retry(record),
      onChange: (listener) => device.onQuarantine(listener),
      open: (path) => this.open(path),
    });
    const clientIds = createClientIds(`${id}/${user}`);
    this.#newReplica = (label, own) =>
      createReplica({
        connect: (signal) => device.connect(label, signal),
        workspace: id,
        clock,
        random,
        backOff: { first: 20, max: 1_000 },
        clientIds,
        ...own,
      });
    // Not for plugins: what they may write is this device's to say, not the server's.
    this.#replica = this.#newReplica("", {
      above: sync && pastFullDisk(device, sync, id),
      openDocuments: this.openDocuments,
    });
  }

  get sync(): WorkspaceSync {
    return this.#device.sync;
  }

  get events(): WorkspaceEvents {
    return this.#replica.events;
  }

  get problem(): CroftError | undefined {
    return this.#device.problem;
  }

  get losses(): readonly Loss[] {
    return this.#device.losses;
  }

  onLosses(listener: (losses: readonly Loss[]) => void): Unsubscribe {
    return this.#device.onLosses(listener);
  }

  dismissLosses(): void {
    this.#device.dismissLosses();
  }

  open(path: string): DocumentHandle {
    return this.#replica.open(path);
  }

  list(prefix: string): Promise<readonly ListedDocument[]> {
    return this.#device.list(prefix);
  }

  listing(prefix: string): DocumentListing {
    return this.#replica.listing(prefix);
  }

  delete(path: string, options?: { readonly subtree?: boolean }): Promise<number> {
    return this.#replica.delete(path, options);
  }

  undelete(path: string): Promise<boolean> {
    return this.#replica.undelete(path);
  }

  history(path: string): DocumentHistory {
    return this.#replica.history(path);
  }

  createPluginReplica(plugin: string, options?: PluginReplicaOptions): Replica {
    const replica = this.#newReplica(this.#labelOf(plugin, options));
    this.#pluginReplicas.add(replica);
    return {
      open: (path) => replica.open(path),
      delete: (path, options) => replica.delete(path, options),
      undelete: (path) => replica.undelete(path),
      history: (path) => replica.history(path),
      listing: (prefix) => replica.listing(prefix),
      onChanged: (listener) => replica.onChanged(listener),
      events: replica.events,
      get session() {
        return replica.session;
      },
      get usage() {
        return replica.usage;
      },
      dispose: async () => {
        await replica.dispose();
        this.#pluginReplicas.delete(replica);
      },
    };
  }

  async connectPlugin(
    plugin: string,
    signal: AbortSignal,
    options?: PluginReplicaOptions,
  ): Promise<Channel> {
    return this.#device.connect(this.#labelOf(plugin, options), signal);
  }

  #labelOf(plugin: string, { version }: PluginReplicaOptions = {}): PluginLabel {
    if (!isPluginId(plugin)) {
      throw new CroftError("input/invalid", `${JSON.stringify(plugin)} is not a plugin id.`, {
        hint: "Use lower-case letters, digits, `-` and `.`; `app` is reserved.",
      });
    }
    if (version !== undefined && !isStampedVersion(version)) {
      throw new CroftError("input/invalid", `${JSON.stringify(version)} is no version.`, {
        plugin,
        hint: "Use letters, digits, `.`, `+` and `-`, up to 64 of them.",
      });
    }
    if (this.#disposing)
      throw new CroftError("disposed", "The workspace was disposed.", { plugin });
    return labelOf(plugin, version);
  }

  onChanged(listener: (changed: Changed) => void): Unsubscribe {
    return this.#replica.onChanged(listener);
  }

  onProblem(listener: (problem: CroftError | undefined) => void): Unsubscribe {
    return this.#device.onProblem(listener);
  }

  dispose(): Promise<void> {
    this.#disposing ??= this.#close();
    return this.#disposing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#pluginReplicas].map((replica) => replica.dispose()));
    await this.#replica.dispose();
    await this.#device.dispose();
  }
}

/** The application's way to the server while the device's disk is full and the network is there. */
export function pastFullDisk(
  device: Pick<DevicePort, "sync" | "problem" | "onProblem">,
  sync: SyncOptions,
  workspace: string,
): HubAboveOptions {
  return {
    connect: connectOf(sync, workspace),
    token: sync.token,
    backOff: sync.backOff,
    need() {
      const { name } = device.sync.state;
      if (name === "paused") return "forbidden";
      return name === "online" && device.problem?.code === "store/full" ? "wanted" : "not-wanted";
    },
    onNeed(listener) {
      const stops = [device.onProblem(listener), device.sync.onState(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

function isPattern(text: string): boolean {
  try {
    parsePattern(text);
    return true;
  } catch {
    return false;
  }
}

function check(options: WorkspaceOptions): void {
  const result = OPTIONS.safeParse(options);
  if (result.success) return;
  const issues = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? "they must be an object" : `\`${path.join(".")}\` ${message}`,
  );
  throw new CroftError("input/invalid", `Invalid options of openWorkspace: ${issues.join("; ")}.`);
}
