/**
 * Messages about the history of a document: who changed what, and when. It is told in pages, the newest first, each with the
 * document as it was before; a hub keeps the pages of what is in its snapshot by now in its store, as they are told.
 */

import { MAX_STAMP_LENGTH } from "../access/stamp.ts";
import type { Epoch } from "../ids.ts";
import {
  bool,
  bytes,
  type Codec,
  hex,
  list,
  oneOf,
  optional,
  struct,
  text,
  uint,
} from "./codec.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";

/** What one author did, in one go. */
export interface PageChange {
  /** Sequence of the first entry. */
  readonly first: number;
  /** Sequence of the last one. */
  readonly last: number;
  /** Stamp of the principal. */
  readonly author: string;
  /** When the first one was made, in milliseconds since 1970, the hub's clock. */
  readonly from: number;
  /** When the last one was made. */
  readonly to: number;
  /** Yjs updates (v1), in order; none where content is not asked for. */
  readonly updates: readonly Uint8Array[];
}

/** Some changes that follow each other, oldest first. */
export interface HistoryPage {
  /** The document before them; absent where it was empty, and where content is not asked for. */
  readonly base: { readonly format: "v1" | "v2"; readonly update: Uint8Array } | undefined;
  readonly changes: readonly PageChange[];
}

/** Up: tell a page of the history of a document. Needs read access. */
export interface History {
  /** Told back with the answer. */
  readonly id: number;
  readonly path: string;
  /** Whose last change is before this sequence; 0 for the newest page. */
  readonly before: number;
  /** Whether what was changed is wanted too, and the document before it. */
  readonly content: boolean;
}

/** Down: the page. */
export interface HistoryAnswer {
  readonly id: number;
  /** The document's epoch: sequences of another one are those of another log. */
  readonly epoch: Epoch;
  readonly page: HistoryPage;
  /** Before which sequence the page before it ends; 0 when none is kept. */
  readonly before: number;
  /** Whether there was nothing before it. */
  readonly isFirst: boolean;
}

/** Most changes in one page, and most updates in one change. */
const MAX_CHANGES: number = 2 ** 20;

/** A page, in messages and in stores. */
export const historyPage: Codec<HistoryPage> = struct<HistoryPage>({
  base: optional(
    struct<NonNullable<HistoryPage["base"]>>({
      format: oneOf("v1", "v2"),
      update: bytes(MAX_MESSAGE_BYTES),
    }),
  ),
  changes: list(
    struct<PageChange>({
      first: uint,
      last: uint,
      author: text(MAX_STAMP_LENGTH),
      from: uint,
      to: uint,
      updates: list(bytes(MAX_MESSAGE_BYTES), MAX_CHANGES),
    }),
    MAX_CHANGES,
  ),
});

export const history: Codec<History> = struct<History>({
  id: uint,
  path: text(2048),
  before: uint,
  content: bool,
});
export const historyAnswer: Codec<HistoryAnswer> = struct<HistoryAnswer>({
  id: uint,
  epoch: hex(8),
  page: historyPage,
  before: uint,
  isFirst: bool,
});
