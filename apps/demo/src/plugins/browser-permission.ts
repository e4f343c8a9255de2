/** What the browser itself wants to be asked, beside what croft asks. */

import type { Permissions } from "@croft/host";

/**
 * Asks the browser to let this page show notifications, where something is granted that needs it. To be called in the click that
 * grants it: browsers want that. What a person answers the browser, plugins are told when they notify.
 */
export function askBrowser(permissions: Permissions): void {
  if (!permissions.notifications?.length || typeof Notification === "undefined") return;
  if (Notification.permission !== "default") return;
  Notification.requestPermission().catch((error: unknown) => {
    console.warn("The browser was not asked for notifications.", error);
  });
}
