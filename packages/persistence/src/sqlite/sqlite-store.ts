/**
 * The store contract over one open database. Everything in SQLite's API is synchronous, so a call is
 * done when its promise is there: nothing of this store is ever under way between two turns.
 */

import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import {
  type CommitResult,
  CroftError,
  createEmitter,
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
  type WriterId,
} from "@croft/core";
import { applyBatch } from "./apply-batch.ts";
import {
  bytes,
  DamagedRow,
  DOCUMENT_COLUMNS,
  number,
  type Row,
  text,
  toClaim,
  toDocument,
  toEntry,
  toListed,
  toNumbered,
  toQuarantine,
  toSnapshot,
} from "./rows.ts";
import { corrupt, toStoreError } from "./sqlite-error.ts";
import { createPrepare, type Prepare } from "./statements.ts";

/** The store over `database`, which has the tables and lies at `path`. Closes it in the end. */
export function createSqliteStore(database: DatabaseSync, path: string): Store {
  return new SqliteStore(database, path);
}

class SqliteStore implements Store {
  readonly kind = "sqlite";
  readonly #database: DatabaseSync;
  readonly #path: string;
  /** Which file was opened: another one may come to lie at the same path. */
  readonly #file: number | undefined;
  readonly #prepare: Prepare;
  readonly #losses = createEmitter<Error>();
  #closed: CroftError | undefined;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    this.#file = fileAt(path);
    this.#prepare = createPrepare(database);
  }

  async takeTerm(initial: readonly (readonly [string, string])[] = []): Promise<number> {
    return this.#within("BEGIN IMMEDIATE", () => {
      const insert = this.#prepare("INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)");
      for (const [name, value] of initial) insert.run(name, value);
      const row = this.#prepare("UPDATE state SET term = term + 1 RETURNING term").get();
      return number(row ?? {}, "term");
    });
  }

  async commit(batch: StoreBatch): Promise<CommitResult> {
    return this.#within("BEGIN IMMEDIATE", () => applyBatch(this.#prepare, batch));
  }

  async loadDocument(path: DocPath): Promise<LoadedDocument | undefined> {
    // Several reads that belong together see one state of the file.
    return this.#within("BEGIN", () => {
      const row = this.#prepare(`SELECT id, ${DOCUMENT_COLUMNS} FROM documents WHERE path = ?`).get(
        path,
      );
      if (!row) return undefined;
      const claims = this.#prepare("SELECT client, writer, clock FROM claims WHERE doc = ?");
      return { record: toDocument(row), claims: claims.all(number(row, "id")).map(toClaim) };
    });
  }

  async readWriter(path: DocPath, writer: WriterId): Promise<Numbered | undefined> {
    const sql = `SELECT n, tag FROM writers WHERE doc = ${ID_OF_PATH} AND writer = ?`;
    return this.#row(sql, [path, writer], toNumbered);
  }

  async readBinding(writer: WriterId): Promise<string | undefined> {
    const sql = "SELECT principal FROM bindings WHERE writer = ?";
    return this.#row(sql, [writer], (row) => text(row, "principal"));
  }

  async readLog(path: DocPath, after: number, maxBytes: number): Promise<readonly LogEntry[]> {
    const sql = `SELECT * FROM entries WHERE doc = ${ID_OF_PATH} AND seq > ? ORDER BY seq`;
    return this.#entries(sql, path, after, maxBytes);
  }

  async readPending(path: DocPath, afterN: number, maxBytes: number): Promise<readonly LogEntry[]> {
    const sql = `
      SELECT * FROM entries
      WHERE doc = ${ID_OF_PATH} AND pending_n IS NOT NULL AND pending_n > ?
      ORDER BY pending_n, seq`;
    return this.#entries(sql, path, afterN, maxBytes);
  }

  async readSnapshot(path: DocPath): Promise<StoredSnapshot | undefined> {
    return this.#row(`SELECT * FROM snapshots WHERE doc = ${ID_OF_PATH}`, [path], toSnapshot);
  }

  async readHistory(path: DocPath, before: number): Promise<HistoryPart | undefined> {
    const sql = `
      SELECT * FROM history WHERE doc = ${ID_OF_PATH} AND seq < ? ORDER BY seq DESC LIMIT 1`;
    return this.#row(sql, [path, before], (row) => ({
      seq: number(row, "seq"),
      at: number(row, "at"),
      bytes: bytes(row),
    }));
  }

  async listHistory(path: DocPath): Promise<readonly HistorySummary[]> {
    const sql = `
      SELECT seq, at, length(bytes) AS size FROM history WHERE doc = ${ID_OF_PATH} ORDER BY seq`;
    return this.#guard(() =>
      this.#prepare(sql)
        .all(path)
        .map((row) => ({
          seq: number(row, "seq"),
          at: number(row, "at"),
          size: number(row, "size"),
        })),
    );
  }

  async readTag(path: DocPath, seq: number): Promise<Tag | undefined> {
    const of = (table: string): string =>
      `SELECT tag FROM ${table} WHERE doc = ${ID_OF_PATH} AND seq = ?`;
    const toTag = (row: Row): Tag => text(row, "tag") as Tag;
    // One after the other suffices: a tag never goes back from `tags` to `entries`.
    return (
      this.#row(of("entries"), [path, seq], toTag) ?? this.#row(of("tags"), [path, seq], toTag)
    );
  }

  async listDocuments(prefix: string, page?: Page): Promise<readonly DocumentRecord[]> {
    return this.#page(`SELECT ${DOCUMENT_COLUMNS} FROM documents`, prefix, page, toDocument);
  }

  async listChanges(after: number, limit: number): Promise<readonly DocumentRecord[]> {
    return this.#guard(() => {
      const records: DocumentRecord[] = [];
      const sql = `SELECT ${DOCUMENT_COLUMNS} FROM documents WHERE position > ? ORDER BY position`;
      for (const row of this.#prepare(sql).iterate(after)) {
        const record = toDocument(row);
        if (records.length >= limit && record.position !== records.at(-1)?.position) break;
        records.push(record);
      }
      return records;
    });
  }

  async readPosition(): Promise<number> {
    const sql = "SELECT ifnull(max(position), 0) AS position FROM documents";
    return this.#row(sql, [], (row) => number(row, "position")) ?? 0;
  }

  async readListing(prefix: string, page?: Page): Promise<readonly ListedAbove[]> {
    return this.#page("SELECT * FROM listing", prefix, page, toListed);
  }

  async listPending(): Promise<readonly DocPath[]> {
    const sql = `
      SELECT path FROM documents
      WHERE id IN (SELECT doc FROM entries WHERE pending_n IS NOT NULL) ORDER BY path`;
    return this.#guard(() =>
      this.#prepare(sql)
        .all()
        .map((row) => text(row, "path") as DocPath),
    );
  }

  async listQuarantine(code: string): Promise<readonly QuarantineSummary[]> {
    return this.#guard(() =>
      this.#prepare("SELECT id, path, at FROM quarantine WHERE code = ? ORDER BY at, position")
        .all(code)
        .map((row) => ({
          id: text(row, "id") as Tag,
          path: text(row, "path") as DocPath,
          code,
          at: number(row, "at"),
        })),
    );
  }

  async readQuarantine(path?: DocPath): Promise<readonly QuarantineRecord[]> {
    return this.#within("BEGIN", () => {
      const updates = this.#prepare(
        "SELECT bytes FROM quarantined_updates WHERE id = ? ORDER BY position",
      );
      return this.#prepare(
        "SELECT * FROM quarantine WHERE ? IS NULL OR path = ? ORDER BY at, position",
      )
        .all(path ?? null, path ?? null)
        .map((row) => toQuarantine(row, updates.all(text(row, "id")).map(bytes)));
    });
  }

  async readMeta(name: string): Promise<string | undefined> {
    const sql = "SELECT value FROM meta WHERE name = ?";
    return this.#row(sql, [name], (row) => text(row, "value"));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = new CroftError("store/closed", `The store ${this.#path} is closed.`);
    this.#losses.clear();
    this.#database.close();
  }

  onLost(listener: (error: Error) => void): () => void {
    return this.#losses.on(listener);
  }

  /** Runs `body` in a transaction of its own, all of it or nothing. */
  #within<T>(begin: "BEGIN" | "BEGIN IMMEDIATE", body: () => T): T {
    return this.#guard(() => {
      this.#prepare(begin).run();
      try {
        const result = body();
        this.#prepare("COMMIT").run();
        return result;
      } catch (thrown) {
        // A full disk may have ended the transaction already.
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw thrown;
      }
    });
  }

  /** Runs `body` if the store is open and its file is there; what it throws becomes a CroftError. */
  #guard<T>(body: () => T): T {
    if (this.#closed) throw this.#closed;
    try {
      if (fileAt(this.#path) !== this.#file) throw this.#lose();
      return body();
    } catch (thrown) {
      if (thrown instanceof DamagedRow) throw corrupt(this.#path, thrown.message, thrown);
      throw toStoreError(thrown, this.#path);
    }
  }

  /** The file was removed or replaced: SQLite would go on writing where nobody reads again. */
  #lose(): CroftError {
    const error = new CroftError(
      "store/closed",
      `The store ${this.#path} was removed or replaced.`,
      {
        hint: "Open it again.",
      },
    );
    this.#closed = error;
    this.#database.close();
    this.#losses.emit(error);
    this.#losses.clear();
    return error;
  }

  /** Rows of what `select` names whose path starts with `prefix`, by path. */
  #page<T>(
    select: string,
    prefix: string,
    { after = "", limit = Number.POSITIVE_INFINITY }: Page = {},
    read: (row: Row) => T,
  ): T[] {
    return this.#guard(() => {
      const found: T[] = [];
      if (limit <= 0) return found;
      // SQLite orders text by its UTF-8 bytes: what starts with `prefix` is one run from there on.
      const rows = this.#prepare(`${select} WHERE path >= ? AND path > ? ORDER BY path`);
      for (const row of rows.iterate(prefix, after)) {
        if (!text(row, "path").startsWith(prefix)) break;
        found.push(read(row));
        if (found.length >= limit) break;
      }
      return found;
    });
  }

  #row<T>(sql: string, parameters: (string | number)[], read: (row: Row) => T): T | undefined {
    return this.#guard(() => {
      const row = this.#prepare(sql).get(...parameters);
      return row && read(row);
    });
  }

  #entries(sql: string, path: DocPath, after: number, maxBytes: number): LogEntry[] {
    return this.#guard(() => {
      const entries: LogEntry[] = [];
      let size = 0;
      for (const row of this.#prepare(sql).iterate(path, after)) {
        const entry = toEntry(row);
        size += entry.update.length;
        if (entries.length > 0 && size > maxBytes) break;
        entries.push(entry);
      }
      return entries;
    });
  }
}

interface Page {
  readonly after?: DocPath | "";
  readonly limit?: number;
}

const ID_OF_PATH = "(SELECT id FROM documents WHERE path = ?)";

function fileAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
