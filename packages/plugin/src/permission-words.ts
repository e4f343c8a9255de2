/** What a plugin asks for, in plain words: for prompts, permission pages and the command line. */

import { KINDS } from "./permissions/kinds.ts";
import type { AskedPermissions, PermissionKindName } from "./permissions/permissions.ts";

/** One thing that is asked for. */
export interface PermissionInWords {
  /** For example: `See the documents notes/pages/*`. */
  readonly what: string;
  /** The author's reason. */
  readonly why: string;
}

/**
 * Says what a plugin asks for, in the order in which it matters to a person: what it may change before what
 * it may see, documents before what leaves the device, events last.
 *
 * @example
 * ```ts
 * describePermissions(stats.manifest.permissions);
 * // [{ what: "See the documents notes/pages/*", why: "To count the words of your pages." }]
 * ```
 */
export function describePermissions(asked: AskedPermissions): readonly PermissionInWords[] {
  const { documents } = asked;
  const ordered: AskedPermissions = {
    ...asked,
    documents: documents.toSorted((a, b) => b.access.localeCompare(a.access)),
  };
  const wordsOf = <K extends PermissionKindName>(kind: K): PermissionInWords[] => {
    const { describe } = KINDS[kind];
    return ordered[kind].map((entry) => ({ what: describe(entry), why: entry.reason }));
  };
  return ORDER.flatMap((kind) => wordsOf(kind));
}

const ORDER: readonly PermissionKindName[] = [
  "documents",
  "network",
  "apis",
  "clipboard",
  "notifications",
  "events",
];
