/**
 * The store contract: what a hub keeps, and the one way to change it. Engines store and check
 * heads and terms; every decision is the hub's. One conformance suite (`@croft/core/testing`)
 * runs against every engine.
 */

import type { PluginLabel } from "../access/stamp.ts";
import type { Access } from "../access/access.ts";
import type { DocPath } from "../doc-path.ts";
import type { Epoch, Tag, WriterId } from "../ids.ts";
import type { Basis, Cursor, Numbered } from "../protocol/document-messages.ts";

/** One document's row. */
export interface DocumentRecord {
  readonly path: DocPath;
  /** Identity of the log. */
  readonly epoch: Epoch;
  /** Sequence of the newest entry; 0 for none. Never goes back within an epoch. */
  readonly head: number;
  /** Tag of the entry (or snapshot) at `head`; zeros when `head` is 0. */
  readonly headTag: Tag;
  /** Entries up to here are in the snapshot; 0 when there is none. */
  readonly base: number;
  /** Tag of the entry at `base`; zeros when `base` is 0. */
  readonly baseTag: Tag;
  /** Earlier epochs of the same structs whose cursors are answered *superseded*. */
  readonly formerEpochs: readonly Epoch[];
  /**
   * Epochs that a deletion ended. What was made in one of them is gone for good; an epoch that is
   * not known at all is one that a restored hub has lost.
   */
  readonly deletedEpochs: readonly Epoch[];
  /**
   * Set once the document was deleted, for ever: the epoch that the deletion started. While it is
   * the current epoch and nothing was written since, the document is deleted.
   */
  readonly tombstone: Epoch | undefined;
  /** Bytes of the entries after `base`, for the compaction policy. */
  readonly logBytes: number;
  /** Bytes of the snapshot; 0 when there is none. */
  readonly snapshotBytes: number;
  /**
   * Where the row's last change stands among all changes of the store. Minted by the hub: it grows with
   * each commit, and all changes of one commit have the same. 0 in rows of earlier versions.
   */
  readonly position: number;
  /** Milliseconds since 1970 of the last change. */
  readonly changedAt: number;
  /** On a device: where this document stands with the hub above. */
  readonly upstream: UpstreamRecord | undefined;
}

/** A device's view of the hub above it, for one document. */
export interface UpstreamRecord {
  /** Up to where the hub's log is in this store. */
  readonly cursor: Cursor | undefined;
  /**
   * After the hub took back what it had lost: up to where its log was read again. It becomes the
   * cursor when all has come; should the hub be restored once more before that, the cursor still
   * tells that it lost something.
   */
  readonly regained: Cursor | undefined;
  /** The store's writer when the numbers below were given; another one makes them void. */
  readonly writer: WriterId;
  /** The last submission known to be at the hub; n = 0 if none. */
  readonly acked: Numbered;
  /** The highest number given to a pending entry. */
  readonly numbered: number;
  /** What the hub last said that the user may do; `write` before it said anything. */
  readonly access: Access;
  /** The hub's tombstone, when the hub said that the document is deleted. */
  readonly tombstone: Epoch | undefined;
  /**
   * When somebody last opened the document here, in milliseconds since 1970 and to the day; 0 for never,
   * and where no storage budget wants to know.
   */
  readonly usedAt: number;
}

/** One entry of a document's log. */
export interface LogEntry {
  readonly seq: number;
  /** Minted by the hub that appended it. */
  readonly tag: Tag;
  /** One Yjs update, v1 encoding. */
  readonly update: Uint8Array;
  readonly writer: WriterId;
  /** The writer's number. */
  readonly n: number;
  /** Stamp of the principal. */
  readonly author: string;
  /** Milliseconds since 1970, this hub's clock. */
  readonly at: number;
  /** On a device: set while the hub above has not acknowledged the entry. */
  readonly pending: PendingMark | undefined;
}

/** What a device needs to submit an entry to the hub above, unchanged however often. */
export interface PendingMark extends Numbered {
  readonly basis: Basis;
  /** The plugin that made it, with its version where that is known: `notes@1.2.0`; empty for the application. */
  readonly plugin: PluginLabel;
}

/** All entries up to `seq` as one update. */
export interface StoredSnapshot {
  readonly seq: number;
  readonly tag: Tag;
  readonly format: "v1" | "v2";
  readonly update: Uint8Array;
}

/** What a log held that is in the snapshot by now: who changed what, and when. */
export interface HistoryPart {
  /** The sequence of the last entry that went into it; the parts of a document follow each other by it. */
  readonly seq: number;
  /** When that was, in milliseconds since 1970. */
  readonly at: number;
  /** As of the hub's own format: a store does not look inside. */
  readonly bytes: Uint8Array;
}

/** A part of the history without its content. */
export interface HistorySummary extends Omit<HistoryPart, "bytes"> {
  /** How many bytes it has. */
  readonly size: number;
}

/** Who made structs under a Yjs client id, and how many clocks the hub has. */
export interface Claim {
  readonly client: number;
  readonly writer: WriterId;
  /** The next clock: the document's state vector at this client. */
  readonly clock: number;
}

/** The last submission accepted from a writer. */
export interface WriterRecord extends Numbered {
  readonly writer: WriterId;
}

/** Denied local updates, kept until a person decides. */
export interface QuarantineRecord {
  /** Random. */
  readonly id: Tag;
  readonly path: DocPath;
  /** Stamp of the principal that made the edits. */
  readonly author: string;
  /** A {@link DenialCode} or `replaced`. */
  readonly code: string;
  /** For a person. */
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly basis: Basis;
  /** In order: the denied update and what depends on it. */
  readonly updates: readonly Uint8Array[];
  /**
   * What was acknowledged here before the hub above refused it: under which number of which writer
   * each of the updates came. Empty for what was never acknowledged.
   */
  readonly submissions: readonly { readonly writer: WriterId; readonly n: number }[];
}

/** A quarantine record without its edits. */
export type QuarantineSummary = Pick<QuarantineRecord, "id" | "path" | "code" | "at">;

/** What a hub loads when a document is opened first. */
export interface LoadedDocument {
  readonly record: DocumentRecord;
  readonly claims: readonly Claim[];
  /** How often the document was changed, where several hubs share the store. The store counts; 1 after the first change. */
  readonly revision?: number | undefined;
}

/** What came to a document since a revision of it. */
export interface DocumentNews extends LoadedDocument {
  readonly revision: number;
  /** Claims that were set since; all of them where the document's epoch is another one. */
  readonly claims: readonly Claim[];
  /** Last numbers that were set since. */
  readonly writers: readonly WriterRecord[];
  /** The entries that came next, up to as many bytes as were asked for. */
  readonly entries: readonly LogEntry[];
}

/** A document as a hub tells of it in a listing. */
export interface ListedAbove {
  readonly path: DocPath;
  readonly epoch: Epoch;
  /** Sequence of the newest entry. */
  readonly head: number;
  /** Tag of that entry. */
  readonly tag: Tag;
  /** About how many bytes its log and snapshot have. */
  readonly bytes: number;
  /** Milliseconds since 1970 of the last change, the hub's clock. */
  readonly changedAt: number;
}

/** Changes to one document; all of them or none. */
export interface DocumentChange {
  /**
   * What the change was judged against: the stored epoch and head, or `undefined` if there was
   * no such document. When it is not so any more nothing of this change happens (compare and
   * append, SYNC rule 13). Where several hubs share the store also its revision, which moves with changes that the head
   * does not tell of: two hubs may compact at once.
   */
  readonly expect:
    | { readonly epoch: Epoch; readonly head: number; readonly revision?: number | undefined }
    | undefined;
  /** The row after the change. */
  readonly record: DocumentRecord;
  /**
   * First removes the content: entries, tags, snapshot, history, claims. Last numbers of writers stay, for
   * every epoch of the document (SYNC rule 6).
   */
  readonly clear?: boolean | undefined;
  /** Entries to remove, by sequence. */
  readonly remove?: readonly number[] | undefined;
  /** Entries whose pending mark is removed, by sequence: the hub above has them. */
  readonly settle?: readonly number[] | undefined;
  /** Entries to add. */
  readonly append?: readonly LogEntry[] | undefined;
  /** Replaces the snapshot and removes all entries up to its sequence which are not pending. */
  readonly snapshot?: StoredSnapshot | undefined;
  /** Removes all parts of the history up to this sequence. */
  readonly forget?: number | undefined;
  /** Adds a part to the history, after what is removed of it. */
  readonly history?: HistoryPart | undefined;
  /** Claims to set, by client. */
  readonly claims?: readonly Claim[] | undefined;
  /** Clients whose claims are removed, after a denial. */
  readonly unclaim?: readonly number[] | undefined;
  /** Last numbers to set, by writer. */
  readonly writers?: readonly WriterRecord[] | undefined;
}

/** One atomic, durable change of the store. */
export interface StoreBatch {
  /** Aborts with `store/fenced` unless this is the store's term (SYNC rule 9). */
  readonly term: number;
  readonly documents?: readonly DocumentChange[] | undefined;
  /** Binds writers to their first principal, by its stamp (`ada`, or `ada/notes` for a plugin). Never rebinds. */
  readonly bind?: readonly { readonly writer: WriterId; readonly principal: string }[] | undefined;
  readonly quarantine?: readonly QuarantineRecord[] | undefined;
  /** Quarantine records to remove, by id. */
  readonly release?: readonly Tag[] | undefined;
  /** On a device: what the hub above told in its listing. First removed, then added. */
  readonly listing?:
    | { readonly remove: readonly DocPath[]; readonly put: readonly ListedAbove[] }
    | undefined;
  /** Small values by name; `undefined` removes. */
  readonly meta?: readonly (readonly [name: string, value: string | undefined])[] | undefined;
  /** Set where several hubs share the store. */
  readonly shared?: SharedConditions | undefined;
}

/** What must hold for a batch where several hubs share the store; if it does not, nothing of the batch happens. */
export interface SharedConditions {
  /** Under which version of the facts the batch was judged (SYNC rule 14). */
  readonly facts: number;
  /** Whether the batch changes the facts: their version moves on, and every later batch is judged under the new one. */
  readonly changesFacts: boolean;
  /** The sessions that its submissions came in: each must be the last one of its writer (SYNC rule 20). */
  readonly sessions: readonly { readonly writer: WriterId; readonly session: number }[];
}

/** What became of a batch. */
export interface CommitResult {
  /** Documents whose `expect` did not hold; nothing of theirs was changed. All else is durable. */
  readonly stale: readonly DocPath[];
  /** Why nothing of the batch happened, where several hubs share the store and something else did. */
  readonly refused?:
    | { readonly why: "facts" }
    /** Writers that have a newer session, or belong to another principal by now. */
    | { readonly why: "sessions"; readonly writers: readonly WriterId[] }
    | undefined;
}

/** What a hub hears of the others that share its store. */
export type StoreNews =
  /** They changed these documents. */
  | { readonly kind: "documents"; readonly paths: readonly DocPath[] }
  /** Hints may have been lost: whoever wants to know compares. */
  | { readonly kind: "missed" }
  /** The facts are newer than those that were last known: {@link SharedStore.facts} moved. */
  | { readonly kind: "facts" };

/**
 * A store that several hubs share, each in a process of its own (SYNC rules 13 to 15 and 20): none has it alone, so
 * {@link Store.takeTerm} gives all of them the same term.
 */
export interface SharedStore {
  /**
   * The newest version of the facts that a read or a commit of this store saw: whatever every hub must know before it judges or
   * relays anything, as grants and deleted subtrees. What was read may be told to peers by who knows these facts alone.
   */
  readonly facts: number;
  /** Tells of the other hubs. Hints: they may be late, twice, or lost. */
  onNews(listener: (news: StoreNews) => void): () => void;
  /**
   * Says something to the other hubs, which is not kept: who is at a document, and events. It may come late or be lost, and of
   * what one hub says nothing comes twice or in another order.
   */
  say(what: Uint8Array): void;
  /** Calls `listener` with what another hub says, and a name of that hub. */
  onSaid(listener: (what: Uint8Array, hub: string) => void): () => void;
  /** How often documents were changed; those that are not there are left out. */
  readRevisions(paths: readonly DocPath[]): Promise<ReadonlyMap<DocPath, number>>;
  /**
   * What came to a document since a revision, with up to `maxBytes` of the entries after `head`. Nothing where there is no such
   * document.
   */
  readNews(
    path: DocPath,
    since: { readonly revision: number; readonly epoch: Epoch; readonly head: number },
    maxBytes: number,
  ): Promise<DocumentNews | undefined>;
  /**
   * Begins a session of a writer: from then on nothing more is committed that came in an earlier one, at whatever hub. Resolves
   * with its number, or with why it may not begin: it is a former leader's, or greeted before one that did begin.
   */
  beginSession(
    writer: WriterId,
    greeting: { readonly term: number; readonly attempt: number },
  ): Promise<number | "replaced" | "overtaken">;
}

/**
 * Where a hub keeps its documents. All methods reject with a {@link CroftError} whose code starts
 * with `store/`: `store/full` when the disk or quota is full, `store/closed` after
 * {@link Store.close} or when the database was removed underneath, `store/fenced` when the term
 * is not the current one, `store/corrupt`, `store/newer`, else `store/failed`.
 */
export interface Store {
  /** For messages: `memory`, `indexeddb`, `sqlite`, … */
  readonly kind: string;
  /** Set where several hubs may work on it at once. */
  readonly shared?: SharedStore | undefined;
  /**
   * Makes the caller the only one that may write: increments the stored term and returns it.
   * Batches with an older term are refused from then on.
   *
   * In the same transaction each of the `initial` values is set where the store has none under
   * that name: what a store is born with, like its writer, is there from its first term on.
   */
  takeTerm(initial?: readonly (readonly [name: string, value: string])[]): Promise<number>;
  /** Applies `batch` in one transaction and resolves when it is durable (fsynced). */
  commit(batch: StoreBatch): Promise<CommitResult>;
  /** The row and the claims of a document. */
  loadDocument(path: DocPath): Promise<LoadedDocument | undefined>;
  /** The last number of a writer in a document. */
  readWriter(path: DocPath, writer: WriterId): Promise<Numbered | undefined>;
  /** To whom a writer is bound. */
  readBinding(writer: WriterId): Promise<string | undefined>;
  /**
   * Entries with a sequence above `after`, in order, until `maxBytes` of updates are reached (at
   * least one entry if there is one).
   */
  readLog(path: DocPath, after: number, maxBytes: number): Promise<readonly LogEntry[]>;
  /** Pending entries in the order of their numbers, those above `afterN`, up to `maxBytes`. */
  readPending(path: DocPath, afterN: number, maxBytes: number): Promise<readonly LogEntry[]>;
  /** The snapshot that the log of a document goes on from, if there is one. */
  readSnapshot(path: DocPath): Promise<StoredSnapshot | undefined>;
  /** The newest part of a document's history whose sequence is below `before`. */
  readHistory(path: DocPath, before: number): Promise<HistoryPart | undefined>;
  /** All parts of a document's history, oldest first. */
  listHistory(path: DocPath): Promise<readonly HistorySummary[]>;
  /**
   * The tag of the entry at `seq`; stays known after the entry went into a snapshot, so that the
   * cursor of a peer that was away can still be confirmed (SYNC rule 5).
   */
  readTag(path: DocPath, seq: number): Promise<Tag | undefined>;
  /** Rows of documents whose path starts with `prefix`, by path, after `after`, at most `limit`. */
  listDocuments(
    prefix: string,
    options?: { readonly after?: DocPath; readonly limit?: number },
  ): Promise<readonly DocumentRecord[]>;
  /**
   * Rows that changed after a position, in the order of their positions (0 is in none): at least `limit`
   * if there are so many, and all of one position.
   */
  listChanges(after: number, limit: number): Promise<readonly DocumentRecord[]>;
  /** The highest position of a row; 0 if there is none. */
  readPosition(): Promise<number>;
  /** On a device: what the hub above lists under a prefix, by path. */
  readListing(
    prefix: string,
    options?: { readonly after?: DocPath; readonly limit?: number },
  ): Promise<readonly ListedAbove[]>;
  /** Paths that have pending entries. */
  listPending(): Promise<readonly DocPath[]>;
  /** What the quarantine holds under a code, oldest first, without the edits themselves. */
  listQuarantine(code: string): Promise<readonly QuarantineSummary[]>;
  /** All quarantined edits, or those of one document, oldest first. */
  readQuarantine(path?: DocPath): Promise<readonly QuarantineRecord[]>;
  /** What a batch wrote under this name. */
  readMeta(name: string): Promise<string | undefined>;
  /** Finishes what is under way and closes. Idempotent. */
  close(): Promise<void>;
  /** Calls `listener` once if the store closes by itself (deleted, connection lost, upgraded). */
  onLost(listener: (error: Error) => void): () => void;
}

/**
 * A small text in a second storage, which is not lost together with the store: by it a device notices
 * that its store was lost. It may throw where that storage is forbidden or full.
 */
export interface Canary {
  /** What was written last, also by an earlier run of the program. */
  read(): string | undefined;
  /** Replaces the text; `undefined` removes it. Kept when it returns. */
  write(text: string | undefined): void;
}

/** Opens a store; called again when the store was closed under its device. */
export interface OpenStore {
  (): Promise<Store>;
  /**
   * Where several tabs can open the same store: a name that is the same in all of them. One tab
   * then leads and the others share its hub. Without it a second tab takes the store over.
   */
  readonly sharedAs?: string | undefined;
  /** Where there is a second storage. Without it nobody is told what went with a lost store. */
  readonly canary?: Canary | undefined;
}
