/** What is written down when a person agrees to a package. Pure. */

import type { PluginPackage } from "@croft/plugin/package";
import {
  addPermissions,
  NOTHING_GRANTED,
  type Permissions,
  requiredOf,
  storedOf,
} from "../permissions.ts";
import type { Consent } from "./records.ts";

/**
 * Makes a {@link Consent}; `ran` is the newest version that ran for the person so far.
 *
 * @throws CroftError `input/invalid` for a grant of what the package does not ask for.
 */
export function consentTo(
  { manifest, publisher }: PluginPackage,
  granted: Permissions,
  ran: string | undefined,
): Consent {
  return {
    publisher: publisher ?? "",
    version: ran ?? manifest.version,
    agreed: manifest.version,
    granted: addPermissions(NOTHING_GRANTED, granted, manifest),
    asked: storedOf(requiredOf(manifest.permissions)),
  };
}
