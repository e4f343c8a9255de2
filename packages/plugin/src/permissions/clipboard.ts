/** Leave to use the clipboard: to put text there, or to see what is there. Neither includes the other. */

import * as z from "zod";
import { reason } from "../manifest-fields.ts";
import type { Asked, PermissionKind } from "./kind.ts";

/** Leave to use the clipboard. */
export interface ClipboardGrant {
  readonly access: "read" | "write";
}

/** Asks for it. */
export interface ClipboardPermission extends ClipboardGrant, Asked {}

const access = z.enum(["read", "write"], { error: 'must be "read" or "write"' });

/** See {@link PermissionKind}. */
export const clipboard: PermissionKind<ClipboardGrant, ClipboardGrant, ClipboardPermission> = {
  asked: z.strictObject({ access, reason, optional: z.boolean().optional() }),
  given: z.object({ access }),
  field: "access",
  parse: (given) => ({ access: access.parse(given.access) }),
  keyOf: (grant) => grant.access,
  isTaken: isSame,
  isWithin: isSame,
  nameOf: (grant) => `the permission clipboard (${grant.access})`,
  describe: (asked) =>
    asked.access === "read" ? "See what is on the clipboard" : "Put text on the clipboard",
  problemOf: () => [],
};

function isSame(a: ClipboardGrant, b: ClipboardGrant): boolean {
  return a.access === b.access;
}
