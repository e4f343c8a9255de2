/**
 * What lies in the backup of one store: copies of its file (`<when>-<chain>.sqlite`), and journals of what was committed after them
 * (`<when>-<chain>-<first>.journal`). A chain is a run of commits without a gap.
 */

import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** A copy of a store. */
export interface BackupCopy {
  readonly path: string;
  /** Everything in it was committed before, in milliseconds since 1970. */
  readonly at: number;
  /** Which chain it was taken in; empty where no journal was kept. */
  readonly chain: string;
}

/** A file of a journal. */
export interface BackupJournal {
  readonly path: string;
  /** When it was begun. */
  readonly at: number;
  readonly chain: string;
  /** The number of its first record. */
  readonly first: number;
}

/** What lies in a folder, the oldest first. */
export interface BackupFolder {
  readonly copies: readonly BackupCopy[];
  readonly journals: readonly BackupJournal[];
}

const PARTIAL = "copy-";
const DAY = 24 * 3_600_000;
const COPY = /^(\d{8}T\d{9}Z)(?:-([0-9a-f]{16}))?\.sqlite$/;
const JOURNAL = /^(\d{8}T\d{9}Z)-([0-9a-f]{16})-(\d{1,16})\.journal$/;

/** Reads what is there; other files are left alone. A folder that is missing is empty. */
export function readBackupFolder(folder: string): BackupFolder {
  const copies: BackupCopy[] = [];
  const journals: BackupJournal[] = [];
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const [, copied, of = ""] = COPY.exec(name) ?? [];
    if (copied !== undefined) copies.push({ path, at: timeOf(copied), chain: of });
    const [, begun, chain = "", first] = JOURNAL.exec(name) ?? [];
    if (begun !== undefined)
      journals.push({ path, at: timeOf(begun), chain, first: Number(first) });
  }
  return {
    copies: copies.toSorted((a, b) => a.at - b.at),
    journals: journals.toSorted((a, b) => a.at - b.at || a.first - b.first),
  };
}

/** The name of a copy. */
export function copyName({ at, chain }: Pick<BackupCopy, "at" | "chain">): string {
  return `${stampOf(at)}${chain === "" ? "" : `-${chain}`}.sqlite`;
}

/** The name of a journal. */
export function journalName({ at, chain, first }: Omit<BackupJournal, "path">): string {
  return `${stampOf(at)}-${chain}-${first}.journal`;
}

/** What is not needed to restore any moment from `oldest` on; the newest copy always is. */
export function outdated({ copies, journals }: BackupFolder, oldest: number): readonly string[] {
  const needed = copies.findLast(({ at }) => at <= oldest) ?? copies[0];
  if (!needed) return [];
  const before = copies.filter(({ at }) => at < needed.at);
  // A journal ends where the next one begins.
  const ended = journals.filter((_, index) => {
    const next = journals[index + 1];
    return next !== undefined && next.at <= needed.at;
  });
  return [...before, ...ended].map(({ path }) => path);
}

/** A name for a copy that is not whole yet. */
export function partialName(): string {
  return `${PARTIAL}${process.pid}-${randomBytes(4).toString("hex")}`;
}

/** Removes what {@link outdated} tells, and copies that were begun the day before and never finished. */
export function prune(folder: string, oldest: number, now: number): void {
  for (const path of outdated(readBackupFolder(folder), oldest)) rmSync(path, { force: true });
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const begun = name.startsWith(PARTIAL) && statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (typeof begun === "number" && begun < now - DAY) rmSync(path, { force: true });
  }
}

/** `20261128T164745123Z`: sorts by time, and may be in the name of a file everywhere. */
function stampOf(at: number): string {
  return new Date(at).toISOString().replaceAll(/[-:.]/g, "");
}

function timeOf(stamp: string): number {
  const iso = stamp.replace(/^(....)(..)(..)T(..)(..)(..)(...)Z$/, "$1-$2-$3T$4:$5:$6.$7Z");
  return Date.parse(iso);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
