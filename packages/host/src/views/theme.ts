/**
 * The application's theme in a view: custom properties and a colour scheme. Their values come from the application, and are checked
 * all the same, here and where they are set. A part of the boundary.
 */

/** How a view looks. */
export interface ViewTheme {
  /** Default: as the person's system is set. */
  readonly scheme?: "light" | "dark" | undefined;
  /**
   * Values of custom properties by their names, for example `{ "--croft-accent": "#0a7", "--croft-radius": "4px" }`: colours, lengths,
   * names of fonts. See `docs/plugins.md` for those that the elements are drawn with.
   */
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** What a view is told of what is around it. */
export interface ViewSurroundings {
  readonly lang: string;
  readonly title: string;
  readonly theme: ViewTheme;
}

const NAME = /^--croft-[a-z0-9-]{1,40}$/;
// Functions that make colours and lengths; none that loads or looks up anything.
const VALUE =
  /^(?:[\w#.,%'" +*/-]|\b(?:rgba?|hsla?|oklch|oklab|lab|lch|color|color-mix|light-dark|calc|min|max|clamp)\(|\)){1,200}$/;

/** Whether a theme may set this. */
export function isThemeProperty(name: string, value: unknown): boolean {
  return NAME.test(name) && typeof value === "string" && VALUE.test(value);
}

/** Sets a theme on the element that a view is in; returns what a plugin is told of it. */
export function applySurroundings(
  element: HTMLElement,
  { lang, theme }: Pick<ViewSurroundings, "lang" | "theme">,
): {
  readonly lang: string;
  readonly scheme: "light" | "dark";
  readonly theme: Record<string, string>;
} {
  const { scheme, properties = {} } = theme;
  element.lang = lang;
  for (const name of [...element.style]) element.style.removeProperty(name);
  element.style.colorScheme = scheme ?? "light dark";
  const set: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (!isThemeProperty(name, value)) continue;
    element.style.setProperty(name, value);
    set[name] = value;
  }
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  return { lang, scheme: scheme ?? (isDark ? "dark" : "light"), theme: set };
}
