/** What a plugin gets of its host beside documents and events. */

import type { PluginApis } from "./apis.ts";
import type { PluginClipboard } from "./clipboard.ts";
import type { PluginNetwork } from "./network.ts";
import type { PluginNotifications } from "./notifications.ts";
import type { PluginPermissions } from "./permission-requests.ts";

/** Each of them needs a permission, which is checked where the host is. */
export interface PluginServices {
  readonly network: PluginNetwork;
  readonly notifications: PluginNotifications;
  readonly clipboard: PluginClipboard;
  readonly permissions: PluginPermissions;
  readonly apis: PluginApis;
}
