/** Leave to read or write documents of others. */

import { type Access, allows, type DocPattern, type Grant, parsePattern } from "@croft/core";
import * as z from "zod";
import { parsed, reason, show } from "../manifest-fields.ts";
import type { Asked, PermissionKind } from "./kind.ts";

/** Asks for documents of others. */
export interface DocumentPermission extends Asked {
  readonly pattern: DocPattern;
  readonly access: "read" | "write";
}

/** A {@link DocumentPermission} as the author writes it. */
export interface AskedDocument extends Asked {
  readonly pattern: string;
  readonly access: "read" | "write";
}

/** A grant of documents, as data. */
export interface GivenDocument {
  readonly pattern: string;
  readonly access: Access;
}

/** See {@link PermissionKind}. */
export const documents: PermissionKind<GivenDocument, Grant, DocumentPermission> = {
  asked: z.strictObject({
    pattern: parsed<DocPattern>('a pattern, for example "notes/pages/*"', parsePattern),
    access: z.enum(["read", "write"], { error: 'must be "read" or "write"' }),
    reason,
    optional: z.boolean().optional(),
  }),
  given: z.object({ pattern: z.string(), access: z.enum(["none", "read", "write"]) }),
  field: "pattern",
  parse: ({ pattern, access }) => ({ pattern: parsePattern(pattern), access }),
  keyOf: ({ pattern }) => pattern,
  isTaken: ({ pattern }, removed) => pattern === removed.pattern,
  isWithin: ({ pattern, access }, asked) =>
    // An exception from something granted (`none`) is never too much.
    access === "none" || (allows(asked.access, access) && covers(asked.pattern, pattern)),
  nameOf: ({ pattern, access }) => `${access} access to ${pattern}`,
  describe: ({ pattern, access }) =>
    access === "write" ? `See and change the documents ${pattern}` : `See the documents ${pattern}`,
  problemOf: ({ pattern }, plugin) => [
    ...(pattern.startsWith(`${plugin}/`)
      ? [`${show(pattern)} is the plugin's own and needs no permission; leave it out`]
      : []),
    ...(isClosed(pattern)
      ? [`${show(pattern)} is closed to plugins; \`app/plugins\` and \`app/users\` are`]
      : []),
  ],
};

/** Whether all that `pattern` can match is closed to plugins, whatever is granted. */
function isClosed(pattern: DocPattern): boolean {
  return pattern.startsWith("app/plugins/") || pattern.startsWith("app/users/");
}

/** Whether `wide` matches every path that `narrow` matches. */
export function covers(wide: DocPattern, narrow: DocPattern): boolean {
  return coversSegments(wide.split("/"), narrow.split("/"));
}

/** {@link covers}, for anything of which `*` stands for one segment and a last `**` for at least one. */
export function coversSegments(wide: readonly string[], narrow: readonly string[]): boolean {
  for (const [index, want] of wide.entries()) {
    if (want === "**") return narrow.length > index;
    const segment = narrow[index];
    if (segment === undefined || segment === "**") return false;
    if (want === "*" ? segment === "" : want !== segment) return false;
  }
  return wide.length === narrow.length;
}
