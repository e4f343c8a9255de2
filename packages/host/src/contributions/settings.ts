/** Settings of plugins, as an application shows and sets them. */

import type { Unsubscribe } from "@croft/core";
import type { SettingValue } from "@croft/plugin";
import type { SettingField } from "./settings-form.ts";

/** Settings of plugins. They are kept in documents: set on one device, offline or not, and the others get them on sync. */
export interface HostSettings {
  /** Resolves when what this device has of the settings is there; until then all have their defaults. */
  readonly ready: Promise<void>;
  /**
   * A plugin's settings as fields of a form; the same array until something changes.
   *
   * @throws CroftError `plugin/unknown`.
   * @example
   * ```ts
   * const host = createPluginHost({ workspace });
   * host.register(stats);
   * await host.settings.ready;
   * for (const field of host.settings.form("stats")) console.log(field.label, field.value, field.error);
   * ```
   */
  form(plugin: string): readonly SettingField[];
  /**
   * The value that counts: what is set, or the default.
   *
   * @throws CroftError `plugin/unknown`; `contribution/unknown` when the plugin has no such setting.
   */
  get(plugin: string, name: string): SettingValue;
  /**
   * Sets a value, or with `undefined` has the default count again. Resolves when that is on this device's disk.
   *
   * @throws CroftError `plugin/unknown`; `contribution/unknown`; `input/invalid` for a value that does not fit, saying what would;
   *   `access/denied` when this person may not set it.
   */
  set(plugin: string, name: string, value: SettingValue | undefined): Promise<void>;
  /** Tells whose settings may look otherwise than before: another value, or leave to change them. */
  onChange(listener: (plugin: string) => void): Unsubscribe;
}
