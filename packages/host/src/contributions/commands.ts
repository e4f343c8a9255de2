/** Commands of plugins, as an application shows and runs them. */

import type { Unsubscribe } from "@croft/core";
import type { CallOptions } from "./plugin-handlers.ts";

/** A command that a registered plugin contributes; a new object whenever something changes. */
export interface Command {
  /** `stats/recount`. */
  readonly name: string;
  readonly title: string;
  /** Empty when there is none. */
  readonly category: string;
  /** The plugin's id. */
  readonly plugin: string;
  /** The plugin's name, for people. */
  readonly pluginName: string;
  /** What the manifest wishes; `matchShortcut` says who gets it. */
  readonly shortcut: string | undefined;
  /**
   * Whether it can be run: not when its plugin failed, or is active and does not handle it now, and in safe mode not before a
   * person has activated that.
   */
  readonly enabled: boolean;
}

/** Commands of plugins. */
export interface HostCommands {
  /**
   * For a palette or a menu: the plugins in the order of registration, the commands of each in that of its manifest. The same array until
   * something changes.
   */
  list(): readonly Command[];
  /** Tells of every change of {@link HostCommands.list}, soon after it. */
  onChange(listener: (commands: readonly Command[]) => void): Unsubscribe;
  /**
   * Runs a command, and activates its plugin first if it is not active; not in safe mode.
   *
   * @param args Plain data of up to a megabyte, which the plugin gets a copy of.
   * @returns What the plugin answers: plain data of up to a megabyte.
   * @throws CroftError `contribution/unknown` when no registered plugin contributes it; `plugin/failed` for what the plugin threw,
   *   for a result that is not plain, and when it ends meanwhile; `plugin/timeout`; `plugin/busy` when 100 calls of the plugin
   *   wait; `input/invalid` for arguments that are not plain; what activating the plugin throws; the signal's reason.
   * @example
   * ```ts
   * const host = createPluginHost({ workspace });
   * host.register(stats);
   * console.log(await host.commands.run("stats/recount", { path: "notes/pages/42" }));
   * ```
   */
  run(name: string, args?: unknown, options?: CallOptions): Promise<unknown>;
}
