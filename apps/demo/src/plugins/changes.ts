/** What a plugin changed in the documents of the workspace, by its own stamp and the server's clock. */

import {
  CroftError,
  type HistoryExcerpt,
  type HistoryOptions,
  type Stamp,
  type Workspace,
} from "@croft/core";

/** What it changed in one document. */
export interface ChangedDocument {
  readonly path: string;
  /** How often, counting what was done in one go once. */
  readonly times: number;
  /** When last, in milliseconds since 1970. */
  readonly last: number;
  /** In whose name. */
  readonly users: readonly string[];
  /** By which of its versions. */
  readonly versions: readonly string[];
}

/** What it changed. */
export interface ChangesOfPlugin {
  /** Changed last, first. */
  readonly documents: readonly ChangedDocument[];
  /** Whether there may be more: what is too long ago is not kept. */
  readonly complete: boolean;
}

/** Times to look back to. */
export const BACK = [
  { name: "the last hour", ms: 3_600_000 },
  { name: "the last 24 hours", ms: 86_400_000 },
  { name: "the last 7 days", ms: 7 * 86_400_000 },
] as const;

/** Documents that are asked at once. */
const AT_ONCE = 8;

/** Whether a plugin made something, in whatever version. */
export function madeBy(plugin: string): (author: Stamp) => boolean {
  return (author) => author.plugin === plugin;
}

/** Nothing of what may not be read any more. */
async function excerptOf(
  workspace: Pick<Workspace, "history">,
  path: string,
  options: HistoryOptions,
): Promise<HistoryExcerpt | undefined> {
  try {
    return await workspace.history(path).changes(options);
  } catch (error) {
    if (error instanceof CroftError && error.code === "access/denied") return undefined;
    throw error;
  }
}

/** Asks the history of all documents that changed since a time. */
export async function changesOf(
  workspace: Pick<Workspace, "list" | "history">,
  plugin: string,
  since: number,
): Promise<ChangesOfPlugin> {
  const changed = (await workspace.list("")).filter(({ changedAt }) => changedAt >= since);
  const found: ChangedDocument[] = [];
  let complete = true;
  for (let at = 0; at < changed.length; at += AT_ONCE) {
    const some = changed.slice(at, at + AT_ONCE).map(async ({ path }) => {
      const excerpt = await excerptOf(workspace, path, { since, by: madeBy(plugin) });
      if (!excerpt) return;
      complete &&= excerpt.complete;
      const [newest] = excerpt.changes;
      if (!newest) return;
      const authors = excerpt.changes.map(({ author }) => author);
      found.push({
        path,
        times: excerpt.changes.length,
        last: newest.to,
        users: [...new Set(authors.map(({ user }) => user))],
        versions: [...new Set(authors.flatMap(({ version }) => version ?? []))],
      });
    });
    await Promise.all(some);
  }
  return { documents: found.toSorted((a, b) => b.last - a.last), complete };
}
