/** Notifications and the clipboard for a plugin that runs elsewhere: its end, and its host's. */

import * as z from "zod";
import type { PluginClipboard } from "../clipboard.ts";
import type { PluginNotifications } from "../notifications.ts";
import type { Calls } from "./calls.ts";

const notification = z.strictObject({ title: z.string(), body: z.string().optional() });

/** Passes on the notifications of a plugin at the other end. */
export function serveNotifications(calls: Calls, notifications: PluginNotifications): void {
  calls.answer("notifications/show", notification, (shown) => notifications.show(shown));
}

/** Has the host show notifications, until `ended`. */
export function notificationsOver(calls: Calls, ended: AbortSignal): PluginNotifications {
  return {
    async show({ title, body }) {
      await calls.ask("notifications/show", { title, body }, ended);
    },
  };
}

/** Passes on what a plugin at the other end does with the clipboard. */
export function serveClipboard(calls: Calls, clipboard: PluginClipboard): void {
  calls.answer("clipboard/write", z.string(), (text) => clipboard.writeText(text));
  calls.answer("clipboard/read", z.unknown(), () => clipboard.readText());
}

/** Has the host use the clipboard, until `ended`. */
export function clipboardOver(calls: Calls, ended: AbortSignal): PluginClipboard {
  return {
    async writeText(text) {
      await calls.ask("clipboard/write", text, ended);
    },
    readText: async () => z.string().parse(await calls.ask("clipboard/read", null, ended)),
  };
}
