/** The stores of all workspaces in one database, and what they tell each other across processes. */

import { CroftError, createEmitter, type DocPath, type Store, type StoreNews } from "@croft/core";
import type { Bus } from "../bus.ts";
import { openListenBus } from "./listen-bus.ts";
import { openPgDatabase } from "./pg-database.ts";
import { toStoreError } from "./postgres-error.ts";
import { PostgresStore } from "./postgres-store.ts";
import { number } from "./rows.ts";
import { quoteSchema, setUp } from "./schema.ts";
import type { SqlDatabase } from "./sql.ts";

/** Options of {@link openPostgresStores}. */
export interface PostgresStoresOptions {
  /** Where the database is, as `postgres://croft@db.example.org/croft`. */
  readonly url: string;
  /** Schema for the tables; made if it is missing. Default: `croft`. */
  readonly schema?: string | undefined;
  /** Most connections of this process, and one more for hints. Default: 10. */
  readonly maxConnections?: number | undefined;
  /** What carries hints to other processes. Default: LISTEN and NOTIFY of the database. */
  readonly bus?: Bus | undefined;
  /** Told of connections that break; others are made. Default: nobody is told. */
  readonly onProblem?: ((error: Error) => void) | undefined;
}

/** The stores of a database. */
export interface PostgresStores {
  /**
   * Opens the store of a workspace, which other processes may have open too; made if it is missing.
   *
   * @throws {@link CroftError} `store/…` when the database cannot be reached.
   */
  open(workspace: string): Promise<Store>;
  /** Names of the workspaces that are there, in their order. */
  list(): Promise<readonly string[]>;
  /** Ends all connections; close the stores before. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the stores in a PostgreSQL database (14 or newer), which any number of processes may share: a commit is on the database's
 * disk when its promise resolves, as far as the database is set up so (`synchronous_commit`). Needs the package `pg`.
 *
 * @throws {@link CroftError} `input/invalid` when an option is; `store/newer` when a newer version of croft made the tables;
 * `store/failed` when the database cannot be reached.
 * @example
 * ```ts
 * const stores = await openPostgresStores({ url: "postgres://croft@localhost/croft" });
 * const hub = await createHub({ store: await stores.open("acme"), gate: createGate() });
 * ```
 */
export async function openPostgresStores(options: PostgresStoresOptions): Promise<PostgresStores> {
  const { url, schema = "croft", maxConnections = 10, onProblem = () => undefined } = options;
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new CroftError("input/invalid", "`url` of a PostgreSQL database is not one.", {
      hint: "As in postgres://user:password@host:5432/database.",
    });
  }
  quoteSchema(schema);
  const database = openPgDatabase({ url, maxConnections, onProblem });
  let bus: Bus | undefined;
  try {
    await setUp(database, schema);
    bus = options.bus ?? openListenBus({ url, database, onProblem });
    return new Stores(database, bus, schema);
  } catch (error) {
    await database.close();
    throw toStoreError(error, schema);
  }
}

/** A hint as it travels. */
interface Hint {
  /** Who says it. */
  readonly from: string;
  readonly schema: string;
  readonly workspace: number;
  /** Documents that changed; empty for more than can be said. Absent where it is no hint. */
  readonly paths?: readonly string[] | undefined;
  /** What a hub says to the others, in base64. */
  readonly what?: string | undefined;
}

/** See {@link PostgresStores}; for tests also over other databases. */
export class Stores implements PostgresStores {
  readonly #database: SqlDatabase;
  readonly #bus: Bus;
  readonly #schema: string;
  readonly #isShared: boolean;
  readonly #name = crypto.randomUUID();
  readonly #news = createEmitter<{
    readonly workspace: number | undefined;
    readonly news: StoreNews;
  }>();
  readonly #sayings = createEmitter<{
    readonly from: string;
    readonly workspace: number;
    readonly what: Uint8Array;
  }>();
  readonly #waiting = new Map<number, Set<DocPath>>();
  #scheduled = false;
  #closed: Promise<void> | undefined;

  constructor(database: SqlDatabase, bus: Bus, schema: string, isShared: boolean = true) {
    this.#database = database;
    this.#bus = bus;
    this.#schema = schema;
    this.#isShared = isShared;
    bus.subscribe((text) => this.#hear(text));
    bus.onMissed(() => this.#news.emit({ workspace: undefined, news: { kind: "missed" } }));
  }

  async open(workspace: string): Promise<Store> {
    const s = quoteSchema(this.#schema);
    try {
      await this.#database.query(
        `INSERT INTO ${s}.workspaces (name) VALUES ($1) ON CONFLICT DO NOTHING`,
        [workspace],
      );
      const [row] = await this.#database.query(
        `SELECT id, facts FROM ${s}.workspaces WHERE name = $1`,
        [workspace],
      );
      const id = number(row ?? {}, "id");
      return new PostgresStore({
        database: this.#database,
        schema: s,
        id,
        workspace,
        isShared: this.#isShared,
        hint: (paths) => this.#hint(id, paths),
        say: (what) => {
          this.#publish({ workspace: id, what: Buffer.from(what).toString("base64") });
        },
        onSaid: (listener) =>
          this.#sayings.on(({ from, workspace: of, what }) => {
            if (of === id) listener(what, from);
          }),
        onHint: (listener) =>
          this.#news.on(({ workspace: of, news }) => {
            if (of === undefined || of === id) listener(news);
          }),
      });
    } catch (error) {
      throw toStoreError(error, workspace);
    }
  }

  async list(): Promise<readonly string[]> {
    const rows = await this.#database.query(
      `SELECT name FROM ${quoteSchema(this.#schema)}.workspaces ORDER BY name COLLATE "C"`,
      [],
    );
    return rows.map(({ name }) => String(name));
  }

  close(): Promise<void> {
    this.#closed ??= this.#bus.close().then(() => this.#database.close());
    return this.#closed;
  }

  /** What is committed in one turn is told at once. */
  #hint(workspace: number, paths: readonly DocPath[]): void {
    // Of a change that concerns all there is nothing to name.
    if (paths.length === 0) this.#say(workspace, []);
    const waiting = this.#waiting.get(workspace) ?? new Set();
    for (const path of paths) waiting.add(path);
    this.#waiting.set(workspace, waiting);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const [id, all] of this.#waiting) if (all.size > 0) this.#say(id, [...all]);
      this.#waiting.clear();
    });
  }

  #say(workspace: number, paths: readonly string[]): void {
    // Whoever cannot be told which they are compares all that it has open.
    if (!this.#publish({ workspace, paths })) this.#publish({ workspace, paths: [] });
  }

  /** Says something to the others; returns whether that can be said at all. */
  #publish(hint: Omit<Hint, "from" | "schema">): boolean {
    if (this.#closed) return true;
    const text = JSON.stringify({ from: this.#name, schema: this.#schema, ...hint });
    if (Buffer.byteLength(text) > this.#bus.maxBytes) return false;
    this.#bus.publish(text);
    return true;
  }

  #hear(text: string): void {
    const hint = parseHint(text);
    if (!hint || hint.from === this.#name || hint.schema !== this.#schema) return;
    const { from, workspace, paths, what } = hint;
    if (what !== undefined) {
      this.#sayings.emit({ from, workspace, what: Buffer.from(what, "base64") });
    }
    if (!paths) return;
    const news: StoreNews =
      paths.length > 0
        ? { kind: "documents", paths: paths as readonly DocPath[] }
        : { kind: "missed" };
    this.#news.emit({ workspace, news });
  }
}

/** Anybody who reaches the bus can say anything: what is no hint is none. */
function parseHint(text: string): Hint | undefined {
  try {
    const said = JSON.parse(text) as Partial<Record<keyof Hint, unknown>>;
    const { from, schema, workspace, paths, what } = said;
    const isHint =
      typeof from === "string" &&
      typeof schema === "string" &&
      typeof workspace === "number" &&
      (paths === undefined ||
        (Array.isArray(paths) && paths.every((path) => typeof path === "string"))) &&
      (what === undefined || typeof what === "string");
    return isHint ? { from, schema, workspace, paths, what } : undefined;
  } catch {
    return undefined;
  }
}
