/** What a description comes to once its components were called: elements with attributes and handlers, and texts. */

import type { ViewChild, ViewNode } from "./node.ts";
import type { Attributes, AttributeValue } from "./wire.ts";

/** See the top of this file. */
export type Tree = TextTree | ElementTree;

/** A text. */
export interface TextTree {
  readonly text: string;
}

/** An element. */
export interface ElementTree {
  readonly tag: string;
  readonly key: string | number | undefined;
  readonly attributes: Attributes;
  /** By the types of the events. */
  readonly handlers: Handlers;
  readonly children: readonly Tree[];
}

/** Handlers by the types of the events that they hear. */
export type Handlers = ReadonlyMap<string, (event: never) => unknown>;

/** Calls the components of a description. Throws what they throw, and what they describe wrongly. */
export function treeOf(child: ViewChild): readonly Tree[] {
  const trees: Tree[] = [];
  collect(child, undefined, trees);
  return trees;
}

/** `key` is that of the component which shows this: it names what it shows. */
function collect(child: ViewChild, key: string | number | undefined, into: Tree[]): void {
  if (child === null || child === undefined || typeof child === "boolean") return;
  if (typeof child === "string" || typeof child === "number") {
    const last = into.at(-1);
    // Texts beside each other are one, as they are in the document that comes of it.
    if (last && "text" in last) into[into.length - 1] = { text: `${last.text}${child}` };
    else if (child !== "") into.push({ text: String(child) });
  } else if (isList(child)) {
    for (const each of child) collect(each, key, into);
  } else if (typeof child.type === "function") {
    const component = child.type as (props: object) => ViewChild;
    collect(component(child.props), child.key ?? key, into);
  } else if (typeof child.type === "string") {
    into.push(elementOf(child, child.type, child.key ?? key));
  } else {
    throw new TypeError(`a view cannot show this: ${JSON.stringify(child)?.slice(0, 80)}`);
  }
}

function isList(child: ViewNode | readonly ViewChild[]): child is readonly ViewChild[] {
  return Array.isArray(child);
}

function elementOf(
  { props }: ViewNode,
  tag: string,
  key: string | number | undefined,
): ElementTree {
  const attributes: Record<string, AttributeValue> = {};
  const handlers = new Map<string, (event: never) => unknown>();
  for (const [name, value] of Object.entries(props)) {
    if (name === "children" || value === undefined || value === null) continue;
    const type = /^on([A-Z][a-z]+)$/.exec(name)?.[1]?.toLowerCase();
    if (type !== undefined && typeof value === "function") {
      handlers.set(type, value as (event: never) => unknown);
    } else {
      const attribute = attributeOf(tag, name, value);
      // Not checked is something else than not said.
      if (attribute !== null || name === "checked") attributes[name] = attribute;
    }
  }
  if (handlers.size > 0) attributes["on"] = [...handlers.keys()].toSorted().join(" ");
  return { tag, key, attributes, handlers, children: treeOf(props["children"] as ViewChild) };
}

function attributeOf(tag: string, name: string, value: unknown): AttributeValue {
  if (typeof value === "string" || (typeof value === "number" && Number.isFinite(value))) {
    return value;
  }
  // An ARIA state is false, others are not there.
  if (typeof value === "boolean") return name.startsWith("aria-") ? String(value) : value || null;
  throw new TypeError(`\`${name}\` of <${tag}> must be a text, a number or a boolean`);
}
