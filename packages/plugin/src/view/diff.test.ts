import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diff, type Shown, ShownNodes } from "./diff.ts";
import { h, type ViewChild } from "./node.ts";
import { type Tree, treeOf } from "./tree.ts";
import type { Attributes, Patch, WireNode } from "./wire.ts";

/** What a renderer makes of patches, as plain as can be. */
class Model {
  readonly #root: ModelNode = { id: 0, tag: "root", text: "", attributes: {}, children: [] };
  readonly #nodes = new Map<number, ModelNode>([[0, this.#root]]);

  apply(patches: readonly Patch[]): void {
    for (const patch of patches) {
      const node = this.#get(patch[1]);
      switch (patch[0]) {
        case "add":
          this.#put(node, patch[2], this.#build(patch[3]));
          break;
        case "move": {
          const parent = this.#parentOf(node);
          parent.children.splice(parent.children.indexOf(node), 1);
          this.#put(parent, patch[2], node);
          break;
        }
        case "drop": {
          const parent = this.#parentOf(node);
          parent.children.splice(parent.children.indexOf(node), 1);
          this.#forget(node);
          break;
        }
        case "set":
          node.attributes = Object.fromEntries(
            Object.entries({ ...node.attributes, ...patch[2] }).filter(
              ([, value]) => value !== null,
            ),
          );
          break;
        case "text":
          node.text = patch[2];
          break;
      }
    }
  }

  get size(): number {
    return this.#nodes.size;
  }

  get shown(): unknown {
    return plain(this.#root);
  }

  #get(id: number): ModelNode {
    const node = this.#nodes.get(id);
    if (!node) throw new Error(`there is no ${id}`);
    return node;
  }

  #parentOf(node: ModelNode): ModelNode {
    const parent = [...this.#nodes.values()].find(({ children }) => children.includes(node));
    if (!parent) throw new Error(`${node.id} is nowhere`);
    return parent;
  }

  #put(parent: ModelNode, before: number, node: ModelNode): void {
    const at = parent.children.findIndex(({ id }) => id === before);
    if (before !== 0 && at < 0) throw new Error(`${before} is not in ${parent.id}`);
    parent.children.splice(before === 0 ? parent.children.length : at, 0, node);
  }

  #build([id, tag, attributes, children]: WireNode): ModelNode {
    const node: ModelNode =
      attributes === undefined
        ? { id, tag: "", text: tag, attributes: {}, children: [] }
        : {
            id,
            tag,
            text: "",
            attributes: { ...attributes },
            children: (children ?? []).map((child) => this.#build(child)),
          };
    if (this.#nodes.has(id)) throw new Error(`there is a ${id} already`);
    this.#nodes.set(id, node);
    return node;
  }

  #forget({ id, children }: ModelNode): void {
    this.#nodes.delete(id);
    for (const child of children) this.#forget(child);
  }
}

interface ModelNode {
  readonly id: number;
  readonly tag: string;
  text: string;
  attributes: Attributes;
  readonly children: ModelNode[];
}

function plain({ tag, text, attributes, children }: ModelNode): unknown {
  return { tag, text, attributes, children: children.map(plain) };
}

/** A view that is shown one description after the other. */
class Rig {
  readonly model = new Model();
  readonly nodes = new ShownNodes();
  #shown: readonly Shown[] = [];

  show(trees: readonly Tree[]): readonly Patch[] {
    const patches: Patch[] = [];
    this.#shown = diff(this.nodes, 0, this.#shown, trees, patches);
    this.model.apply(patches);
    return patches;
  }
}

const { tree: trees } = fc.letrec<{ tree: readonly ViewChild[]; node: ViewChild }>((tie) => ({
  tree: fc
    .uniqueArray(
      fc.record({
        key: fc.oneof(fc.constant(undefined), fc.nat(8), fc.constantFrom("1", "x")),
        child: tie("node"),
      }),
      // Keys must differ; what has none may come as often as it likes.
      {
        selector: ({ key }) => (key === undefined ? Symbol("any") : `${typeof key}${key}`),
        maxLength: 7,
      },
    )
    .map((all) =>
      all.map(({ key, child }) =>
        typeof child === "object" && child !== null && "type" in child ? { ...child, key } : child,
      ),
    ),
  node: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<ViewChild>("a text", "", "other", 7, null, false),
    fc
      .tuple(
        fc.constantFrom("p", "ul", "input"),
        fc.dictionary(fc.constantFrom("id", "title", "value", "hidden"), fc.constantFrom("1", "2")),
        tie("tree"),
      )
      .map(([type, props, children]): ViewChild => ({
        type,
        props: { ...props, children },
        key: undefined,
      })),
  ),
}));

describe("diff", () => {
  it("[VIEW-1] makes of what is shown what describing it anew makes", () => {
    fc.assert(
      fc.property(fc.array(trees, { minLength: 2, maxLength: 6 }), (steps) => {
        const rig = new Rig();
        for (const step of steps) {
          rig.show(treeOf(step));
          const anew = new Rig();
          anew.show(treeOf(step));
          expect(rig.model.shown).toEqual(anew.model.shown);
          // And it forgets what is gone.
          expect(rig.nodes.size).toBe(anew.nodes.size);
          expect(rig.model.size).toBe(anew.model.size);
        }
      }),
    );
  });

  it("says nothing when nothing changed", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const rig = new Rig();
        rig.show(treeOf(tree));
        expect(rig.show(treeOf(tree))).toEqual([]);
      }),
    );
  });

  it("moves as few as it can, and leaves the others where they are", () => {
    const items = (keys: string): ViewChild => keys.split("").map((key) => h("li", { key }, key));
    const rig = new Rig();
    rig.show(treeOf(items("abcdef")));
    expect(rig.show(treeOf(items("bcdefa"))).map(([kind]) => kind)).toEqual(["move"]);
    expect(rig.show(treeOf(items("bxcdea"))).map(([kind]) => kind)).toEqual(["drop", "add"]);
    expect(rig.show(treeOf(items("aedcxb")))).toHaveLength(5);
  });

  it("refuses two children with one key", () => {
    const twice = treeOf([h("li", { key: 1 }), h("li", { key: 1 })]);
    expect(() => new Rig().show(twice)).toThrow("two <li> beside each other have the key 1");
    // Numbers and texts are different keys, as they are different values.
    new Rig().show(treeOf([h("li", { key: 1 }), h("li", { key: "1" })]));
  });
});
