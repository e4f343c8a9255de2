/** The past of a document: who changed what, how it was then, and what one of them did taken back. */

import * as Y from "yjs";
import { parseStamp, type Stamp } from "../access/stamp.ts";
import type { DocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import type { Past, PastChange, PastPage } from "../protocol/history-messages.ts";
import type { ClientSession } from "../session/client-session.ts";
import type { DocumentHandle } from "./document-handle.ts";
import { covers, documentAt, undoChanges } from "./rebuild-past.ts";

/** What somebody did to a document in one go. */
export interface HistoryChange {
  /** Its place among all changes of the document. */
  readonly seq: number;
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
 * The past of a document. It is kept by the server, for as long as that was told (30 days if not), and asked for there: offline
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
   * record; text that came back by an earlier undoing comes once more. It is a change like any other, in the name of whoever asks. Resolves
   * with the changes that it concerned when that is on this device.
   *
   * @throws CroftError `access/denied` to whoever may not write it; as {@link DocumentHistory.changes}.
   */
  undo(options: HistoryOptions): Promise<HistoryExcerpt>;
}

/** Creates a {@link DocumentHistory}; `open` opens the document itself. */
export function createDocumentHistory(
  path: DocPath,
  session: Pick<ClientSession, "past">,
  open: () => DocumentHandle,
): DocumentHistory {
  return new AskedHistory(path, session, open);
}

/** Told to whoever hears the document's transactions: an undoing of the past was applied. */
const UNDONE = "croft history";

interface Found {
  /** The newest first. */
  readonly pages: readonly PastPage[];
  readonly complete: boolean;
}

class AskedHistory implements DocumentHistory {
  readonly path: DocPath;
  readonly #session: Pick<ClientSession, "past">;
  readonly #open: () => DocumentHandle;

  constructor(path: DocPath, session: Pick<ClientSession, "past">, open: () => DocumentHandle) {
    this.path = path;
    this.#session = session;
    this.#open = open;
  }

  async changes(options: HistoryOptions = {}): Promise<HistoryExcerpt> {
    const { pages, complete } = await this.#since(options.since ?? 0, false);
    const all = pages.flatMap(({ changes }) => changes.toReversed());
    return { changes: all.filter(selectorOf(options)).map(describe), complete };
  }

  async version({ seq }: HistoryChange, side: "before" | "after" = "after"): Promise<Y.Doc> {
    for (let before = 0; ;) {
      const { page, before: next } = await this.#page(before, true);
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
      const { pages, complete } = await this.#since(options.since ?? 0, true);
      await handle.ready;
      if (handle.state.access !== "write") throw denied(this.path);
      const isSelected = selectorOf(options);
      const undone: HistoryChange[] = [];
      const undoing = undoChanges(pages.toReversed(), (change) => {
        const isUndone = isSelected(change);
        if (isUndone) undone.unshift(describe(change));
        return isUndone;
      });
      if (undoing) {
        await hasAll(handle, undoing.basis);
        Y.applyUpdate(handle.doc, undoing.update, UNDONE);
        await handle.saved("device");
      }
      return { changes: undone, complete };
    } finally {
      handle.close();
    }
  }

  async #since(since: number, content: boolean): Promise<Found> {
    const pages: PastPage[] = [];
    for (let before = 0; ;) {
      const { page, before: next, isFirst } = await this.#page(before, content);
      pages.push(page);
      const [oldest] = page.changes;
      const isReached = isFirst || (oldest !== undefined && oldest.to < since);
      if (isReached || next === 0) return { pages, complete: isReached };
      before = next;
    }
  }

  #page(before: number, content: boolean): Promise<Past> {
    return this.#session.past({ path: this.path, before, content });
  }
}

function selectorOf({ since = 0, by }: HistoryOptions): (change: PastChange) => boolean {
  return ({ to, author }) => to >= since && (!by || by(parseStamp(author)));
}

function describe({ last, author, from, to }: PastChange): HistoryChange {
  return { seq: last, author: parseStamp(author), from, to };
}

/** Resolves when a document shows all that `basis` stands for, which is on its way. */
async function hasAll(handle: DocumentHandle, basis: Uint8Array): Promise<void> {
  if (covers(handle.doc, basis)) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    if (covers(handle.doc, basis)) resolve();
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
    handle.onState(({ error, access, deleted }) => {
      if (error) reject(error);
      else if (access === "none") reject(denied(handle.path));
      else if (deleted) reject(forgotten(handle.path));
    }),
  ];
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
