/** Notifications and the clipboard, for plugins: what was granted, and not too often. */

import { type Clock, CroftError } from "@croft/core";
import type {
  GrantedPermissions,
  PluginClipboard,
  PluginManifest,
  PluginNotification,
  PluginNotifications,
} from "@croft/plugin";
import { z } from "zod";
import { unlessAborted } from "../abort.ts";
import { deniedFor, tooMuch } from "./denied.ts";
import { PerPlugin, Rate } from "./rate.ts";

/** Shows notifications of plugins. `show` may throw. */
export interface NotificationAdapter {
  /** Must say which plugin it is from: everybody can write everything into a title. */
  show(notification: PluginNotification, plugin: PluginManifest): void | Promise<void>;
}

/** The clipboard. Both may throw. */
export interface ClipboardAdapter {
  writeText(text: string): Promise<void>;
  readText(): Promise<string>;
}

/** What the application offers. */
export interface DeviceOptions {
  readonly notifications?: NotificationAdapter | undefined;
  readonly clipboard?: ClipboardAdapter | undefined;
}

const MAX_TEXT = 1_000_000;
const notification = z.object({
  title: z.string().min(1).max(100),
  body: z.string().max(500).optional(),
});
const text = z.string().max(MAX_TEXT);

/** See the top of this file. */
export class Devices {
  readonly #options: DeviceOptions;
  readonly #notifications: PerPlugin<Rate>;
  readonly #clipboard: PerPlugin<Rate>;

  constructor(options: DeviceOptions, clock: Pick<Clock, "now">) {
    this.#options = options;
    this.#notifications = new PerPlugin(() => new Rate(clock, 5, 60_000));
    this.#clipboard = new PerPlugin(() => new Rate(clock, 20, 60_000));
  }

  /** Notifications for one activation of a plugin. */
  notifications(
    plugin: PluginManifest,
    granted: () => GrantedPermissions,
    ended: AbortSignal,
  ): PluginNotifications {
    const { id } = plugin;
    return {
      show: async (given) => {
        ended.throwIfAborted();
        if (granted().notifications.length === 0) {
          throw deniedFor(id, "notifications", "show notifications");
        }
        const shown = checked(notification, given, id, "notification");
        const { notifications } = this.#options;
        if (!notifications) throw unavailable(id, "Notifications are");
        if (!this.#notifications.get(id).take()) {
          throw tooMuch(id, "There were too many notifications");
        }
        const showing = attempt(id, "Notifications are", async () =>
          notifications.show(shown, plugin),
        );
        await unlessAborted(showing, ended);
      },
    };
  }

  /** The clipboard for one activation of a plugin. */
  clipboard(
    { id }: PluginManifest,
    granted: () => GrantedPermissions,
    ended: AbortSignal,
  ): PluginClipboard {
    const allow = (access: "read" | "write"): void => {
      ended.throwIfAborted();
      if (granted().clipboard.some((grant) => grant.access === access)) return;
      throw deniedFor(id, "clipboard", `${access} the clipboard`);
    };
    const admit = (): ClipboardAdapter => {
      const { clipboard } = this.#options;
      if (!clipboard) throw unavailable(id, "The clipboard is");
      if (!this.#clipboard.get(id).take()) throw tooMuch(id, "The clipboard was used too often");
      return clipboard;
    };
    return {
      async writeText(given) {
        allow("write");
        const written = checked(text, given, id, "text for the clipboard");
        const adapter = admit();
        await unlessAborted(
          attempt(id, "The clipboard is", () => adapter.writeText(written)),
          ended,
        );
      },
      async readText() {
        allow("read");
        const adapter = admit();
        const read = await unlessAborted(
          attempt(id, "The clipboard is", () => adapter.readText()),
          ended,
        );
        // It may have taken as long as a person's answer does.
        allow("read");
        return read.slice(0, MAX_TEXT);
      },
    };
  }

  forget(plugin: string): void {
    this.#notifications.delete(plugin);
    this.#clipboard.delete(plugin);
  }
}

function checked<T>(schema: z.ZodType<T>, given: unknown, plugin: string, what: string): T {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => [...path, message].join(": "));
  throw new CroftError("input/invalid", `This is no ${what}: ${issues.join("; ")}.`, { plugin });
}

async function attempt<T>(plugin: string, what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw unavailable(plugin, what, cause);
  }
}

function unavailable(plugin: string, what: string, cause?: unknown): CroftError {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return new CroftError("plugin/unavailable", `${what} not available here${why}.`, {
    plugin,
    cause,
    hint: "Do without where it is not there.",
  });
}
