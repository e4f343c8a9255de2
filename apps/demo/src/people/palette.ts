/** The colours that people have. Presence carries a name from this list, never CSS of a peer. */

export const COLORS = ["moss", "clay", "plum", "sea", "gold", "rose", "slate", "teal"] as const;

/** A person's colour. */
export type PersonColor = (typeof COLORS)[number];

/** The CSS value of a colour; its variables are in styles/tokens.css. */
export function cssColor(color: PersonColor): string {
  return `var(--person-${color})`;
}

/** A faint tint of it, for selected text. */
export function cssTint(color: PersonColor): string {
  return `var(--person-${color}-tint)`;
}
