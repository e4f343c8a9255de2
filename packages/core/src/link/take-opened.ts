/**
 * Takes the hub above's answer to an opening into a draft of the device's document: whether the answer still fits what
 * is here, whether the hub above knows this device for the one it is, and which deletions it tells of. No I/O.
 */

import type { Epoch, WriterId } from "../ids.ts";
import type { Cursor, Opened } from "../protocol/document-messages.ts";
import type { LogEntry } from "../store/store.ts";
import type { Draft } from "../hub/draft.ts";
import { type Beginning, beginsAfter, NOTHING_SUBMITTED } from "../hub/hub-document.ts";
import { adoptWriter, keepPending, quarantinePending, rebasePending } from "./pending.ts";

/** What was asked. */
export interface AskedOpening {
  /** Where this device stood. */
  readonly cursor: Cursor | undefined;
  /** Whether nothing was opened in this session before. */
  readonly isFirst: boolean;
  /** Whether the log is read again from its start, after the hub above took back what it had lost. */
  readonly regains: boolean;
  /** The last deletion that the hub above knew of before that: it is older than what is here. */
  readonly formerDeletion: Epoch | undefined;
}

/**
 * `outdated`: it answers to where this device does not stand any more, and nothing was taken. `foreign`: the hub
 * above knows another one under this writer's name.
 */
export type OpenedVerdict = "ours" | "foreign" | "outdated";

/** See the top of this file. */
export function takeOpened(
  draft: Draft,
  writer: WriterId,
  opened: Opened,
  asked: AskedOpening,
): OpenedVerdict {
  if (isOutdated(draft, asked)) return "outdated";
  adoptWriter(draft, writer);
  const known = draft.record.upstream?.access ?? "write";
  if (known !== opened.access) draft.setUpstream({ access: opened.access }, writer);
  if (!isOurLast(draft, opened.last) && !hasLostOurs(draft, opened)) return "foreign";
  if (draft.record.upstream?.regained) draft.setUpstream({ regained: undefined }, writer);
  takeDeletion(draft, writer, opened, asked);
  forgetLostDeletion(draft, writer, opened);
  return "ours";
}

/**
 * What came on an earlier session was still being stored when this one was opened. In a new session the
 * hub above may have been restored since, and has answered to a cursor that this device left.
 */
function isOutdated(draft: Draft, { cursor, isFirst, regains }: AskedOpening): boolean {
  const isLeft = isFirst && !regains && draft.record.upstream?.cursor?.tag !== cursor?.tag;
  return isLeft || (cursor !== undefined && !holds(draft, cursor));
}

/** Whether the document still holds all that a cursor stands for. */
function holds({ record }: Draft, { epoch, seq }: Cursor): boolean {
  const cursor = record.upstream?.cursor;
  return cursor?.epoch === epoch && cursor.seq >= seq;
}

/** Whether the last number that the hub above knows is one of ours (rule 2). */
function isOurLast(draft: Draft, { n, tag }: Opened["last"]): boolean {
  const acked = draft.record.upstream?.acked ?? NOTHING_SUBMITTED;
  if (acked.n === n && acked.tag === tag) return true;
  return draft.pending.some(({ pending }) => pending?.n === n && pending.tag === tag);
}

/**
 * Whether the hub above lost numbers of ours: it says that it lost entries, or it knows of fewer numbers
 * than it has acknowledged, and all that it forgot is still marked as pending here and submitted again.
 */
function hasLostOurs(draft: Draft, { answer, last }: Opened): boolean {
  if (last.n >= (draft.record.upstream?.acked.n ?? 0)) return false;
  const next = draft.pending[0]?.pending?.n ?? Number.POSITIVE_INFINITY;
  return answer === "behind" || next <= last.n + 1;
}

/**
 * Drops what is from before a deletion: nothing of it stays but the quarantine, also what was acknowledged before the
 * deletion and is still marked as pending. What was made by a device that knew of the deletion goes on.
 */
function takeDeletion(
  draft: Draft,
  writer: WriterId,
  opened: Opened,
  { formerDeletion }: AskedOpening,
): void {
  const { tombstone, last } = opened;
  const { upstream } = draft.record;
  // What is here may be of the log from before a deletion that is known: a restored server had it back meanwhile.
  const isBefore =
    opened.answer === "deleted" && upstream?.cursor && upstream.cursor.epoch !== opened.epoch;
  const isAfter =
    upstream?.tombstone === tombstone ||
    upstream?.cursor?.epoch === opened.epoch ||
    formerDeletion === tombstone;
  const known = isAfter && !isBefore;
  // A hub that lost entries may tell of an older deletion than the last one that is known here.
  if (tombstone === undefined || known || opened.answer === "behind") return;
  // Made after the deletion that is told, and before anything came of the log that it ended.
  const isToldAgain = upstream?.tombstone === tombstone;
  const later = isToldAgain ? leadingOn(draft.pending, tombstone) : [];
  quarantinePending(
    draft,
    draft.pending.slice(later.length),
    "deleted",
    "the document was deleted",
  );
  draft.clear();
  draft.setRecord({ tombstone: draft.record.epoch });
  draft.setUpstream({ tombstone, cursor: undefined, acked: last, numbered: last.n }, writer);
  keepPending(draft, later);
}

/** What was made first, on a deletion: it builds on nothing else. */
function leadingOn(pending: readonly LogEntry[], tombstone: Epoch): readonly LogEntry[] {
  const end = pending.findIndex((entry) => entry.pending?.basis !== tombstone);
  return end < 0 ? pending : pending.slice(0, end);
}

/**
 * The subtree of a document that is open was deleted: where nothing of it is here it starts over, and names that. So do replicas
 * which show something that went another way than through this device.
 */
export function startAfter(draft: Draft, writer: WriterId, beginning: Beginning): void {
  const { tombstone } = beginning;
  if (!beginsAfter(draft, beginning) || draft.record.upstream?.tombstone === tombstone) return;
  draft.clear();
  draft.setRecord({ tombstone: draft.record.epoch });
  draft.setUpstream({ tombstone }, writer);
}

/**
 * A device that meets the hub above for the first time could not know of anything there: what waits in it is taken as made
 * after the deletion of its subtree.
 */
export function adoptDeletion(draft: Draft, writer: WriterId, tombstone: Epoch): void {
  const { upstream } = draft.record;
  if (draft.pending.length === 0 || upstream?.cursor || upstream?.tombstone !== undefined) return;
  draft.setUpstream({ tombstone }, writer);
  rebasePending(draft, tombstone);
}

/**
 * A hub that was restored from a backup may know nothing of a deletion that edits here build on: they
 * are made for a document that never was, then.
 */
function forgetLostDeletion(draft: Draft, writer: WriterId, opened: Opened): void {
  const known = draft.record.upstream;
  const lost = opened.answer === "continue" && opened.tombstone === undefined;
  if (!lost || known?.tombstone === undefined || known.cursor) return;
  draft.setUpstream({ tombstone: undefined }, writer);
  rebasePending(draft, undefined);
}
