/** Markdown as elements. What of it would be HTML is shown as the text that it is; links ask before they open. */

import { fromMarkdown } from "mdast-util-from-markdown";
import { Open } from "./elements.ts";
import { h, type ViewChild } from "./node.ts";

type Node = ReturnType<typeof fromMarkdown>["children"][number];

/**
 * Shows a text in Markdown. Pictures are their description, since views load nothing.
 *
 * @example
 * ```ts
 * h(Markdown, { text: "Seven *short* words." });
 * ```
 */
export function Markdown(props: { readonly text: string }): ViewChild {
  return h("div", { class: "c-prose" }, all(fromMarkdown(props.text).children));
}

function all(nodes: readonly Node[]): ViewChild {
  return nodes.map(childOf);
}

function childOf(node: Node): ViewChild {
  switch (node.type) {
    case "text":
      return node.value;
    case "html":
      return node.value;
    case "paragraph":
      return h("p", null, all(node.children));
    case "heading":
      // The title of the view is the first.
      return h(`h${Math.min(6, node.depth + 1) as 2 | 3 | 4 | 5 | 6}`, null, all(node.children));
    case "strong":
      return h("strong", null, all(node.children));
    case "emphasis":
      return h("em", null, all(node.children));
    case "inlineCode":
      return h("code", null, node.value);
    case "code":
      return h("pre", { tabindex: 0 }, h("code", null, node.value));
    case "blockquote":
      return h("blockquote", null, all(node.children));
    case "list":
      if (!node.ordered) return h("ul", null, all(node.children));
      return h("ol", { start: node.start ?? undefined }, all(node.children));
    case "listItem":
      return h("li", null, all(node.children));
    case "thematicBreak":
      return h("hr");
    case "break":
      return h("br");
    case "link":
      return h(Open, { to: node.url }, all(node.children));
    case "image":
      return node.alt ?? "";
    case "linkReference":
      return all(node.children);
    case "imageReference":
      return node.alt ?? "";
    default:
      return null;
  }
}
