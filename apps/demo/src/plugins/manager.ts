/** The plugins of the app, in one place: what comes with it, what is installed, how each runs, and what each said. */

import { createEmitter, CroftError, toCroftError, type Unsubscribe } from "@croft/core";
import {
  followInstalled,
  type InstalledPlugin,
  type InstalledPlugins,
  type InstalledPluginsOptions,
  loadSandboxed,
  type Offer,
  type PluginHost,
  type PluginStatus,
  type UpdatePolicy,
} from "@croft/host";
import type { Journal } from "./journal.ts";

/** A plugin that somebody installed. */
export interface Entry {
  readonly plugin: InstalledPlugin;
  /** Of the host, once it may run. */
  readonly status: PluginStatus | undefined;
}

/** What is known of the plugins now. */
export interface PluginsNow {
  /** Ordered by id. */
  readonly entries: readonly Entry[];
  /** What comes with the app, and runs as a part of it. */
  readonly builtIn: readonly PluginStatus[];
  /** What is being written right now, by whoever develops in this window. */
  readonly developed: readonly PluginStatus[];
  /** What is installed can be changed by this; `undefined` while the list is being opened. */
  readonly installed: InstalledPlugins | undefined;
  /** Why the list cannot be opened. */
  readonly error: CroftError | undefined;
}

/** See the top of this file. */
export interface PluginManager {
  readonly host: PluginHost;
  readonly journal: Journal;
  /** Whether packages that nobody signed may run here. */
  readonly allowsUnsigned: boolean;
  /** The same until something changes. */
  readonly now: () => PluginsNow;
  readonly subscribe: (listener: () => void) => Unsubscribe;
  /**
   * Reads a package, and says what it would mean to install it.
   *
   * @throws CroftError what `InstalledPlugins.examine` throws; `plugin/duplicate` for a plugin that comes with the app.
   */
  readonly examine: (bytes: Uint8Array) => Promise<Offer>;
}

/** Options of {@link createPluginManager}. */
export interface PluginManagerOptions {
  readonly workspace: InstalledPluginsOptions["workspace"];
  /** What is registered in it already comes with the app. */
  readonly host: PluginHost;
  readonly journal: Journal;
  readonly allowsUnsigned: boolean;
  /** When updates run that somebody installed. */
  readonly updates: UpdatePolicy;
  readonly onProblem: (problem: CroftError) => void;
}

/** Follows the list of what is installed. The app need not wait for it. */
export function createPluginManager(options: PluginManagerOptions): PluginManager {
  const { workspace, host, journal, allowsUnsigned, updates, onProblem } = options;
  const changed = createEmitter<void>();
  const own = new Set(host.list().map(({ id }) => id));
  let installed: InstalledPlugins | undefined;
  let error: CroftError | undefined;
  let known: PluginsNow | undefined;
  const change = () => {
    known = undefined;
    changed.emit();
  };
  host.onState(change);
  followInstalled({
    workspace,
    host,
    load: loadSandboxed,
    allowUnsigned: allowsUnsigned,
    updates,
    onProblem,
  })
    .then(
      (followed) => {
        installed = followed;
        followed.onChange(change);
      },
      (cause: unknown) => {
        error = toCroftError(cause, "plugin/failed", "The list of plugins cannot be opened");
        onProblem(error);
      },
    )
    .finally(change);
  const look = (): PluginsNow => {
    const statuses = host.list();
    const plugins = installed?.list() ?? [];
    return {
      entries: plugins.map((plugin) => ({
        plugin,
        status: statuses.find(({ id }) => id === plugin.id && !own.has(id)),
      })),
      builtIn: statuses.filter(({ id }) => own.has(id)),
      developed: statuses.filter(
        ({ id }) => !own.has(id) && !plugins.some((plugin) => plugin.id === id),
      ),
      installed,
      error,
    };
  };
  return {
    host,
    journal,
    allowsUnsigned,
    now: () => (known ??= look()),
    subscribe: (listener) => changed.on(listener),
    async examine(bytes) {
      if (!installed) throw new CroftError("plugin/failed", "The list of plugins is not open.");
      const offer = await installed.examine(bytes);
      const { id, name } = offer.manifest;
      if (!own.has(id)) return offer;
      throw new CroftError(
        "plugin/duplicate",
        `${name} calls itself ${id}, which is a part of this app.`,
        { plugin: id, hint: "Only another version of the app brings another one." },
      );
    },
  };
}

/** What people call a plugin, as far as this device knows. */
export function nameOf({ id, manifest }: Pick<InstalledPlugin, "id" | "manifest">): string {
  return manifest?.name ?? id;
}

/** Whether this person is to be asked about a plugin, or about more that it asks for. */
export function wantsConsent({ standing, asks }: InstalledPlugin): boolean {
  if (standing.name === "unasked") return true;
  return standing.name === "ready" && Object.values(asks).some((list) => list.length > 0);
}
