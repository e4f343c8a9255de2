/** What `croft-server backup` and `croft-server restore` do: to all workspaces of a directory, or to one. */

import { mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { CroftError } from "@croft/core";
import type { BackupCopy, Restored } from "@croft/persistence/sqlite";
import { fileNameOf } from "../workspace-name.ts";

/** Options of {@link backUpWorkspaces}. */
export interface BackUpWorkspacesOptions {
  /** Directory of the SQLite files; a server may be using them. */
  readonly data: string;
  /** Directory of the backups; made if it is missing. */
  readonly to: string;
  /** One workspace in place of all. */
  readonly workspace?: string | undefined;
}

/** Options of {@link restoreWorkspaces}. */
export interface RestoreWorkspacesOptions {
  /** Directory of the backups. */
  readonly from: string;
  /** Directory for the SQLite files; no server may be using it. */
  readonly data: string;
  /** The moment, in milliseconds since 1970: what was committed later is left out. Default: all that there is. */
  readonly at?: number | undefined;
  /** One workspace in place of all. */
  readonly workspace?: string | undefined;
}

/** What became of a workspace. */
export interface RestoredWorkspace extends Restored {
  /** Its file. */
  readonly path: string;
}

/** What {@link restoreWorkspaces} did. */
export interface RestoredWorkspaces {
  readonly restored: readonly RestoredWorkspace[];
  /** Folders of workspaces that have no backup from before the moment. */
  readonly later: readonly string[];
}

/**
 * Copies workspaces, each as it is at one moment, and looks whether the copies are sound.
 *
 * @throws {@link CroftError} `input/invalid` when there is nothing to copy; `store/…` for the first workspace that cannot be copied.
 * @example
 * ```ts
 * await backUpWorkspaces({ data: "./data", to: "./backup" });
 * ```
 */
export async function backUpWorkspaces(
  options: BackUpWorkspacesOptions,
): Promise<readonly BackupCopy[]> {
  const data = resolve(options.data);
  const found = namesIn(data, /^(ws-.+)\.sqlite$/);
  const names = options.workspace === undefined ? found : [fileNameOf(options.workspace)];
  if (!names.some((name) => found.includes(name))) throw nothing(`No workspace is in ${data}.`);
  const { copyStore } = await import("@croft/persistence/sqlite");
  const copies: BackupCopy[] = [];
  for (const name of names) {
    const folder = join(resolve(options.to), name);
    copies.push(await copyStore({ path: join(data, `${name}.sqlite`), folder }));
  }
  return copies;
}

/**
 * Restores workspaces as they were at a moment, into a directory that has none of them. Start the server with `recover` afterwards, so
 * that devices which have more get back in.
 *
 * @throws {@link CroftError} `input/invalid` when the directory has a workspace already, or there is no backup from before `at`;
 * `store/…` for the first one that cannot be restored.
 * @example
 * ```ts
 * const at = Date.parse("2026-11-28T09:30:00Z");
 * await restoreWorkspaces({ from: "./backup", data: "./restored", at });
 * ```
 */
export async function restoreWorkspaces(
  options: RestoreWorkspacesOptions,
): Promise<RestoredWorkspaces> {
  const [from, data] = [resolve(options.from), resolve(options.data)];
  const { at, workspace } = options;
  const found = namesIn(from, /^(ws-.+)$/);
  const names = workspace === undefined ? found : [fileNameOf(workspace)];
  if (!names.some((name) => found.includes(name))) throw nothing(`No backup is in ${from}.`);
  mkdirSync(data, { recursive: true });
  checkEmpty(data, workspace === undefined ? undefined : names[0]);
  const { restoreSqliteStore } = await import("@croft/persistence/sqlite");
  const restored: RestoredWorkspace[] = [];
  const later: string[] = [];
  for (const name of names) {
    const path = join(data, `${name}.sqlite`);
    try {
      const result = await restoreSqliteStore({ from: join(from, name), to: path, at });
      restored.push({ path, ...result });
    } catch (error) {
      const isLater = error instanceof CroftError && error.code === "input/invalid";
      if (!isLater || names.length === 1) throw error;
      later.push(name);
    }
  }
  if (restored.length === 0)
    throw nothing(`No workspace in ${from} has a backup from before that moment.`);
  return { restored, later };
}

function checkEmpty(data: string, name: string | undefined): void {
  const [first] = readdirSync(data).filter(
    (each) => name === undefined || each.startsWith(`${name}.sqlite`),
  );
  if (first === undefined) return;
  throw new CroftError("input/invalid", `${data} is not empty: ${first} is there.`, {
    hint: "Nothing was changed. Restore into a new directory, then start the server on that one.",
  });
}

function namesIn(directory: string, pattern: RegExp): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(directory);
  } catch (cause) {
    throw new CroftError("input/invalid", `The directory ${directory} cannot be read.`, { cause });
  }
  return names.flatMap((name) => pattern.exec(name)?.[1] ?? []);
}

function nothing(message: string): CroftError {
  return new CroftError("input/invalid", message, {
    hint: "Look whether the directory and the workspace are named as they should be.",
  });
}
