/**
 * What a plugin described of a view, kept as a tree. It takes and refuses what the page does: elements and attributes of the
 * same list, and a value that a person changed is not set before the plugin knew of it.
 */

import { checkViewElement, VIEW_LIMITS } from "@croft/host";
import type { Attributes, AttributeValue, Patch, WireNode } from "@croft/plugin/view";

/** An element, or a text where it has no tag. */
export interface Part {
  readonly id: number;
  readonly tag: string;
  text: string;
  readonly attributes: Map<string, AttributeValue>;
  parent: Part | undefined;
  readonly children: Part[];
  /** The last event in which the person changed it. */
  edited: number;
}

/** Why a view is over, in words for people. */
export class ViewRefused extends Error {}

/** See the top of this file. */
export class ViewTree {
  readonly root: Part = partOf(0, "div", "");
  #wantsFocus: Part | undefined;
  readonly #parts = new Map<number, Part>([[0, this.root]]);

  /**
   * Changes the tree. `seen` is the last event that the plugin knew of.
   *
   * @throws ViewRefused when the page would show nothing any more.
   */
  apply(patches: readonly Patch[], seen: number): void {
    for (const patch of patches) this.#apply(patch, seen);
  }

  /** The part where the keyboard should go since this was asked last. */
  takeFocus(): Part | undefined {
    const wanted = this.#wantsFocus;
    this.#wantsFocus = undefined;
    return wanted;
  }

  /** Whether a part is still there. */
  has(part: Part): boolean {
    return this.#parts.get(part.id) === part;
  }

  /** All that is in a part, in the order of the document. */
  *within(part: Part): Iterable<Part> {
    for (const child of part.children) {
      yield child;
      yield* this.within(child);
    }
  }

  #apply(patch: Patch, seen: number): void {
    switch (patch[0]) {
      case "add":
        put(this.#build(patch[3], 1), this.#find(patch[1]), this.#before(patch[2]));
        break;
      case "move": {
        const part = this.#find(patch[1]);
        const parent = part.parent ?? refuse("it moves what is nowhere");
        take(part);
        put(part, parent, this.#before(patch[2]));
        break;
      }
      case "drop": {
        const part = this.#find(patch[1]);
        for (const each of [part, ...this.within(part)]) this.#parts.delete(each.id);
        take(part);
        break;
      }
      case "set":
        this.#set(this.#find(patch[1]), patch[2], seen);
        break;
      case "text":
        this.#find(patch[1]).text = patch[2];
        break;
    }
  }

  #build(node: WireNode, depth: number): Part {
    if (depth > VIEW_LIMITS.depth) refuse("it is nested too deep");
    const isText = node.length === 2;
    const part = isText ? partOf(node[0], "", node[1]) : partOf(node[0], node[1], "");
    if (part.text.length > VIEW_LIMITS.text) refuse("it has more text than can be shown");
    if (this.#parts.has(part.id)) refuse("it describes a part twice");
    this.#parts.set(part.id, part);
    if (this.#parts.size > VIEW_LIMITS.nodes + 1) {
      refuse(`it has more than ${VIEW_LIMITS.nodes} parts`);
    }
    if (isText) return part;
    for (const child of node[3]) put(this.#build(child, depth + 1), part, undefined);
    this.#set(part, node[2], 0);
    return part;
  }

  #set(part: Part, attributes: Attributes, seen: number): void {
    const problem = checkViewElement(part.tag, attributes);
    if (problem !== undefined) refuse(problem);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "value" && part.edited > seen) continue;
      if (name === "focus" && value === true) this.#wantsFocus = part;
      if (value === null) part.attributes.delete(name);
      else part.attributes.set(name, value);
    }
  }

  #find(id: number): Part {
    return this.#parts.get(id) ?? refuse("it changes what is not there");
  }

  #before(id: number): Part | undefined {
    return id === 0 ? undefined : this.#find(id);
  }
}

function partOf(id: number, tag: string, text: string): Part {
  return { id, tag, text, attributes: new Map(), parent: undefined, children: [], edited: 0 };
}

function put(part: Part, parent: Part, before: Part | undefined): void {
  part.parent = parent;
  const at = before ? parent.children.indexOf(before) : parent.children.length;
  if (at < 0) refuse("it puts something before what is elsewhere");
  parent.children.splice(at, 0, part);
}

function take(part: Part): void {
  const siblings = part.parent?.children ?? [];
  siblings.splice(siblings.indexOf(part), 1);
  part.parent = undefined;
}

function refuse(why: string): never {
  throw new ViewRefused(why);
}
