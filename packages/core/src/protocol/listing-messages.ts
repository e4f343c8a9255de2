/**
 * Messages about listings: which documents there are under a prefix, and what changes. A peer asks once
 * and goes on being told; when it comes back it names the mark up to which it was told.
 */

import type { Epoch, RunId, Tag } from "../ids.ts";
import { bool, type Codec, hex, list, optional, struct, text, uint } from "./codec.ts";

/** Up to where a peer was told. What it names tells nothing about documents that it may not read. */
export interface ListingMark {
  /** The run of the hub that told it: a run that was restored from a backup may have told more. */
  readonly run: RunId;
  /** The position of a change; all up to it were told. */
  readonly at: number;
  /** The position of the newest change that was told: a hub that has not got it was restored. */
  readonly seen: number;
  /** What the peer might read then; with other rights it is told everything anew. */
  readonly rights: string;
}

/** Up: tell the documents whose path starts with `prefix`, and go on telling. */
export interface List {
  /** The peer's number for the listing on this session; not 0. */
  readonly id: number;
  /** Empty for all. */
  readonly prefix: string;
  /** Absent when the peer knows nothing. */
  readonly after: ListingMark | undefined;
}

/** Up: the peer does not want the listing any more. */
export interface Unlist {
  readonly id: number;
}

/** One document of a {@link Listing}. */
export interface ListedDocument {
  readonly path: string;
  readonly epoch: Epoch;
  /** Sequence of the newest entry. */
  readonly head: number;
  /** Tag of that entry. */
  readonly tag: Tag;
  /** About how many bytes its log and snapshot have. */
  readonly bytes: number;
  /** Milliseconds since 1970 of the last change, the hub's clock. */
  readonly changedAt: number;
  /** Whether the content is at this hub: a device knows of documents that it has not fetched. */
  readonly stored: boolean;
}

/** Down: a part of what was asked for, or what changed since. */
export interface Listing {
  readonly id: number;
  /** Whether all that was told before is void: everything follows anew. */
  readonly fresh: boolean;
  readonly documents: readonly ListedDocument[];
  /** Documents that are there no more. */
  readonly gone: readonly string[];
  /** Whether the peer knows everything now. */
  readonly complete: boolean;
  /** Where the peer stands; absent while more follows, and where a hub keeps no marks. */
  readonly mark: ListingMark | undefined;
}

/** Most documents in one message. */
export const MAX_LISTED = 1024;

const path: Codec<string> = text(2048);
const mark: Codec<ListingMark> = struct<ListingMark>({
  run: hex(8),
  at: uint,
  seen: uint,
  rights: hex(8),
});

export const listing: Codec<Listing> = struct<Listing>({
  id: uint,
  fresh: bool,
  documents: list(
    struct<ListedDocument>({
      path,
      epoch: hex(8),
      head: uint,
      tag: hex(8),
      bytes: uint,
      changedAt: uint,
      stored: bool,
    }),
    MAX_LISTED,
  ),
  gone: list(path, MAX_LISTED),
  complete: bool,
  mark: optional(mark),
});
export const ask: Codec<List> = struct<List>({ id: uint, prefix: path, after: optional(mark) });
export const unlist: Codec<Unlist> = struct<Unlist>({ id: uint });
