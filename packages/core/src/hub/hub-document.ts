/**
 * What a hub keeps in memory of one document while somebody has it open: the row, who owns which
 * client id, last numbers, and the newest entries as bytes. Never a live Y.Doc. Everything here
 * is a copy of what the store holds; after a failed commit it is thrown away and read again.
 */

import type { DocPath } from "../doc-path.ts";
import { createEpoch, type Epoch, type RandomBytes, type Tag, type WriterId } from "../ids.ts";
import type { Numbered, RefusalCode, Refused } from "../protocol/document-messages.ts";
import type {
  Claim,
  DocumentChange,
  DocumentNews,
  DocumentRecord,
  LoadedDocument,
  LogEntry,
  UpstreamRecord,
} from "../store/store.ts";
import type { HubCore } from "./hub-core.ts";
import type { HubLane } from "./hub-lane.ts";
import { createPresenceRoom, type PresenceRoom } from "./presence-room.ts";

/** The tag and epoch of nothing. */
export const NO_TAG: Tag & Epoch = "0000000000000000" as Tag & Epoch;
/** The last number of a writer that never submitted. */
export const NOTHING_SUBMITTED: Numbered = { n: 0, tag: NO_TAG };

/** A submission that was acknowledged here and refused by the hub above. */
export type RefusedNumber = Omit<Refused, "doc">;

/** How many refusals of one writer are remembered, the newest. */
const MAX_REFUSED = 256;
/** How many bytes of newest entries stay in memory. */
export const TAIL_BYTES: number = 256 * 1024;

/** A client id under which edits were pending, and the one that they have now; its clocks start where the other's ended. */
export interface Renaming {
  readonly client: number;
  readonly fresh: number;
  readonly from: number;
}

/** What the last deletion of a subtree says of the documents in it. */
export interface Beginning {
  readonly tombstone: Epoch;
  /** Rows that changed last up to this position are from before it. */
  readonly at: number;
  /** Tombstones of deletions before it. */
  readonly former: readonly Epoch[];
}

/** A document in a hub's memory. */
export class HubDocument {
  readonly path: DocPath;
  /** The stored row; a row made up in memory until the first entry is committed. */
  record: DocumentRecord;
  /** The epoch and the head of the stored row, against which changes are checked; nothing where there is none. */
  inStore: DocumentChange["expect"];
  readonly claims: Map<number, Claim> = new Map();
  readonly writers: Map<WriterId, Numbered> = new Map();
  /** On a device: entries which the hub above has not acknowledged, by number. */
  pending: readonly LogEntry[] = [];
  /** Client ids that were offered to replicas, until these close the document. */
  readonly leases: Map<number, HubLane> = new Map();
  /** Sessions that have the document open. */
  readonly lanes: Set<HubLane> = new Set();
  readonly room: PresenceRoom = createPresenceRoom();
  /** On a device: what the hub above refused and the quarantine holds, by the writer here. */
  readonly refused: Map<WriterId, readonly RefusedNumber[]> = new Map();
  /** What the log yielded when it was last loaded to compare it: at which sequence, and when. */
  yielded:
    | {
        readonly epoch: Epoch;
        readonly seq: number;
        readonly hash: string;
        readonly at: number;
      }
    | undefined;
  /**
   * On a device: what was renamed since a writer was in step with the log, in order. What it made before refers to the
   * former ids, under which others are known now.
   */
  readonly renamings: Map<WriterId, readonly Renaming[]> = new Map();
  /** Ids of what the quarantine holds of this document. */
  readonly kept: Set<Tag> = new Set();
  #tail: LogEntry[] = [];
  #tailBytes = 0;

  constructor(path: DocPath, loaded: LoadedDocument | undefined, now: number, random: RandomBytes) {
    this.path = path;
    this.inStore = loaded && stateOf(loaded);
    this.record = loaded?.record ?? emptyRecord(path, now, random);
    for (const claim of loaded?.claims ?? []) this.claims.set(claim.client, claim);
  }

  /**
   * Its subtree was deleted: where it is not stored here, or was deleted before that, it begins as if it had been there then.
   * Returns whether that makes it another one.
   */
  beginAfter({ tombstone, at, former }: Beginning): boolean {
    const { record } = this;
    const isBefore = record.position <= at || former.includes(record.epoch);
    const isEmpty = this.stored ? isDeleted(record) && isBefore : record.head === 0;
    if (!isEmpty || record.epoch === tombstone) return false;
    const deletedEpochs = [...record.deletedEpochs, ...(this.stored ? [record.epoch] : [])];
    this.record = { ...record, epoch: tombstone, tombstone, deletedEpochs };
    return true;
  }

  /** The same on a device, where it is the hub above that deleted: what is made here is to name that. */
  beginAfterAbove(beginning: Beginning, writer: WriterId): void {
    if (!beginsAfter(this, beginning)) return;
    const { upstream = noUpstream(writer) } = this.record;
    this.record = { ...this.record, upstream: { ...upstream, tombstone: beginning.tombstone } };
  }

  /** Whether the store has a row. */
  get stored(): boolean {
    return this.inStore !== undefined;
  }

  /** Entries after `seq` from memory; `undefined` if some of them are only in the store. */
  tailAfter(seq: number): readonly LogEntry[] | undefined {
    const [first] = this.#tail;
    if (!first || first.seq > seq + 1) return undefined;
    return this.#tail.slice(seq + 1 - first.seq);
  }

  /** Adds committed entries to the tail. */
  remember(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      const last = this.#tail.at(-1);
      if (last && last.seq + 1 !== entry.seq) this.forgetTail();
      this.#tail.push(entry);
      this.#tailBytes += entry.update.length;
    }
    let drop = 0;
    while (this.#tailBytes > TAIL_BYTES && drop < this.#tail.length - 1) {
      this.#tailBytes -= this.#tail[drop]?.update.length ?? 0;
      drop++;
    }
    if (drop > 0) this.#tail.splice(0, drop);
  }

  /** Takes over what was read again from the store, after a failed commit. */
  replaceWith(fresh: HubDocument): void {
    this.record = fresh.stored ? fresh.record : this.record;
    this.inStore = fresh.inStore;
    this.pending = fresh.pending;
    this.claims.clear();
    for (const [client, claim] of fresh.claims) this.claims.set(client, claim);
    this.writers.clear();
    for (const [writer, last] of fresh.writers) this.writers.set(writer, last);
    this.kept.clear();
    for (const id of fresh.kept) this.kept.add(id);
    for (const [writer, all] of fresh.refused) {
      const told = this.refused.get(writer) ?? [];
      for (const each of all) if (!told.some(({ n }) => n === each.n)) this.refuse(writer, each);
    }
    this.forgetTail();
  }

  /** Takes over what other hubs on the same store did to it, under the same epoch. */
  readOn(news: DocumentNews): void {
    for (const claim of news.claims) this.claims.set(claim.client, claim);
    for (const { writer, n, tag } of news.writers) {
      // Others are read when they are asked for.
      if (this.writers.has(writer)) this.writers.set(writer, { n, tag });
    }
    if (news.entries[0]?.seq !== this.record.head + 1) this.forgetTail();
    this.remember(news.entries);
    this.record = news.record;
    this.inStore = stateOf(news);
  }

  /** The hub above refused what a writer submitted here: it is told, now and when it opens again. */
  refuse(writer: WriterId, refused: RefusedNumber): void {
    const known = this.refused.get(writer) ?? [];
    this.refused.set(writer, [...known, refused].slice(-MAX_REFUSED));
    for (const lane of this.lanes) if (lane.writer === writer) lane.tellRefused(refused);
  }

  /**
   * A lane is gone: nobody needs to remember that its writer never wrote. Who did has a row in the store, and a device that
   * loses its store goes on from what is here.
   */
  forgetIdle(writer: WriterId): void {
    for (const lane of this.lanes) if (lane.writer === writer) return;
    if (this.writers.get(writer)?.n === 0) this.writers.delete(writer);
  }

  /** A client id was renamed in the log: whoever has the document open does not know yet. */
  noteRenaming(renaming: Renaming): void {
    for (const { writer } of this.lanes) {
      this.renamings.set(writer, [...(this.renamings.get(writer) ?? []), renaming]);
    }
  }

  /** Empties the tail, when entries were removed from the log. */
  forgetTail(): void {
    this.#tail = [];
    this.#tailBytes = 0;
  }

  /** Pending entries of which the hub above has not said that it has them. */
  get waiting(): readonly LogEntry[] {
    const acked = this.record.upstream?.acked.n ?? 0;
    return this.pending.filter(({ pending }) => pending && pending.n > acked);
  }

  /** Up to which number a writer's submissions are at the hub above (on a device). */
  savedAbove(writer: WriterId): number {
    const waiting = this.waiting.find((entry) => entry.writer === writer);
    return waiting ? waiting.n - 1 : (this.writers.get(writer)?.n ?? 0);
  }
}

/** Loads a document from the store; on a device also what waits, and what was refused. */
export async function loadHubDocument(
  { store, clock, random, uplink }: Pick<HubCore, "store" | "clock" | "random" | "uplink">,
  path: DocPath,
): Promise<HubDocument> {
  const loaded = await store.loadDocument(path);
  const document = new HubDocument(path, loaded, clock.now(), random);
  if (loaded && uplink) {
    document.pending = await store.readPending(path, 0, Number.POSITIVE_INFINITY);
    for (const { id, submissions, code, reason } of await store.readQuarantine(path)) {
      document.kept.add(id);
      for (const { writer, n } of submissions) {
        document.refuse(writer, { n, code: code as RefusalCode, reason });
      }
    }
  }
  return document;
}

function stateOf({ record, revision }: LoadedDocument): NonNullable<DocumentChange["expect"]> {
  return { epoch: record.epoch, head: record.head, revision };
}

function emptyRecord(path: DocPath, now: number, random: RandomBytes): DocumentRecord {
  return {
    path,
    epoch: createEpoch(random),
    head: 0,
    headTag: NO_TAG,
    base: 0,
    baseTag: NO_TAG,
    formerEpochs: [],
    deletedEpochs: [],
    tombstone: undefined,
    logBytes: 0,
    snapshotBytes: 0,
    position: 0,
    changedAt: now,
    upstream: undefined,
  };
}

/** On a device: whether a document has nothing, and no deletion of its own is known that may be newer than that of its subtree. */
export function beginsAfter(
  { record, pending }: Pick<HubDocument, "record" | "pending">,
  { at, former }: Beginning,
): boolean {
  const { position, upstream } = record;
  const known = upstream?.tombstone;
  const isNewer = known === undefined || position <= at || former.includes(known);
  return !upstream?.cursor && pending.length === 0 && isNewer;
}

/** Whether a document is deleted and was not written to since. */
export function isDeleted({ tombstone, epoch, head }: DocumentRecord): boolean {
  return tombstone === epoch && head === 0;
}

/** What a device knows of the hub above before it heard from it. */
export function noUpstream(writer: WriterId): UpstreamRecord {
  return {
    cursor: undefined,
    regained: undefined,
    writer,
    acked: NOTHING_SUBMITTED,
    numbered: 0,
    access: "write",
    tombstone: undefined,
    usedAt: 0,
  };
}
