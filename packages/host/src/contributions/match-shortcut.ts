/** Which command a key press means. Pure: the application listens, and hands over what it heard. */

import { formatShortcut, parseShortcut } from "@croft/plugin";
import { chordOf, chordOfPress, type KeyPress } from "./chord.ts";

/** What `Mod` is. */
export type ShortcutPlatform = "mac" | "other";

/** What is looked at of a command. */
export interface ShortcutCommand {
  readonly name: string;
  readonly shortcut: string | undefined;
  readonly enabled: boolean;
}

/** Commands that want the same keys. */
export interface ShortcutConflict {
  /** What the first of them wants. */
  readonly shortcut: string;
  /** The command that has it; `undefined` when the application keeps it for itself. */
  readonly command: string | undefined;
  /** Those that do not get it. */
  readonly others: readonly string[];
}

/** Options of {@link matchShortcut} and {@link shortcutConflicts}. */
export interface ShortcutOptions {
  /** Default: that of the browser. */
  readonly platform?: ShortcutPlatform | undefined;
  /** The application's own shortcuts, which no plugin gets. */
  readonly reserved?: readonly string[] | undefined;
}

/**
 * The command that a key press runs; `undefined` when there is none, or none that is enabled. Of several that want the same keys it
 * is the first by name, on each device the same: `shortcutConflicts` tells. Hand over commands with other shortcuts
 * where people chose theirs.
 *
 * @throws {@link CroftError} `input/invalid` for a shortcut that is none.
 * @example
 * ```ts
 * const host = createPluginHost({ workspace });
 * addEventListener("keydown", (event) => {
 *   const command = matchShortcut(event, host.commands.list(), { reserved: ["Mod+K"] });
 *   if (!command) return;
 *   event.preventDefault();
 *   host.commands.run(command.name).catch((error) => console.error(error));
 * });
 * ```
 */
export function matchShortcut<C extends ShortcutCommand>(
  press: KeyPress,
  commands: readonly C[],
  options: ShortcutOptions = {},
): C | undefined {
  if (press.repeat === true || press.isComposing === true) return undefined;
  // A third layer of characters, which some systems report as Ctrl and Alt.
  if (press.getModifierState?.("AltGraph") === true) return undefined;
  const chord = chordOfPress(press);
  const { platform = browserPlatform(), reserved = [] } = options;
  if (reserved.some((shortcut) => chordOfShortcut(shortcut, platform) === chord)) return undefined;
  const command = byName(commands).find(
    ({ shortcut }) => shortcut !== undefined && chordOfShortcut(shortcut, platform) === chord,
  );
  return command?.enabled === true ? command : undefined;
}

/**
 * Which commands want keys that another one, or the application, has.
 *
 * @throws {@link CroftError} `input/invalid` for a shortcut that is none.
 */
export function shortcutConflicts(
  commands: readonly ShortcutCommand[],
  options: ShortcutOptions = {},
): readonly ShortcutConflict[] {
  const { platform = browserPlatform(), reserved = [] } = options;
  const wanted = new Map<string, { shortcut: string; names: (string | undefined)[] }>();
  const want = (shortcut: string, name: string | undefined): void => {
    const chord = chordOfShortcut(shortcut, platform);
    const found = wanted.get(chord);
    if (found) found.names.push(name);
    else wanted.set(chord, { shortcut: formatShortcut(parseShortcut(shortcut)), names: [name] });
  };
  for (const shortcut of new Set(reserved)) want(shortcut, undefined);
  for (const { name, shortcut } of byName(commands)) {
    if (shortcut !== undefined) want(shortcut, name);
  }
  return [...wanted.values()].flatMap(({ shortcut, names: [command, ...names] }) => {
    const others = names.filter((name) => name !== undefined);
    return others.length === 0 ? [] : [{ shortcut, command, others }];
  });
}

function byName<C extends ShortcutCommand>(commands: readonly C[]): readonly C[] {
  return commands.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The keys of a shortcut, as {@link chordOfPress} says them.
 *
 * @throws CroftError `input/invalid` for a shortcut that is none.
 */
export function chordOfShortcut(
  text: string,
  platform: ShortcutPlatform = browserPlatform(),
): string {
  const { mod, ...shortcut } = parseShortcut(text);
  if (!mod) return chordOf(shortcut);
  return chordOf({ ...shortcut, [platform === "mac" ? "meta" : "ctrl"]: true });
}

function browserPlatform(): ShortcutPlatform {
  const { navigator } = globalThis as { navigator?: { readonly platform?: string } };
  return /^(?:Mac|iP)/.test(navigator?.platform ?? "") ? "mac" : "other";
}
