/**
 * The store of browsers: one IndexedDB database for all documents of a workspace. Several tabs may
 * have it open; the term decides which one writes. The connection gives way to a tab that deletes
 * or upgrades the database and says so to `onLost`.
 */

import {
  type CommitResult,
  createEmitter,
  type CroftError,
  type DocPath,
  type DocumentRecord,
  type HistoryPart,
  type HistorySummary,
  type ListedAbove,
  type LoadedDocument,
  type LogEntry,
  type Numbered,
  type QuarantineRecord,
  type QuarantineSummary,
  type Store,
  type StoreBatch,
  type StoredSnapshot,
  type Tag,
  type Unsubscribe,
  type WriterId,
} from "@croft/core";
import { deleteDB, type IDBPTransaction, openDB, unwrap } from "idb";
import { applyBatch, scopeOf } from "./apply-batch.ts";
import { closedError, isConnectionLost, openFailure, operationFailure } from "./failure.ts";
import { forgetCanary } from "./local-canary.ts";
import { readLogEntries, readPendingEntries } from "./read-entries.ts";
import {
  type CroftSchema,
  type Database,
  listingRange,
  pageOf,
  completeRecord,
  partRange,
  pathKey,
  type ReadTransaction,
  SCHEMA_VERSION,
  type StoreName,
  upgradeSchema,
  type WriteTransaction,
} from "./schema.ts";

/** The longest answer that IndexedDB can be asked for. */
const MAX_COUNT = 0xffff_ffff;

interface Page {
  readonly after?: DocPath;
  readonly limit?: number;
}

/** Options of {@link openIndexeddbStore}. */
export interface IndexeddbStoreOptions {
  /** Name of the database within the page's origin. */
  readonly name: string;
}

/**
 * Opens the store in the IndexedDB database `name`, and creates it if there is none.
 *
 * @throws {@link CroftError} `store/newer` if a newer version of croft wrote it, `store/corrupt` if
 * the browser cannot open it, `store/full` without space, else `store/failed`.
 * @example
 * ```ts
 * const store = await openIndexeddbStore({ name: "croft-notes" });
 * store.onLost((error) => console.warn(error.message));
 * ```
 */
export async function openIndexeddbStore({ name }: IndexeddbStoreOptions): Promise<Store> {
  try {
    const database = await openDB<CroftSchema>(name, SCHEMA_VERSION, { upgrade: upgradeSchema });
    return new IndexeddbStore(database);
  } catch (thrown) {
    throw openFailure(thrown, name);
  }
}

/**
 * Deletes the database `name` with all that is in it. Stores that have it open, in this tab or
 * another, are closed and tell their `onLost` listeners. Nothing is told as lost afterwards: it was
 * meant to go.
 *
 * @example
 * ```ts
 * await deleteIndexeddbStore("croft-notes");
 * ```
 */
export async function deleteIndexeddbStore(name: string): Promise<void> {
  try {
    await deleteDB(name);
  } catch (thrown) {
    throw openFailure(thrown, name);
  }
  forgetCanary(name);
}

class IndexeddbStore implements Store {
  readonly kind = "indexeddb";
  readonly #database: Database;
  readonly #lost = createEmitter<Error>();
  readonly #running = new Set<Promise<unknown>>();
  /** Why no call is accepted any more. */
  #closed: CroftError | undefined;

  constructor(database: Database) {
    this.#database = database;
    database.addEventListener("versionchange", ({ newVersion }) => {
      const what = newVersion === null ? "deleted" : "upgraded";
      this.#lose(closedError(`The database was ${what} by another tab or window.`));
    });
    database.addEventListener("close", () => {
      this.#lose(closedError("The browser closed the connection to the database."));
    });
  }

  takeTerm(initial: readonly (readonly [string, string])[] = []): Promise<number> {
    return this.#write(["term", "meta"], async (tx) => {
      const meta = tx.objectStore("meta");
      for (const [name, value] of initial) {
        if ((await meta.getKey(name)) === undefined) await meta.put(value, name);
      }
      const term = ((await tx.objectStore("term").get("term")) ?? 0) + 1;
      await tx.objectStore("term").put(term, "term");
      return term;
    });
  }

  commit(batch: StoreBatch): Promise<CommitResult> {
    return this.#write(scopeOf(batch), (tx) => applyBatch(tx, batch));
  }

  loadDocument(path: DocPath): Promise<LoadedDocument | undefined> {
    return this.#read(["documents", "claims"], async (tx) => {
      const [record, claims] = await Promise.all([
        tx.objectStore("documents").get(pathKey(path)),
        tx.objectStore("claims").getAll(partRange(path)),
      ]);
      return record && { record: completeRecord(record), claims };
    });
  }

  readWriter(path: DocPath, writer: WriterId): Promise<Numbered | undefined> {
    return this.#read(["writers"], (tx) => tx.objectStore("writers").get([path, writer]));
  }

  readBinding(writer: WriterId): Promise<string | undefined> {
    return this.#read(["bindings"], (tx) => tx.objectStore("bindings").get(writer));
  }

  readLog(path: DocPath, after: number, maxBytes: number): Promise<readonly LogEntry[]> {
    return this.#read(["entries", "pending"], (tx) => readLogEntries(tx, path, after, maxBytes));
  }

  readPending(path: DocPath, afterN: number, maxBytes: number): Promise<readonly LogEntry[]> {
    return this.#read(["entries", "pending"], (tx) =>
      readPendingEntries(tx, path, afterN, maxBytes),
    );
  }

  readSnapshot(path: DocPath): Promise<StoredSnapshot | undefined> {
    return this.#read(["snapshots"], (tx) => tx.objectStore("snapshots").get([path]));
  }

  readHistory(path: DocPath, before: number): Promise<HistoryPart | undefined> {
    return this.#read(["history"], async (tx) => {
      if (before <= 0) return undefined;
      const range = IDBKeyRange.bound([path, 0], [path, before], false, true);
      const cursor = await tx.objectStore("history").openCursor(range, "prev");
      return cursor?.value;
    });
  }

  listHistory(path: DocPath): Promise<readonly HistorySummary[]> {
    return this.#read(["history"], async (tx) => {
      const all = await tx.objectStore("history").getAll(partRange(path));
      return all.map(({ bytes, ...rest }) => ({ ...rest, size: bytes.length }));
    });
  }

  readTag(path: DocPath, seq: number): Promise<Tag | undefined> {
    return this.#read(["entries", "tags"], async (tx) => {
      const [entry, page] = await Promise.all([
        tx.objectStore("entries").get([path, seq]),
        tx.objectStore("tags").get([path, pageOf(seq)]),
      ]);
      return entry?.tag ?? page?.get(seq);
    });
  }

  async listDocuments(prefix: string, page?: Page): Promise<readonly DocumentRecord[]> {
    return (await this.#page("documents", prefix, page)).map(completeRecord);
  }

  listChanges(after: number, limit: number): Promise<readonly DocumentRecord[]> {
    return this.#read(["documents"], async (tx) => {
      const byPosition = tx.objectStore("documents").index("byPosition");
      const above = IDBKeyRange.lowerBound(after, true);
      const some = limit > 0 ? await byPosition.getAll(above, Math.min(limit, MAX_COUNT)) : [];
      const last = some.at(-1)?.position;
      if (last === undefined || some.length < limit) return some.map(completeRecord);
      const before = some.filter(({ position }) => position < last);
      return [...before, ...(await byPosition.getAll(last))].map(completeRecord);
    });
  }

  readPosition(): Promise<number> {
    return this.#read(["documents"], async (tx) => {
      const byPosition = tx.objectStore("documents").index("byPosition");
      return (await byPosition.openKeyCursor(null, "prev"))?.key ?? 0;
    });
  }

  readListing(prefix: string, page?: Page): Promise<readonly ListedAbove[]> {
    return this.#page("listing", prefix, page);
  }

  listPending(): Promise<readonly DocPath[]> {
    return this.#read(["pending"], async (tx) => {
      const paths: DocPath[] = [];
      let cursor = await tx.objectStore("pending").openKeyCursor();
      while (cursor) {
        const [path] = cursor.key;
        paths.push(path);
        // On to the next document: no sequence is higher.
        cursor = await cursor.continue([path, Number.POSITIVE_INFINITY]);
      }
      return paths.sort((a, b) => indexedDB.cmp(pathKey(a), pathKey(b)));
    });
  }

  async listQuarantine(code: string): Promise<readonly QuarantineSummary[]> {
    const records = (await this.readQuarantine()).filter((record) => record.code === code);
    return records.map(({ id, path, at }) => ({ id, path, code, at }));
  }

  readQuarantine(path?: DocPath): Promise<readonly QuarantineRecord[]> {
    return this.#read(["quarantine"], async (tx) => {
      const quarantine = tx.objectStore("quarantine");
      const records = await (path === undefined
        ? quarantine.getAll()
        : quarantine.index("byPath").getAll(path));
      // Records of version 0.1 have no `submissions`.
      return records
        .map((record) => ({ ...record, submissions: record.submissions ?? [] }))
        .sort((a, b) => a.at - b.at);
    });
  }

  readMeta(name: string): Promise<string | undefined> {
    return this.#read(["meta"], (tx) => tx.objectStore("meta").get(name));
  }

  async close(): Promise<void> {
    this.#closed ??= closedError("The store is closed.");
    this.#lost.clear();
    await Promise.allSettled(this.#running);
    this.#database.close();
  }

  onLost(listener: (error: Error) => void): Unsubscribe {
    let heard = false;
    return this.#lost.on((error) => {
      if (heard) return;
      heard = true;
      listener(error);
    });
  }

  #page<Name extends "documents" | "listing">(
    name: Name,
    prefix: string,
    { after, limit = MAX_COUNT }: Page = {},
  ): Promise<CroftSchema[Name]["value"][]> {
    return this.#read([name], async (tx) => {
      const range = listingRange(prefix, after);
      // To IndexedDB a count of 0 means all.
      if (!range || limit <= 0) return [];
      return tx.objectStore<Name>(name).getAll(range, Math.min(limit, MAX_COUNT));
    });
  }

  #lose(error: CroftError): void {
    if (this.#closed) return;
    this.#closed = error;
    // What is under way still finishes; then whoever waits for the database can go on.
    this.#database.close();
    this.#lost.emit(error);
    this.#lost.clear();
  }

  #read<T>(scope: StoreName[], body: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.#track(this.#run(() => this.#database.transaction(scope, "readonly"), body));
  }

  #write<T>(scope: StoreName[], body: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    const start = (): WriteTransaction =>
      this.#database.transaction(scope, "readwrite", { durability: "strict" });
    return this.#track(this.#run(start, body));
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  async #run<Mode extends IDBTransactionMode, T>(
    start: () => IDBPTransaction<CroftSchema, StoreName[], Mode>,
    body: (tx: IDBPTransaction<CroftSchema, StoreName[], Mode>) => Promise<T>,
  ): Promise<T> {
    if (this.#closed) throw this.#closed;
    let raw: IDBTransaction | undefined;
    try {
      const tx = start();
      raw = unwrap(tx);
      // `finished` reports it.
      tx.done.catch(() => undefined);
      const [result] = await Promise.all([body(tx), finished(raw)]);
      return result;
    } catch (thrown) {
      if (raw) abort(raw);
      // Why the transaction was aborted, if the browser did it; else what `body` threw.
      const cause = raw?.error ?? thrown;
      if (!isConnectionLost(cause)) throw operationFailure(cause);
      const error = closedError("The connection to the database was lost.", cause);
      this.#lose(error);
      throw error;
    }
  }
}

/**
 * Settles with the transaction. `done` of idb rejects at the first failed request, before it is
 * known why the transaction was aborted.
 */
function finished(tx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    tx.addEventListener("complete", () => resolve());
    tx.addEventListener("abort", () =>
      reject(tx.error ?? new Error("The transaction was aborted.")),
    );
  });
}

function abort(tx: IDBTransaction): void {
  try {
    tx.abort();
  } catch (error) {
    // It is over already.
    if (!(error instanceof DOMException && error.name === "InvalidStateError")) throw error;
  }
}
