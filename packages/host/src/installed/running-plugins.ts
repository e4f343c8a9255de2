/** What of the installed plugins runs in a host: registered, granted what the person agreed to, held back, ended. */

import { type CroftError, toCroftError } from "@croft/core";
import type { Plugin } from "@croft/plugin";
import type { PluginPackage } from "@croft/plugin/package";
import {
  type GrantedPermissions,
  isNothing,
  keepAsked,
  notAmong,
  NOTHING_GRANTED,
  withoutCounterpart,
} from "../permissions.ts";
import type { HostedWorkspace, PluginHost } from "../plugin-host.ts";
import type { Load } from "./load-in-time.ts";
import type { StoredGrants } from "./records.ts";

/** Options of {@link RunningPlugins}. */
export interface RunningPluginsOptions {
  readonly workspace: HostedWorkspace;
  readonly host: PluginHost;
  readonly load: Load;
  /** Nothing is registered any more once it is aborted. */
  readonly signal: AbortSignal;
  readonly onProblem: (problem: CroftError) => void;
}

/** See the top of this file. */
export class RunningPlugins {
  readonly #options: RunningPluginsOptions;
  /** By plugin: the hash of the package that was registered. */
  readonly #registered = new Map<string, string>();
  /** Packages of which the code could not be loaded; they are not tried again until the application starts anew. */
  readonly #unloadable = new Map<string, CroftError>();
  readonly #limited = new Map<string, string>();

  constructor(options: RunningPluginsOptions) {
    this.#options = options;
  }

  /** The plugins that are registered. */
  get ids(): readonly string[] {
    return [...this.#registered.keys()];
  }

  /**
   * Has a package registered with what was granted; returns what is in the way, if something is. `granted` is asked when the
   * package is loaded: meanwhile the person may have agreed to more.
   */
  async run(
    found: PluginPackage,
    granted: () => StoredGrants,
    limited: CroftError | undefined,
  ): Promise<CroftError | undefined> {
    const { hash, manifest } = found;
    const { id } = manifest;
    const { host, load, workspace, signal, onProblem } = this.#options;
    const known = this.#unloadable.get(hash);
    if (known) return known;
    if (this.#registered.get(id) !== hash) {
      let plugin: Plugin;
      try {
        // Before what runs is ended: it goes on if this one cannot be loaded.
        plugin = await load(found, { workspace, host });
        await this.end(id);
        signal.throwIfAborted();
        this.#limit(id, limited);
        host.register(plugin);
      } catch (cause) {
        signal.throwIfAborted();
        const error = toCroftError(
          cause,
          "plugin/failed",
          `${id} ${manifest.version} cannot be loaded`,
        );
        this.#unloadable.set(hash, error);
        onProblem(error);
        return error;
      }
      this.#registered.set(id, hash);
    }
    this.#limit(id, limited);
    setGranted(host, id, keepAsked(granted(), manifest));
    return undefined;
  }

  async end(id: string): Promise<void> {
    if (this.#registered.delete(id)) await this.#options.host.unregister(id);
    this.#limit(id, undefined);
  }

  #limit(id: string, limited: CroftError | undefined): void {
    const because = limited?.message;
    if (this.#limited.get(id) === because) return;
    const { gate } = this.#options.workspace;
    if (because === undefined) this.#limited.delete(id);
    else this.#limited.set(id, because);
    gate.limitPlugin(id, because === undefined ? undefined : { access: "read", because });
  }
}

/** Has a plugin granted just this; what is granted already is not touched, and so never gone in between. */
function setGranted(host: PluginHost, id: string, wanted: GrantedPermissions): void {
  const { granted = NOTHING_GRANTED } = host.list().find((plugin) => plugin.id === id) ?? {};
  const superfluous = withoutCounterpart(granted, wanted);
  if (!isNothing(superfluous)) host.revoke(id, superfluous);
  if (!isNothing(notAmong(wanted, granted))) host.grant(id, wanted);
}
