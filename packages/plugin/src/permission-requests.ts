/** What a plugin may do, and asking the person for more when it is needed. */

import type { Permissions } from "./permissions/permissions.ts";

/** Permissions, from the plugin's side. */
export interface PluginPermissions {
  /** Whether all of this is granted now. @throws CroftError `input/invalid` for what is malformed, `disposed`. */
  has(permissions: Permissions): Promise<boolean>;
  /**
   * Asks the person for what the manifest marks as `optional`, if it is not granted yet. Ask in the moment in which it is
   * needed. One prompt is shown at a time, and who said no is not asked again until the application starts anew.
   *
   * @returns Resolves with whether all of it is granted now: `false` when the person refuses or refused, when it is not
   *   `optional`, or when the application has no prompts.
   * @throws CroftError `input/invalid` for what the manifest does not ask for, `plugin/busy` when a prompt of this plugin is
   *   open or there were too many, `disposed`.
   * @example
   * ```ts
   * const wanted = { clipboard: [{ access: "write" }] } as const;
   * if (await context.permissions.request(wanted)) await context.clipboard.writeText("1,204 words");
   * ```
   */
  request(permissions: Permissions): Promise<boolean>;
}
