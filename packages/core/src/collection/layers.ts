/**
 * The layers of a collection in an open document: what each version of its schema wrote, read together, and
 * written by the present one alone.
 */

import { equalityDeep } from "lib0/function";
import * as Y from "yjs";
import type { DocumentHandle } from "../replica/document-handle.ts";
import { FromHub } from "../replica/from-hub.ts";
import type { Unsubscribe } from "../emitter.ts";
import type { CollectionDefinition } from "./define-collection.ts";
import { layerRoot, layerVersion } from "./layout.ts";
import { GONE, KeyLog } from "./key-log.ts";
import { RecordTable, type StoredRecord } from "./record-table.ts";

/** What a collection needs of an open document. */
export type CollectionDocument = Pick<DocumentHandle, "path" | "doc" | "state" | "onReset">;

/** Which records changed. */
export interface CollectionChange {
  /** Inserted, changed, deleted, or mended. */
  readonly ids: ReadonlySet<string>;
  /** Whether it was changed here, in this page or process. */
  readonly local: boolean;
  /**
   * Whose changes they are, as the hub stamped them: `user`, or `user/plugin`. Several where what several people
   * did came together; none for changes made here, and where nobody can tell.
   */
  readonly authors: readonly string[];
}

/** See the top of this file. */
export class Layers {
  readonly #document: CollectionDocument;
  readonly #definition: CollectionDefinition;
  readonly #onChange: (change: CollectionChange) => void;
  readonly #stopReset: Unsubscribe;
  #bound: Bound;

  constructor(
    document: CollectionDocument,
    definition: CollectionDefinition,
    onChange: (change: CollectionChange) => void,
  ) {
    this.#document = document;
    this.#definition = definition;
    this.#onChange = onChange;
    this.#bound = this.#bind();
    this.#stopReset = document.onReset(() => this.#rebind());
  }

  get(id: string): StoredRecord | undefined {
    return this.#bound.table.get(id);
  }

  /** All records of which anything is stored. */
  ids(): Iterable<string> {
    return this.#bound.table.ids();
  }

  /** The newest version that wrote anything of this collection; 0 if none did. */
  get newest(): number {
    return this.#bound.table.newest;
  }

  /** Changes the document in one transaction, by {@link Layers.put} and {@link Layers.purge}. */
  edit(run: () => void, origin: unknown): void {
    const bound = this.#bound;
    this.#document.doc.transact((transaction) => {
      try {
        run();
      } finally {
        bound.write(transaction);
      }
    }, origin);
  }

  /** Writes a key, `undefined` for one that goes: it is known at once. */
  put(id: string, key: string, value: unknown): void {
    const { version } = this.#definition;
    const goes = value === undefined && !this.#bound.table.isBelow(id, version);
    this.#bound.put(version, key, goes ? GONE : value);
  }

  /** Removes all keys that this version and those before it wrote of a record. */
  purge(id: string): void {
    for (let version = 1; version <= this.#definition.version; version++) {
      for (const key of this.#bound.table.keysOf(version, id)) this.#bound.put(version, key, GONE);
    }
  }

  /** Stops listening to the document. Idempotent. */
  dispose(): void {
    this.#stopReset();
    this.#bound.dispose();
  }

  #bind(): Bound {
    return new Bound(this.#document.doc, this.#definition, this.#onChange);
  }

  /** The document was built anew. */
  #rebind(): void {
    const former = this.#bound;
    former.dispose();
    this.#bound = this.#bind();
    const ids = new Set<string>();
    for (const id of new Set([...former.table.ids(), ...this.#bound.table.ids()])) {
      if (!equalityDeep(former.table.get(id), this.#bound.table.get(id))) ids.add(id);
    }
    if (ids.size > 0) this.#onChange({ ids, local: false, authors: [] });
  }
}

/** The layers as they are in one `Y.Doc`. */
class Bound {
  readonly table: RecordTable;
  readonly #doc: Y.Doc;
  readonly #collection: string;
  readonly #onChange: (change: CollectionChange) => void;
  /** By version. */
  readonly #logs = new Map<number, KeyLog>();
  readonly #versions = new Map<unknown, number>();
  /** What is to be written at the end of the edit that is under way. */
  readonly #written = new Map<number, Map<string, unknown>>();
  #changed = new Set<string>();
  #roots = 0;

  constructor(
    doc: Y.Doc,
    definition: CollectionDefinition,
    onChange: (change: CollectionChange) => void,
  ) {
    this.table = new RecordTable(definition);
    this.#doc = doc;
    this.#collection = definition.name;
    this.#onChange = onChange;
    for (let each = 1; each <= definition.version; each++) this.#add(each);
    this.#findNewer();
    this.#changed.clear();
    // Before others hear of a transaction, who may ask what is in the collection.
    doc.on("beforeObserverCalls", this.#take);
    doc.on("afterTransaction", this.#tell);
  }

  put(version: number, key: string, value: unknown): void {
    this.table.put(version, key, value);
    const written = this.#written.get(version);
    if (written) written.set(key, value);
    else this.#written.set(version, new Map([[key, value]]));
  }

  write(transaction: Y.Transaction): void {
    for (const [version, values] of this.#written)
      this.#logs.get(version)?.write(transaction, values);
    this.#written.clear();
  }

  dispose(): void {
    this.#doc.off("beforeObserverCalls", this.#take);
    this.#doc.off("afterTransaction", this.#tell);
  }

  #add(version: number): void {
    const type = this.#doc.getArray(layerRoot(this.#collection, version));
    const log = new KeyLog(type);
    this.#logs.set(version, log);
    this.#versions.set(type, version);
    this.#changes(version, log, log.keys());
  }

  #changes(version: number, log: KeyLog, keys: Iterable<string>): void {
    for (const key of keys) {
      const id = this.table.put(version, key, log.get(key));
      if (id !== undefined) this.#changed.add(id);
    }
  }

  /** Versions that this program does not know may come at any time. */
  #findNewer(): void {
    if (this.#doc.share.size === this.#roots) return;
    for (const root of [...this.#doc.share.keys()]) {
      const version = layerVersion(this.#collection, root);
      if (version === undefined || this.#logs.has(version)) continue;
      // The application may have a type of its own that is called so.
      const type = this.#doc.share.get(root);
      if (type instanceof Y.Array || type?.constructor === Y.AbstractType) this.#add(version);
    }
    this.#roots = this.#doc.share.size;
  }

  readonly #take = (transaction: Y.Transaction): void => {
    this.#findNewer();
    const isOurs = [...transaction.changed.keys()].some((type) => this.#versions.has(type));
    if (!isOurs) return;
    Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) =>
      this.#takeItem(struct, (log, item) => log.delete(item)),
    );
    for (const struct of addedIn(transaction)) {
      if (!struct.deleted) this.#takeItem(struct, (log, item) => log.add(item));
    }
  };

  #takeItem(struct: Y.Item | Y.GC, take: (log: KeyLog, item: Y.Item) => readonly string[]): void {
    if (!(struct instanceof Y.Item)) return;
    const version = this.#versions.get(struct.parent);
    const log = version === undefined ? undefined : this.#logs.get(version);
    if (version !== undefined && log) this.#changes(version, log, take(log, struct));
  }

  readonly #tell = ({ local, origin }: Y.Transaction): void => {
    if (this.#changed.size === 0) return;
    const ids = this.#changed;
    this.#changed = new Set();
    this.#onChange({ ids, local, authors: origin instanceof FromHub ? origin.authors : [] });
  };
}

/** What a transaction added to a document, by its clocks. */
function* addedIn({ doc, beforeState, afterState }: Y.Transaction): Iterable<Y.Item | Y.GC> {
  for (const [client, clock] of afterState) {
    const before = beforeState.get(client) ?? 0;
    const structs = clock > before ? doc.store.clients.get(client) : undefined;
    if (!structs) continue;
    for (let at = Y.findIndexSS(structs, before); at < structs.length; at++) {
      const struct = structs[at];
      if (struct) yield struct;
    }
  }
}
