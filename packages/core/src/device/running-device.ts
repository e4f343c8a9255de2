/**
 * A device at work over one opened store: its hub, and the link to the server. It ends with the
 * store; that another one takes its place is for `device.ts` to do.
 */

import type { Unsubscribe } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import { DELETED_CONTENT } from "../hub/deletion.ts";
import { createHub, type Hub } from "../hub/hub.ts";
import type { HubDocument } from "../hub/hub-document.ts";
import { createTag, createWriterId, isWriterId, type WriterId } from "../ids.ts";
import type { KeepOptions } from "../link/following.ts";
import { Link, WRITER_META } from "../link/link.ts";
import type { ClientSession } from "../session/client-session.ts";
import type { QuarantineRecord, Store } from "../store/store.ts";
import { type CanaryKeeper, keepCanary, readCanary } from "./canary-keeper.ts";
import { type CanaryRecord, lossesOf } from "./canary-record.ts";
import type { DeviceOptions } from "./device-options.ts";
import { type FormerStore, keepWaiting } from "./keep-waiting.ts";
import { type Loss, sumLosses } from "./loss.ts";
import { connectOf, type SyncOptions } from "./sync-options.ts";

/** See the top of this file. */
export interface RunningDevice {
  readonly store: Store;
  readonly hub: Hub;
  readonly link: Link | undefined;
  /** Whether the store took the place of the one that was open before. */
  readonly replaced: boolean;
  /** What was lost with former stores and is still to be told. */
  readonly losses: readonly Loss[];
  /** The losses were told. */
  forgetLosses(): void;
  /** Calls `listener` when the store has closed by itself, at once if it has already. */
  onLost(listener: (error: Error) => void): void;
  /** Closes everything; returns what memory has of the store. */
  stop(): Promise<FormerStore>;
}

/** What a device starts with. */
export interface StartOptions {
  readonly paused: () => boolean;
  /** The store that was open before in this very program. */
  readonly former: FormerStore | undefined;
  readonly onProblem: (problem: CroftError | undefined) => void;
}

/**
 * Opens the store and starts hub and link.
 *
 * @throws CroftError `store/…` when the store cannot be opened or is another user's.
 */
export async function startDevice(
  options: DeviceOptions,
  { paused, former, onProblem }: StartOptions,
): Promise<RunningDevice> {
  const { gate, clock, random, sync, keep, store: open } = options;
  const owner = ownerOf(options);
  const told = readCanary(open.canary, owner);
  const store = await open();
  let lost: Error | undefined;
  let tellLost: (error: Error) => void = (error) => {
    lost ??= error;
  };
  const stopLost = store.onLost((error) => tellLost(error));
  let hub: Hub;
  let writer: WriterId;
  try {
    const initial = await birthOf(store, options, former?.id ?? told?.store);
    const given = { store, gate, clock, random, initial, onProblem, onDevice: true };
    const keepHistory = keep?.history;
    hub = await createHub(keepHistory === undefined ? given : { ...given, keepHistory });
    writer = await writerOf(store, owner);
  } catch (error) {
    stopLost();
    await store.close();
    throw error;
  }
  const link = sync ? createLink(hub, writer, sync, paused(), options, onProblem) : undefined;
  let stopNetwork: Unsubscribe = () => undefined;
  let keeper: CanaryKeeper | undefined;
  let losses: readonly Loss[] = [];
  /** What the quarantine holds: it is nowhere else. */
  let refused: readonly Loss[] = [];
  const readRefused = async (): Promise<void> => {
    refused = lossesIn(await store.readQuarantine());
  };
  /** What was in memory when the hub stopped; the hub forgets it. */
  let held: readonly HubDocument[] | undefined;
  const stop = async (): Promise<void> => {
    stopNetwork();
    stopLost();
    link?.dispose();
    held = hub.core.documents;
    await hub.dispose();
    keeper?.dispose();
  };
  try {
    const id = (await store.readMeta(STORE_META)) ?? "";
    let predecessor = await store.readMeta(PREDECESSOR_META);
    const replaced = former !== undefined && former.id !== id && former.id === predecessor;
    if (replaced) {
      if (link) await keepWaiting(hub.core, link, former);
      // Nothing of it is lost: a later start must not say so.
      await hub.core.setMeta([[PREDECESSOR_META, undefined]]);
      predecessor = undefined;
    }
    losses = sumLosses([...lossesOf(told, id, predecessor), ...(replaced ? former.refused : [])]);
    if (link) stopNetwork = listenToNetwork(link.session);
    await link?.start();
    if (open.canary) {
      await readRefused();
      const record = (): CanaryRecord => ({
        owner,
        store: id,
        term: hub.core.term,
        waiting: [...waitingIn(held ?? hub.core.documents), ...refused],
        lost: losses,
      });
      const kept = keepCanary({ canary: open.canary, clock, record });
      keeper = kept;
      hub.core.commits.on(() => kept.changed());
      hub.core.kept.changes.on(() => {
        hub.core.run(
          readRefused(),
          () => undefined,
          () => kept.changed(),
        );
      });
    }
    return {
      store,
      hub,
      link,
      replaced,
      get losses() {
        return losses;
      },
      forgetLosses() {
        losses = [];
        keeper?.flush();
      },
      onLost(listener) {
        tellLost = listener;
        if (lost) listener(lost);
      },
      async stop() {
        await stop();
        return { id, documents: held ?? [], refused };
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Nothing is fetched unasked, and nothing is dropped. */
const KEEP_ALL: KeepOptions = { follow: [], budget: Number.POSITIVE_INFINITY };

function createLink(
  hub: Hub,
  writer: WriterId,
  sync: SyncOptions,
  paused: boolean,
  { workspace, user, lostRead, keep = KEEP_ALL }: DeviceOptions,
  onProblem: (problem: CroftError) => void,
): Link {
  return new Link({
    hub: hub.core,
    workspace,
    user,
    writer,
    agent: "croft",
    connect: connectOf(sync, workspace),
    token: sync.token,
    backOff: sync.backOff,
    onProblem,
    paused,
    erasesLost: lostRead === "erase",
    keep,
  });
}

/** Documents with entries that wait for the server are all in memory. */
function waitingIn(documents: readonly HubDocument[]): readonly Loss[] {
  return documents
    .filter(({ pending }) => pending.length > 0)
    .map(({ path, pending }) => ({ path, changes: pending.length }));
}

function lossesIn(quarantine: readonly QuarantineRecord[]): readonly Loss[] {
  return quarantine
    .filter(({ code }) => code !== DELETED_CONTENT)
    .map(({ path, updates }) => ({ path, changes: updates.length }));
}

/** The names under which a store keeps whose it is, which it is, and which one it took the place of. */
const OWNER_META = "owner";
const STORE_META = "store";
const PREDECESSOR_META = "predecessor";

/**
 * What a new store is made with: this user of this workspace owns it, and it has an id and a writer of
 * its own (SYNC rule 1). Somebody else's is left alone, its term too: its owner may have it open.
 */
async function birthOf(
  store: Store,
  options: DeviceOptions,
  predecessor: string | undefined,
): Promise<readonly (readonly [string, string])[]> {
  const owner = await store.readMeta(OWNER_META);
  if (owner !== undefined) checkOwner(owner, ownerOf(options));
  const isNew = owner === undefined && predecessor !== undefined;
  return [
    [OWNER_META, ownerOf(options)],
    [WRITER_META, createWriterId(options.random)],
    [STORE_META, createTag(options.random)],
    ...(isNew ? [[PREDECESSOR_META, predecessor] as const] : []),
  ];
}

/** Which writer the store was born with, or has taken since. */
async function writerOf(store: Store, owner: string): Promise<WriterId> {
  checkOwner(await store.readMeta(OWNER_META), owner);
  const writer = await store.readMeta(WRITER_META);
  if (writer !== undefined && isWriterId(writer)) return writer;
  throw new CroftError("store/corrupt", "The local database has lost the name of this device.", {
    hint: "Export what you can, then delete this database and open the workspace again.",
  });
}

function ownerOf({ workspace, user }: DeviceOptions): string {
  return JSON.stringify({ workspace, user });
}

function checkOwner(found: string | undefined, owner: string): void {
  if (found === owner) return;
  throw new CroftError(
    "store/foreign",
    "This store belongs to another user or another workspace.",
    { hint: "Give each user and workspace a store of its own, for example by its name." },
  );
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
