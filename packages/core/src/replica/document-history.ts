/** The history of a document: who changed what, how it was then, and what one of them did taken back. */

import * as Y from "yjs";
import { parseStamp, type Stamp } from "../access/stamp.ts";
import type { DocPath } from "../doc-path.ts";
import type { Epoch } from "../ids.ts";
import { CroftError } from "../errors.ts";
import type { HistoryAnswer, PageChange, HistoryPage } from "../protocol/history-messages.ts";
import type { ClientSession } from "../session/client-session.ts";
import { offline, TELLING } from "../session/requests.ts";
import type { DocumentHandle } from "./document-handle.ts";
import { covers, documentAt, isAt, type Undoing, undoChanges } from "./rebuild-history.ts";

/** What somebody did to a document in one go. */
export interface HistoryChange {
  /** Its place among all changes of the document, in one of its epochs: deletion and repair begin another one. */
  readonly seq: number;
  readonly epoch: Epoch;
  /** Who it was, as the server vouches for it. */
  readonly author: Stamp;
  /** When it began, in milliseconds since 1970, the server's clock. */
  readonly from: number;
  /** When it ended. */
  readonly to: number;
}

/** Changes of a document, the newest first. */
export interface HistoryExcerpt {
  readonly changes: readonly HistoryChange[];
  /** Whether these are all that were asked for: what is too long ago is not kept. */
  readonly complete: boolean;
}

/** Which changes. */
export interface HistoryOptions {
  /** Those that ended at this time or later, in milliseconds since 1970. Default: all that are kept. */
  readonly since?: number | undefined;
  /** Those by whom this says yes to. Default: everybody. */
  readonly by?: ((author: Stamp) => boolean) | undefined;
}

/**
 * The history of a document. It is kept by the server, for as long as that was told (30 days if not), and asked for there: offline
 * every question is answered with `link/offline`. Where there is no server, this device keeps it.
 *
 * @example
 * ```ts
 * const history = workspace.history("kanban/board");
 * const since = Date.now() - 86_400_000;
 * const { changes } = await history.changes({ since, by: ({ plugin }) => plugin === "kanban" });
 * if (changes.length > 0) await history.undo({ since, by: ({ plugin }) => plugin === "kanban" });
 * ```
 */
export interface DocumentHistory {
  readonly path: DocPath;
  /**
   * Tells who changed it, and when.
   *
   * @throws CroftError `access/denied` to whoever may not read it; `link/offline`.
   */
  changes(options?: HistoryOptions): Promise<HistoryExcerpt>;
  /**
   * The document as it was after a change, or before it: a `Y.Doc` of its own, to look at and not to write to. Destroy it
   * when it is not shown any more.
   *
   * @throws CroftError `history/forgotten` when that is not kept any more; as {@link DocumentHistory.changes}.
   */
  version(change: HistoryChange, side?: "before" | "after"): Promise<Y.Doc>;
  /**
   * Takes back what some changes did, and nothing of what others did meanwhile: what was inserted goes, what was deleted comes
   * back, and a value that somebody else has set since stays. With what was inserted goes what others put into it, as fields of a
   * record. What came back by an earlier undoing does not come twice, and where somebody deleted it since, it stays deleted. It is a change like any other, in the name of whoever asks. Resolves
   * with the changes that it concerned when that is on this device.
   *
   * @throws CroftError `access/denied` to whoever may not write it; as {@link DocumentHistory.changes}.
   */
  undo(options: HistoryOptions): Promise<HistoryExcerpt>;
}

/** Creates a {@link DocumentHistory}; `open` opens the document itself. */
export function createDocumentHistory(
  path: DocPath,
  session: Pick<ClientSession, "history">,
  open: () => DocumentHandle,
): DocumentHistory {
  return new AskedHistory(path, session, open);
}

/** Told to whoever hears the document's transactions: an undoing of the history was applied. */
const UNDONE = "croft history";

interface Found {
  readonly epoch: Epoch;
  /** The newest first. */
  readonly pages: readonly HistoryPage[];
  readonly complete: boolean;
}

/** How often pages are asked for anew when the document changes meanwhile. */
const MAX_ATTEMPTS = 8;

class AskedHistory implements DocumentHistory {
  readonly path: DocPath;
  readonly #session: Pick<ClientSession, "history">;
  readonly #open: () => DocumentHandle;

  constructor(path: DocPath, session: Pick<ClientSession, "history">, open: () => DocumentHandle) {
    this.path = path;
    this.#session = session;
    this.#open = open;
  }

  async changes(options: HistoryOptions = {}): Promise<HistoryExcerpt> {
    const { epoch, pages, complete } = await this.#since(options.since ?? 0, false);
    const all = pages.flatMap(({ changes }) => changes.toReversed());
    const changes = all.filter(selectorOf(options)).map((change) => describe(epoch, change));
    return { changes, complete };
  }

  async version({ epoch, seq }: HistoryChange, side: "before" | "after" = "after"): Promise<Y.Doc> {
    for (let before = 0; ;) {
      const { page, before: next, epoch: current } = await this.#page(before, true);
      if (current !== epoch) break;
      const change = page.changes.find(({ first, last }) => first <= seq && seq <= last);
      if (change) return documentAt(page, side === "after" ? seq : change.first - 1);
      if (next === 0) break;
      before = next;
    }
    throw forgotten(this.path);
  }

  async undo(options: HistoryOptions): Promise<HistoryExcerpt> {
    const handle = this.#open();
    try {
      // Says at once when there is no server.
      await this.#page(0, false);
      await handle.ready;
      if (handle.state.access !== "write") throw denied(this.path);
      for (let attempt = 1; ; attempt++) {
        // What is known here alone would be taken for what was there before.
        await until(handle, () => handle.state.saved !== "memory" && handle.state.waiting === 0);
        const { undone, undoing } = await this.#prepare(options);
        if (!undoing) return undone;
        // It is on its way.
        await until(handle, () => covers(handle.doc, undoing.basis));
        // Somebody went on meanwhile: they would be beside each other, and not one after the other.
        if (!isAt(handle.doc, undoing.basis) && attempt < MAX_ATTEMPTS) continue;
        Y.applyUpdate(handle.doc, undoing.update, UNDONE);
        await handle.saved("device");
        return undone;
      }
    } finally {
      handle.close();
    }
  }

  async #prepare(
    options: HistoryOptions,
  ): Promise<{ readonly undone: HistoryExcerpt; readonly undoing: Undoing | undefined }> {
    const { epoch, pages, complete } = await this.#since(options.since ?? 0, true);
    const isSelected = selectorOf(options);
    const changes: HistoryChange[] = [];
    const undoing = undoChanges(pages.toReversed(), (change) => {
      const isUndone = isSelected(change);
      if (isUndone) changes.unshift(describe(epoch, change));
      return isUndone;
    });
    return { undone: { changes, complete }, undoing };
  }

  async #since(since: number, content: boolean): Promise<Found> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const found = await this.#askedSince(since, content);
      if (found) return found;
    }
    throw new CroftError("history/forgotten", `The history of ${this.path} changes all the time.`, {
      path: this.path,
      hint: "Ask again.",
    });
  }

  /** Nothing where the document became another one between two pages. */
  async #askedSince(since: number, content: boolean): Promise<Found | undefined> {
    const newest = await this.#page(0, content);
    const { epoch } = newest;
    const pages: HistoryPage[] = [];
    for (let told = newest; ;) {
      const { page, before, isFirst } = told;
      pages.push(page);
      const [oldest] = page.changes;
      const isReached = isFirst || (oldest !== undefined && oldest.to < since);
      if (isReached || before === 0) return { epoch, pages, complete: isReached };
      told = await this.#page(before, content);
      if (told.epoch !== epoch) return undefined;
    }
  }

  #page(before: number, content: boolean): Promise<HistoryAnswer> {
    return this.#session.history({ path: this.path, before, content });
  }
}

function selectorOf({ since = 0, by }: HistoryOptions): (change: PageChange) => boolean {
  return ({ to, author }) => to >= since && (!by || by(parseStamp(author)));
}

function describe(epoch: Epoch, { last, author, from, to }: PageChange): HistoryChange {
  return { seq: last, epoch, author: parseStamp(author), from, to };
}

/** Resolves when a test of a document says yes; not when the link is lost before, or the document. */
async function until(handle: DocumentHandle, test: () => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const { path } = handle;
  let wasLive = false;
  const look = (): void => {
    const { error, access, deleted, live } = handle.state;
    if (error) reject(error);
    else if (access === "none") reject(denied(path));
    else if (deleted) reject(forgotten(path));
    else if (wasLive && !live) reject(offline(path, TELLING));
    else if (test()) resolve();
    wasLive = live;
  };
  let watched = handle.doc;
  watched.on("update", look);
  const stops = [
    handle.onReset(({ doc }) => {
      watched.off("update", look);
      watched = doc;
      watched.on("update", look);
      look();
    }),
    handle.onState(look),
  ];
  look();
  try {
    await promise;
  } finally {
    watched.off("update", look);
    for (const stop of stops) stop();
  }
}

function forgotten(path: DocPath): CroftError {
  return new CroftError("history/forgotten", `What ${path} was then is not kept any more.`, {
    path,
    hint: "How long it is kept is set at the server; it goes with the document.",
  });
}

function denied(path: DocPath): CroftError {
  return new CroftError("access/denied", `There is no permission to write to ${path}.`, { path });
}
