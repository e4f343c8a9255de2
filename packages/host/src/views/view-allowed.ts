/**
 * What a plugin's view may be made of: elements and attributes that load nothing, link nowhere, run nothing and look like nothing
 * but what the style makes of them. What is not listed is refused. A part of the boundary: see `view-renderer.ts`.
 */

/** How much one view may have. */
export const MOST = { nodes: 5_000, depth: 40, patches: 20_000, text: 50_000, texts: 1_000_000 };

const HTML = wordsOf(
  "div span p strong em small del mark code pre blockquote hr br h1 h2 h3 h4 h5 h6 ul ol li dl dt dd section header",
  "footer details summary fieldset legend label output button input textarea select option optgroup progress meter",
  "table caption thead tbody tr th td dialog canvas",
);
const SVG = wordsOf("svg g path line rect circle ellipse polyline polygon text");

/** Events that may be listened to. */
export const EVENTS: ReadonlySet<string> = wordsOf(
  "click input change keydown toggle pointerdown pointermove pointerup",
);

const INPUTS = "text search email tel number range checkbox radio date time month week";
const ATTRIBUTES = new Map<string, RegExp>([
  ["type", oneOf(`${INPUTS} datetime-local color`)],
  ["tabindex", oneOf("0 -1")],
  ["dir", oneOf("ltr rtl auto")],
  ["spellcheck", oneOf("true false")],
  ["class", /^c-[a-z]+( c-[a-z]+)*$/],
  ["lang", /^[A-Za-z0-9-]{1,35}$/],
  ["viewBox", /^[\d .-]{1,60}$/],
  ["preserveAspectRatio", /^[A-Za-z ]{1,20}$/],
  ["transform", /^(translate|rotate|scale)\([\d ,.-]{1,60}\)$/],
  ...named("title placeholder value label", /^[^]{0,50000}$/),
  ...named("id for name", /^[\w-]{1,80}$/),
  ...named("disabled required readonly checked hidden open", /^$/),
  ...named("role scope text-anchor dominant-baseline vector-effect", /^[a-z -]{1,40}$/),
  ...named("d points", /^[\d\s.,A-Za-z-]{0,50000}$/),
  ...named("min max step", /^[\d.:TWa-z-]{1,40}$/),
  ...named("maxlength rows start colspan rowspan low high optimum", /^-?\d{1,9}(\.\d{1,9})?$/),
  ...named("x y x1 y1 x2 y2 cx cy r rx ry width height", /^-?\d{1,9}(\.\d{1,9})?%?$/),
]);

/** Why a view is over, in words for people. */
export class Refusal extends Error {}

/** Says no: the view is over. */
export function refuse(why: string): never {
  throw new Refusal(why);
}

/** Whether a view may have elements of this kind. */
export function isAllowedElement(tag: string): boolean {
  return HTML.has(tag) || SVG.has(tag);
}

/** Makes an element of a kind that is allowed. */
export function createAllowed(page: Document, tag: string): Element {
  if (SVG.has(tag)) return page.createElementNS("http://www.w3.org/2000/svg", tag);
  if (HTML.has(tag)) return page.createElement(tag);
  return refuse(`it wants an element ${clip(tag)}`);
}

/** The text of an attribute that is allowed; `null` for none. */
export function allowedText(name: string, value: unknown): string | null {
  const pattern = /^aria-[a-z]{2,30}$/.test(name) ? /^[^]{0,2000}$/ : ATTRIBUTES.get(name);
  if (!pattern) return refuse(`it wants an attribute ${clip(name)}`);
  if (value === null) return null;
  const text = value === true ? "" : String(value);
  return pattern.test(text) ? text : refuse(`it wants ${clip(name)} to be ${clip(text)}`);
}

/** Words of a text, not too many. */
export function wordsOf(...texts: readonly unknown[]): ReadonlySet<string> {
  return new Set(texts.join(" ").split(" ").slice(0, 100));
}

function oneOf(words: string): RegExp {
  return new RegExp(`^(${words.replaceAll(" ", "|")})$`);
}

function named(names: string, pattern: RegExp): readonly (readonly [string, RegExp])[] {
  return names.split(" ").map((name) => [name, pattern] as const);
}

function clip(value: string): string {
  return JSON.stringify(value.slice(0, 80));
}
