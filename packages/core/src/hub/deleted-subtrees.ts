/**
 * Subtrees that were deleted with all documents in them, those too that this hub never heard of: a device that was away may
 * have made some (SYNC rule 17). Such a document begins with the subtree's tombstone. At a server these are its own
 * deletions; on a device those that the hub above told of, so that what is made there without a network names them.
 */

import * as z from "zod/mini";
import { isIn } from "../doc-path.ts";
import { createEmitter, type Emitter } from "../emitter.ts";
import { CroftError, toCroftError } from "../errors.ts";
import { createEpoch, type Epoch } from "../ids.ts";
import { type Deleted, type DeletedSubtree, MAX_DELETED } from "../protocol/deletion-messages.ts";
import { readStoredJson } from "../stored-json.ts";
import type { Store, StoreBatch } from "../store/store.ts";
import type { HubCore } from "./hub-core.ts";
import { CLOCK_SLACK } from "./neighbours.ts";
import type { Beginning } from "./hub-document.ts";

/** How long after a failure a deletion is gone on with, in milliseconds. */
const FINISH_AFTER = 10_000;
/** The name under which a store keeps them. */
const META = "deleted-subtrees";

const STORED = z.array(
  z.object({
    path: z.string(),
    tombstone: z.string(),
    former: z.array(z.string()),
    at: z.number(),
    done: z.optional(z.boolean()),
  }),
);

/** What is kept of a subtree. */
interface Kept extends DeletedSubtree {
  /** Tombstones of earlier deletions of it, and of subtrees in it. */
  readonly former: readonly Epoch[];
  /**
   * A position: rows that changed last before it are from before the deletion, or on a device from before it was
   * known.
   */
  readonly at: number;
  /**
   * At a server: false until every document in it is deleted, one by one. Another process goes on with it if the one that began
   * dies. Absent where it is of an earlier version, and on devices.
   */
  readonly done?: boolean | undefined;
}

/** See the top of this file. */
export class DeletedSubtrees {
  /** Tells of each one that is added. */
  readonly changes: Emitter<DeletedSubtree> = createEmitter();
  /** Whether anything was ever stored: a device that was never told has never met the hub above. */
  readonly wereKnown: boolean;
  #all: readonly Kept[];
  #turn: Promise<unknown> = Promise.resolve();
  #cancelFinish: (() => void) | undefined;

  constructor(stored: readonly Kept[] | undefined) {
    this.wereKnown = stored !== undefined;
    this.#all = stored ?? [];
  }

  get all(): readonly DeletedSubtree[] {
    return this.#all;
  }

  /** The position of the last deletion; 0 if there is none. */
  get newest(): number {
    return Math.max(0, ...this.#all.map(({ at }) => at));
  }

  /** Deletions that are in force, and not carried out for every document. */
  get unfinished(): readonly (DeletedSubtree & { readonly at: number })[] {
    return this.#all.filter(({ done }) => done === false);
  }

  /** A deletion is carried out for every document in its subtree. */
  async finish(hub: HubCore, { tombstone }: DeletedSubtree): Promise<void> {
    const isIt = (each: Kept): boolean => each.tombstone === tombstone && each.done === false;
    // Another hub on the same store may be faster, with another deletion too.
    while (this.#all.some(isIt)) {
      const all = this.#all.map((each) => (isIt(each) ? { ...each, done: true } : each));
      const isSet = await hub.setFacts(metaOf(all));
      // Among several hubs that was read again, with what others did.
      if (isSet && !hub.neighbours) this.#all = all;
    }
  }

  /** Carries out what failed half way, after a while; `run` does. */
  finishLater(hub: HubCore, run: () => Promise<void>): void {
    if (this.#cancelFinish || this.unfinished.length === 0) return;
    this.#cancelFinish = hub.clock.delay(FINISH_AFTER, () => {
      this.#cancelFinish = undefined;
      const finishing = run().catch((error: unknown) => {
        hub.report(toCroftError(error, "store/failed", "A deletion cannot be carried out"));
        this.finishLater(hub, run);
      });
      hub.run(finishing, () => undefined);
    });
  }

  /** Nothing is done later any more. */
  dispose(): void {
    this.#cancelFinish?.();
    this.changes.clear();
  }

  /** The last deletion that concerns a document. */
  over(path: string): Beginning | undefined {
    // The outermost first. A deletion takes those inside of it: inner ones that are left came later.
    const all = this.#all
      .filter((each) => isIn(path, each.path))
      .toSorted((one, other) => one.path.length - other.path.length);
    const last = all.pop();
    if (!last) return undefined;
    const former = all.flatMap((each) => [...each.former, each.tombstone]);
    return { tombstone: last.tombstone, at: last.at, former: [...former, ...last.former] };
  }

  /** Deletes one subtree after the other: else documents in both could end with the tombstone of the former one. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /**
   * Adds a deletion at a server, while no other one is under way: it is stored first, and then known. Resolves with nothing
   * where too many are kept already, or where it may not be done any more: `mayStill` is asked whenever another hub on the same
   * store was faster, which may have taken the right away.
   */
  async add(
    hub: HubCore,
    path: string,
    mayStill: () => boolean = () => true,
  ): Promise<DeletedSubtree | undefined> {
    for (;;) {
      if (!mayStill()) return undefined;
      const added = await this.#addOnce(hub, path);
      if (added !== "overtaken") return added;
    }
  }

  async #addOnce(hub: HubCore, path: string): Promise<DeletedSubtree | "overtaken" | undefined> {
    const { clock, random, store, timeline } = hub;
    // The clocks of other hubs on the same store may be ahead.
    const at = timeline.next(clock.now() + (hub.neighbours ? CLOCK_SLACK : 0));
    const former = formerOf(this.#all, path);
    const added: Kept = { path, tombstone: createEpoch(random), former, at, done: false };
    const all = [...this.#all.filter((each) => !isIn(each.path, path)), added];
    if (all.length > MAX_DELETED) return undefined;
    try {
      if (!(await hub.setFacts(metaOf(all)))) return "overtaken";
      // It was told with what other hubs on the same store did.
      if (hub.neighbours) return added;
    } catch (error) {
      // It may be stored all the same (SYNC rule 16), and is in force then.
      const stored = await readStored(store).catch((cause: unknown) => {
        hub.report(toCroftError(cause, "store/failed", "Reading the deleted subtrees failed"));
        return undefined;
      });
      if (!stored?.some(({ tombstone }) => tombstone === added.tombstone)) throw error;
    }
    this.#all = all;
    this.changes.emit(added);
    return added;
  }

  /**
   * Where several hubs share the store: takes what others stored, and tells of it; returns what is new. Every position from here on
   * is behind those deletions.
   */
  async readAgain({ store, timeline }: HubCore): Promise<readonly DeletedSubtree[]> {
    const stored = (await readStored(store)) ?? [];
    const known = new Set(this.#all.map(({ tombstone }) => tombstone));
    this.#all = stored;
    timeline.goOnFrom(this.newest);
    const added = stored.filter(({ tombstone }) => !known.has(tombstone));
    for (const each of added) this.changes.emit(each);
    return added;
  }

  /** Takes what the hub above tells. Returns whether any of it is new. */
  learn({ subtrees, fresh }: Deleted, at: number): boolean {
    const before = this.#all;
    const known = (told: DeletedSubtree): Kept | undefined =>
      before.find(({ path, tombstone }) => path === told.path && tombstone === told.tombstone);
    const coming = subtrees.map(({ path, tombstone }): Kept => {
      // A restored hub may tell of a former one again.
      const former = formerOf(before, path).filter((each) => each !== tombstone);
      return known({ path, tombstone }) ?? { path, tombstone, former, at };
    });
    const isTold = ({ path }: Kept): boolean => coming.some((told) => isIn(path, told.path));
    this.#all = [...(fresh ? [] : before.filter((each) => !isTold(each))), ...coming];
    return this.#all.length !== before.length || this.#all.some((each) => !before.includes(each));
  }

  /** What a store keeps of them. */
  get meta(): NonNullable<StoreBatch["meta"]> {
    return metaOf(this.#all);
  }
}

/**
 * Reads those of a store.
 *
 * @throws CroftError `store/corrupt` where they are damaged, unless the hub above tells them again.
 */
export async function readDeletedSubtrees(
  store: Store,
  onDevice: boolean,
): Promise<DeletedSubtrees> {
  try {
    return new DeletedSubtrees(await readStored(store));
  } catch (error) {
    if (!onDevice || !(error instanceof CroftError) || error.code !== "store/corrupt") throw error;
    return new DeletedSubtrees([]);
  }
}

async function readStored(store: Store): Promise<readonly Kept[] | undefined> {
  const text = await store.readMeta(META);
  if (text === undefined) return undefined;
  const stored = readStoredJson(text, STORED);
  if (!stored) {
    throw new CroftError("store/corrupt", "The list of deleted subtrees is damaged.", {
      hint: "Go back to a backup: without it, devices that were away bring back what was deleted.",
    });
  }
  return stored.map(({ tombstone, former, ...rest }) => ({
    ...rest,
    tombstone: tombstone as Epoch,
    former: former as Epoch[],
  }));
}

/** The tombstones that a deletion of `path` makes former ones. */
function formerOf(all: readonly Kept[], path: string): readonly Epoch[] {
  const inside = all.filter((each) => isIn(each.path, path));
  return inside.flatMap((each) => [...each.former, each.tombstone]);
}

function metaOf(all: readonly Kept[]): NonNullable<StoreBatch["meta"]> {
  return [[META, JSON.stringify(all)]];
}
