/** Keyboard shortcuts as text: `Mod+Shift+K`. `Mod` is the key for commands: Meta (⌘) on a Mac, Ctrl elsewhere. */

import { CroftError } from "@croft/core";

/** A parsed shortcut. */
export interface Shortcut {
  readonly mod: boolean;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  readonly meta: boolean;
  /** `K`, `7`, `F5`, `Enter`, `,` … */
  readonly key: string;
}

const MODIFIERS = ["Mod", "Ctrl", "Alt", "Shift", "Meta"] as const;
const NAMED = [
  ...["Enter", "Escape", "Space", "Tab", "Backspace", "Delete", "Insert"],
  ...["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown"],
];
const KEY = /^(?:[A-Z0-9]|F(?:[1-9]|1[0-2])|[,./;'[\]\\`=-])$/;

/**
 * Parses a shortcut, whatever the case of its letters.
 *
 * @throws {@link CroftError} `input/invalid`, saying what would be right.
 * @example
 * ```ts
 * parseShortcut("mod+shift+k").key; // "K"
 * ```
 */
export function parseShortcut(text: string): Shortcut {
  const parts = text.split("+");
  const key = keyOf(parts.pop() ?? "");
  if (key === undefined) throw invalid(text, "its last part must be a key");
  const held = new Set<(typeof MODIFIERS)[number]>();
  for (const part of parts) {
    const modifier = MODIFIERS.find((each) => each.toLowerCase() === part.toLowerCase());
    if (!modifier) throw invalid(text, `${JSON.stringify(part)} is no modifier`);
    if (held.has(modifier)) throw invalid(text, `${modifier} is there twice`);
    held.add(modifier);
  }
  if (held.has("Mod") && (held.has("Ctrl") || held.has("Meta"))) {
    throw invalid(text, "`Mod` is Ctrl or Meta already");
  }
  const isFunctionKey = /^F\d/.test(key);
  if (!isFunctionKey && !["Mod", "Ctrl", "Alt", "Meta"].some((each) => held.has(each as "Mod"))) {
    throw invalid(text, "without `Mod`, `Ctrl`, `Alt` or `Meta` it would be typed");
  }
  return {
    mod: held.has("Mod"),
    ctrl: held.has("Ctrl"),
    alt: held.has("Alt"),
    shift: held.has("Shift"),
    meta: held.has("Meta"),
    key,
  };
}

/** A shortcut as text, always the same for the same one. */
export function formatShortcut({ mod, ctrl, alt, shift, meta, key }: Shortcut): string {
  const held = { Mod: mod, Ctrl: ctrl, Alt: alt, Shift: shift, Meta: meta };
  return [...MODIFIERS.filter((modifier) => held[modifier]), key].join("+");
}

function keyOf(text: string): string | undefined {
  const named = NAMED.find((name) => name.toLowerCase() === text.toLowerCase());
  if (named !== undefined) return named;
  const upper = text.toUpperCase();
  return KEY.test(upper) ? upper : undefined;
}

function invalid(text: string, problem: string): CroftError {
  const shown = JSON.stringify(text.slice(0, 64));
  return new CroftError(
    "input/invalid",
    `${shown} is no shortcut: ${problem}; write for example \`Mod+Shift+K\`.`,
  );
}
