/**
 * Takes what the hub above says after an opening into a draft of the device's document: entries, snapshots,
 * acknowledgements. No I/O; the hub above was trusted with judging, so owners of client
 * ids are not checked again, but the bytes are.
 */

import type { RandomBytes, WriterId } from "../ids.ts";
import type { Ack, Entries, Opened, Snapshot } from "../protocol/document-messages.ts";
import { ProtocolError } from "../protocol/codec.ts";
import { compareStructs } from "../update/compare.ts";
import { inspectUpdate } from "../update/inspect.ts";
import { type SoundUpdate, TRUSTED_LIMITS } from "../update/inspection.ts";
import { type ClientClock, judgeUpdate } from "../update/judge.ts";
import { toV1 } from "../update/yjs-format.ts";
import type { Draft } from "../hub/draft.ts";
import { clocksOf } from "../update/clocks.ts";
import { ABOVE } from "../hub/nobodies.ts";
import { numberedAt, pendingClients, rebasePending, renamePending } from "./pending.ts";

/** Which log of the hub above is spoken of, and under which writer this device submits to it. */
export interface Above {
  readonly epoch: Opened["epoch"];
  readonly writer: WriterId;
  readonly random: RandomBytes;
  /** Whether the log is read again from its start, after the hub took back what it had lost. */
  readonly regains: boolean;
  /**
   * Stands for the opening that is spoken of. When pending entries are changed, nothing more of it may
   * be taken: acknowledgements on their way are for what was sent, not for what it has become.
   */
  readonly opening: object;
  /** Called after the commit when pending entries were changed: they must be submitted anew. */
  readonly renamed: () => void;
}

/**
 * Appends entries of the hub above and moves the cursor over them, in one draft (rule 4).
 *
 * @throws ProtocolError when an entry cannot be applied to what is here.
 */
export function takeEntries(draft: Draft, above: Above, message: Entries): void {
  draft.origin = "above";
  let author = "";
  let seq = message.first - 1;
  for (const entry of message.entries) {
    author = entry.author ?? author;
    seq++;
    if (seq <= positionOf(draft, above)) continue;
    takeEntry(draft, above, entry.update, author);
    moveCursor(draft, above, { seq, tag: entry.tag });
  }
}

/**
 * Takes a snapshot of the hub above as the accepted content.
 *
 * @throws ProtocolError when the snapshot is malformed.
 */
export function takeSnapshot(draft: Draft, above: Above, message: Snapshot): void {
  if (message.seq <= positionOf(draft, above)) return;
  draft.origin = "above";
  const inspection = sound(toV1(message));
  advance(
    draft,
    inspection.clients.map(({ client, to }) => ({ client, clock: to })),
  );
  const { upstream } = draft.record;
  if (upstream?.cursor && upstream.cursor.epoch !== above.epoch) supersede(draft, inspection);
  draft.replaceAccepted(message.update, message.format);
  moveCursor(draft, above, message);
}

/**
 * The hub above has taken something out of the document: whatever was accepted here and is not in its
 * snapshot is gone. Replicas start over.
 */
function supersede(draft: Draft, { clients }: SoundUpdate): void {
  const clocks = new Map(clocksOf(draft.pending.map(({ update }) => update)));
  for (const { client, to } of clients) clocks.set(client, Math.max(to, clocks.get(client) ?? 0));
  draft.resetClaims(clocks);
  draft.newEpoch([]);
}

/** Settles what the hub above acknowledged. */
export function takeAck(draft: Draft, above: Above, { n, at }: Omit<Ack, "doc">): void {
  if (n > (draft.record.upstream?.acked.n ?? 0)) {
    draft.setUpstream({ acked: numberedAt(draft, n) }, above.writer);
  }
  // Without a position, since nothing may be read now, the pending mark stays (SYNC rule 4): no cursor
  // would tell of it, should the hub above lose the entry.
  if (!at) return;
  draft.settleUpTo(n);
  if (at.seq > positionOf(draft, above)) moveCursor(draft, above, at);
}

/** The log was read again to its end, after the hub took back what it had lost. */
export function takeRegained(draft: Draft, { epoch, writer }: Above): void {
  const regained = draft.record.upstream?.regained;
  if (regained) draft.setUpstream({ cursor: regained, regained: undefined }, writer);
  rebasePending(draft, epoch);
}

function takeEntry(draft: Draft, above: Above, update: Uint8Array, author: string): void {
  const inspection = sound(update);
  // Our own entry come back as bytes, after its acknowledgement was lost: the cursor is about to move
  // over it, so it is settled here (SYNC rule 4). Mere deletions may be another's, with the same bytes:
  // ours may still be refused, theirs stay.
  const hasStructs = inspection.clients.length > 0;
  const [own] = draft.pending;
  if (hasStructs && own?.pending && sameBytes(own.update, update)) {
    takeAck(draft, above, { n: own.pending.n, at: undefined });
    draft.settleUpTo(own.pending.n);
    return;
  }
  giveWay(draft, above, inspection, update);
  const judgement = judgeUpdate(inspection, {
    clock: (client) => draft.clock(client),
    owner: () => undefined,
    writer: ABOVE,
    trusted: true,
  });
  switch (judgement.verdict) {
    case "new":
    case "overlap":
      advance(draft, judgement.advance);
      break;
    case "known":
      // Known because it is pending here, it must outlive a denial of what is pending.
      if (!judgement.deletes && !isPending(draft, inspection)) return;
      break;
    case "gap":
    case "refused":
      throw new ProtocolError(
        `the hub above sent an entry that does not fit: ${judgement.message}`,
      );
    case "id-taken":
      throw new ProtocolError("the hub above sent an entry under a foreign client id");
  }
  draft.append({ update: update.slice(), writer: ABOVE, n: 0, author });
}

/**
 * Another writer got ahead with a client id under which edits are pending here: ours are renamed
 * before theirs are taken, or Yjs would take the one for the other (SYNC rules 7 and 11).
 */
function giveWay(draft: Draft, above: Above, { clients }: SoundUpdate, update: Uint8Array): void {
  if (draft.pending.length === 0) return;
  const known = clients.filter(({ client, from }) => from < draft.clock(client));
  if (known.length === 0) return;
  const ours = pendingClients(draft);
  const shared = known.filter(({ client }) => ours.has(client));
  if (shared.length === 0) return;
  if (compareStructs(draft.everything, update, (client) => draft.clock(client)) === "equal") return;
  for (const { client } of shared) renamePending(draft, client, above.random);
  draft.outdated.add(above.opening);
  draft.after(above.renamed);
}

function isPending(draft: Draft, { clients }: SoundUpdate): boolean {
  if (draft.pending.length === 0) return false;
  const ours = pendingClients(draft);
  return clients.some(({ client }) => ours.has(client));
}

function sound(update: Uint8Array): SoundUpdate {
  const inspection = inspectUpdate(update, TRUSTED_LIMITS);
  if (!inspection.ok)
    throw new ProtocolError(`the hub above sent a bad update: ${inspection.message}`);
  return inspection;
}

function advance(draft: Draft, clocks: readonly ClientClock[]): void {
  for (const { client, clock } of clocks) {
    if (clock <= draft.clock(client)) continue;
    draft.setClaim(client, { client, writer: draft.owner(client) ?? ABOVE, clock });
  }
}

function positionOf(draft: Draft, { epoch, regains }: Above): number {
  const { upstream } = draft.record;
  const cursor = regains ? upstream?.regained : upstream?.cursor;
  return cursor?.epoch === epoch ? cursor.seq : 0;
}

function moveCursor(
  draft: Draft,
  { epoch, writer, regains }: Above,
  { seq, tag }: { readonly seq: number; readonly tag: Snapshot["tag"] },
): void {
  const cursor = { epoch, seq, tag };
  draft.setUpstream(regains ? { regained: cursor } : { cursor }, writer);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
