/**
 * The records of a collection in an open document, which may be built anew: read from the layers of all versions,
 * and written by the present one alone.
 */

import { equalityDeep } from "lib0/function";
import type * as Y from "yjs";
import type { Unsubscribe } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import type { DocumentHandle } from "../replica/document-handle.ts";
import type { CollectionDefinition } from "./define-collection.ts";
import { type CollectionChange, DocumentRecords } from "./document-records.ts";
import { FoldedRecords } from "./folded-records.ts";
import { GONE } from "./key-log.ts";
import { recordKey } from "./layout.ts";
import type { StoredRecord } from "./record-table.ts";

/** What a collection needs of an open document. */
export type CollectionDocument = Pick<
  DocumentHandle,
  "path" | "doc" | "state" | "onState" | "onReset"
>;

/** Who follows the records of a collection. */
export interface Follower {
  /** A record is another one from now on, maybe in the middle of a transaction. */
  touched(id: string): void;
  /** A transaction is over in which something was taken back: who read in it may know what never was. */
  restored(ids: ReadonlySet<string>): void;
  /** A transaction is over. */
  changed(change: CollectionChange): void;
}

/** See the top of this file. */
export class Layers {
  readonly #document: CollectionDocument;
  readonly #definition: CollectionDefinition;
  readonly #follower: Follower;
  readonly #joined: Follower;
  readonly #stopReset: Unsubscribe;
  #records: DocumentRecords;
  #folded: FoldedRecords;
  #leave: Unsubscribe;
  /** Those of a document that was given up, until it is told which records changed. */
  #former: FoldedRecords | undefined;
  #disposed = false;

  constructor(document: CollectionDocument, definition: CollectionDefinition, follower: Follower) {
    this.#document = document;
    this.#definition = definition;
    this.#follower = follower;
    this.#joined = {
      touched: (id) => this.#touched(id),
      restored: (ids) => {
        if (this.#shown) follower.restored(ids);
      },
      changed: (change) => {
        // It is not told that the document's handle was closed.
        if (this.#shown) follower.changed(change);
      },
    };
    this.#records = DocumentRecords.of(document.doc, definition);
    this.#folded = new FoldedRecords(definition, this.#records.table);
    this.#leave = this.#records.join(this.#joined);
    this.#stopReset = document.onReset(() => this.#tellReset());
  }

  get(id: string): StoredRecord | undefined {
    return this.#now.get(id);
  }

  /** All records of which anything is stored. */
  ids(): Iterable<string> {
    return this.#now.table.ids();
  }

  /** The newest version that wrote anything of this collection; 0 if none did. */
  get newest(): number {
    return this.#now.table.newest;
  }

  /** @throws CroftError `disposed` when nothing is written any more. */
  mustBeOpen(): void {
    const { path } = this.#document;
    // The handle says so itself.
    if (this.#document.doc && !this.#disposed) return;
    const { name } = this.#definition;
    throw new CroftError("disposed", `“${name}” in ${path} was closed, and is not written.`, {
      path,
      hint: "Open the collection again.",
    });
  }

  /** Changes the document in one transaction, by {@link Layers.put} and {@link Layers.purge}. */
  edit(run: () => void, origin: unknown): void {
    void this.#now;
    this.#records.edit(run, origin);
  }

  /** Makes a record, of which nothing is there, in a life of its own. */
  create(id: string, life: string): void {
    this.#records.put(this.#definition.version, recordKey(id, life), true);
  }

  /**
   * Writes a key, `undefined` for one that goes: it is known at once. In all lives that the record has: whichever
   * of them somebody else ends, what is written here stays with the others.
   */
  put(id: string, keyIn: (life: string) => string, value: unknown): void {
    const { version } = this.#definition;
    const goes = value === undefined && !this.#records.table.isBelow(id, version);
    for (const life of this.#records.table.livesOf(id)) {
      this.#records.put(version, keyIn(life), goes ? GONE : value);
    }
  }

  /** Removes all keys that this version and those before it wrote of a record. */
  purge(id: string): void {
    this.#purge(id, []);
  }

  /** As {@link Layers.purge}, of those lives only that are over. */
  purgeDead(id: string): void {
    this.#purge(id, this.#now.table.livesOf(id));
  }

  /** Whether anything is stored of a life of a record that is over. */
  hasDead(id: string): boolean {
    return this.#now.table.hasDead(id);
  }

  /** Stops listening to the document; what is read from now on is what was there last. Idempotent. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#stopReset();
    this.#leave();
  }

  /** The document that is shown; nothing after its handle was closed, which ends this, too. */
  get #shown(): Y.Doc | undefined {
    if (this.#disposed) return undefined;
    try {
      return this.#document.doc;
    } catch (error) {
      if (!(error instanceof CroftError) || error.code !== "disposed") throw error;
      this.dispose();
      return undefined;
    }
  }

  #purge(id: string, but: readonly string[]): void {
    for (let version = 1; version <= this.#definition.version; version++) {
      const keys = this.#records.table.keysOf(version, id, but);
      for (const key of keys) this.#records.put(version, key, GONE);
    }
  }

  /** Those of the document that is shown, also for who asks before it is told that it is another one. */
  get #now(): FoldedRecords {
    const doc = this.#shown;
    if (!doc) this.#standStill();
    else if (doc !== this.#records.doc) this.#turnTo(doc);
    return this.#folded;
  }

  #turnTo(doc: Y.Doc): void {
    this.#former ??= this.#folded;
    this.#leave();
    this.#records = DocumentRecords.of(doc, this.#definition);
    this.#folded = new FoldedRecords(this.#definition, this.#records.table);
    this.#leave = this.#records.join(this.#joined);
    for (const id of this.#differing(this.#former)) this.#follower.touched(id);
  }

  /** Others may follow the document on: what they hear would be mixed with what was read here before. */
  #standStill(): void {
    if (!this.#records.isFollowed || this.#folded.table !== this.#records.table) return;
    const former = this.#folded;
    this.#folded = new FoldedRecords(this.#definition, former.table.copy());
    for (const id of former.table.ids()) this.#follower.touched(id);
  }

  #touched(id: string): void {
    this.#folded.forget(id);
    this.#follower.touched(id);
  }

  /** The document was built anew. */
  #tellReset(): void {
    void this.#now;
    const former = this.#former;
    this.#former = undefined;
    const ids = former ? this.#differing(former) : new Set<string>();
    if (ids.size > 0) this.#follower.changed({ ids, local: false, authors: [] });
  }

  #differing(former: FoldedRecords): ReadonlySet<string> {
    const now = this.#folded;
    const all = new Set([...former.table.ids(), ...now.table.ids()]);
    return new Set([...all].filter((id) => !equalityDeep(former.get(id), now.get(id))));
  }
}
