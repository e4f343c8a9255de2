/** What a plugin asks for, in plain words: for prompts, permission pages and the command line. */

import type { AskedPermissions } from "./manifest.ts";

/** One thing that is asked for. */
export interface PermissionInWords {
  /** For example: `See the documents notes/pages/*`. */
  readonly what: string;
  /** The author's reason. */
  readonly why: string;
}

/**
 * Says what a plugin asks for, in the order in which it matters to a person: what it may change before what
 * it may see, documents before events.
 *
 * @example
 * ```ts
 * describePermissions(stats.manifest.permissions);
 * // [{ what: "See the documents notes/pages/*", why: "To count the words of your pages." }]
 * ```
 */
export function describePermissions({
  documents,
  events,
}: AskedPermissions): readonly PermissionInWords[] {
  const changed = documents.filter(({ access }) => access === "write");
  const seen = documents.filter(({ access }) => access === "read");
  return [
    ...changed.map(({ pattern, reason }) => ({
      what: `See and change the documents ${pattern}`,
      why: reason,
    })),
    ...seen.map(({ pattern, reason }) => ({ what: `See the documents ${pattern}`, why: reason })),
    ...events.map(({ topic, direction, reason }) => ({
      what: direction === "publish" ? `Announce ${topic} to others` : `Hear of ${topic}`,
      why: reason,
    })),
  ];
}
