/**
 * Subtrees that were deleted with all documents in them, those too that this hub never heard of: a device that was away may
 * have made some (SYNC rule 17). Such a document begins with the subtree's tombstone. At a server these are its own
 * deletions; on a device those that the hub above told of, so that what is made there without a network names them.
 */

import * as z from "zod/mini";
import { isIn } from "../doc-path.ts";
import { createEmitter, type Emitter } from "../emitter.ts";
import type { Epoch } from "../ids.ts";
import type { Deleted, DeletedSubtree } from "../protocol/deletion-messages.ts";
import { readStoredJson } from "../stored-json.ts";
import type { Store } from "../store/store.ts";

/** The name under which a store keeps them. */
const META = "deleted-subtrees";

const STORED = z.array(
  z.object({
    path: z.string(),
    tombstone: z.string(),
    former: z.array(z.string()),
    at: z.number(),
  }),
);

/** What is kept of a subtree. */
interface Kept extends DeletedSubtree {
  /** Tombstones of earlier deletions of it, and of subtrees in it. */
  readonly former: readonly Epoch[];
  /** The position of this hub's last change before it was added. */
  readonly at: number;
}

/** How a document begins that is in a deleted subtree, and that nobody has written to. */
export interface Beginning {
  readonly tombstone: Epoch;
  /** Tombstones of the deletions before the last one. */
  readonly former: readonly Epoch[];
  /** The position of this hub's last change before it knew. */
  readonly at: number;
}

/** One that was added. */
export interface Addition {
  readonly added: DeletedSubtree;
  /** It was not stored. */
  readonly undo: () => void;
}

/** See the top of this file. */
export class DeletedSubtrees {
  /** Tells of each one that is added. */
  readonly changes: Emitter<DeletedSubtree> = createEmitter();
  #all: readonly Kept[];

  constructor(all: readonly Kept[] = []) {
    this.#all = all;
  }

  get all(): readonly DeletedSubtree[] {
    return this.#all;
  }

  /** How a document begins; nothing where no deletion concerns it. */
  beginningOf(path: string): Beginning | undefined {
    const over = this.#all
      .filter((each) => isIn(path, each.path))
      .toSorted((a, b) => a.path.length - b.path.length);
    // A deletion takes those inside of it with it: an inner one that is left came later.
    const newest = over.pop();
    if (!newest) return undefined;
    const earlier = over.flatMap(({ tombstone, former }) => [...former, tombstone]);
    const { tombstone, former, at } = newest;
    return { tombstone, former: [...earlier, ...former], at };
  }

  /** Adds one, which takes the place of those inside of it. `at`: the position of this hub's last change. */
  add({ path, tombstone }: DeletedSubtree, at: number): Addition {
    const inside = this.#all.filter((each) => isIn(each.path, path));
    const former = inside.flatMap((each) => [...each.former, each.tombstone]);
    const added: Kept = { path, tombstone, former, at };
    this.#all = [...this.#all.filter((each) => !inside.includes(each)), added];
    const undo = (): void => {
      const back = this.#all.includes(added) ? inside : [];
      this.#all = [...this.#all.filter((each) => each !== added), ...back];
    };
    return { added, undo };
  }

  /** Takes what the hub above tells; `fresh`: and forgets all others. Returns whether any of it is new. */
  learn({ subtrees: told, fresh }: Deleted, at: number): boolean {
    const before = this.#all;
    for (const each of told) {
      if (!this.#all.some((other) => isSame(each, other))) this.add(each, at);
    }
    if (fresh) this.#all = this.#all.filter((each) => told.some((other) => isSame(each, other)));
    return this.#all.length !== before.length || this.#all.some((each) => !before.includes(each));
  }

  /** What a store keeps of them. */
  toMeta(): readonly [name: string, value: string | undefined] {
    return [META, this.#all.length > 0 ? JSON.stringify(this.#all) : undefined];
  }
}

/** Reads those of a store. */
export async function readDeletedSubtrees(store: Store): Promise<DeletedSubtrees> {
  const stored = readStoredJson(await store.readMeta(META), STORED) ?? [];
  return new DeletedSubtrees(
    stored.map(({ tombstone, former, ...rest }) => ({
      ...rest,
      tombstone: tombstone as Epoch,
      former: former as Epoch[],
    })),
  );
}

function isSame(a: DeletedSubtree, b: DeletedSubtree): boolean {
  return a.path === b.path && a.tombstone === b.tombstone;
}
