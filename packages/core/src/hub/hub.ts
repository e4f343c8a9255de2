/**
 * A hub: the authority over a set of documents. Server hub and device hub are this one thing
 * with another store, another gate and, on a device, a link to the hub above.
 */

import type { Gate } from "../access/gate.ts";
import { type Clock, systemClock } from "../clock.ts";
import { type DocPath, parseDocPath } from "../doc-path.ts";
import type { Unsubscribe } from "../emitter.ts";
import type { CroftError } from "../errors.ts";
import { type Epoch, type RandomBytes, randomBytes } from "../ids.ts";
import type { Changed } from "../protocol/document-messages.ts";
import { MAX_UPDATE_BYTES } from "../protocol/limits.ts";
import type { DocumentRecord, Store } from "../store/store.ts";
import { readDeletedSubtrees } from "./deleted-subtrees.ts";
import { readTimeline } from "./timeline.ts";
import { deleteFor, finishDeletions, undeleteFor } from "./deletion.ts";
import { compactHere, type Compactor } from "./compaction.ts";
import { DEFAULT_HISTORY } from "./history.ts";
import type { Limit } from "./limit.ts";
import { HubCore } from "./hub-core.ts";

/** Options of {@link createHub}. */
export interface HubOptions {
  /** Where documents are kept. The hub closes it when it is disposed. */
  readonly store: Store;
  readonly gate: Gate;
  readonly clock?: Clock;
  readonly random?: RandomBytes;
  /** Largest update that is accepted, in bytes. Default and most: 16 MiB. */
  readonly maxUpdateBytes?: number;
  /**
   * Takes entries back from peers that have more than this hub, as after a restore from an older
   * backup. Default false: such peers wait, and lose nothing. While it is open, whoever comes
   * first speaks for other authors' lost edits; entries taken so are stamped "(recovered)".
   */
  readonly recovering?: boolean;
  /**
   * How long the content of a deleted document is kept, so that it can be brought back, in milliseconds.
   * Default: 30 days.
   */
  readonly keepDeleted?: number;
  /** How long the history of documents is kept, in milliseconds: who changed what, and when. 0: not at all. Default: 30 days. */
  readonly keepHistory?: number;
  /**
   * Whether peers are replicas on this device, which hold locks on the client ids that they write under: they
   * are offered ids of replicas that are gone, and what is refused of them is kept in the quarantine. Default false.
   */
  readonly onDevice?: boolean;
  /** Says which edits have to wait. Default: none. */
  readonly limit?: Limit;
  /** Merges a log into a snapshot. Default: in this thread; servers use a worker. */
  readonly compactor?: Compactor;
  /** Values that a new store is born with, in the transaction of its first term. */
  readonly initial?: readonly (readonly [name: string, value: string])[];
  /** Told when the store fails, and with `undefined` when it works again. */
  readonly onProblem?: (problem: CroftError | undefined) => void;
  /**
   * Reads what you keep in the store beside documents and every hub must know, as grants, and sets the gate to it. Called before
   * the hub does anything, and where several share the store whenever another one changed such facts: nothing is judged or
   * relayed under older ones.
   */
  readonly onFacts?: () => Promise<void>;
}

/** A hub. Peers come in through {@link servePeer}. */
export interface Hub {
  /** Tells of every commit, in order. */
  onChanged(listener: (changed: Changed) => void): Unsubscribe;
  /** Tells that rows of documents changed, by a deletion too, and which; also when that may be so. */
  onMoved(listener: (paths: readonly DocPath[]) => void): Unsubscribe;
  /**
   * Rows that changed after a position, in the order of their positions: at least `limit` if there are so many, and all of one position.
   * A row is in it once, as it is now.
   */
  listChanges(after: number, limit: number): Promise<readonly DocumentRecord[]>;
  /** The highest position of a row; 0 if there is none. */
  readPosition(): Promise<number>;
  /** Rows of the documents whose path starts with `prefix`, by path; deleted ones too. */
  list(prefix: string): Promise<readonly DocumentRecord[]>;
  /**
   * Deletes a document: its content goes, a tombstone stays for ever, every peer is told, and
   * edits that were made without knowing of it are denied. Does nothing if `epoch` is given and
   * the document is not in that epoch any more.
   */
  deleteDocument(path: string, options?: { readonly epoch?: string }): Promise<void>;
  /**
   * Compacts a document's log into a snapshot now; a hub does it by itself when a log has grown. What
   * is found to damage the document is taken out of it, kept in the quarantine and reported.
   */
  compactDocument(path: string): Promise<void>;
  /**
   * Deletes all documents at and below a path, each as {@link Hub.deleteDocument}; returns how many. Also those which this
   * hub does not know yet: what a device that was away made there without knowing of the deletion is denied.
   */
  deleteSubtree(path: string): Promise<number>;
  /**
   * Brings back what the last deletion of a document took, if it is still kept; what was written since
   * stays. Returns whether there was anything.
   */
  undeleteDocument(path: string): Promise<boolean>;
  /**
   * Reads a small text that {@link Hub.setTexts} stored under this name.
   *
   * @throws CroftError `store/…` when the store cannot be read.
   */
  readText(name: string): Promise<string | undefined>;
  /**
   * Stores small texts beside the documents, by name, in one transaction; `undefined` removes one. They are for whoever runs the
   * hub: no peer is told of them. Resolves with whether they are on disk. They are not where several hubs share the store and another
   * one was faster: then this one knows what that did ({@link HubOptions.onFacts}). When it rejects they may be there all the same.
   *
   * @throws CroftError `store/…` when the store fails, `store/fenced` when another process has it.
   */
  setTexts(texts: readonly (readonly [name: string, text: string | undefined])[]): Promise<boolean>;
  /**
   * Stores a small text that no other hub on the store has to know of, as a mark of how far something got; otherwise as
   * {@link Hub.setTexts}. Of two hubs that do so the last one wins.
   */
  setMark(name: string, text: string): Promise<void>;
  /** Commits what has arrived, ends all sessions and closes the store. */
  dispose(): Promise<void>;
  /**
   * For the other modules of core.
   *
   * @internal
   */
  readonly core: HubCore;
}

/** Before the names of texts, so that none is one of the hub's own. */
const TEXT = "text/";
/** 30 days. */
const KEEP_DELETED = 30 * 24 * 3_600_000;

/** Creates a hub over a store: takes the store's term, so that it is the only one that writes. */
export async function createHub(options: HubOptions): Promise<Hub> {
  const { store, gate, clock = systemClock, random = randomBytes } = options;
  const term = await store.takeTerm(options.initial);
  // What is read from here on is as new as this, or newer.
  const facts = store.shared?.facts ?? 0;
  await options.onFacts?.();
  const subtrees = await readDeletedSubtrees(store, options.onDevice ?? false);
  const timeline = await readTimeline(store, subtrees.newest, random);
  const core = new HubCore({
    store,
    timeline,
    subtrees,
    term,
    gate,
    clock,
    random,
    maxUpdateBytes: Math.min(options.maxUpdateBytes ?? MAX_UPDATE_BYTES, MAX_UPDATE_BYTES),
    recovering: options.recovering ?? false,
    limit: options.limit ?? (() => undefined),
    history: { ...DEFAULT_HISTORY, keep: options.keepHistory ?? DEFAULT_HISTORY.keep },
    keepDeleted: options.keepDeleted ?? KEEP_DELETED,
    onDevice: options.onDevice ?? false,
    compactor: options.compactor ?? compactHere,
    onProblem: options.onProblem ?? (() => undefined),
    facts,
    onFacts: options.onFacts ?? (() => Promise.resolve()),
  });
  // Before anybody comes in: a device that knows of them could not go on in what they should have taken.
  if (!options.onDevice && subtrees.unfinished.length > 0) await finishDeletions(core);
  return {
    core,
    onChanged: (listener) => core.changes.on(({ changed }) => listener(changed)),
    onMoved: (listener) => core.touches.on(listener),
    listChanges: (after, limit) => store.listChanges(after, limit),
    readPosition: () => store.readPosition(),
    list: (prefix) => store.listDocuments(prefix),
    deleteDocument: async (text, { epoch } = {}) => {
      const path = parseDocPath(text);
      await deleteFor(core, undefined, { path, subtree: false, epoch: epoch as Epoch | undefined });
    },
    deleteSubtree: (path) => deleteFor(core, undefined, { path, subtree: true }),
    undeleteDocument: async (path) => {
      return (await undeleteFor(core, undefined, parseDocPath(path))) > 0;
    },
    compactDocument: (path) => core.compact(parseDocPath(path)),
    readText: (name) => store.readMeta(TEXT + name),
    setMark: (name, text) => core.setMeta([[TEXT + name, text]]),
    setTexts: (texts) => core.setFacts(texts.map(([name, text]) => [TEXT + name, text])),
    async dispose() {
      await core.dispose();
      await store.close();
    },
  };
}
