/** Shortcuts of the page in a view's frame, where the page does not hear keys. A part of the boundary: see `view-renderer.ts`. */

import { chordOfPress, type KeyPress } from "../contributions/chord.ts";
import { isField } from "./view-people.ts";

/** A shortcut that was pressed in a view. */
export interface ViewKeyPress extends Omit<KeyPress, "isComposing" | "getModifierState"> {
  readonly repeat: boolean;
  /** Whether the keyboard was in a field. */
  readonly typing: boolean;
}

/**
 * Tells of the page's shortcuts, before the view sees them. `shortcuts` are those that there are now, as chords. In a field only those
 * with Ctrl or Meta are the page's: others may type something. The keyboard that the page took for it comes back to where it was.
 */
export function hearShortcuts(
  window: Window,
  shortcuts: () => readonly string[],
  tell: (press: ViewKeyPress) => void,
): void {
  const { document } = window;
  /** Had the keyboard when a shortcut was pressed. */
  let left: HTMLElement | undefined;
  const onKey = (event: KeyboardEvent): void => {
    left = undefined;
    if (!event.isTrusted || event.isComposing || event.getModifierState("AltGraph")) return;
    if (!shortcuts().includes(chordOfPress(event))) return;
    const { key, code, ctrlKey, altKey, shiftKey, metaKey, repeat, target } = event;
    const typing = target instanceof Node && isField(target);
    if (typing && !ctrlKey && !metaKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    left = target instanceof HTMLElement ? target : undefined;
    tell({ key, code, ctrlKey, altKey, shiftKey, metaKey, repeat, typing });
  };
  // Browsers forget it when the keyboard leaves a frame. It may come and go some times until a dialog of the page is closed.
  const onFocus = (): void => {
    if (document.activeElement === document.body) left?.focus();
  };
  window.addEventListener("keydown", onKey, true);
  window.addEventListener("pointerdown", () => (left = undefined), true);
  window.addEventListener("focus", onFocus);
}
