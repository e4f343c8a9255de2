/** What this device's user lets the plugin "Word statistics" do. It comes with the demo, so it may. */

import type { PluginHost } from "@croft/host";

/** The plugin's id. */
export const STATS = "stats";

const KEY = "croft-demo/stats";

/** Grants what was asked for, unless the user took it back earlier. */
export function grantAsBefore(host: PluginHost, storage: Pick<Storage, "getItem">): void {
  if (storage.getItem(KEY) !== "no") setGranted(host, true);
}

/** Grants or revokes, at once, and keeps the choice. */
export function setStatsAllowed(
  host: PluginHost,
  storage: Pick<Storage, "setItem">,
  allowed: boolean,
): void {
  storage.setItem(KEY, allowed ? "yes" : "no");
  setGranted(host, allowed);
}

function setGranted(host: PluginHost, allowed: boolean): void {
  const plugin = host.list().find(({ id }) => id === STATS);
  if (!plugin) return;
  if (allowed) host.grant(STATS, plugin.manifest.permissions);
  else host.revoke(STATS);
}
