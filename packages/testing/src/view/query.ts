/** Which parts of a view are meant. Pure. */

import type { Part, ViewTree } from "./view-tree.ts";
import { isHidden, labelOf, roleOf, textOf, tidy } from "./words.ts";

/** What a part must have, all of it. A string must be the whole of it; spaces do not count. */
export interface ViewQuery {
  /** As assistive technology sees it: `button`, `textbox`, `heading`, `listitem`, `row`, `dialog`, … */
  readonly role?: string | undefined;
  /** What it is called: its `label`, its `aria-label`, or what is on it. */
  readonly label?: string | RegExp | undefined;
  /** What is to be read in it. */
  readonly text?: string | RegExp | undefined;
}

/** A query as it was meant: a string, or an expression, is `of` the part. */
export function asQuery(query: ViewQuery | string | RegExp, of: "text" | "label"): ViewQuery {
  return typeof query === "string" || query instanceof RegExp ? { [of]: query } : query;
}

/** The parts that fit, of what a person can get at. Of those with nothing but a text it is the innermost. */
export function allThatFit(tree: ViewTree, within: Part, query: ViewQuery): readonly Part[] {
  const { role, label, text } = query;
  const found = [...shownIn(within)].filter(
    (part) =>
      part.tag !== "" &&
      (role === undefined || roleOf(part) === role) &&
      (label === undefined || fits(label, labelOf(part, tree.root))) &&
      (text === undefined || fits(text, tidy(textOf(part)))),
  );
  if (role !== undefined || label !== undefined) return found;
  const outer = new Set(found.flatMap((part) => [...ancestorsOf(part)]));
  return found.filter((part) => !outer.has(part));
}

/** A query, for an error. */
export function wordsOfQuery({ role, label, text }: ViewQuery): string {
  const words = [
    role === undefined ? "" : `the role ${role}`,
    label === undefined ? "" : `the label ${quoted(label)}`,
    text === undefined ? "" : `the text ${quoted(text)}`,
  ];
  return words.filter((word) => word !== "").join(" and ");
}

function* shownIn(part: Part): Iterable<Part> {
  for (const child of part.children) {
    if (isHidden(child)) continue;
    yield child;
    yield* shownIn(child);
  }
}

function* ancestorsOf({ parent }: Part): Iterable<Part> {
  for (let at = parent; at; at = at.parent) yield at;
}

function fits(wanted: string | RegExp, has: string): boolean {
  return typeof wanted === "string" ? tidy(wanted) === has : wanted.test(has);
}

function quoted(wanted: string | RegExp): string {
  return typeof wanted === "string" ? JSON.stringify(wanted) : String(wanted);
}
