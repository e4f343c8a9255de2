/** Notifications of the system, as a plugin shows them. */

/** Shows notifications. */
export interface PluginNotifications {
  /**
   * Shows a notification under the plugin's name. `title` has up to 100 characters, `body` up to 500.
   *
   * @throws CroftError `access/denied` without `permissions.notifications`, `plugin/unavailable` where there are none,
   *   `plugin/busy` for too many, `input/invalid`, `disposed`.
   * @example
   * ```ts
   * await context.notifications.show({ title: "Time is up", body: "Take a break." });
   * ```
   */
  show(notification: PluginNotification): Promise<void>;
}

/** What a notification says. */
export interface PluginNotification {
  readonly title: string;
  readonly body?: string | undefined;
}
