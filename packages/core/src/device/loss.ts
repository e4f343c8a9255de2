/** What went with a store that was lost: counts of changes, by document, and how a person is told. */

import * as z from "zod/mini";
import { type DocPath, isDocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";

/** Changes of one document that were lost with a device's store before they had reached the server. */
export interface Loss {
  /** Absent: of documents that were too many to name. */
  readonly path?: DocPath | undefined;
  /** How many; what was typed in one go counts as one. */
  readonly changes: number;
}

/** Most documents that are named. */
const MAX_NAMED = 100;
/** Most documents that a message names. */
const NAMED_IN_MESSAGE = 3;

/** Losses as data that comes from elsewhere. */
export const lossesSchema: z.ZodMiniType<readonly Loss[]> = z
  .array(
    z.object({
      path: z.optional(z.custom<DocPath>((value) => typeof value === "string" && isDocPath(value))),
      changes: z.int().check(z.positive()),
    }),
  )
  .check(z.maxLength(MAX_NAMED + 1));

/** Adds up by document, in the order of paths; those that are too many are counted together, last. */
export function sumLosses(losses: readonly Loss[]): readonly Loss[] {
  const byPath = new Map<DocPath, number>();
  let others = 0;
  for (const { path, changes } of losses) {
    if (path === undefined) others += changes;
    else byPath.set(path, (byPath.get(path) ?? 0) + changes);
  }
  const named: Loss[] = [];
  for (const [path, changes] of [...byPath].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (named.length < MAX_NAMED) named.push({ path, changes });
    else others += changes;
  }
  return others > 0 ? [...named, { changes: others }] : named;
}

/** Losses in one sentence for a person; nothing if there are none. */
export function lossError(losses: readonly Loss[]): CroftError | undefined {
  const [first] = losses;
  if (!first) return undefined;
  const changes = losses.reduce((sum, loss) => sum + loss.changes, 0);
  const count = changes === 1 ? "1 change" : `${changes} changes`;
  return new CroftError(
    "store/lost",
    `This device lost ${count} of ${names(losses)} that had not reached the server.`,
    {
      path: losses.length === 1 ? first.path : undefined,
      hint:
        "The browser had cleared its storage; what the server has comes back by itself. " +
        "Let this site keep its data (`navigator.storage.persist()`), so that it does not happen again.",
    },
  );
}

function names(losses: readonly Loss[]): string {
  const named = losses.flatMap(({ path }) => path ?? []);
  const shown: string[] = named.slice(0, NAMED_IN_MESSAGE);
  if (shown.length < losses.length) shown.push(shown.length > 0 ? "other documents" : "documents");
  const last = shown.pop() ?? "";
  return shown.length > 0 ? `${shown.join(", ")} and ${last}` : last;
}
