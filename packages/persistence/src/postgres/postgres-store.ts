/** The store contract over the tables of one workspace. Every method is one statement, so what it reads belongs together. */

import {
  type CommitResult,
  CroftError,
  createEmitter,
  type DocPath,
  type DocumentNews,
  type DocumentRecord,
  type Epoch,
  type HistoryPart,
  type HistorySummary,
  type ListedAbove,
  type LoadedDocument,
  type LogEntry,
  type Numbered,
  type QuarantineRecord,
  type QuarantineSummary,
  type SharedStore,
  type Store,
  type StoreBatch,
  type StoredSnapshot,
  type StoreNews,
  type Tag,
  type WriterId,
} from "@croft/core";
import { encodeBatch } from "./batch-json.ts";
import { toStoreError } from "./postgres-error.ts";
import {
  bytes,
  DOCUMENT_COLUMNS,
  ENTRY_COLUMNS,
  isEmpty,
  number,
  text,
  toClaims,
  toDocument,
  toEntry,
  toListed,
  toNumbered,
  toQuarantine,
  toSnapshot,
  toWriters,
} from "./rows.ts";
import type { Row, SqlDatabase, SqlValue } from "./sql.ts";

/** What a {@link PostgresStore} is made of. */
export interface PostgresStoreOptions {
  readonly database: SqlDatabase;
  /** Quoted. */
  readonly schema: string;
  /** The workspace's row. */
  readonly id: number;
  readonly workspace: string;
  /** Whether other processes work on it too. */
  readonly isShared: boolean;
  /** Tells other processes that documents changed; best effort. */
  readonly hint: (paths: readonly DocPath[]) => void;
  /** Says something to other processes that is not kept; best effort. */
  readonly say: (what: Uint8Array) => void;
  readonly onSaid: (listener: (what: Uint8Array, from: string) => void) => () => void;
  /** Tells of other processes. */
  readonly onHint: (listener: (news: StoreNews) => void) => () => void;
}

/** More than any log has bytes, and few enough for a `bigint`. */
const MOST = Number.MAX_SAFE_INTEGER;

/** See the top of this file. */
export class PostgresStore implements Store {
  readonly kind = "postgres";
  readonly shared: SharedStore | undefined;
  readonly #options: PostgresStoreOptions;
  readonly #s: string;
  readonly #news = createEmitter<StoreNews>();
  readonly #stop: () => void;
  readonly #running = new Set<Promise<unknown>>();
  #facts = 0;
  #closed = false;

  constructor(options: PostgresStoreOptions) {
    this.#options = options;
    this.#s = options.schema;
    this.shared = options.isShared ? this.#share() : undefined;
    this.#stop = options.onHint((news) => this.#news.emit(news));
  }

  async takeTerm(initial: readonly (readonly [string, string])[] = []): Promise<number> {
    const { isShared } = this.#options;
    // A row that was there is not what this statement sees: `initial` is for the first term alone.
    const [row] = await this.#query(
      `WITH born AS (
         INSERT INTO ${this.#s}.meta (workspace, name, value)
         SELECT $1::integer, name, value
         FROM json_to_recordset($2::json) AS each(name text, value text)
         ON CONFLICT DO NOTHING
       )
       UPDATE ${this.#s}.workspaces SET term = term + $3 WHERE id = $1 RETURNING term, facts`,
      [JSON.stringify(initial.map(([name, value]) => ({ name, value }))), isShared ? 0 : 1],
    );
    if (!row) throw new CroftError("store/closed", `${this.#options.workspace} was removed.`);
    return number(row, "term");
  }

  async commit(batch: StoreBatch): Promise<CommitResult> {
    const { json, blob } = encodeBatch(batch);
    const [row] = await this.#query(
      `SELECT ${this.#s}.commit_batch($1::integer, $2::json, $3::bytea)::text AS result`,
      [json, blob],
      "commit",
    );
    const result = JSON.parse(text(row ?? {}, "result")) as {
      readonly fenced?: true;
      readonly refused?: "facts" | "sessions";
      readonly writers?: readonly WriterId[];
      readonly stale?: readonly DocPath[];
      readonly facts: number;
    };
    this.#see(result.facts);
    if (result.fenced) {
      throw new CroftError("store/fenced", "Another process took over this store.", {
        hint: "End one of the two processes, or open the store again.",
      });
    }
    if (result.refused === "facts") return { stale: [], refused: { why: "facts" } };
    if (result.refused === "sessions") {
      return { stale: [], refused: { why: "sessions", writers: result.writers ?? [] } };
    }
    const paths = (batch.documents ?? []).map(({ record }) => record.path);
    const stale = (result.stale ?? []).toSorted((a, b) => paths.indexOf(a) - paths.indexOf(b));
    const changed = stale.length === 0 ? paths : paths.filter((path) => !stale.includes(path));
    // Those who have nothing open would not notice that the facts are others.
    const isForAll = batch.shared?.changesFacts === true;
    if (this.shared && (changed.length > 0 || isForAll))
      this.#options.hint(isForAll ? [] : changed);
    return { stale };
  }

  async loadDocument(path: DocPath): Promise<LoadedDocument | undefined> {
    const [row] = await this.#query(
      `SELECT w.facts, d.id, d.revision, ${DOCUMENT_COLUMNS},
         (SELECT json_agg(json_build_array(client, writer, clock)) FROM ${this.#s}.claims
          WHERE doc = d.id)::text AS claims
       FROM ${this.#s}.workspaces w
       LEFT JOIN ${this.#s}.documents d ON d.workspace = w.id AND d.path = $2
       WHERE w.id = $1`,
      [path],
      "load",
    );
    if (!row || isEmpty(row["id"])) return undefined;
    const loaded = { record: toDocument(row), claims: toClaims(row, "claims") };
    return this.shared ? { ...loaded, revision: number(row, "revision") } : loaded;
  }

  async readWriter(path: DocPath, writer: WriterId): Promise<Numbered | undefined> {
    const [row] = await this.#query(
      `SELECT r.n, r.tag FROM ${this.#s}.documents d JOIN ${this.#s}.writers r ON r.doc = d.id
       WHERE d.workspace = $1 AND d.path = $2 AND r.writer = $3`,
      [path, writer],
      "writer",
    );
    return row && toNumbered(row);
  }

  async readBinding(writer: WriterId): Promise<string | undefined> {
    const [row] = await this.#query(
      `SELECT principal FROM ${this.#s}.bindings WHERE workspace = $1 AND writer = $2`,
      [writer],
      "binding",
    );
    return row && text(row, "principal");
  }

  async readLog(path: DocPath, after: number, maxBytes: number): Promise<readonly LogEntry[]> {
    const rows = await this.#query(
      `SELECT * FROM (
         SELECT ${ENTRY_COLUMNS}, ${this.#factsColumn},
           sum(length(e.bytes)) OVER (ORDER BY e.seq) AS total,
           row_number() OVER (ORDER BY e.seq) AS nth
         FROM ${this.#s}.documents d JOIN ${this.#s}.entries e ON e.doc = d.id
         WHERE d.workspace = $1 AND d.path = $2 AND e.seq > $3
       ) AS found WHERE nth = 1 OR total <= $4 ORDER BY seq`,
      [path, after, Math.min(maxBytes, MOST)],
      "log",
    );
    return rows.map(toEntry);
  }

  async readPending(path: DocPath, afterN: number, maxBytes: number): Promise<readonly LogEntry[]> {
    const rows = await this.#query(
      `SELECT * FROM (
         SELECT ${ENTRY_COLUMNS},
           sum(length(e.bytes)) OVER (ORDER BY e.pending_n) AS total,
           row_number() OVER (ORDER BY e.pending_n) AS nth
         FROM ${this.#s}.documents d JOIN ${this.#s}.entries e ON e.doc = d.id
         WHERE d.workspace = $1 AND d.path = $2 AND e.pending_n > $3
       ) AS found WHERE nth = 1 OR total <= $4 ORDER BY pending_n`,
      [path, afterN, Math.min(maxBytes, MOST)],
    );
    return rows.map(toEntry);
  }

  async readSnapshot(path: DocPath): Promise<StoredSnapshot | undefined> {
    const [row] = await this.#query(
      `SELECT n.seq, n.tag, n.format, n.bytes, ${this.#factsColumn}
       FROM ${this.#s}.documents d JOIN ${this.#s}.snapshots n ON n.doc = d.id
       WHERE d.workspace = $1 AND d.path = $2`,
      [path],
      "snapshot",
    );
    return row && toSnapshot(row);
  }

  async readHistory(path: DocPath, before: number): Promise<HistoryPart | undefined> {
    const [row] = await this.#query(
      `SELECT h.seq, h.at, h.bytes, ${this.#factsColumn}
       FROM ${this.#s}.documents d JOIN ${this.#s}.history h ON h.doc = d.id
       WHERE d.workspace = $1 AND d.path = $2 AND h.seq < $3 ORDER BY h.seq DESC LIMIT 1`,
      [path, before],
    );
    return row && { seq: number(row, "seq"), at: number(row, "at"), bytes: bytes(row) };
  }

  async listHistory(path: DocPath): Promise<readonly HistorySummary[]> {
    const rows = await this.#query(
      `SELECT h.seq, h.at, length(h.bytes) AS size
       FROM ${this.#s}.documents d JOIN ${this.#s}.history h ON h.doc = d.id
       WHERE d.workspace = $1 AND d.path = $2 ORDER BY h.seq`,
      [path],
    );
    return rows.map((row) => ({
      seq: number(row, "seq"),
      at: number(row, "at"),
      size: number(row, "size"),
    }));
  }

  async readTag(path: DocPath, seq: number): Promise<Tag | undefined> {
    const [row] = await this.#query(
      `SELECT coalesce(
         (SELECT tag FROM ${this.#s}.entries WHERE doc = d.id AND seq = $3),
         (SELECT tag FROM ${this.#s}.tags WHERE doc = d.id AND seq = $3)) AS tag
       FROM ${this.#s}.documents d WHERE d.workspace = $1 AND d.path = $2`,
      [path, seq],
    );
    return row && !isEmpty(row["tag"]) ? (text(row, "tag") as Tag) : undefined;
  }

  async listDocuments(prefix: string, page?: Page): Promise<readonly DocumentRecord[]> {
    const rows = await this.#query(
      `SELECT ${DOCUMENT_COLUMNS}, ${this.#factsColumn} FROM ${this.#s}.documents d
       WHERE d.workspace = $1 AND ${PAGE}`,
      pageOf(prefix, page),
    );
    return rows.map(toDocument);
  }

  async listChanges(after: number, limit: number): Promise<readonly DocumentRecord[]> {
    const rows = await this.#query(
      `SELECT ${DOCUMENT_COLUMNS}, ${this.#factsColumn} FROM ${this.#s}.documents d
       WHERE d.workspace = $1 AND d.position > 0 AND d.position > $2 AND d.position <= coalesce(
         (SELECT position FROM ${this.#s}.documents
          WHERE workspace = $1 AND position > 0 AND position > $2 ORDER BY position OFFSET $3 LIMIT 1), ${MOST})
       ORDER BY d.position`,
      [after, Math.max(0, Math.min(limit, MOST) - 1)],
    );
    return rows.map(toDocument);
  }

  async readPosition(): Promise<number> {
    const [row] = await this.#query(
      `SELECT coalesce(max(position), 0) AS position, ${this.#factsColumn} FROM ${this.#s}.documents
       WHERE workspace = $1 AND position > 0`,
      [],
    );
    return number(row ?? {}, "position");
  }

  async readListing(prefix: string, page?: Page): Promise<readonly ListedAbove[]> {
    const rows = await this.#query(
      `SELECT d.path, d.epoch, d.head, d.tag, d.bytes, d.changed_at FROM ${this.#s}.listing d
       WHERE d.workspace = $1 AND ${PAGE}`,
      pageOf(prefix, page),
    );
    return rows.map(toListed);
  }

  async listPending(): Promise<readonly DocPath[]> {
    const rows = await this.#query(
      `SELECT d.path FROM ${this.#s}.documents d
       WHERE d.workspace = $1 AND EXISTS (
         SELECT 1 FROM ${this.#s}.entries e WHERE e.doc = d.id AND e.pending_n IS NOT NULL)
       ORDER BY d.path`,
      [],
    );
    return rows.map((row) => text(row, "path") as DocPath);
  }

  async listQuarantine(code: string): Promise<readonly QuarantineSummary[]> {
    const rows = await this.#query(
      `SELECT id, path, code, at FROM ${this.#s}.quarantine
       WHERE workspace = $1 AND code = $2 ORDER BY at, position`,
      [code],
    );
    return rows.map((row) => ({
      id: text(row, "id") as Tag,
      path: text(row, "path") as DocPath,
      code: text(row, "code"),
      at: number(row, "at"),
    }));
  }

  async readQuarantine(path?: DocPath): Promise<readonly QuarantineRecord[]> {
    const rows = await this.#query(
      `SELECT q.id, q.path, q.author, q.code, q.reason, q.at, q.basis, q.submissions, u.bytes
       FROM ${this.#s}.quarantine q
       LEFT JOIN ${this.#s}.quarantined_updates u ON u.record = q.position
       WHERE q.workspace = $1 AND ($2::text IS NULL OR q.path = $2)
       ORDER BY q.at, q.position, u.position`,
      [path ?? null],
    );
    const records = new Map<string, { readonly row: Row; readonly updates: Uint8Array[] }>();
    for (const row of rows) {
      const id = text(row, "id");
      const record = records.get(id) ?? { row, updates: [] };
      records.set(id, record);
      if (!isEmpty(row["bytes"])) record.updates.push(bytes(row));
    }
    return [...records.values()].map(({ row, updates }) => toQuarantine(row, updates));
  }

  async readMeta(name: string): Promise<string | undefined> {
    const [row] = await this.#query(
      `SELECT value, ${this.#factsColumn} FROM ${this.#s}.meta WHERE workspace = $1 AND name = $2`,
      [name],
      "meta",
    );
    return row && text(row, "value");
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#stop();
      this.#news.clear();
    }
    await Promise.allSettled(this.#running);
  }

  /** The connections are the database's, which makes new ones; a workspace that was removed fails like any that cannot be read. */
  onLost(): () => void {
    return () => undefined;
  }

  #share(): SharedStore {
    const facts = (): number => this.#facts;
    return {
      get facts() {
        return facts();
      },
      onNews: (listener) => this.#news.on(listener),
      say: (what) => this.#options.say(what),
      onSaid: (listener) => this.#options.onSaid(listener),
      readRevisions: (paths) => this.#readRevisions(paths),
      readNews: (path, since, maxBytes) => this.#readNews(path, since, maxBytes),
      beginSession: (writer, greeting) => this.#beginSession(writer, greeting),
    };
  }

  async #readRevisions(paths: readonly DocPath[]): Promise<ReadonlyMap<DocPath, number>> {
    const rows = await this.#query(
      `SELECT w.facts, d.path, d.revision FROM ${this.#s}.workspaces w
       LEFT JOIN ${this.#s}.documents d ON d.workspace = w.id AND d.path = ANY($2::text[])
       WHERE w.id = $1`,
      [paths],
      "revisions",
    );
    return new Map(
      rows.flatMap((row) =>
        isEmpty(row["path"]) ? [] : [[text(row, "path") as DocPath, number(row, "revision")]],
      ),
    );
  }

  async #readNews(
    path: DocPath,
    since: { readonly revision: number; readonly epoch: Epoch; readonly head: number },
    maxBytes: number,
  ): Promise<DocumentNews | undefined> {
    const rows = await this.#query(
      `SELECT w.facts, d.id, d.revision, ${DOCUMENT_COLUMNS},
         (SELECT json_agg(json_build_array(client, writer, clock)) FROM ${this.#s}.claims
          WHERE doc = d.id AND (revision > $3 OR d.epoch <> $4))::text AS claims,
         (SELECT json_agg(json_build_array(writer, n, tag)) FROM ${this.#s}.writers
          WHERE doc = d.id AND revision > $3)::text AS writers,
         e.seq, e.tag, e.writer, e.n, e.author, e.at, e.pending_n, e.pending_tag, e.pending_basis,
         e.pending_plugin, e.bytes
       FROM ${this.#s}.workspaces w
       LEFT JOIN ${this.#s}.documents d ON d.workspace = w.id AND d.path = $2
       LEFT JOIN LATERAL (
         SELECT * FROM (
           SELECT *, sum(length(bytes)) OVER (ORDER BY seq) AS total FROM ${this.#s}.entries
           WHERE doc = d.id AND d.epoch = $4 AND seq > $5
         ) AS found WHERE total <= $6
       ) AS e ON true
       WHERE w.id = $1 ORDER BY e.seq`,
      [path, since.revision, since.epoch, since.head, Math.min(maxBytes, MOST)],
      "news",
    );
    const [row] = rows;
    if (!row || isEmpty(row["id"])) return undefined;
    return {
      record: toDocument(row),
      revision: number(row, "revision"),
      claims: toClaims(row, "claims"),
      writers: toWriters(row, "writers"),
      entries: rows.filter(({ seq }) => !isEmpty(seq)).map(toEntry),
    };
  }

  async #beginSession(
    writer: WriterId,
    { term, attempt }: { readonly term: number; readonly attempt: number },
  ): Promise<number | "replaced" | "overtaken"> {
    const [row] = await this.#query(
      `SELECT ${this.#s}.begin_session($1::integer, $2, $3, $4)::text AS result`,
      [writer, term, attempt],
      "session",
    );
    const result = JSON.parse(text(row ?? {}, "result")) as
      | { readonly session: number; readonly facts: number; readonly why?: undefined }
      | { readonly why: "replaced" | "overtaken" };
    if (result.why) return result.why;
    this.#see(result.facts);
    return result.session;
  }

  get #factsColumn(): string {
    return `(SELECT facts FROM ${this.#s}.workspaces WHERE id = $1) AS facts`;
  }

  /** Every answer tells which version of the facts it was read under. */
  #see(facts: unknown): void {
    const seen = Number(facts);
    if (!(seen > this.#facts)) return;
    this.#facts = seen;
    this.#news.emit({ kind: "facts" });
  }

  /** Runs a statement whose first value is the workspace. */
  async #query(sql: string, values: readonly SqlValue[], name?: string): Promise<readonly Row[]> {
    const { database, id, workspace, schema } = this.#options;
    if (this.#closed) throw new CroftError("store/closed", `The store of ${workspace} is closed.`);
    const named = name && `${schema} ${name}`;
    const running = database.query(sql, [id, ...values], named);
    this.#running.add(running);
    try {
      const rows = await running;
      this.#see(rows[0]?.["facts"]);
      return rows;
    } catch (error) {
      throw toStoreError(error, workspace);
    } finally {
      this.#running.delete(running);
    }
  }
}

interface Page {
  readonly after?: DocPath;
  readonly limit?: number;
}

/** What starts with a prefix is one run of paths. */
const PAGE =
  "d.path >= $2 AND d.path < $3 AND d.path > $4 AND starts_with(d.path, $2) ORDER BY d.path LIMIT $5";

function pageOf(prefix: string, { after, limit = MOST }: Page = {}): SqlValue[] {
  return [prefix, `${prefix}\u{10ffff}`, after ?? "", Math.max(0, Math.min(limit, MOST))];
}
