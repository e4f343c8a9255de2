/**
 * What a plugin adds to the application, as its manifest declares it: data, so that an application shows it while the
 * plugin does not run. What does the work is registered by the plugin when it is active.
 */

import type { DocPattern } from "@croft/core";

/** What a manifest contributes, checked. */
export interface Contributions {
  readonly views: readonly ViewContribution[];
  readonly commands: readonly CommandContribution[];
  readonly settings: readonly SettingContribution[];
  readonly status: readonly StatusContribution[];
  readonly importers: readonly ImporterContribution[];
  readonly exporters: readonly ExporterContribution[];
}

/** A view that a plugin offers. */
export interface ViewContribution {
  /** `<plugin>/<name>`, for example `stats/summary`. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Where it belongs. Default `panel`. */
  readonly where: "panel";
  /**
   * `described`: the plugin describes it and croft builds it. `framed`: a page of its own, which no host
   * shows yet. Default `described`.
   */
  readonly kind: "described" | "framed";
  /** In CSS pixels. Default 40 and 640: what is higher scrolls. */
  readonly minHeight: number;
  readonly maxHeight: number;
}

/** Something that a person can have the plugin do. */
export interface CommandContribution {
  /** Owner and name: `stats/recount`. */
  readonly name: string;
  /** For palettes and menus. */
  readonly title: string;
  /** Groups commands in a palette; empty when nothing is said. */
  readonly category: string;
  /** The default one, as `formatShortcut` writes it: `Mod+Shift+K`. */
  readonly shortcut?: string | undefined;
}

/** A short text that the plugin shows, in a status bar for example. */
export interface StatusContribution {
  /** Owner and name: `stats/words`. */
  readonly name: string;
  /** What it is, for people. */
  readonly title: string;
}

/** Reads files. */
export interface ImporterContribution {
  /** Owner and name: `stats/csv`. */
  readonly name: string;
  readonly title: string;
  /** Without the dot, lower-case: `csv`. */
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];
}

/** Makes files of documents. */
export interface ExporterContribution extends ImporterContribution {
  /** The documents that it can make a file of. Default: the plugin's own. */
  readonly documents?: DocPattern | undefined;
}

/** Whose choice a setting is: each person's, or one for everybody in the workspace. */
export type SettingScope = "person" | "workspace";

/** What every setting of a manifest says. */
export interface SettingBase {
  /** Lower-case words: `daily-goal`. */
  readonly name: string;
  readonly title: string;
  /** Help for the person who sets it; empty when nothing is said. */
  readonly description: string;
  readonly scope: SettingScope;
}

/** On or off. */
export interface BooleanSetting extends SettingBase {
  readonly type: "boolean";
  readonly default: boolean;
}

/** A text. */
export interface StringSetting extends SettingBase {
  readonly type: "string";
  readonly default: string;
  /** Whether it may have several lines. */
  readonly multiline: boolean;
  /** In characters. */
  readonly maxLength: number;
}

/** A number. */
export interface NumberSetting extends SettingBase {
  readonly type: "number";
  readonly default: number;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** Counted from `min`, or from 0. */
  readonly step?: number | undefined;
}

/** One of several. */
export interface ChoiceSetting extends SettingBase {
  readonly type: "choice";
  readonly options: readonly ChoiceOption[];
  /** The value of an option. */
  readonly default: string;
}

/** What can be chosen. */
export interface ChoiceOption {
  readonly value: string;
  readonly title: string;
}

/** Several short texts. */
export interface TextsSetting extends SettingBase {
  readonly type: "texts";
  readonly default: readonly string[];
  readonly maxEntries: number;
}

/** Something that a person can set. */
export type SettingContribution =
  | BooleanSetting
  | StringSetting
  | NumberSetting
  | ChoiceSetting
  | TextsSetting;

/** {@link Contributions} as the author writes them. */
export interface ContributionsInput {
  readonly views?: readonly ViewInput[] | undefined;
  readonly commands?: readonly CommandInput[] | undefined;
  readonly settings?: readonly SettingInput[] | undefined;
  readonly status?: readonly StatusContribution[] | undefined;
  readonly importers?: readonly ImporterInput[] | undefined;
  readonly exporters?: readonly ExporterInput[] | undefined;
}

/** A {@link ViewContribution} as the author writes it. */
export interface ViewInput {
  readonly name: string;
  readonly title: string;
  readonly where?: "panel" | undefined;
  readonly kind?: "described" | "framed" | undefined;
  readonly minHeight?: number | undefined;
  readonly maxHeight?: number | undefined;
}

/** A {@link CommandContribution} as the author writes it. */
export interface CommandInput {
  readonly name: string;
  readonly title: string;
  readonly category?: string | undefined;
  readonly shortcut?: string | undefined;
}

/** An {@link ImporterContribution} as the author writes it. */
export interface ImporterInput {
  readonly name: string;
  readonly title: string;
  readonly extensions?: readonly string[] | undefined;
  readonly mediaTypes?: readonly string[] | undefined;
}

/** An {@link ExporterContribution} as the author writes it. */
export interface ExporterInput extends ImporterInput {
  readonly documents?: string | undefined;
}

type Optional = "description" | "scope";
type InputFor<T extends SettingContribution, More extends keyof T = never> = Omit<
  T,
  Optional | More
> & { readonly [K in (Optional & keyof T) | More]?: T[K] | undefined };

/** A {@link SettingContribution} as the author writes it. */
export type SettingInput =
  | InputFor<BooleanSetting, "default">
  | InputFor<StringSetting, "default" | "multiline" | "maxLength">
  | InputFor<NumberSetting>
  | InputFor<ChoiceSetting, "default">
  | InputFor<TextsSetting, "default" | "maxEntries">;
