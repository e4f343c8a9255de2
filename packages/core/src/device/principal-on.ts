/** Who speaks on a device: its user through the application, which may do everything here, or one of its plugins. */

import type { Grant, Principal } from "../access/access.ts";
import { parseLabel, type PluginLabel } from "../access/stamp.ts";
import { parsePattern } from "../doc-path.ts";

const EVERYTHING: readonly Grant[] = [{ pattern: parsePattern("**"), access: "write" }];

/** The application itself for an empty label, otherwise the plugin, which has only what the gate gives it. */
export function principalOn(user: string, label: PluginLabel): Principal {
  return label === "" ? { user, grants: EVERYTHING } : { user, ...parseLabel(label), grants: [] };
}
