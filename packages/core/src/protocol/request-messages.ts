/** Messages that ask a hub for something besides editing, and its answers. Numbered by the peer. */

import type { Epoch } from "../ids.ts";
import { bool, type Codec, hex, optional, struct, text, uint } from "./codec.ts";

/**
 * Up: delete a document, or every document under a path (SYNC rule 17). Needs write access to each
 * document that may be read. What a peer may not read stays, and is not told.
 */
export interface Delete {
  /** Told back with the answer. */
  readonly id: number;
  readonly path: string;
  /** Whether `path` stands for itself and all paths below it. */
  readonly subtree: boolean;
  /** The epoch that the peer knows of the one document: one in another epoch stays. */
  readonly epoch: Epoch | undefined;
}

/** Up: bring back what the last deletion of a document took, while it is kept. Needs write access. */
export interface Undelete {
  readonly id: number;
  readonly path: string;
}

/** Down: it was done. */
export interface Done {
  readonly id: number;
  /** How many documents it concerned. */
  readonly count: number;
}

/** Down: it was not done, and nothing changed. */
export interface Failed {
  readonly id: number;
  /** An error code of croft, as `access/denied`. */
  readonly code: string;
  /** For a person. */
  readonly reason: string;
}

const path: Codec<string> = text(2048);

export const deletion: Codec<Delete> = struct<Delete>({
  id: uint,
  path,
  subtree: bool,
  epoch: optional(hex(8)),
});
export const undelete: Codec<Undelete> = struct<Undelete>({ id: uint, path });
export const done: Codec<Done> = struct<Done>({ id: uint, count: uint });
export const failed: Codec<Failed> = struct<Failed>({
  id: uint,
  code: text(64),
  reason: text(1024),
});
