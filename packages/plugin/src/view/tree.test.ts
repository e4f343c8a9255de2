import { describe, expect, it } from "vitest";
import { Fragment, h, type ViewChild } from "./node.ts";
import { treeOf } from "./tree.ts";

const element = (tag: string, attributes: object, children: unknown[] = [], key?: string) => ({
  tag,
  key,
  attributes,
  handlers: new Map(),
  children,
});

describe("treeOf", () => {
  it("calls components, and joins texts", () => {
    const Greeting = ({ name, children }: { name: string; children?: ViewChild }): ViewChild => [
      h("p", null, "Hello, ", name),
      children,
    ];
    const tree = treeOf(
      h(Greeting, { name: "Ada" }, "seven ", 7, null, false, undefined, true, ""),
    );
    expect(tree).toEqual([element("p", {}, [{ text: "Hello, Ada" }]), { text: "seven 7" }]);
  });

  it("gives what a component shows the component's key", () => {
    const Row = (): ViewChild => h("li");
    expect(treeOf(h(Row, { key: "a" }))).toEqual([element("li", {}, [], "a")]);
    expect(treeOf(h(Fragment, null, h("li", { key: "b" })))).toEqual([element("li", {}, [], "b")]);
  });

  it("tells attributes from handlers, and leaves out what is not there", () => {
    const onClick = (): void => undefined;
    const [tree] = treeOf(
      h("button", {
        onClick,
        disabled: false,
        hidden: true,
        title: undefined,
        "aria-pressed": false,
      }),
    );
    expect(tree).toMatchObject({
      attributes: { on: "click", hidden: true, "aria-pressed": "false" },
      handlers: new Map([["click", onClick]]),
    });
    // What is not checked is not what nobody says anything of.
    expect(treeOf(h("input", { checked: false }))).toEqual([element("input", { checked: null })]);
  });

  it("refuses what cannot be shown", () => {
    expect(() => treeOf({} as never)).toThrow("a view cannot show this: {}");
    expect(() => treeOf(h("p", { title: {} } as never))).toThrow("`title` of <p> must be a text");
    expect(() => treeOf(h("p", { title: Number.NaN } as never))).toThrow("`title` of <p>");
  });
});
