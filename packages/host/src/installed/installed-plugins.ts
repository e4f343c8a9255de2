/**
 * What is installed in a workspace, kept running on this device: every device follows the same list, judges each package by
 * itself, and runs what its person agreed to. All of it works without a network; what is changed here syncs like
 * any other document.
 */

import type { Clock, CroftError, Disposable, Unsubscribe, Workspace } from "@croft/core";
import type { AskedPermissions, Plugin, PluginManifest } from "@croft/plugin";
import type { PluginPackage } from "@croft/plugin/package";
import type { Permissions } from "../permissions.ts";
import type { HostedWorkspace, PluginHost } from "../plugin-host.ts";
import { FollowedPlugins } from "./followed-plugins.ts";
import type { Standing } from "./judge-installed.ts";
import type { Offer } from "./offer.ts";
import type { InstalledRecord, PackageName, Revocation, StoredGrants } from "./records.ts";

/** What a loader gets beside the package. */
export interface LoaderContext {
  readonly workspace: HostedWorkspace;
  readonly host: PluginHost;
  /** Aborted when nobody waits for the plugin any more. */
  readonly signal?: AbortSignal | undefined;
}

/** Makes of a package what a host can register: decides where its code runs. */
export type LoadPlugin = (found: PluginPackage, context: LoaderContext) => Promise<Plugin>;

/** When an update runs that somebody installed. The version before goes on until then. */
export interface UpdatePolicy {
  /**
   * How long it has to have been in the workspace's list, in milliseconds; default 0. The time is the one at which a member installed
   * it, by that member's clock: what a package or its publisher says of its age would be said by a thief of the key as well. Who
   * agrees to a version has it at once.
   */
  readonly minAge?: number | undefined;
  /** Whether one that asks for more waits until the person agreed. By default it runs without that. */
  readonly onceAgreed?: boolean | undefined;
}

/** Options of {@link followInstalled}. */
export interface InstalledPluginsOptions {
  readonly workspace: HostedWorkspace &
    Pick<Workspace, "open" | "list" | "delete" | "undelete" | "sync">;
  readonly host: PluginHost;
  /**
   * Makes of a package what a host can register: decides where its code runs. {@link loadTrusted} is one. What takes longer
   * than 30 seconds counts as failed.
   */
  readonly load: LoadPlugin;
  /** Whether packages that nobody signed may run, for development. Default false. */
  readonly allowUnsigned?: boolean | undefined;
  readonly updates?: UpdatePolicy | undefined;
  /** Told of what goes wrong with a plugin, which `problem.plugin` names. Default: the console. */
  readonly onProblem?: ((problem: CroftError) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/** An installed plugin, as this device and its person have it. */
export interface InstalledPlugin {
  readonly id: string;
  readonly record: InstalledRecord;
  /** Which of its packages counts for this person: the one that runs, or the newest. */
  readonly package: PackageName | undefined;
  /** Of that package; `undefined` while it is not here, or cannot be read. */
  readonly manifest: PluginManifest | undefined;
  readonly standing: Standing;
  /** What this person granted it. */
  readonly granted: StoredGrants;
  /** What it asks for, and this person was not asked yet. */
  readonly asks: AskedPermissions;
  /** A newer package that does not run here yet. */
  readonly update: WaitingUpdate | undefined;
  /** What {@link InstalledPlugins.rollBack} goes back to. */
  readonly former: PackageName | undefined;
}

/** An update that does not run here yet, while the version before does. */
export interface WaitingUpdate {
  readonly package: PackageName;
  readonly manifest: PluginManifest | undefined;
  /** Why not yet. */
  readonly standing: Standing;
  /** What it asks for, and this person was not asked yet. */
  readonly asks: AskedPermissions;
}

/**
 * What is installed in a workspace, kept running on this device. Every device follows the same list, judges each package by
 * itself, and runs what its person agreed to.
 */
export interface InstalledPlugins extends Disposable {
  /** What is installed, ordered by id; the same array until something changes. */
  list(): readonly InstalledPlugin[];
  /** Tells of every change of {@link InstalledPlugins.list}. */
  onChange(listener: (plugins: readonly InstalledPlugin[]) => void): Unsubscribe;
  /**
   * Reads a package, and says what it would mean to install it. Changes nothing.
   *
   * @throws CroftError what `readPackage` throws.
   */
  examine(bytes: Uint8Array): Promise<Offer>;
  /**
   * Installs what was offered, for everybody in the workspace, and agrees to it for this person. Resolves when it is on this
   * device's disk; others get it as they get any document. An update that needs another version of the plugin's data runs
   * once the data was brought over, which needs the server for a moment: see {@link InstalledPlugin.update}.
   *
   * @throws CroftError the offer's `refused`; `access/denied` when this person may not install anything here;
   *   `input/invalid` for a grant of what it does not ask for.
   */
  install(offer: Offer, granted: Permissions): Promise<void>;
  /**
   * Agrees to the newest package of an installed plugin for this person, or to what it asks for since an update: what is granted
   * now counts, and nothing that was granted before.
   *
   * @throws CroftError `plugin/unknown` when it is not installed or not here yet; `input/invalid` for a grant of
   *   what it does not ask for.
   */
  agree(id: string, granted: Permissions): Promise<void>;
  /** Switches a plugin on or off, for everybody. @throws CroftError `plugin/unknown`, `access/denied`. */
  setEnabled(id: string, enabled: boolean): Promise<void>;
  /**
   * Goes back to {@link InstalledPlugin.former}, for everybody. Where the later version changed the data, that is as it was before:
   * edits of the later version that are under way go to the quarantine of who made them, and what was in the documents is kept as a
   * snapshot. Others agree once more before the older version runs for them.
   *
   * @throws CroftError `plugin/unknown` when there is none; what stands against it; `link/offline` without the server where the data
   *   is to be changed; `plugin/migration` when the data of then is not kept any more, or somebody else is changing it.
   */
  rollBack(id: string): Promise<void>;
  /**
   * Takes a plugin off the list, for everybody. Its data stays where it is, or is deleted: once the server can be reached, by
   * whoever reaches it first. What a device wrote there and did not send goes to its quarantine.
   *
   * @throws CroftError `plugin/unknown`, `access/denied`.
   */
  uninstall(id: string, options?: { readonly data?: "keep" | "delete" | undefined }): Promise<void>;
  /**
   * All documents of a plugin as one JSON file, with what people can read beside what croft reads back. Works for plugins that were
   * uninstalled, too.
   *
   * @throws CroftError `link/offline` when one of them is not on this device and cannot be fetched.
   */
  exportData(id: string): Promise<Uint8Array>;
  /**
   * Puts documents back that {@link InstalledPlugins.exportData} wrote, where there are none now. Returns how many.
   *
   * @throws CroftError `input/invalid` when the file is none, when documents are there already, or it is newer than the plugin;
   *   `plugin/unknown` when the plugin is not installed; `link/offline` without the server.
   */
  importData(bytes: Uint8Array): Promise<number>;
  /**
   * Says that a publisher's key, or one package, must not run any more, for everybody and from now on.
   *
   * @throws CroftError `access/denied`.
   */
  revoke(revocation: Revocation): Promise<void>;
}

/**
 * Follows the list of what is installed, and keeps it running in a host. Resolves when what is on this device's disk was
 * judged; what may run is registered then.
 *
 * @example
 * ```ts
 * const host = createPluginHost({ workspace });
 * const installed = await followInstalled({ workspace, host, load: loadTrusted });
 * const offer = await installed.examine(await fetchPackage("https://example.com/stats-1.0.0.croft"));
 * await installed.install(offer, offer.manifest.permissions); // once the person agreed
 * ```
 */
export async function followInstalled(options: InstalledPluginsOptions): Promise<InstalledPlugins> {
  const followed = new FollowedPlugins(options);
  try {
    await followed.start();
  } catch (error) {
    await followed.dispose();
    throw error;
  }
  return followed;
}
