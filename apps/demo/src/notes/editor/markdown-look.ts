/** How Markdown looks in the editor: class names only; the looks are in styles/editor.css. */

import { markdown, markdownKeymap, markdownLanguage } from "@codemirror/lang-markdown";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { codeLines } from "./code-lines.ts";

const highlight = HighlightStyle.define([
  { tag: tags.heading1, class: "md-heading md-heading-1" },
  { tag: tags.heading2, class: "md-heading md-heading-2" },
  {
    tag: [tags.heading3, tags.heading4, tags.heading5, tags.heading6],
    class: "md-heading md-heading-3",
  },
  { tag: tags.strong, class: "md-strong" },
  { tag: tags.emphasis, class: "md-emphasis" },
  { tag: tags.strikethrough, class: "md-strike" },
  { tag: tags.monospace, class: "md-code" },
  { tag: tags.quote, class: "md-quote" },
  { tag: [tags.link, tags.url], class: "md-link" },
  { tag: [tags.processingInstruction, tags.contentSeparator], class: "md-mark" },
]);

/** Markdown: its grammar, its keys (lists go on at Enter) and its looks. */
export function markdownLook(): Extension {
  return [
    markdown({ base: markdownLanguage, addKeymap: false }),
    keymap.of(markdownKeymap),
    syntaxHighlighting(highlight),
    codeLines(),
  ];
}
