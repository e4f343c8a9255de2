/** Status items of plugins, as an application shows them. */

import type { Unsubscribe } from "@croft/core";

/** What a plugin shows now. */
export interface StatusItem {
  /** `stats/words`. */
  readonly name: string;
  /** What it is, for people. */
  readonly title: string;
  /** The plugin's id. */
  readonly plugin: string;
  /** One line of up to 80 characters. */
  readonly text: string;
  /** One line of up to 300 characters. */
  readonly tooltip: string | undefined;
  /** A command of the same plugin, to be run by who clicks on it. */
  readonly command: string | undefined;
}

/** Status items of plugins. */
export interface HostStatus {
  /** Those that show something, in the order of registration; the same array until something changes. */
  list(): readonly StatusItem[];
  /** Tells of every change of {@link HostStatus.list}, soon after it. */
  onChange(listener: (items: readonly StatusItem[]) => void): Unsubscribe;
}
