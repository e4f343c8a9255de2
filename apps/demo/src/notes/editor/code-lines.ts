/** Marks the lines of fenced code, so that a block of code looks like one; the looks are in editor.css. */

import { syntaxTree } from "@codemirror/language";
import { type Extension, RangeSetBuilder } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";

const inner = Decoration.line({ class: "md-code-line" });
const first = Decoration.line({ class: "md-code-line md-code-first" });
const last = Decoration.line({ class: "md-code-line md-code-last" });

/** The extension. */
export function codeLines(): Extension {
  return ViewPlugin.define(createCodeLines, { decorations: ({ decorations }) => decorations });
}

function createCodeLines(view: EditorView) {
  const lines = {
    decorations: decorate(view),
    update({ startState, state, docChanged, viewportChanged }: ViewUpdate): void {
      // What is far down is parsed later, without a change of the text.
      const parsed = syntaxTree(startState) !== syntaxTree(state);
      if (docChanged || viewportChanged || parsed) lines.decorations = decorate(view);
    },
  };
  return lines;
}

/** Only what is in view: a block may be as long as its page. */
function decorate({ state, viewport }: EditorView): DecorationSet {
  const { doc } = state;
  const builder = new RangeSetBuilder<Decoration>();
  syntaxTree(state).iterate({
    ...viewport,
    enter({ name, from, to }) {
      if (name !== "FencedCode") return;
      const top = doc.lineAt(from).number;
      const bottom = doc.lineAt(to).number;
      const end = Math.min(bottom, doc.lineAt(viewport.to).number);
      for (let at = Math.max(top, doc.lineAt(viewport.from).number); at <= end; at++) {
        const start = doc.line(at).from;
        builder.add(start, start, at === top ? first : at === bottom ? last : inner);
      }
    },
  });
  return builder.finish();
}
