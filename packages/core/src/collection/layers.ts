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
import { GONE, RecordTable, type StoredRecord } from "./record-table.ts";

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

  /** Writes a key, `undefined` for one that goes, and knows of it before the transaction is over. */
  put(id: string, key: string, value: unknown): void {
    const { version } = this.#definition;
    const { table, maps } = this.#bound;
    const map = maps.get(version);
    const goes = value === undefined && !table.isBelow(id, version);
    if (goes) map?.delete(key);
    else map?.set(key, value);
    table.put(version, key, goes ? GONE : value);
  }

  /** Removes all keys that this version and those before it wrote of a record. */
  purge(id: string): void {
    const { table, maps } = this.#bound;
    for (const [version, map] of maps) {
      if (version > this.#definition.version) continue;
      for (const key of table.keysOf(version, id)) {
        map.delete(key);
        table.put(version, key, GONE);
      }
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
  readonly maps = new Map<number, Y.Map<unknown>>();
  readonly #doc: Y.Doc;
  readonly #collection: string;
  readonly #onChange: (change: CollectionChange) => void;
  readonly #stops: Unsubscribe[] = [];
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
    doc.on("afterTransaction", this.#afterTransaction);
  }

  dispose(): void {
    this.#doc.off("afterTransaction", this.#afterTransaction);
    for (const stop of this.#stops.splice(0)) stop();
  }

  #add(version: number): void {
    const map = this.#doc.getMap(layerRoot(this.#collection, version));
    const take = (key: string): void => {
      const id = this.table.put(version, key, map.has(key) ? map.get(key) : GONE);
      if (id !== undefined) this.#changed.add(id);
    };
    const observe = ({ keysChanged }: Y.YMapEvent<unknown>): void => keysChanged.forEach(take);
    this.maps.set(version, map);
    map.forEach((value, key) => {
      const id = this.table.put(version, key, value);
      if (id !== undefined) this.#changed.add(id);
    });
    map.observe(observe);
    this.#stops.push(() => map.unobserve(observe));
  }

  /** Versions that this program does not know may come at any time. */
  #findNewer(): void {
    if (this.#doc.share.size === this.#roots) return;
    for (const root of [...this.#doc.share.keys()]) {
      const version = layerVersion(this.#collection, root);
      if (version === undefined || this.maps.has(version)) continue;
      // The application may have a type of its own that is called so.
      const type = this.#doc.share.get(root);
      if (type instanceof Y.Map || type?.constructor === Y.AbstractType) this.#add(version);
    }
    this.#roots = this.#doc.share.size;
  }

  readonly #afterTransaction = ({ local, origin }: Y.Transaction): void => {
    this.#findNewer();
    if (this.#changed.size === 0) return;
    const ids = this.#changed;
    this.#changed = new Set();
    this.#onChange({ ids, local, authors: origin instanceof FromHub ? origin.authors : [] });
  };
}
