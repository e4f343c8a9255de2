/**
 * The records of a collection as they are in one `Y.Doc`: followed through all layers, and shared by all that
 * opened a collection of this name in it, each by a definition of its own maybe.
 */

import * as Y from "yjs";
import type { Unsubscribe } from "../emitter.ts";
import { FromHub } from "../replica/from-hub.ts";
import type { CollectionDefinition } from "./define-collection.ts";
import { KeyLog } from "./key-log.ts";
import type { Follower } from "./layers.ts";
import { layerRoot, layerVersion } from "./layout.ts";
import { RecordTable } from "./record-table.ts";
import { Savepoint, type WentBack } from "./savepoint.ts";

/** Which records changed. */
export interface CollectionChange {
  /** Inserted, changed, deleted, or mended. */
  readonly ids: ReadonlySet<string>;
  /** Whether it was changed here, in this page or process. */
  readonly local: boolean;
  /**
   * Whose changes they are, as the hub stamped them: `user`, `user/plugin`, or `user/plugin@version`. Several where what several people
   * did came together; none for changes made here, and where nobody can tell.
   */
  readonly authors: readonly string[];
}

/** Of documents that collections are open in, by the collection's name. */
const shared = new WeakMap<Y.Doc, Map<string, DocumentRecords>>();
/** The newest version of each collection that this program knows, of those that were ever open in a document. */
const versions = new WeakMap<Y.Doc, Map<string, number>>();

/** The collections that were ever open in a document, with the newest version of each that this program knows. */
export function collectionsIn(doc: Y.Doc): ReadonlyMap<string, number> {
  return versions.get(doc) ?? new Map();
}

/** Does all that `run` does in an open transaction; nothing, if it throws. */
export function allOrNothing<T>(transaction: Y.Transaction, run: () => T): T {
  const before = new Savepoint(transaction);
  try {
    return run();
  } catch (error) {
    const what = before.goBack();
    for (const records of shared.get(transaction.doc)?.values() ?? []) records.goBack(what);
    throw error;
  }
}

/** See the top of this file. */
export class DocumentRecords {
  readonly doc: Y.Doc;
  readonly table: RecordTable = new RecordTable(
    (version, key) => this.#logs.get(version)?.stampOf(key) ?? 0,
  );
  readonly #name: string;
  readonly #followers = new Set<Follower>();
  /** By version. */
  readonly #logs = new Map<number, KeyLog>();
  readonly #versions = new Map<unknown, number>();
  /** What is to be written at the end of the edit that is under way. */
  readonly #written = new Map<number, Map<string, unknown>>();
  #changed = new Set<string>();
  /** As they were before an edit that was taken back in the transaction that is under way. */
  #restored = new Set<string>();
  #roots = 0;

  /** Those of a document: the same for all who ask, so that each knows in a transaction what others wrote in it. */
  static of(doc: Y.Doc, { name, version }: CollectionDefinition): DocumentRecords {
    let known = shared.get(doc);
    if (!known) shared.set(doc, (known = new Map<string, DocumentRecords>()));
    const records = known.get(name) ?? new DocumentRecords(doc, name);
    for (let each = 1; each <= version; each++) records.#add(each);
    known.set(name, records);
    const newest = versions.get(doc) ?? new Map<string, number>();
    versions.set(doc, newest.set(name, Math.max(version, newest.get(name) ?? 0)));
    return records;
  }

  private constructor(doc: Y.Doc, name: string) {
    this.doc = doc;
    this.#name = name;
    this.#findLayers();
    this.#changed.clear();
  }

  /** Follows the records until the result is called; whoever comes first starts to listen to the document. */
  join(follower: Follower): Unsubscribe {
    if (this.#followers.size === 0) {
      // Before others hear of a transaction, who may ask what is in the collection.
      this.doc.on("beforeObserverCalls", this.#take);
      this.doc.on("afterTransaction", this.#tell);
    }
    this.#followers.add(follower);
    return () => {
      const left = this.#followers.delete(follower);
      if (left && this.#followers.size === 0) this.#dispose();
    };
  }

  /** Whether somebody follows the records, and they are those of the document. */
  get isFollowed(): boolean {
    return this.#followers.size > 0;
  }

  /** Changes the document in one transaction, by {@link DocumentRecords.put}: not at all, if `run` throws. */
  edit(run: () => void, origin: unknown): void {
    this.doc.transact((transaction) => {
      allOrNothing(transaction, () => {
        run();
        for (const [version, values] of this.#written) {
          this.#logs.get(version)?.write(transaction, values);
        }
        this.#written.clear();
      });
    }, origin);
  }

  /** Takes that an edit or a transaction was taken back. */
  goBack({ removed, revived }: WentBack): void {
    for (const [version, values] of this.#written) {
      const log = this.#logs.get(version);
      if (log) this.#changes(version, log, values.keys(), this.#restored);
    }
    this.#written.clear();
    for (const item of removed) this.#takeItem(item, (log) => log.forget(item), this.#restored);
    for (const item of revived) this.#takeItem(item, (log) => log.add(item), this.#restored);
  }

  /** Writes a key of a version, `GONE` for one that goes. */
  put(version: number, key: string, value: unknown): void {
    this.#touch(this.table.put(version, key, value));
    const written = this.#written.get(version);
    if (written) written.set(key, value);
    else this.#written.set(version, new Map([[key, value]]));
  }

  #dispose(): void {
    shared.get(this.doc)?.delete(this.#name);
    this.doc.off("beforeObserverCalls", this.#take);
    this.doc.off("afterTransaction", this.#tell);
  }

  #add(version: number): void {
    if (this.#logs.has(version)) return;
    const type = this.doc.getArray(layerRoot(this.#name, version));
    const log = new KeyLog(type);
    this.#logs.set(version, log);
    this.#versions.set(type, version);
    this.#changes(version, log, log.keys());
  }

  #changes(version: number, log: KeyLog, keys: Iterable<string>, ids = this.#changed): void {
    for (const key of keys) {
      const id = this.table.put(version, key, log.get(key));
      if (id === undefined) continue;
      ids.add(id);
      this.#touch(id);
    }
  }

  #touch(id: string | undefined): void {
    if (id !== undefined) for (const follower of this.#followers) follower.touched(id);
  }

  /** Versions, also those that this program does not know, may come at any time. */
  #findLayers(): void {
    if (this.doc.share.size === this.#roots) return;
    for (const root of [...this.doc.share.keys()]) {
      const version = layerVersion(this.#name, root);
      if (version === undefined || this.#logs.has(version)) continue;
      // The application may have a type of its own that is called so.
      const type = this.doc.share.get(root);
      if (type instanceof Y.Array || type?.constructor === Y.AbstractType) this.#add(version);
    }
    this.#roots = this.doc.share.size;
  }

  readonly #take = (transaction: Y.Transaction): void => {
    this.#findLayers();
    const isOurs = [...transaction.changed.keys()].some((type) => this.#versions.has(type));
    if (!isOurs) return;
    Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) =>
      this.#takeItem(struct, (log, item) => log.delete(item)),
    );
    for (const { struct, from } of addedIn(transaction)) {
      if (!struct.deleted) this.#takeItem(struct, (log, item) => log.add(item, from));
    }
  };

  #takeItem(
    struct: Y.Item | Y.GC,
    take: (log: KeyLog, item: Y.Item) => readonly string[],
    ids = this.#changed,
  ): void {
    if (!(struct instanceof Y.Item)) return;
    const version = this.#versions.get(struct.parent);
    const log = version === undefined ? undefined : this.#logs.get(version);
    if (version !== undefined && log) this.#changes(version, log, take(log, struct), ids);
  }

  readonly #tell = ({ local, origin }: Y.Transaction): void => {
    const ids = this.#changed;
    const restored = this.#restored;
    if (ids.size > 0) this.#changed = new Set();
    if (restored.size > 0) {
      this.#restored = new Set();
      for (const follower of [...this.#followers]) follower.restored(restored);
    }
    if (ids.size === 0) return;
    const authors = origin instanceof FromHub ? origin.authors : [];
    for (const follower of [...this.#followers]) follower.changed({ ids, local, authors });
  };
}

/**
 * What a transaction added to a document: from a clock on, since what was there before it may have become one with
 * it, where the transaction was made in a listener of another one.
 */
function* addedIn({
  doc,
  beforeState,
  afterState,
}: Y.Transaction): Iterable<{ readonly struct: Y.Item | Y.GC; readonly from: number }> {
  for (const [client, clock] of afterState) {
    const before = beforeState.get(client) ?? 0;
    const structs = clock > before ? doc.store.clients.get(client) : undefined;
    if (!structs) continue;
    for (let at = Y.findIndexSS(structs, before); at < structs.length; at++) {
      const struct = structs[at];
      if (struct) yield { struct, from: before };
    }
  }
}
