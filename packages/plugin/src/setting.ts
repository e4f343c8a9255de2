/** Values of settings: their types, and what is wrong with one. Pure. */

import { unreachable } from "@croft/core";
import type { NumberSetting, SettingContribution, SettingInput } from "./contributions.ts";

/** What a setting can be set to. */
export type SettingValue = boolean | number | string | readonly string[];

/** Values of settings by name. */
export type SettingTypes = Readonly<Record<string, SettingValue>>;

/** The values' types of a manifest's settings, as far as the compiler knows them. */
export type SettingsOf<S extends readonly SettingInput[]> = string extends S[number]["name"]
  ? SettingTypes
  : { readonly [E in S[number] as E["name"]]: ValueOf<E> };

type ValueOf<S extends SettingInput> = S extends { readonly type: "boolean" }
  ? boolean
  : S extends { readonly type: "number" }
    ? number
    : S extends { readonly type: "texts" }
      ? readonly string[]
      : S extends { readonly options: readonly { readonly value: infer V extends string }[] }
        ? V
        : string;

/** Longest entry of a list of texts, in characters. */
export const MAX_TEXT = 200;
// Lines are broken by line feeds.
const CONTROL = /\p{Cc}/u;
const CONTROL_BUT_LINES = /[^\P{Cc}\n\t]/u;

/** What is wrong with a value for a setting, as in "must be 10 or less"; `undefined` when it fits. */
export function problemOfSetting(setting: SettingContribution, value: unknown): string | undefined {
  switch (setting.type) {
    case "boolean":
      return typeof value === "boolean" ? undefined : "must be true or false";
    case "string":
      return problemOfText(value, setting.maxLength, setting.multiline);
    case "number":
      return problemOfNumber(setting, value);
    case "choice":
      if (setting.options.some((option) => option.value === value)) return undefined;
      return `must be one of ${setting.options.map((option) => JSON.stringify(option.value)).join(", ")}`;
    case "texts":
      return problemOfTexts(setting.maxEntries, value);
    default:
      return unreachable(setting);
  }
}

function problemOfText(value: unknown, max: number, multiline: boolean): string | undefined {
  if (typeof value !== "string") return "must be a text";
  if (value.length > max) return `must not be longer than ${max} characters`;
  if (!value.isWellFormed() || (multiline ? CONTROL_BUT_LINES : CONTROL).test(value)) {
    return multiline
      ? "must hold no control characters"
      : "must be one line without control characters";
  }
  return undefined;
}

function problemOfNumber({ min, max, step }: NumberSetting, value: unknown): string | undefined {
  if (typeof value !== "number" || !Number.isFinite(value)) return "must be a number";
  if (min !== undefined && value < min) return `must be ${min} or more`;
  if (max !== undefined && value > max) return `must be ${max} or less`;
  if (step === undefined) return undefined;
  const steps = (value - (min ?? 0)) / step;
  // Not to the last bit: 0.3 is three steps of 0.1.
  if (Math.abs(steps - Math.round(steps)) <= 1e-9 * Math.max(1, Math.abs(steps))) return undefined;
  return `must be in steps of ${step} from ${min ?? 0}`;
}

function problemOfTexts(max: number, value: unknown): string | undefined {
  if (!Array.isArray(value)) return "must be a list of texts";
  if (value.length > max) return `must not have more than ${max} entries`;
  for (const [index, entry] of value.entries()) {
    const problem = problemOfText(entry, MAX_TEXT, false);
    if (problem !== undefined) return `entry ${index + 1} ${problem}`;
  }
  return undefined;
}
