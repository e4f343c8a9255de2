/** What a plugin that runs elsewhere gets of its host beside documents and events: its end, and its host's. */

import type { Unsubscribe } from "@croft/core";
import type { PluginManifest } from "../manifest.ts";
import type { PluginServices } from "../services.ts";
import { createApis } from "./api-ends.ts";
import { rawApisOver, serveApis } from "./apis.ts";
import type { Calls } from "./calls.ts";
import { clipboardOver, notificationsOver, serveClipboard, serveNotifications } from "./devices.ts";
import { networkOver, serveNetwork } from "./network.ts";
import { permissionsOver, servePermissions } from "./permissions.ts";

/** Passes on what a plugin at the other end wants; returns what ends it. */
export function serveServices(
  calls: Calls,
  services: PluginServices,
  onRefused: (message: string) => void,
): Unsubscribe {
  serveNetwork(calls, services.network);
  serveNotifications(calls, services.notifications);
  serveClipboard(calls, services.clipboard);
  servePermissions(calls, services.permissions);
  return serveApis(calls, services.apis, onRefused);
}

/** Has the host do it, until `ended`. */
export function servicesOver(
  calls: Calls,
  { id: plugin, apis: offers }: Pick<PluginManifest, "id" | "apis">,
  ended: AbortSignal,
): PluginServices {
  return {
    network: networkOver(calls, ended),
    notifications: notificationsOver(calls, ended),
    clipboard: clipboardOver(calls, ended),
    permissions: permissionsOver(calls, ended),
    apis: createApis(rawApisOver(calls, { plugin, offers, ended })),
  };
}
