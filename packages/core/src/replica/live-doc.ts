/**
 * The live `Y.Doc` of a document: takes what the hub has, tells what is edited here, and is built
 * anew beside the one that is shown, under a new client id, when that one cannot go on.
 */

import * as Y from "yjs";
import type { DocPath } from "../doc-path.ts";
import { reportUncaught } from "../emitter.ts";
import { createClientId, type RandomBytes } from "../ids.ts";
import { FromHub } from "./from-hub.ts";
import type { RelayedEntry, Snapshot } from "../protocol/document-messages.ts";

/** A client id and its next clock. */
export interface Lease {
  readonly client: number;
  readonly clock: number;
}

/** The next clock of each client. */
export type Clocks = ReadonlyMap<number, number>;

/** See the top of this file. */
export class LiveDoc {
  /** The document that is shown and edited. */
  shown: Y.Doc;
  readonly #path: DocPath;
  readonly #random: RandomBytes;
  readonly #onEdit: (update: Uint8Array) => void;
  /** Built from the hub's content while the former one is still shown. */
  #fresh: Y.Doc | undefined;
  /** What becomes of edits made to the former one, when the fresh one is about to be shown. */
  #beforeSwap: (() => void) | undefined;
  /** What the fresh document must hold before it is shown. */
  #mustHave: Clocks = new Map();
  /** The client id of another replica that was taken over, and its clock then. */
  #lease: Lease | undefined;

  constructor(path: DocPath, random: RandomBytes, onEdit: (update: Uint8Array) => void) {
    this.#path = path;
    this.#random = random;
    this.#onEdit = onEdit;
    this.shown = this.#create();
  }

  /** Whether another document is being built, and the shown one is about to be given up. */
  get isRebuilding(): boolean {
    return this.#fresh !== undefined;
  }

  /** Whether the document that is being built must have something before it is shown. */
  get expectsContent(): boolean {
    return this.#fresh !== undefined && this.#mustHave.size > 0;
  }

  /** Clocks of the document that is shown. */
  get clocks(): Clocks {
    return Y.decodeStateVector(Y.encodeStateVector(this.shown));
  }

  /** Whether the document can go on under a client id that is free: it has all of it, and none of its own. */
  canTake({ client, clock }: Lease): boolean {
    if (this.isRebuilding || this.shown.clientID === client) return false;
    const { store, clientID } = this.shown;
    return Y.getState(store, clientID) === 0 && Y.getState(store, client) === clock;
  }

  /** Writes under another client id from now on. */
  take(lease: Lease): void {
    this.#lease = lease;
    this.shown.clientID = lease.client;
  }

  /** Gives up an id that was taken and not written under, unless it is offered again. */
  dropUnusedLease(offered: number | undefined): void {
    const lease = this.#lease;
    if (!lease || lease.client === offered) return;
    this.#lease = undefined;
    const { store, clientID } = this.shown;
    if (clientID !== lease.client || Y.getState(store, clientID) !== lease.clock) return;
    this.shown.clientID = createClientId(this.#random);
  }

  /** Takes a snapshot of the hub. */
  applySnapshot({ format, update }: Pick<Snapshot, "format" | "update">): void {
    const apply = format === "v1" ? Y.applyUpdate : Y.applyUpdateV2;
    this.#apply(new FromHub(), (target) => apply(target, update));
  }

  /** Takes entries of the hub, all in one transaction. */
  applyEntries(entries: readonly Pick<RelayedEntry, "update" | "author">[]): void {
    const origin = new FromHub([...new Set(entries.flatMap(({ author }) => author ?? []))]);
    this.#apply(origin, (target) => {
      for (const { update } of entries) Y.applyUpdate(target, update);
    });
  }

  /**
   * Changes the document in one transaction. What an observer of the application throws Yjs throws again once
   * all is taken and put in order: that is not the content's fault, and the application hears of it as of any
   * other error.
   */
  #apply(origin: FromHub, run: (target: Y.Doc) => void): void {
    const target = this.#target;
    let applied = false;
    let taken = false;
    const cleanedUp = ({ origin: of }: Y.Transaction): void => {
      if (of === origin) taken = applied;
    };
    target.on("afterTransactionCleanup", cleanedUp);
    try {
      target.transact(() => {
        run(target);
        applied = true;
      }, origin);
    } catch (error) {
      if (!taken) throw error;
      reportUncaught(error);
    } finally {
      target.off("afterTransactionCleanup", cleanedUp);
    }
  }

  /**
   * Begins a new document. It is shown once it has the clocks of `mustHave`; before that
   * `beforeSwap` is called, after those of earlier calls that led to nothing.
   */
  startOver(beforeSwap: () => void, mustHave: Clocks = new Map()): void {
    const before = this.#beforeSwap;
    this.#beforeSwap = () => {
      before?.();
      beforeSwap();
    };
    this.#mustHave = mustHave;
    this.#lease = undefined;
    this.#fresh?.destroy();
    this.#fresh = this.#create();
  }

  /**
   * Shows the new document, with `own` on top of what the hub has. Returns the former one, which is
   * dead; nothing if the new one does not have all that it must.
   */
  swap(own: () => readonly Uint8Array[]): Y.Doc | undefined {
    const fresh = this.#fresh;
    if (!fresh || !this.#hasAll(fresh)) return undefined;
    const former = this.shown;
    this.#beforeSwap?.();
    this.#beforeSwap = undefined;
    this.#fresh = undefined;
    for (const update of own()) Y.applyUpdate(fresh, update, new FromHub());
    this.shown = fresh;
    return former;
  }

  dispose(): void {
    this.#fresh?.destroy();
    this.shown.destroy();
  }

  /** The document that the hub's content goes into. */
  get #target(): Y.Doc {
    return this.#fresh ?? this.shown;
  }

  #hasAll(doc: Y.Doc): boolean {
    if (this.#mustHave.size === 0) return true;
    const clocks = Y.decodeStateVector(Y.encodeStateVector(doc));
    return [...this.#mustHave].every(([client, clock]) => (clocks.get(client) ?? 0) >= clock);
  }

  #create(): Y.Doc {
    const doc = new Y.Doc({ guid: this.#path });
    doc.clientID = createClientId(this.#random);
    doc.on("update", (update: Uint8Array, origin: unknown) => {
      // An edit of a document that was given up goes nowhere, as `onReset` says.
      if (!(origin instanceof FromHub) && doc === this.shown) this.#onEdit(update);
    });
    return doc;
  }
}
