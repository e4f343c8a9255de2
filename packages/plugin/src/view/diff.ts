/**
 * From one tree to the next: the fewest changes that make a view that shows the one show the other. Children are the same ones
 * when they have the same key, or, without keys, by their order among those of their kind. Pure.
 */

import type { ElementTree, Handlers, Tree } from "./tree.ts";
import type { Attributes, AttributeValue, Patch, WireNode } from "./wire.ts";

/** A node that is shown, under its number. */
export interface Shown {
  readonly id: number;
  readonly identity: string;
  text: string;
  attributes: Attributes;
  handlers: Handlers;
  children: readonly Shown[];
}

/** Gives nodes their numbers, and knows those that are shown. */
export class ShownNodes {
  readonly #byId = new Map<number, Shown>();
  #count = 0;

  get(id: number): Shown | undefined {
    return this.#byId.get(id);
  }

  /** How many are shown. */
  get size(): number {
    return this.#byId.size;
  }

  all(): Iterable<Shown> {
    return this.#byId.values();
  }

  add(shown: Omit<Shown, "id">): Shown {
    const added: Shown = { id: ++this.#count, ...shown };
    this.#byId.set(added.id, added);
    return added;
  }

  forget({ id, children }: Shown): void {
    this.#byId.delete(id);
    for (const child of children) this.forget(child);
  }
}

/** Adds to `patches` what makes `next` of the children of a node; returns what is shown then. */
export function diff(
  nodes: ShownNodes,
  parent: number,
  shown: readonly Shown[],
  next: readonly Tree[],
  patches: Patch[],
): readonly Shown[] {
  const former = new Map(shown.map((each, index) => [each.identity, { each, index }]));
  const identities = identitiesOf(next);
  const kept = identities.map((identity) => former.get(identity));
  const wanted = new Set(identities);
  for (const each of shown) {
    if (wanted.has(each.identity)) continue;
    nodes.forget(each);
    patches.push(["drop", each.id]);
  }
  const staying = longestRise(kept.map((found) => found?.index));
  const result: Shown[] = [];
  let before = 0;
  // From the end, so that what a node is put before has its place already.
  for (let index = next.length - 1; index >= 0; index--) {
    const tree = next[index] as Tree;
    const found = kept[index]?.each;
    if (!found) {
      const { added, wire } = create(nodes, tree, identities[index] as string);
      patches.push(["add", parent, before, wire]);
      result.push(added);
    } else {
      if (!staying.has(index)) patches.push(["move", found.id, before]);
      change(nodes, found, tree, patches);
      result.push(found);
    }
    before = (result.at(-1) as Shown).id;
  }
  return result.toReversed();
}

function change(nodes: ShownNodes, shown: Shown, tree: Tree, patches: Patch[]): void {
  if ("text" in tree) {
    if (shown.text !== tree.text) patches.push(["text", shown.id, tree.text]);
    shown.text = tree.text;
    return;
  }
  // First what is in it: the value of a `select` is one of its options.
  shown.children = diff(nodes, shown.id, shown.children, tree.children, patches);
  const changed = changesOf(shown.attributes, tree.attributes);
  if (changed) patches.push(["set", shown.id, changed]);
  shown.attributes = tree.attributes;
  shown.handlers = tree.handlers;
}

function changesOf(former: Attributes, next: Attributes): Attributes | undefined {
  const changed: Record<string, AttributeValue> = {};
  let any = false;
  for (const [name, value] of Object.entries(next)) {
    if (Object.hasOwn(former, name) && former[name] === value) continue;
    changed[name] = value;
    any = true;
  }
  for (const name of Object.keys(former)) {
    if (Object.hasOwn(next, name)) continue;
    changed[name] = null;
    any = true;
  }
  return any ? changed : undefined;
}

function create(
  nodes: ShownNodes,
  tree: Tree,
  identity: string,
): { readonly added: Shown; readonly wire: WireNode } {
  if ("text" in tree) {
    const nothing = { attributes: {}, handlers: new Map(), children: [] };
    const added = nodes.add({ identity, text: tree.text, ...nothing });
    return { added, wire: [added.id, tree.text] };
  }
  const { tag, attributes, handlers } = tree;
  const names = identitiesOf(tree.children);
  const made = tree.children.map((child, index) => create(nodes, child, names[index] as string));
  const children = made.map((each) => each.added);
  const added = nodes.add({ identity, text: "", attributes, handlers, children });
  return { added, wire: [added.id, tag, attributes, made.map((each) => each.wire)] };
}

/** What each of some siblings is recognized by. */
function identitiesOf(siblings: readonly Tree[]): readonly string[] {
  const counts = new Map<string, number>();
  const seen = new Set<string>();
  return siblings.map((tree) => {
    const kind = "text" in tree ? "" : tree.tag;
    const key = "text" in tree ? undefined : (tree satisfies ElementTree).key;
    if (key === undefined) {
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      return `${kind}#${count}`;
    }
    const identity = `${kind}=${typeof key}:${key}`;
    if (seen.has(identity)) {
      throw new TypeError(`two <${kind}> beside each other have the key ${JSON.stringify(key)}`);
    }
    seen.add(identity);
    return identity;
  });
}

/** The places of a longest part of `values` that rises from left to right: these need not move. */
function longestRise(values: readonly (number | undefined)[]): ReadonlySet<number> {
  /** By length: where the part of that length with the lowest end ends. */
  const ends: number[] = [];
  const previous: (number | undefined)[] = [];
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[ends[middle] as number] as number) < value) low = middle + 1;
      else high = middle;
    }
    previous[index] = ends[low - 1];
    ends[low] = index;
  }
  const rise = new Set<number>();
  for (let at = ends.at(-1); at !== undefined; at = previous[at]) rise.add(at);
  return rise;
}
