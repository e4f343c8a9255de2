/** Which keys run what: the app's own, and those that plugins wish for. */

import { type Command, matchShortcut, shortcutConflicts, type ViewKeyPress } from "@croft/host";
import { useEffect, useRef } from "react";

/** What the app keeps for itself: the palette, and a new page. */
export const RESERVED: readonly string[] = ["Mod+K", "Alt+N"];

const IS_MAC = /^(?:Mac|iP)/.test(navigator.platform);
const ON_A_MAC: Readonly<Record<string, string>> = {
  Mod: "⌘",
  Meta: "⌘",
  Ctrl: "⌃",
  Alt: "⌥",
  Shift: "⇧",
};

/** A shortcut as it is written on this system. */
export function shortcutInWords(shortcut: string): string {
  const parts = shortcut.split("+");
  if (IS_MAC) return parts.map((part) => ON_A_MAC[part] ?? part).join("");
  return parts.map((part) => (part === "Mod" ? "Ctrl" : part)).join("+");
}

/** The keys of a command, unless the app or another command has them. */
export function keysOf(command: Command, commands: readonly Command[]): string | undefined {
  const { shortcut, name } = command;
  if (shortcut === undefined) return undefined;
  const conflicts = shortcutConflicts(commands, { reserved: RESERVED });
  return conflicts.some(({ others }) => others.includes(name)) ? undefined : shortcut;
}

/** Opens the palette at its keys wherever the focus is, and runs commands at theirs where nobody types. */
export function useShortcuts(options: {
  readonly commands: readonly Command[];
  readonly onPalette: () => void;
  readonly onCommand: (command: Command) => void;
}): void {
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { commands, onPalette, onCommand } = latest.current;
      // What a dialog asks comes first.
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      if (matchShortcut(event, [PALETTE])) {
        event.preventDefault();
        event.stopPropagation();
        onPalette();
        return;
      }
      if (isField(event.target)) return;
      const command = matchShortcut(event, commands, { reserved: RESERVED });
      if (!command) return;
      event.preventDefault();
      onCommand(command);
    };
    // Before the editor, which has keys of its own.
    addEventListener("keydown", onKey, { capture: true });
    return () => removeEventListener("keydown", onKey, { capture: true });
  }, []);
}

/** All keys that mean something in the app, with those of commands. */
export function allShortcuts(commands: readonly Command[]): readonly string[] {
  return [...RESERVED, ...commands.flatMap((command) => keysOf(command, commands) ?? [])];
}

/** Hands what was pressed in a view to whoever listens in the page. */
export function pressInPage(place: Element, { typing, ...press }: ViewKeyPress): void {
  // Where somebody types, it is the app's own keys only.
  if (typing && !matchShortcut(press, OWN)) return;
  place.dispatchEvent(
    new KeyboardEvent("keydown", { ...press, bubbles: true, cancelable: true, composed: true }),
  );
}

const OWN = RESERVED.map((shortcut) => ({ name: shortcut, shortcut, enabled: true }));
const PALETTE = { name: "palette", shortcut: "Mod+K", enabled: true };
/** Inputs in which nothing is typed. */
const PRESSED: ReadonlySet<string> = new Set(["button", "checkbox", "radio", "submit", "reset"]);

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !PRESSED.has(target.type);
  return target.isContentEditable || target.matches("textarea, select");
}
