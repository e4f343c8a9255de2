/** Settings as a form: plain data from which an application makes fields in its own look. Pure. */

import {
  type ChoiceOption,
  type PluginManifest,
  problemOfSetting,
  type SettingContribution,
  type SettingScope,
  type SettingValue,
} from "@croft/plugin";
import { unreachable } from "@croft/core";

/** What every field of a form says. */
export interface SettingFieldBase {
  readonly name: string;
  readonly label: string;
  /** Empty when there is none. */
  readonly help: string;
  /** Whose choice it is: to be said beside the field when it counts for everybody. */
  readonly scope: SettingScope;
  /** Whether nobody set it. */
  readonly isDefault: boolean;
  /** What is wrong with what is set, as in "must be 10 or less": the default counts instead. */
  readonly error: string | undefined;
  /** Whether this person may not change it, now. */
  readonly readOnly: boolean;
}

/** One field of a form. */
export type SettingField = SettingFieldBase &
  (
    | { readonly kind: "boolean"; readonly value: boolean }
    | {
        readonly kind: "string";
        readonly value: string;
        readonly multiline: boolean;
        readonly maxLength: number;
      }
    | {
        readonly kind: "number";
        readonly value: number;
        readonly min: number | undefined;
        readonly max: number | undefined;
        readonly step: number | undefined;
      }
    | { readonly kind: "choice"; readonly value: string; readonly options: readonly ChoiceOption[] }
    | { readonly kind: "texts"; readonly value: readonly string[]; readonly maxEntries: number }
  );

/** What is set: a setting's value whatever it is, and whether this person may change it. */
export interface StoredSettings {
  readonly get: (setting: SettingContribution) => unknown;
  readonly isWritable: (scope: SettingScope) => boolean;
}

/**
 * Describes a plugin's settings as fields, in the order of its manifest. `stored` says what is set; by default nothing is, and
 * everything may be changed.
 *
 * @example
 * ```ts
 * for (const field of describeSettings(stats.manifest)) console.log(field.kind, field.label, field.value);
 * ```
 */
export function describeSettings(
  { contributes }: Pick<PluginManifest, "contributes">,
  { get, isWritable }: StoredSettings = { get: () => undefined, isWritable: () => true },
): readonly SettingField[] {
  return contributes.settings.map((setting) => {
    const stored = get(setting);
    const problem = stored === undefined ? undefined : problemOfSetting(setting, stored);
    const { name, title, description, scope } = setting;
    const base: SettingFieldBase = {
      name,
      label: title,
      help: description,
      scope,
      isDefault: stored === undefined,
      error: problem,
      readOnly: !isWritable(scope),
    };
    return Object.freeze(fieldOf(setting, base, effectiveValue(setting, stored)));
  });
}

/** The value that counts: what is set if it fits, else the default. */
export function effectiveValue(setting: SettingContribution, stored: unknown): SettingValue {
  const isSet = stored !== undefined && problemOfSetting(setting, stored) === undefined;
  return isSet ? (stored as SettingValue) : setting.default;
}

function fieldOf(
  setting: SettingContribution,
  base: SettingFieldBase,
  value: unknown,
): SettingField {
  // `value` was checked against the setting.
  switch (setting.type) {
    case "boolean":
      return { ...base, kind: "boolean", value: value as boolean };
    case "string": {
      const { multiline, maxLength } = setting;
      return { ...base, kind: "string", value: value as string, multiline, maxLength };
    }
    case "number": {
      const { min, max, step } = setting;
      return { ...base, kind: "number", value: value as number, min, max, step };
    }
    case "choice":
      return { ...base, kind: "choice", value: value as string, options: setting.options };
    case "texts": {
      const { maxEntries } = setting;
      return { ...base, kind: "texts", value: value as readonly string[], maxEntries };
    }
    default:
      return unreachable(setting);
  }
}
