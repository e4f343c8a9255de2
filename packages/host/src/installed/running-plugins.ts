/** What of the installed plugins runs in a host: registered, granted what the person agreed to, held back, ended. */

import { CroftError } from "@croft/core";
import type { Plugin, PluginManifest } from "@croft/plugin";
import type { PluginPackage } from "@croft/plugin/package";
import {
  type GrantedPermissions,
  isNothing,
  keepAsked,
  notAmong,
  NOTHING_GRANTED,
  withoutCounterpart,
} from "../permissions.ts";
import { pluginTrouble } from "../plugin-error.ts";
import type { HostedWorkspace, PluginHost } from "../plugin-host.ts";
import type { LoadPlugin } from "./installed-plugins.ts";
import type { StoredGrants } from "./records.ts";

/** Options of {@link RunningPlugins}. */
export interface RunningPluginsOptions {
  readonly workspace: HostedWorkspace;
  readonly host: PluginHost;
  readonly load: LoadPlugin;
  /** Nothing is registered any more once it is aborted. */
  readonly signal: AbortSignal;
  readonly onProblem: (problem: CroftError) => void;
}

/** A package that was registered. */
interface Registered {
  readonly hash: string;
  readonly plugin: Plugin;
  /** As the host has it: by this it is told from another plugin of the same id. */
  readonly manifest: PluginManifest | undefined;
}

/** See the top of this file. */
export class RunningPlugins {
  readonly #options: RunningPluginsOptions;
  /** By plugin. Somebody else may have unregistered it since. */
  readonly #registered = new Map<string, Registered>();
  /** Packages of which the code could not be loaded; they are not tried again until the application starts anew. */
  readonly #unloadable = new Map<string, CroftError>();
  /** Packages that the host did not take: they are tried again when a person asks for it, since what runs is ended for that. */
  readonly #untaken = new Map<string, CroftError>();
  readonly #limited = new Map<string, string>();

  constructor(options: RunningPluginsOptions) {
    this.#options = options;
  }

  /** The plugins that were registered. */
  get ids(): readonly string[] {
    return [...this.#registered.keys()];
  }

  /** Whether the host has a plugin from here. */
  has(id: string): boolean {
    const registered = this.#registered.get(id);
    return registered !== undefined && registered.manifest === this.#manifestOf(id);
  }

  /**
   * Has a package registered with what was granted; returns what is in the way, if something is. `granted` is asked when the
   * package is loaded: meanwhile the person may have agreed to more.
   *
   * @throws What ends the following, once that is over.
   */
  async run(
    found: PluginPackage,
    granted: () => StoredGrants,
    limited: CroftError | undefined,
  ): Promise<CroftError | undefined> {
    const { hash, manifest } = found;
    const { id } = manifest;
    const known = this.#unloadable.get(hash) ?? this.#untaken.get(hash);
    if (known) return known;
    const isHere = this.has(id);
    if (!isHere && this.#manifestOf(id)) return takenError(id);
    const before = this.#registered.get(id);
    if (!isHere || before?.hash !== hash) {
      // Before what runs is ended: it goes on if this one cannot be loaded.
      const plugin = before?.hash === hash ? before.plugin : await this.#load(found);
      if (plugin instanceof CroftError) return plugin;
      const error = await this.#replace(found, plugin, limited);
      if (error) return error;
    }
    this.#limit(id, limited?.message);
    setGranted(this.#options.host, id, keepAsked(granted(), manifest));
    return undefined;
  }

  /** What the host did not take of a plugin is tried again: a person asks for it. */
  retry(id: string): void {
    for (const [hash, { plugin }] of this.#untaken) if (plugin === id) this.#untaken.delete(hash);
  }

  async end(id: string): Promise<void> {
    // Somebody else may have unregistered it, or registered another one.
    if (this.has(id)) await this.#options.host.unregister(id);
    this.#registered.delete(id);
    this.#limit(id, undefined);
  }

  async #load(found: PluginPackage): Promise<Plugin | CroftError> {
    const { host, load, workspace, signal, onProblem } = this.#options;
    const { id, version } = found.manifest;
    try {
      const plugin = await load(found, { workspace, host });
      if (plugin.manifest.id === id) return plugin;
      throw new Error(`its loader made ${plugin.manifest.id} of it`);
    } catch (cause) {
      signal.throwIfAborted();
      const error = pluginTrouble(id, `${version} cannot be loaded`, cause);
      this.#unloadable.set(found.hash, error);
      onProblem(error);
      return error;
    }
  }

  /** Ends what runs of a plugin, and has this registered instead; if that fails, what ran goes on. */
  async #replace(
    { hash, manifest: { id, version } }: PluginPackage,
    plugin: Plugin,
    limited: CroftError | undefined,
  ): Promise<CroftError | undefined> {
    const { signal, onProblem } = this.#options;
    const before = this.has(id) ? this.#registered.get(id) : undefined;
    const limitedBefore = this.#limited.get(id);
    await this.end(id);
    signal.throwIfAborted();
    try {
      this.#limit(id, limited?.message);
      this.#register(id, hash, plugin);
      return undefined;
    } catch (cause) {
      const error = pluginTrouble(id, `${version} cannot be registered`, cause);
      // That somebody else was quicker is seen each time.
      if (error.code !== "plugin/duplicate") this.#untaken.set(hash, error);
      onProblem(error);
      this.#limit(id, limitedBefore);
      if (before) this.#register(id, before.hash, before.plugin);
      return error;
    }
  }

  #register(id: string, hash: string, plugin: Plugin): void {
    this.#options.host.register(plugin);
    this.#registered.set(id, { hash, plugin, manifest: this.#manifestOf(id) });
  }

  /** Of the plugin of this id that the host has. */
  #manifestOf(id: string): PluginManifest | undefined {
    return this.#options.host.list().find((plugin) => plugin.id === id)?.manifest;
  }

  #limit(id: string, because: string | undefined): void {
    if (this.#limited.get(id) === because) return;
    const { gate } = this.#options.workspace;
    if (because === undefined) this.#limited.delete(id);
    else this.#limited.set(id, because);
    gate.limitPlugin(id, because === undefined ? undefined : { access: "read", because });
  }
}

function takenError(id: string): CroftError {
  return new CroftError(
    "plugin/duplicate",
    `Another plugin ${id} is registered, which is not the one that was installed.`,
    { plugin: id, hint: "Unregister that one, or uninstall this one." },
  );
}

/** Has a plugin granted just this; what is granted already is not touched, and so never gone in between. */
function setGranted(host: PluginHost, id: string, wanted: GrantedPermissions): void {
  const { granted = NOTHING_GRANTED } = host.list().find((plugin) => plugin.id === id) ?? {};
  const superfluous = withoutCounterpart(granted, wanted);
  if (!isNothing(superfluous)) host.revoke(id, superfluous);
  if (!isNothing(notAmong(wanted, granted))) host.grant(id, wanted);
}
