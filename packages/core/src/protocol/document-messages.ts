/** Messages about one document: opening, its log, submissions and the answers to them. */

import type { Access } from "../access/access.ts";
import { MAX_LABEL_LENGTH, MAX_STAMP_LENGTH, type PluginLabel } from "../access/stamp.ts";
import type { Epoch, Tag } from "../ids.ts";
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
import { MAX_MESSAGE_BYTES, MAX_UPDATE_BYTES, MAX_UPDATES_PER_MESSAGE } from "./limits.ts";

/** Where a peer stands in a document's log. */
export interface Cursor {
  readonly epoch: Epoch;
  readonly seq: number;
  /** The tag that the hub gave the entry at `seq`. */
  readonly tag: Tag;
}

/** A submission's number, and the random tag that tells it from a forked store's. */
export interface Numbered {
  readonly n: number;
  readonly tag: Tag;
}

/**
 * What a submission builds on: an epoch of the document, or `undefined` when its writer knew of
 * none. A deletion starts an epoch whose id is the tombstone, so who names it knows of it.
 * {@link REFUSED_BASIS} when it builds on a submission that was refused.
 */
export type Basis = Epoch | undefined;

/**
 * Names no epoch. A hub refuses what builds on it whatever its bytes are: they may seem to fit, where
 * another author's edits have the clocks that the refused ones had.
 */
export const REFUSED_BASIS: Epoch = "0000000000000000" as Epoch;

/** Up: opens a document, or opens it again (a resume) on the same lane. */
export interface Open {
  /** The peer's number for the document on this session; not 0. */
  readonly doc: number;
  readonly path: string;
  /** Absent when the peer has nothing. */
  readonly cursor: Cursor | undefined;
}

/** Up: the peer does not want the document any more. */
export interface Close {
  readonly doc: number;
}

/** Up: numbered updates, `first`, `first + 1`, …, all on the same basis and by the same plugin. */
export interface Submit {
  readonly doc: number;
  readonly basis: Basis;
  /** The plugin on the device that made them; empty for the application. The device's word. */
  readonly plugin: PluginLabel;
  readonly first: number;
  readonly updates: readonly { readonly tag: Tag; readonly update: Uint8Array }[];
}

/**
 * Up, after the answer *behind*: everything of the document that this peer has as accepted, once,
 * the epoch that it knew the log by, and the last number that it knows as acknowledged. Answered by
 * {@link Restart} when the hub took it, by {@link Later} while its operator has not opened the recovery.
 */
export interface Recover {
  readonly doc: number;
  /** Of the peer's cursor. Edits that build on it are taken from then on. */
  readonly epoch: Epoch;
  readonly last: Numbered;
  /** Yjs update, v1. */
  readonly update: Uint8Array;
}

/**
 * Down: the answer to {@link Open}, and again when read access came. After it come a snapshot if `answer` says so, the entries up
 * to `head`, and an {@link Ack} when the peer had submissions.
 */
export interface Opened {
  readonly doc: number;
  /** Whether it answers an {@link Open}; one that does not is for nobody who waits for such an answer. */
  readonly asked: boolean;
  readonly access: Access;
  /**
   * continue: entries after the cursor follow. superseded: take the snapshot and what follows,
   * drop what was known as accepted. behind: the hub lost entries. deleted: drop everything, the
   * epoch is the tombstone; open again if there was a cursor. hidden: no read access, now.
   */
  readonly answer: "continue" | "superseded" | "behind" | "deleted" | "hidden";
  /** The document's epoch; for `deleted` the tombstone; zeros for `hidden`. */
  readonly epoch: Epoch;
  /**
   * The epoch that the document's last deletion started, if it was ever deleted: a peer that does
   * not know of it drops what it has from before, whatever was acknowledged.
   */
  readonly tombstone: Epoch | undefined;
  /** Sequence of the newest entry. */
  readonly head: number;
  /** The last submission of this writer that the hub has, n = 0 if none. */
  readonly last: Numbered;
  /**
   * A Yjs client id under which this peer may go on, as far as the hub knows: that of a replica that is gone,
   * and its next clock. The peer must hold the lock on it that replicas of a device hold (SYNC rule 11).
   */
  readonly lease: { readonly client: number; readonly clock: number } | undefined;
}

/** Down: all entries up to `seq` as one update. */
export interface Snapshot {
  readonly doc: number;
  readonly seq: number;
  readonly tag: Tag;
  /** Yjs update encoding of `update`: hubs may send v2. */
  readonly format: "v1" | "v2";
  readonly update: Uint8Array;
}

/** One entry of a log, as it is relayed. */
export interface RelayedEntry {
  readonly tag: Tag;
  /** Stamp of who wrote it; absent when it is the same as of the entry before in this message. */
  readonly author: string | undefined;
  readonly update: Uint8Array;
}

/** Down: entries `first`, `first + 1`, … of the log. Applied in one transaction. */
export interface Entries {
  readonly doc: number;
  readonly first: number;
  readonly entries: readonly RelayedEntry[];
}

/**
 * Down: the peer's submissions up to `n` are durable at this hub, and the log up to `seq` holds
 * nothing that the peer has not been told or made itself.
 */
export interface Ack {
  readonly doc: number;
  readonly n: number;
  /** New cursor position; absent when the position is not to move (read access was lost). */
  readonly at: { readonly seq: number; readonly tag: Tag } | undefined;
}

/**
 * Up, now and then: the hash of what the peer shows when it has all entries up to `seq` and nothing of
 * its own on top. Answered only if it differs, by {@link Differs}.
 */
export interface Compare {
  readonly doc: number;
  readonly seq: number;
  /** As of `contentHash`: values, ids and order of what is visible. */
  readonly hash: string;
}

/** Down: the peer does not show what the log yields at `seq`: it is to take the document anew. */
export interface Differs {
  readonly doc: number;
  readonly seq: number;
}

/** Why a submission was refused for good. */
export type DenialCode = "no-access" | "invalid" | "deleted" | "fork" | "old-epoch";

/** Down: submission `n` is refused for good; everything before it is acknowledged. */
export interface Denied {
  readonly doc: number;
  readonly n: number;
  readonly code: DenialCode;
  /** For a person. */
  readonly reason: string;
}

/**
 * Down: submission `n`, which this hub had acknowledged, was refused by the hub above it, or depended
 * on one that was. This hub keeps it in its quarantine. Told to its writer whatever comes between,
 * and again at each opening.
 */
export interface Refused {
  readonly doc: number;
  readonly n: number;
  readonly code: RefusalCode;
  /** For a person. */
  readonly reason: string;
}

/** Why a hub's own submission was refused by the one above it; `replaced`: see SYNC rule 2. */
export type RefusalCode = DenialCode | "replaced";

/** Why a submission is not accepted now. */
export type LaterCode =
  | "disk-full"
  | "store-failed"
  | "fenced"
  | "rate"
  | "gap"
  | "starting"
  | "recovery";

/** Down: nothing changed; open again and submit again from `n`, after `wait` milliseconds. */
export interface Later {
  readonly doc: number;
  readonly n: number;
  readonly code: LaterCode;
  readonly reason: string;
  readonly wait: number;
}

/** Down: the log has a new identity; nothing is told or taken until the peer opens again. */
export interface Restart {
  readonly doc: number;
}

/** Down: the client id is another writer's; rename the unaccepted structs and submit again. */
export interface IdTaken {
  readonly doc: number;
  readonly n: number;
  readonly client: number;
}

/** Down: what the principal may do with the document changed. */
export interface AccessChanged {
  readonly doc: number;
  readonly access: Access;
}

/**
 * Down: where the hub above this one stands for a document. After each {@link Opened} but *hidden*,
 * *behind* and one to open again after, it comes once the peer was told everything up to the head
 * at that time: it marks that the peer has caught up with this hub.
 */
export interface Upstream {
  readonly doc: number;
  /** none: there is no hub above. live: everything up to now came down. */
  readonly state: "none" | "offline" | "catching-up" | "live" | "failed";
  /** This writer's submissions up to here are durable at the hub above. */
  readonly saved: number;
  /** How many entries of the document, of all writers here, are not durable at the hub above. */
  readonly waiting: number;
  /** A code when `state` is `failed` or the last save is delayed, and words for a person. */
  readonly problem: { readonly code: string; readonly message: string } | undefined;
}

/** Up: tell (or stop telling) which documents change, of all that the principal may read. */
export interface Watch {
  readonly on: boolean;
}

/** Down, after {@link Watch}: entries were committed to a document. */
export interface Changed {
  readonly path: string;
  /** Stamp of who wrote the newest of them. */
  readonly author: string;
  /** Whether they came from below this hub (on a device: made here) or from the hub above. */
  readonly origin: "below" | "above";
}

const epoch: Codec<Epoch> = hex(8);
const tag: Codec<Tag> = hex(8);
const access: Codec<Access> = oneOf("none", "read", "write");
const path: Codec<string> = text(2048);
const reason: Codec<string> = text(1024);

export const cursor: Codec<Cursor> = struct<Cursor>({ epoch, seq: uint, tag });
const numbered: Codec<Numbered> = struct<Numbered>({ n: uint, tag });
const basis: Codec<Basis> = optional(epoch);

export const open: Codec<Open> = struct<Open>({ doc: uint, path, cursor: optional(cursor) });
export const close: Codec<Close> = struct<Close>({ doc: uint });
export const submit: Codec<Submit> = struct<Submit>({
  doc: uint,
  basis,
  plugin: text(MAX_LABEL_LENGTH),
  first: uint,
  updates: list(
    struct<Submit["updates"][number]>({ tag, update: bytes(MAX_UPDATE_BYTES) }),
    MAX_UPDATES_PER_MESSAGE,
  ),
});
export const recover: Codec<Recover> = struct<Recover>({
  doc: uint,
  epoch: hex(8),
  last: numbered,
  update: bytes(MAX_MESSAGE_BYTES),
});
export const opened: Codec<Opened> = struct<Opened>({
  doc: uint,
  asked: bool,
  access,
  answer: oneOf("continue", "superseded", "behind", "deleted", "hidden"),
  epoch,
  tombstone: optional(epoch),
  head: uint,
  last: numbered,
  lease: optional(struct({ client: uint, clock: uint })),
});
export const snapshot: Codec<Snapshot> = struct<Snapshot>({
  doc: uint,
  seq: uint,
  tag,
  format: oneOf("v1", "v2"),
  update: bytes(MAX_MESSAGE_BYTES),
});
export const entries: Codec<Entries> = struct<Entries>({
  doc: uint,
  first: uint,
  entries: list(
    struct<RelayedEntry>({
      tag,
      author: optional(text(MAX_STAMP_LENGTH)),
      update: bytes(MAX_MESSAGE_BYTES),
    }),
    MAX_UPDATES_PER_MESSAGE,
  ),
});
export const ack: Codec<Ack> = struct<Ack>({
  doc: uint,
  n: uint,
  at: optional(struct<{ readonly seq: number; readonly tag: Tag }>({ seq: uint, tag })),
});
export const denied: Codec<Denied> = struct<Denied>({
  doc: uint,
  n: uint,
  code: oneOf("no-access", "invalid", "deleted", "fork", "old-epoch"),
  reason,
});
export const refused: Codec<Refused> = struct<Refused>({
  doc: uint,
  n: uint,
  code: oneOf("no-access", "invalid", "deleted", "fork", "old-epoch", "replaced"),
  reason,
});
export const later: Codec<Later> = struct<Later>({
  doc: uint,
  n: uint,
  code: oneOf("disk-full", "store-failed", "fenced", "rate", "gap", "starting", "recovery"),
  reason,
  wait: uint,
});
export const restart: Codec<Restart> = struct<Restart>({ doc: uint });
export const idTaken: Codec<IdTaken> = struct<IdTaken>({ doc: uint, n: uint, client: uint });
export const accessChanged: Codec<AccessChanged> = struct<AccessChanged>({ doc: uint, access });
export const upstream: Codec<Upstream> = struct<Upstream>({
  doc: uint,
  state: oneOf("none", "offline", "catching-up", "live", "failed"),
  saved: uint,
  waiting: uint,
  problem: optional(
    struct<{ readonly code: string; readonly message: string }>({
      code: text(64),
      message: reason,
    }),
  ),
});
export const compare: Codec<Compare> = struct<Compare>({ doc: uint, seq: uint, hash: hex(8) });
export const differs: Codec<Differs> = struct<Differs>({ doc: uint, seq: uint });
export const watch: Codec<Watch> = struct<Watch>({ on: bool });
export const changed: Codec<Changed> = struct<Changed>({
  path,
  author: text(MAX_STAMP_LENGTH),
  origin: oneOf("below", "above"),
});
