/** The text editor of a page: CodeMirror bound to a `Y.Text`, with the cursors of the others. */

import { defaultKeymap } from "@codemirror/commands";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, dropCursor, EditorView, keymap, placeholder } from "@codemirror/view";
import { difference, movedBy } from "@croft/example-editors/text-place";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import * as Y from "yjs";
import { markdownLook } from "./markdown-look.ts";
import { plainTextOf, showObjectsAsText } from "./plain-text.ts";
import type { EditorAwareness } from "./safe-awareness.ts";

/** What {@link createEditor} needs. */
export interface EditorOptions {
  readonly parent: HTMLElement;
  readonly text: Y.Text;
  readonly awareness: EditorAwareness;
  readonly writable: boolean;
  /** Where the person was in an editor of the same page: it takes the focus, and goes on there. */
  readonly place: Place | undefined;
  /** Shown while there is no text and some may be written. */
  readonly hint: string;
  readonly label: string;
}

/** A selection, and the text that it was in. */
export interface Place {
  readonly text: string;
  readonly anchor: number;
  readonly head: number;
}

/** A mounted editor. */
export interface Editor {
  focus(): void;
  /** Where the person is; nothing without the focus. */
  readonly place: Place | undefined;
  setWritable(writable: boolean): void;
  destroy(): void;
}

/** Mounts an editor. */
export function createEditor(options: EditorOptions): Editor {
  const { parent, text, awareness, writable, place, hint, label } = options;
  const content = plainTextOf(text);
  const undoManager = new Y.UndoManager(text);
  const access = new Compartment();
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: content,
      ...(place && { selection: selectionIn(content, place) }),
      extensions: [
        // Only this one: with others, a text that holds a \r would be longer in Yjs than here.
        EditorState.lineSeparator.of("\n"),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "true" }),
        access.of(accessOf(writable, hint)),
        // Room below the cursor, where the window ends and messages stand.
        EditorView.scrollMargins.of(() => ({ bottom: 72 })),
        drawSelection(),
        dropCursor(),
        keymap.of([...yUndoManagerKeymap, ...defaultKeymap]),
        markdownLook(),
        yCollab(text, awareness, { undoManager }),
      ],
    }),
  });
  showObjectsAsText(view);
  if (place) view.focus();
  return {
    focus: () => view.focus(),
    get place() {
      if (!view.hasFocus) return undefined;
      const { anchor, head } = view.state.selection.main;
      return { text: view.state.doc.toString(), anchor, head };
    },
    setWritable: (next) => view.dispatch({ effects: access.reconfigure(accessOf(next, hint)) }),
    destroy() {
      // The cursor goes with the editor.
      if (awareness.getLocalState() !== null) awareness.setLocalStateField("cursor", null);
      view.destroy();
      undoManager.destroy();
    },
  };
}

/** The selection as it was, moved by what became another text: of a refusal what was typed is gone. */
function selectionIn(content: string, { text, anchor, head }: Place) {
  const change = difference(text, content);
  if (!change) return { anchor, head };
  return { anchor: movedBy(change, anchor), head: movedBy(change, head) };
}

/** Not writable is still readable by keyboard: the text takes the focus and the selection. */
function accessOf(writable: boolean, hint: string): Extension {
  if (writable) return placeholder(hint);
  return [
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.contentAttributes.of({ tabindex: "0", "aria-readonly": "true" }),
  ];
}
