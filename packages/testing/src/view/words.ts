/** What people are told of parts of a view: by the eye, and by a screen reader. Pure. */

import type { Part } from "./view-tree.ts";

const ROLES: Readonly<Record<string, string>> = {
  button: "button",
  textarea: "textbox",
  select: "combobox",
  option: "option",
  ...roles("heading", "h1 h2 h3 h4 h5 h6"),
  ...roles("list", "ul ol"),
  li: "listitem",
  table: "table",
  tr: "row",
  td: "cell",
  th: "columnheader",
  dialog: "dialog",
  ...roles("group", "fieldset details"),
  output: "status",
  progress: "progressbar",
  meter: "meter",
  p: "paragraph",
};
const INPUTS: Readonly<Record<string, string>> = {
  number: "spinbutton",
  search: "searchbox",
  checkbox: "checkbox",
  radio: "radio",
  range: "slider",
};
/** Fields of which the platform makes something of its own. */
const NO_ROLE = new Set(["date", "time", "month", "week", "datetime-local", "color"]);
/** What is called as what is in it. */
const BY_CONTENT = new Set([
  ..."button link heading option cell columnheader rowheader listitem tab checkbox radio row".split(
    " ",
  ),
]);
const INLINE = new Set("span strong em small del mark code label text g".split(" "));
/** Beside each other, and yet not one word. */
const APART = new Set("td th button option input select textarea tab output".split(" "));

/** A part's role; empty for none. */
export function roleOf({ tag, attributes }: Part): string {
  const given = attributes.get("role");
  if (typeof given === "string") return given;
  if (tag === "section") return attributes.has("aria-label") ? "region" : "";
  if (tag === "th" && attributes.get("scope") === "row") return "rowheader";
  if (tag !== "input") return ROLES[tag] ?? "";
  const type = String(attributes.get("type") ?? "text");
  return NO_ROLE.has(type) ? "" : (INPUTS[type] ?? "textbox");
}

/** Whether a person can type into it or choose in it. */
export function isField({ tag }: Part): boolean {
  return tag === "input" || tag === "select" || tag === "textarea";
}

/** What a part is called. */
export function labelOf(part: Part, root: Part): string {
  const { attributes } = part;
  const said = attributes.get("aria-label");
  if (typeof said === "string" && said !== "") return tidy(said);
  const by = attributes.get("aria-labelledby");
  if (typeof by === "string") {
    return tidy(
      by
        .split(" ")
        .map((id) => textOf(withId(root, id)))
        .join(" "),
    );
  }
  const label = isField(part) ? labelFor(part, root) : captionOf(part);
  if (label) return tidy(textOf(label));
  if (BY_CONTENT.has(roleOf(part)) && !isField(part)) return tidy(textOf(part));
  return tidy(String(attributes.get("title") ?? attributes.get("placeholder") ?? ""));
}

/** What is to be read in a part, a line for each block. Values of fields are not; of a `select` it is what is chosen. */
export function textOf(part: Part | undefined): string {
  const words = part ? readingOf(part) : "";
  const lines = words.split("\n").map((line) => line.replaceAll(/[^\S\n]+/g, " ").trim());
  return lines.filter((line) => line !== "").join("\n");
}

/** Whether nobody is told of a part. */
export function isHidden(part: Part): boolean {
  const { attributes, tag, parent } = part;
  if (attributes.has("hidden") || attributes.get("aria-hidden") === "true") return true;
  if (tag === "dialog" && !attributes.has("open")) return true;
  return parent?.tag === "details" && !parent.attributes.has("open") && tag !== "summary";
}

/** On one line. */
export function tidy(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

function readingOf(part: Part): string {
  if (part.tag === "") return part.text.replaceAll(/\s+/g, " ");
  if (isHidden(part)) return "";
  if (part.tag === "br") return "\n";
  const { attributes, children } = part;
  if (part.tag === "select") return ` ${chosen(part)} `;
  const inside = children.map(readingOf).join("");
  if (APART.has(part.tag) || attributes.get("role") === "tab") return ` ${inside} `;
  return INLINE.has(part.tag) ? inside : `\n${inside}\n`;
}

function chosen({ attributes, children }: Part): string {
  const option = children.find(
    (each) => (each.attributes.get("value") ?? "") === attributes.get("value"),
  );
  return option ? option.children.map(readingOf).join("") : "";
}

function labelFor(part: Part, root: Part): Part | undefined {
  const id = part.attributes.get("id");
  const named =
    id === undefined ? undefined : first(root, (each) => each.attributes.get("for") === id);
  if (named) return named;
  let around = part.parent;
  while (around && around.tag !== "label") around = around.parent;
  return around;
}

function captionOf({ children }: Part): Part | undefined {
  return children.find(({ tag }) => tag === "caption" || tag === "legend");
}

function withId(root: Part, id: string): Part | undefined {
  return first(root, (each) => each.attributes.get("id") === id);
}

function first(part: Part, fits: (part: Part) => boolean): Part | undefined {
  if (fits(part)) return part;
  for (const child of part.children) {
    const found = first(child, fits);
    if (found) return found;
  }
  return undefined;
}

function roles(role: string, tags: string): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.split(" ").map((tag) => [tag, role]));
}
