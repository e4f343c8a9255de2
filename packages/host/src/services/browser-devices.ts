/** Notifications and the clipboard of a browser. */

import type { ClipboardAdapter, NotificationAdapter } from "./devices.ts";

/**
 * Shows notifications with the browser's Notification API, under the plugin's name. The page has to have asked the person
 * for the browser's own permission; until then plugins are told that there are none.
 *
 * @example
 * ```ts
 * const host = createPluginHost({ workspace, notifications: browserNotifications() });
 * ```
 */
export function browserNotifications(): NotificationAdapter {
  return {
    show({ title, body = "" }, { id, name }) {
      if (typeof Notification === "undefined" || Notification.permission !== "granted") {
        throw new Error("the browser does not show any for this page");
      }
      new Notification(`${name}: ${title}`, { body, tag: `croft ${id} ${title}` });
    },
  };
}

/**
 * The browser's clipboard. Browsers want a secure page, often a click just before, and for reading ask the person themselves.
 *
 * @example
 * ```ts
 * const host = createPluginHost({ workspace, clipboard: browserClipboard() });
 * ```
 */
export function browserClipboard(): ClipboardAdapter {
  const clipboard = (): Clipboard => {
    const { clipboard: found } = navigator as { readonly clipboard?: Clipboard };
    if (found) return found;
    throw new Error("the page is not secure, or the browser has none");
  };
  return {
    writeText: async (text) => clipboard().writeText(text),
    readText: async () => clipboard().readText(),
  };
}
