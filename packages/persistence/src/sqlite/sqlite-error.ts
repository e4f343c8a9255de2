/** What SQLite's result codes mean in the words of the store contract. */

import { CroftError } from "@croft/core";

// SQLite's result codes, https://www.sqlite.org/rescode.html
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
/** The shared-memory file could not grow: the disk is full, though SQLite says "I/O error". */
const IOERR_SHMSIZE = 4874;

/** Whether another connection held the lock for too long. */
export function isBusy(thrown: unknown): boolean {
  const code = resultCode(thrown) & 0xff;
  return code === BUSY || code === LOCKED;
}

/** Whatever went wrong with the database at `path`, as an error of the store contract. */
export function toStoreError(thrown: unknown, path: string): CroftError {
  if (thrown instanceof CroftError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  const extended = resultCode(thrown);
  if (extended === IOERR_SHMSIZE) return full(path, thrown);
  switch (extended & 0xff) {
    case FULL:
      return full(path, thrown);
    case CORRUPT:
    case NOTADB:
      return corrupt(path, detail, thrown);
    case BUSY:
    case LOCKED:
      return failed(path, detail, "Another process holds it; end that one or try again.", thrown);
    case READONLY:
    case CANTOPEN:
      return failed(
        path,
        detail,
        "Make sure that the directory is there and that this process may write in it.",
        thrown,
      );
    default:
      return failed(path, detail, "Look at the disk and its messages, then try again.", thrown);
  }
}

/** The file at `path` is damaged, or is none of ours; it is left as it is. */
export function corrupt(path: string, detail: string, cause?: unknown): CroftError {
  return new CroftError("store/corrupt", `The store ${path} is damaged: ${detail}`, {
    hint: "Nothing was changed. Export what can be read or restore a backup; to start empty, reset it with deleteSqliteStore.",
    cause,
  });
}

function full(path: string, cause: unknown): CroftError {
  return new CroftError("store/full", `The disk is full: ${path} cannot grow.`, {
    hint: "Free some space; the store works on.",
    cause,
  });
}

function failed(path: string, detail: string, hint: string, cause: unknown): CroftError {
  return new CroftError("store/failed", `The store ${path} failed: ${detail}`, { hint, cause });
}

function resultCode(thrown: unknown): number {
  if (!(thrown instanceof Error) || !("errcode" in thrown)) return 0;
  return typeof thrown.errcode === "number" ? thrown.errcode : 0;
}
