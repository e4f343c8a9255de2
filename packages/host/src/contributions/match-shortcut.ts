/** Which command a key press means. Pure: the application listens, and hands over what it heard. */

import { formatShortcut, parseShortcut, type Shortcut } from "@croft/plugin";

/** What is looked at of a `KeyboardEvent`. */
export interface KeyPress {
  readonly key: string;
  /** The key's place on the keyboard: tells letters where the layout has others, or none. */
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly metaKey: boolean;
  readonly repeat?: boolean | undefined;
  readonly isComposing?: boolean | undefined;
  getModifierState?(modifier: string): boolean;
}

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
  const chord = chordOf({
    ctrl: press.ctrlKey,
    alt: press.altKey,
    shift: press.shiftKey,
    meta: press.metaKey,
    key: keyOf(press),
  });
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

function chordOfShortcut(text: string, platform: ShortcutPlatform): string {
  const { mod, ...shortcut } = parseShortcut(text);
  if (!mod) return chordOf(shortcut);
  return chordOf({ ...shortcut, [platform === "mac" ? "meta" : "ctrl"]: true });
}

function chordOf({ ctrl, alt, shift, meta, key }: Omit<Shortcut, "mod">): string {
  return formatShortcut({ mod: false, ctrl, alt, shift, meta, key });
}

/** Keys of a usual keyboard, by their places. */
const PLACES: Readonly<Record<string, string>> = {
  Comma: ",",
  Period: ".",
  Slash: "/",
  Semicolon: ";",
  Quote: "'",
  BracketLeft: "[",
  BracketRight: "]",
  Backslash: "\\",
  Backquote: "`",
  Minus: "-",
  Equal: "=",
};

function keyOf({ key, code, altKey, shiftKey }: KeyPress): string {
  if (key === " ") return "Space";
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  // Where digits need Shift, or make other characters with it, it is still the key that is meant.
  if (digit !== undefined && key.length === 1) return digit;
  if (/^[a-z]$/i.test(key)) return key.toUpperCase();
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  // A layout without Latin letters, or a character that Alt makes of one.
  if (letter !== undefined && (key === "Dead" || !/^[ -~]$/.test(key))) return letter;
  const place = Object.hasOwn(PLACES, code) ? PLACES[code] : undefined;
  return place !== undefined && (altKey || shiftKey || key === "Dead") ? place : key;
}

function browserPlatform(): ShortcutPlatform {
  const { navigator } = globalThis as { navigator?: { readonly platform?: string } };
  return /^(?:Mac|iP)/.test(navigator?.platform ?? "") ? "mac" : "other";
}
