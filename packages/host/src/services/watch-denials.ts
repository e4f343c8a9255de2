/** Tells of calls that a plugin was refused for want of a permission. */

import { CroftError } from "@croft/core";
import type { PermissionKindName, PluginServices } from "@croft/plugin";
import type { RawApis } from "@croft/plugin/remote";

type Tell = (kind: PermissionKindName) => void;

/** The same services, watched; `apis` by {@link watchApis}. */
export function watchDenials<T extends Omit<PluginServices, "apis">>(services: T, tell: Tell): T {
  const { network, notifications, clipboard } = services;
  return {
    ...services,
    network: {
      fetch: (url, request) => watched("network", tell, () => network.fetch(url, request)),
    },
    notifications: {
      show: (given) => watched("notifications", tell, () => notifications.show(given)),
    },
    clipboard: {
      writeText: (text) => watched("clipboard", tell, () => clipboard.writeText(text)),
      readText: () => watched("clipboard", tell, () => clipboard.readText()),
    },
  };
}

/** The same APIs, watched. */
export function watchApis(apis: RawApis, tell: Tell): RawApis {
  return {
    ...apis,
    call: (api, method, input, options) =>
      watched("apis", tell, () => apis.call(api, method, input, options)),
  };
}

async function watched<T>(
  kind: PermissionKindName,
  tell: Tell,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof CroftError && error.code === "access/denied") tell(kind);
    throw error;
  }
}
