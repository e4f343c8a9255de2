/** A call without a permission for it. */

import { CroftError } from "@croft/core";
import type { PermissionKindName } from "@croft/plugin";

/** `plugin` lacks the permission `kind`; `did` continues "may not …". */
export function deniedFor(plugin: string, kind: PermissionKindName, did: string): CroftError {
  return new CroftError(
    "access/denied",
    `${plugin} may not ${did}: the permission \`${kind}\` for it is not granted.`,
    {
      plugin,
      hint: `Ask for it in the manifest's \`permissions.${kind}\`; the user has to grant it.`,
    },
  );
}

/** `plugin` does something too often, or too much at once; `what` begins the sentence. */
export function tooMuch(plugin: string, what: string): CroftError {
  return new CroftError("plugin/busy", `${what} of ${plugin}.`, {
    plugin,
    hint: "Wait before you try it again.",
  });
}
