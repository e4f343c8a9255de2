/** Deleted subtrees: what a peer must know of before it makes a document in one of them. */

import type { Epoch } from "../ids.ts";
import { bool, type Codec, hex, list, struct, text } from "./codec.ts";

/** A path that was deleted, with all paths below it. */
export interface DeletedSubtree {
  readonly path: string;
  /** What edits of a document there name that nobody has written to since. */
  readonly tombstone: Epoch;
}

/** Down: subtrees that were deleted, as far as the peer may read there. Told after the welcome, and when there are more. */
export interface Deleted {
  /** Whether these are all: what was told before is void. */
  readonly fresh: boolean;
  /** Each takes the place of those told before that are inside of it. */
  readonly subtrees: readonly DeletedSubtree[];
}

/** Most subtrees that are kept, and told. */
export const MAX_DELETED = 1024;

export const deleted: Codec<Deleted> = struct<Deleted>({
  fresh: bool,
  subtrees: list(struct<DeletedSubtree>({ path: text(2048), tombstone: hex(8) }), MAX_DELETED),
});
