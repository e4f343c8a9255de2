/** Keys that are pressed together, as one text. Pure, and nothing but this: it runs in the frames of views as well. */

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

/** Keys that are held, and the one that is pressed. */
export interface Chord {
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  readonly meta: boolean;
  readonly key: string;
}

/** A chord as a text; the same keys are the same text. */
export function chordOf({ ctrl, alt, shift, meta, key }: Chord): string {
  const held = [ctrl && "Ctrl", alt && "Alt", shift && "Shift", meta && "Meta"];
  return [...held, key].filter(Boolean).join("+");
}

/** The chord that is pressed. */
export function chordOfPress(press: KeyPress): string {
  const { ctrlKey: ctrl, altKey: alt, shiftKey: shift, metaKey: meta } = press;
  return chordOf({ ctrl, alt, shift, meta, key: keyOf(press) });
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
