/** Live documents for code that reads and edits, joined to exactly one hub. */

import type { Connect } from "../channel/channel.ts";
import { type Clock, systemClock } from "../clock.ts";
import { type DocPath, isUnder, parseDocPath } from "../doc-path.ts";
import type { Unsubscribe } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import { createWriterId, type RandomBytes, randomBytes, type WriterId } from "../ids.ts";
import type { Changed, Numbered } from "../protocol/document-messages.ts";
import type { BackOffOptions } from "../session/back-off.ts";
import { type ClientSession, createClientSession } from "../session/client-session.ts";
import type { SessionState } from "../session/session-state.ts";
import { createHubAbove, type HubAbove, type HubAboveOptions } from "./hub-above.ts";
import { createHandle } from "./create-handle.ts";
import type { OpenDocumentsList } from "./open-documents.ts";
import type { ClientIds } from "./client-ids.ts";
import { createDocumentHistory, type DocumentHistory } from "./document-history.ts";
import { createDocumentListing, type DocumentListing } from "./document-listing.ts";
import { createWorkspaceEvents, type WorkspaceEvents } from "../event/workspace-events.ts";
import type { DocumentHandle } from "./document-handle.ts";
import { ReplicaDocument } from "./replica-document.ts";

/** Options of {@link createReplica}. */
export interface ReplicaOptions {
  /** Opens the channel to the hub. */
  readonly connect: Connect;
  readonly workspace: string;
  /** Fetches a token; absent where the channel itself vouches for the replica. */
  readonly token?: () => string | Promise<string>;
  readonly clock?: Clock;
  readonly random?: RandomBytes;
  /** Waits between attempts to reach the hub. */
  readonly backOff?: BackOffOptions;
  /**
   * The hub above the hub, for edits that the hub cannot store because its disk is full: they go
   * there under another writer and other client ids, both in memory only. Absent: they wait.
   */
  readonly above?: HubAboveOptions | undefined;
  /** Name and version of the program, for the operator's eyes. */
  readonly agent?: string;
  /**
   * Locks on Yjs client ids that all replicas of a device share, so that one goes on under the ids of another
   * that is gone; see {@link createClientIds}. Absent: every document gets a new id whenever it is opened.
   */
  readonly clientIds?: ClientIds | undefined;
  /** Told which documents somebody holds. */
  readonly openDocuments?: Pick<OpenDocumentsList, "opened" | "closed" | "clear"> | undefined;
  /**
   * How many documents stay in memory after their last handle was closed, the ones used last: opening
   * them again takes no time. Default 16.
   */
  readonly keepClosed?: number;
  /**
   * How often what an open document shows is compared with what the server has, in milliseconds, if
   * anything came since; a hash is sent. Default 10 minutes; 0 for never.
   */
  readonly compareEvery?: number;
}

/** A replica. */
export interface Replica {
  /**
   * Opens a document. Opening the same path twice gives handles of the same `Y.Doc`.
   *
   * @throws CroftError `input/invalid` when `path` is not a doc path, `disposed` after dispose.
   */
  open(path: string): DocumentHandle;
  /**
   * Deletes a document, or all documents at and below a path, for everybody; resolves with how many
   * went. Edits that others make without knowing of it go to their quarantine. For a while it can be
   * brought back with {@link Replica.undelete}.
   *
   * @throws CroftError `access/denied` without write access to all that may be read there;
   *   `link/offline` when the server is not there: what is deleted is deleted at the server.
   */
  delete(path: string, options?: { readonly subtree?: boolean }): Promise<number>;
  /**
   * Brings back what the last deletion of a document took; what was written since stays. Resolves with
   * whether it was still kept.
   *
   * @throws CroftError as {@link Replica.delete}.
   */
  undelete(path: string): Promise<boolean>;
  /**
   * The history of a document: who changed what, and when.
   *
   * @throws CroftError as {@link Replica.open}.
   */
  history(path: string): DocumentHistory;
  /**
   * The documents whose path starts with `prefix`, live: those of the whole workspace that this replica's
   * principal may read, on this device or not (`stored` tells). Dispose it when it is not shown any more.
   */
  listing(prefix: string): DocumentListing;
  /** Tells of every committed change to documents that this replica's principal may read. */
  onChanged(listener: (changed: Changed) => void): Unsubscribe;
  /** What is published to the whole workspace, as this replica's principal may publish and hear it. */
  readonly events: WorkspaceEvents;
  /** How the session with the hub is. */
  readonly session: SessionState;
  /** How much of it is used, for whoever looks for bottlenecks. */
  readonly usage: ReplicaUsage;
  /** Waits (5 s at most) until what was edited is saved at the hub, then closes everything. */
  dispose(): Promise<void>;
}

/** What a replica holds, and how well its cache serves. */
export interface ReplicaUsage {
  /** Documents that somebody has open. */
  readonly open: number;
  /** Openings of documents that were there already, and of those that had to be asked for. */
  readonly hits: number;
  readonly misses: number;
  /** Documents that nobody held any more and that were let go of. */
  readonly evictions: number;
}

/** See {@link ReplicaOptions.compareEvery}. */
const COMPARE_EVERY = 600_000;
/** See {@link ReplicaOptions.keepClosed}. */
const KEEP_CLOSED = 16;
/** How long {@link Replica.dispose} waits for the hub, in milliseconds. */
const DISPOSE_WAIT = 5_000;

/**
 * Creates a replica and starts its session. A replica may be joined to a device's hub or straight
 * to a server; then nothing is kept on the device.
 */
export function createReplica(options: ReplicaOptions): Replica {
  return new LiveReplica(options);
}

class LiveReplica implements Replica {
  readonly events: WorkspaceEvents;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #session: ClientSession;
  readonly #above: HubAbove | undefined;
  readonly #documents = new Map<DocPath, ReplicaDocument>();
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  readonly #handles = new Map<ReplicaDocument, number>();
  readonly #listings = new Set<DocumentListing>();
  /** Documents that nobody holds, the one that was used last at the end. */
  readonly #resting = new Set<ReplicaDocument>();
  readonly #keepClosed: number;
  readonly #compareEvery: number;
  readonly #clientIds: ClientIds | undefined;
  readonly #openDocuments: ReplicaOptions["openDocuments"];
  /** Last acknowledged numbers of documents that are closed. */
  readonly #acknowledged = new Map<DocPath, Numbered>();
  #writer: WriterId;
  #forking = false;
  #disposing: Promise<void> | undefined;
  #onIdle: () => void = () => undefined;

  constructor(options: ReplicaOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? randomBytes;
    this.#compareEvery = options.compareEvery ?? COMPARE_EVERY;
    this.#keepClosed = options.keepClosed ?? KEEP_CLOSED;
    this.#clientIds = options.clientIds;
    this.#openDocuments = options.openDocuments;
    this.#writer = createWriterId(this.#random);
    this.#session = createClientSession({
      connect: options.connect,
      workspace: options.workspace,
      writer: () => this.#writer,
      token: options.token,
      agent: options.agent ?? "croft",
      clock: this.#clock,
      random: this.#random,
      backOff: options.backOff,
    });
    this.events = createWorkspaceEvents(this.#session.events);
    this.#above =
      options.above &&
      createHubAbove(options.above, {
        workspace: options.workspace,
        agent: options.agent ?? "croft",
        clock: this.#clock,
        random: this.#random,
      });
    this.#session.start();
  }

  get usage(): ReplicaUsage {
    const open = this.#documents.size - this.#resting.size;
    return { open, hits: this.#hits, misses: this.#misses, evictions: this.#evictions };
  }

  get session(): SessionState {
    return this.#session.state;
  }

  open(text: string): DocumentHandle {
    const path = parseDocPath(text);
    if (this.#disposing) throw new CroftError("disposed", "The replica was disposed.", { path });
    const known = this.#documents.get(path);
    if (known) this.#hits++;
    else this.#misses++;
    const document = known ?? this.#load(path);
    this.#resting.delete(document);
    this.#handles.set(document, (this.#handles.get(document) ?? 0) + 1);
    const handle = createHandle(document, () => {
      const left = (this.#handles.get(document) ?? 1) - 1;
      this.#handles.set(document, left);
      if (left === 0) this.#rest(document);
    });
    this.#openDocuments?.opened(path);
    return handle;
  }

  async delete(path: string, { subtree = false } = {}): Promise<number> {
    const asked = subtree ? path : parseDocPath(path);
    const request = { type: "delete", path: asked, subtree, epoch: undefined } as const;
    const count = await this.#session.request(request);
    const concerned = [...this.#documents.values()].filter((each) => {
      return each.path === asked || (subtree && isUnder(each.path, asked));
    });
    await Promise.all(concerned.map((document) => document.rebuilt()));
    return count;
  }

  async undelete(path: string): Promise<boolean> {
    return (await this.#session.request({ type: "undelete", path: parseDocPath(path) })) > 0;
  }

  history(text: string): DocumentHistory {
    const path = parseDocPath(text);
    if (this.#disposing) throw new CroftError("disposed", "The replica was disposed.", { path });
    return createDocumentHistory(path, this.#session, () => this.open(path));
  }

  listing(prefix: string): DocumentListing {
    if (this.#disposing) throw new CroftError("disposed", "The replica was disposed.");
    const listing: DocumentListing = createDocumentListing(this.#session, prefix, () => {
      this.#listings.delete(listing);
    });
    this.#listings.add(listing);
    return listing;
  }

  onChanged(listener: (changed: Changed) => void): Unsubscribe {
    return this.#session.watch(listener);
  }

  dispose(): Promise<void> {
    this.#disposing ??= this.#close();
    return this.#disposing;
  }

  async #close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.delay(DISPOSE_WAIT, resolve);
      this.#onIdle = () => {
        if (![...this.#documents.values()].every((document) => document.settled)) return;
        cancel();
        resolve();
      };
      this.#onIdle();
    });
    for (const listing of [...this.#listings]) listing.dispose();
    for (const document of this.#documents.values()) document.dispose();
    this.#documents.clear();
    this.#handles.clear();
    this.#resting.clear();
    this.#openDocuments?.clear();
    this.#above?.dispose();
    this.#session.dispose();
  }

  #load(path: DocPath): ReplicaDocument {
    const document: ReplicaDocument = new ReplicaDocument(path, {
      clock: this.#clock,
      random: this.#random,
      compareEvery: this.#compareEvery,
      clientIds: this.#clientIds,
      home: this.#session,
      above: this.#above,
      acknowledged: this.#acknowledged.get(path),
      fork: () => this.#fork(),
      idle: () => this.#idle(),
    });
    this.#documents.set(path, document);
    return document;
  }

  #idle(): void {
    this.#shed();
    this.#onIdle();
  }

  /** Nobody holds a document any more: it stays for a while, in case somebody comes back to it. */
  #rest(document: ReplicaDocument): void {
    document.presence.rest();
    this.#openDocuments?.closed(document.path);
    this.#resting.add(document);
    this.#shed();
  }

  /** Frees what has rested longest, as far as it is saved. */
  #shed(): void {
    let over = this.#resting.size - this.#keepClosed;
    for (const document of this.#resting) {
      if (over <= 0) return;
      if (this.#free(document)) over--;
    }
  }

  /** Frees a document that nobody holds, if everything in it is saved at the hub. */
  #free(document: ReplicaDocument): boolean {
    if (!document.settled || this.#documents.get(document.path) !== document) return false;
    this.#resting.delete(document);
    this.#documents.delete(document.path);
    this.#handles.delete(document);
    this.#evictions++;
    // Opened again, its numbers go on: the hub knows this writer.
    if (document.acknowledged.n > 0) this.#acknowledged.set(document.path, document.acknowledged);
    document.dispose();
    return true;
  }

  /** The hub does not know our numbers: its store is another one. We go on as a new writer. */
  #fork(): void {
    if (this.#forking) return;
    this.#forking = true;
    queueMicrotask(() => {
      this.#forking = false;
      if (this.#disposing) return;
      this.#session.stop();
      this.#writer = createWriterId(this.#random);
      this.#acknowledged.clear();
      for (const document of this.#documents.values()) document.newWriter();
      this.#session.start();
    });
  }
}
