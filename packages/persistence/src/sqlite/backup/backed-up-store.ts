/**
 * A store that is backed up while it is in use: now and then its file is copied, and in between each commit is added to a journal, so
 * that it can be restored as it was at any moment. What goes wrong with the backup is told, and stops no commit.
 */

import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type CommitResult,
  CroftError,
  type Store,
  type StoreBatch,
  toCroftError,
} from "@croft/core";
import { journalName, prune, readBackupFolder } from "./backup-folder.ts";
import {
  BACKUP_META,
  BACKUP_TERM_META,
  type ChainPosition,
  formatPosition,
  parsePosition,
} from "./chain-position.ts";
import { copyInThread } from "./copy-in-thread.ts";
import { type JournalRecord, JournalWriter, lastRecord } from "./journal-file.ts";

/** Options of {@link backUpSqliteStore}. */
export interface BackUpOptions {
  /** The store's file. */
  readonly path: string;
  /** Where its backups are, and nobody else's; made if it is missing. */
  readonly folder: string;
  /** How often the file is copied while it changes, in milliseconds. Default: a day. */
  readonly every?: number | undefined;
  /** How far back any moment can be restored, in milliseconds. Default: 7 days. */
  readonly keep?: number | undefined;
  /** Told what goes wrong with the backup. It is tried again, and commits go on. */
  readonly onProblem?: ((problem: CroftError) => void) | undefined;
}

/** The default of {@link BackUpOptions.every}. */
export const DEFAULT_BACKUP_EVERY: number = 24 * 3_600_000;
/** The default of {@link BackUpOptions.keep}. */
export const DEFAULT_BACKUP_KEEP: number = 7 * 24 * 3_600_000;
/** A journal that has grown so much asks for a copy before its time: it would take long to read. */
const MOST_JOURNAL_BYTES = 256 * 1024 * 1024;
/** After something failed, in milliseconds. */
const RETRY_AFTER = 60_000;

/**
 * Backs a store up. Use the store that is returned in place of the other one, which it closes.
 *
 * @example
 * ```ts
 * const path = "data/team.sqlite";
 * const store = backUpSqliteStore(await openSqliteStore({ path }), { path, folder: "backup/team" });
 * const hub = await createHub({ store, gate: createGate() });
 * ```
 */
export function backUpSqliteStore(store: Store, options: BackUpOptions): Store {
  const backup = new StoreBackup(store, options);
  return new Proxy(store, {
    get(target, key) {
      if (key === "commit") return (batch: StoreBatch) => backup.commit(batch);
      if (key === "takeTerm")
        return (initial?: Parameters<Store["takeTerm"]>[0]) => backup.takeTerm(initial);
      if (key === "close") return () => backup.close();
      const value: unknown = Reflect.get(target, key, target);
      // Methods find private fields on the store itself alone.
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

class StoreBackup {
  readonly #store: Store;
  readonly #path: string;
  readonly #folder: string;
  readonly #every: number;
  readonly #keep: number;
  readonly #onProblem: (problem: CroftError) => void;
  readonly #stop = new AbortController();
  /** Where the chain is; nothing when the next commit is to begin another one. */
  #position: ChainPosition | undefined;
  #journal: JournalWriter | undefined;
  /** Commits in their order: the numbers are those of the journal. */
  #last: Promise<unknown> = Promise.resolve();
  /** When the file was copied last in this chain. */
  #copiedAt: number | undefined;
  #bytesSinceCopy = 0;
  #copying: Promise<void> | undefined;
  /** Not before is tried again what failed. */
  #journalAfter = 0;
  #copyAfter = 0;

  constructor(store: Store, options: BackUpOptions) {
    this.#store = store;
    this.#path = resolve(options.path);
    this.#folder = resolve(options.folder);
    this.#every = options.every ?? DEFAULT_BACKUP_EVERY;
    this.#keep = options.keep ?? DEFAULT_BACKUP_KEEP;
    this.#onProblem = options.onProblem ?? (() => undefined);
  }

  async takeTerm(initial: Parameters<Store["takeTerm"]>[0]): Promise<number> {
    const term = await this.#store.takeTerm(initial);
    // Not before: until then another process may have written.
    await this.#resume(term);
    return term;
  }

  commit(batch: StoreBatch): Promise<CommitResult> {
    const before = this.#last;
    const result = before.then(() => this.#commit(batch));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#last;
    await this.#copying;
    await this.#journal?.close();
    this.#journal = undefined;
    await this.#store.close();
  }

  async #commit(batch: StoreBatch): Promise<CommitResult> {
    const next = this.#next();
    const meta = [...(batch.meta ?? []), [BACKUP_META, next && formatPosition(next)] as const];
    let result: CommitResult;
    try {
      result = await this.#store.commit({ ...batch, meta });
    } catch (error) {
      if (next) await this.#afterFailure(next, batch, meta);
      throw error;
    }
    if (next) this.#append(next, { ...batch, meta });
    this.#copyIfDue();
    return result;
  }

  /** Where the next commit stands, with a journal that takes it; nothing while there is none. */
  #next(): ChainPosition | undefined {
    const now = Date.now();
    if (!this.#journal && now < this.#journalAfter) return undefined;
    if (!this.#position) this.#copiedAt = undefined;
    const { chain, n, at } = (this.#position ??= { chain: newChain(), n: 0, at: 0 });
    const next = { chain, n: n + 1, at: Math.max(at, now) };
    if (this.#journal) return next;
    try {
      this.#journal = this.#begin(next);
      return next;
    } catch (error) {
      this.#breakOff(error);
      return undefined;
    }
  }

  #begin({ chain, n, at }: ChainPosition): JournalWriter {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const name = journalName({ at, chain, first: n });
    return new JournalWriter(join(this.#folder, name), (error) => this.#breakOff(error));
  }

  /** A commit that failed may be stored all the same; the store tells. */
  async #afterFailure(
    next: ChainPosition,
    batch: StoreBatch,
    meta: NonNullable<StoreBatch["meta"]>,
  ): Promise<void> {
    if (this.#stop.signal.aborted) return;
    try {
      const stored = await this.#store.readMeta(BACKUP_META);
      if (stored === formatPosition(next)) this.#append(next, { ...batch, meta });
    } catch (error) {
      this.#breakOff(error);
    }
  }

  #append(position: ChainPosition, batch: JournalRecord["batch"]): void {
    const before = this.#journal?.bytes ?? 0;
    try {
      this.#journal?.append({ n: position.n, at: position.at, batch });
      this.#position = position;
      this.#bytesSinceCopy += (this.#journal?.bytes ?? 0) - before;
    } catch (error) {
      this.#breakOff(error);
    }
  }

  /** The journal has a gap from here on: another chain begins later, with a copy. */
  #breakOff(error: unknown): void {
    const journal = this.#journal;
    this.#journal = undefined;
    this.#position = undefined;
    this.#journalAfter = Date.now() + RETRY_AFTER;
    void journal?.close();
    this.#onProblem(problemOf(error));
  }

  /** Finds out where the store stands, and whether the journal has all of it. */
  async #resume(term: number): Promise<void> {
    const journal = this.#journal;
    this.#journal = undefined;
    await journal?.close();
    try {
      const position = parsePosition(await this.#store.readMeta(BACKUP_META));
      const { copies, journals } = readBackupFolder(this.#folder);
      const ours = journals.filter(({ chain }) => chain === position?.chain);
      // A file is begun before the first commit that goes into it, which may have failed.
      const last = ours.map(({ path }) => lastRecord(path)).findLast((each) => each);
      // Who had it in between, as an import, had no backup, and the journal does not have what it wrote.
      const before = await this.#store.readMeta(BACKUP_TERM_META);
      const isOurs = before === String(term - 1) && last?.n === position?.n;
      this.#position = isOurs ? position : undefined;
      await this.#store.commit({ term, meta: [[BACKUP_TERM_META, String(term)]] });
      this.#copiedAt = copies.findLast(({ chain }) => chain === this.#position?.chain)?.at;
    } catch (error) {
      this.#breakOff(error);
    }
  }

  #copyIfDue(): void {
    const now = Date.now();
    if (this.#copying || !this.#journal || this.#stop.signal.aborted || now < this.#copyAfter)
      return;
    const isDue = this.#copiedAt === undefined || now - this.#copiedAt >= this.#every;
    if (!isDue && this.#bytesSinceCopy < MOST_JOURNAL_BYTES) return;
    this.#copying = this.#copy()
      .catch((error: unknown) => {
        if (this.#stop.signal.aborted) return;
        this.#copyAfter = Date.now() + RETRY_AFTER;
        this.#onProblem(problemOf(error));
      })
      .finally(() => {
        this.#copying = undefined;
      });
  }

  async #copy(): Promise<void> {
    this.#bytesSinceCopy = 0;
    // What was before goes with an older copy; the next commit begins another file.
    const journal = this.#journal;
    this.#journal = undefined;
    await journal?.close();
    const order = { path: this.#path, folder: this.#folder };
    const { at, chain } = await copyInThread(order, this.#stop.signal);
    if (chain === this.#position?.chain) this.#copiedAt = at;
    const now = Date.now();
    prune(this.#folder, now - this.#keep, now);
  }
}

function newChain(): string {
  return randomBytes(8).toString("hex");
}

function problemOf(error: unknown): CroftError {
  const { code, message } = toCroftError(error, "store/failed", "The backup failed");
  return new CroftError(code, `The backup has a gap: ${message}`, {
    hint: "Look at the directory of the backup, its disk and its rights; it is tried again every minute.",
  });
}
