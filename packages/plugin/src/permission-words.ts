/** What a plugin asks for, in plain words: for prompts, permission pages and the command line. */

import { KINDS } from "./permissions/kinds.ts";
import type {
  AskedKinds,
  AskedPermissions,
  PermissionKindName,
} from "./permissions/permissions.ts";

/** One thing that is asked for. */
export interface PermissionInWords {
  /** For example: `See the documents notes/pages/*`. */
  readonly what: string;
  /** The author's reason. */
  readonly why: string;
}

/** One thing that is asked for, to be granted or left out. */
export interface ListedPermission extends PermissionInWords {
  readonly kind: PermissionKindName;
  /** Just this. */
  readonly asked: Partial<AskedPermissions>;
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
export function describePermissions(
  asked: Partial<AskedPermissions>,
): readonly PermissionInWords[] {
  return listPermissions(asked).map(({ what, why }) => ({ what, why }));
}

/** The same, each with what it is about: for prompts in which each can be left out. */
export function listPermissions(asked: Partial<AskedPermissions>): readonly ListedPermission[] {
  const { documents = [] } = asked;
  const ordered: Partial<AskedPermissions> = {
    ...asked,
    documents: documents.toSorted((a, b) => b.access.localeCompare(a.access)),
  };
  const listed = <K extends PermissionKindName>(kind: K): ListedPermission[] => {
    const { describe } = KINDS[kind];
    const entries: readonly AskedKinds[K][] = ordered[kind] ?? [];
    return entries.map((entry) => ({
      kind,
      what: describe(entry),
      why: entry.reason,
      asked: { [kind]: [entry] },
    }));
  };
  return ORDER.flatMap((kind) => listed(kind));
}

const ORDER: readonly PermissionKindName[] = [
  "documents",
  "network",
  "apis",
  "clipboard",
  "notifications",
  "events",
];
