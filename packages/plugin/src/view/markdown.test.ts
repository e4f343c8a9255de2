import { expect, it } from "vitest";
import { Markdown } from "./markdown.ts";
import { h } from "./node.ts";
import { type Tree, treeOf } from "./tree.ts";

function brief(tree: Tree): unknown {
  if ("text" in tree) return tree.text;
  const { tag, children, attributes } = tree;
  const { opens } = attributes;
  return [opens === undefined ? tag : `${tag} ${opens}`, ...children.map(brief)];
}

const markdown = (text: string): unknown[] =>
  treeOf(h(Markdown, { text })).flatMap((each) => ("text" in each ? [] : each.children.map(brief)));

it("shows Markdown as elements, HTML as text, and links as what asks first", () => {
  expect(markdown("# A\n\nb *c* **d** `e`\n\n- f\n- g\n\n3. h\n\n> i\n\n---\n\n    j")).toEqual([
    ["h2", "A"],
    ["p", "b ", ["em", "c"], " ", ["strong", "d"], " ", ["code", "e"]],
    ["ul", ["li", ["p", "f"]], ["li", ["p", "g"]]],
    ["ol", ["li", ["p", "h"]]],
    ["blockquote", ["p", "i"]],
    ["hr"],
    ["pre", ["code", "j"]],
  ]);
  expect(markdown("<script>x</script>")).toEqual(["<script>x</script>"]);
  expect(markdown("a <b onclick=x>c</b>")).toEqual([["p", "a <b onclick=x>c</b>"]]);
  expect(markdown("[a](javascript:x) ![b](http://x/y) <http://z>")).toEqual([
    ["p", ["button javascript:x", "a"], " b ", ["button http://z", "http://z"]],
  ]);
});
