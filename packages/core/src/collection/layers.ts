/**
 * The records of a collection in an open document, which may be built anew: read from the layers of all versions,
 * and written by the present one alone.
 */

import { equalityDeep } from "lib0/function";
import type { Unsubscribe } from "../emitter.ts";
import type { DocumentHandle } from "../replica/document-handle.ts";
import type { CollectionDefinition } from "./define-collection.ts";
import { type CollectionChange, DocumentRecords } from "./document-records.ts";
import { GONE } from "./key-log.ts";
import type { StoredRecord } from "./record-table.ts";

/** What a collection needs of an open document. */
export type CollectionDocument = Pick<DocumentHandle, "path" | "doc" | "state" | "onReset">;

/** Who follows the records of a collection. */
export interface Follower {
  /** A record is another one from now on, maybe in the middle of a transaction. */
  touched(id: string): void;
  /** A transaction is over. */
  changed(change: CollectionChange): void;
}

/** See the top of this file. */
export class Layers {
  readonly #document: CollectionDocument;
  readonly #definition: CollectionDefinition;
  readonly #follower: Follower;
  readonly #stopReset: Unsubscribe;
  #records: DocumentRecords;
  #leave: Unsubscribe;
  /** Those of a document that was given up, until it is told which records changed. */
  #former: DocumentRecords | undefined;
  #disposed = false;

  constructor(document: CollectionDocument, definition: CollectionDefinition, follower: Follower) {
    this.#document = document;
    this.#definition = definition;
    this.#follower = follower;
    this.#records = DocumentRecords.of(document.doc, definition);
    this.#leave = this.#records.join(follower);
    this.#stopReset = document.onReset(() => this.#tellReset());
  }

  get(id: string): StoredRecord | undefined {
    return this.#now.table.get(id);
  }

  /** All records of which anything is stored. */
  ids(): Iterable<string> {
    return this.#now.table.ids();
  }

  /** The newest version that wrote anything of this collection; 0 if none did. */
  get newest(): number {
    return this.#now.table.newest;
  }

  /** Changes the document in one transaction, by {@link Layers.put} and {@link Layers.purge}. */
  edit(run: () => void, origin: unknown): void {
    this.#now.edit(run, origin);
  }

  /** Writes a key, `undefined` for one that goes: it is known at once. */
  put(id: string, key: string, value: unknown): void {
    const { version } = this.#definition;
    const goes = value === undefined && !this.#now.table.isBelow(id, version);
    this.#now.put(version, key, goes ? GONE : value);
  }

  /** Removes all keys that this version and those before it wrote of a record. */
  purge(id: string): void {
    for (let version = 1; version <= this.#definition.version; version++) {
      for (const key of this.#now.table.keysOf(version, id)) this.#now.put(version, key, GONE);
    }
  }

  /** Stops listening to the document. Idempotent. */
  dispose(): void {
    this.#disposed = true;
    this.#stopReset();
    this.#leave();
  }

  /** Those of the document that is shown, also for who asks before it is told that it is another one. */
  get #now(): DocumentRecords {
    const { doc } = this.#document;
    if (doc === this.#records.doc || this.#disposed) return this.#records;
    this.#former ??= this.#records;
    this.#leave();
    this.#records = DocumentRecords.of(doc, this.#definition);
    this.#leave = this.#records.join(this.#follower);
    for (const id of this.#differing(this.#former)) this.#follower.touched(id);
    return this.#records;
  }

  /** The document was built anew. */
  #tellReset(): void {
    void this.#now;
    const former = this.#former;
    this.#former = undefined;
    const ids = former ? this.#differing(former) : new Set<string>();
    if (ids.size > 0) this.#follower.changed({ ids, local: false, authors: [] });
  }

  #differing(former: DocumentRecords): ReadonlySet<string> {
    const { table } = this.#records;
    const all = new Set([...former.table.ids(), ...table.ids()]);
    return new Set([...all].filter((id) => !equalityDeep(former.table.get(id), table.get(id))));
  }
}
