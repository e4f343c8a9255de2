/** CodeMirror 6 on a `Y.Text`, with the cursors of the others. */

import { defaultKeymap } from "@codemirror/commands";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, type KeyBinding, keymap } from "@codemirror/view";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import * as Y from "yjs";
import { type Bound, type EditedDocument, followDocument } from "./follow-document.ts";
import { difference, movedBy } from "./text-place.ts";

interface Place {
  readonly text: string;
  readonly anchor: number;
  readonly head: number;
}

/** Mounts an editor below `parent`, until the result is called. */
export function mountCodeMirror(
  document: EditedDocument,
  parent: HTMLElement,
  textOf: (doc: Y.Doc) => Y.Text,
  user: { readonly name: string; readonly color: string },
): () => void {
  const { awareness } = document;
  awareness.setLocalStateField("user", user);
  const bind = (doc: Y.Doc, place: Place | undefined): Bound<Place> => {
    const text = textOf(doc);
    const undoManager = new Y.UndoManager(text);
    const access = new Compartment();
    const view = new EditorView({
      parent,
      state: EditorState.create({
        doc: text.toString(),
        ...(place && { selection: selectionIn(text.toString(), place) }),
        extensions: [
          // With others, a text that holds a \r would be longer in Yjs than here.
          EditorState.lineSeparator.of("\n"),
          EditorView.lineWrapping,
          access.of([]),
          // Its undo would write where one may not.
          EditorView.domEventHandlers({ beforeinput: (event, view) => isVain(event, view) }),
          keymap.of([...yUndoManagerKeymap.map(whereWritable), ...defaultKeymap]),
          yCollab(text, awareness, { undoManager }),
        ],
      }),
    });
    if (place) view.focus();
    return {
      place: () => {
        if (!view.hasFocus) return undefined;
        const { anchor, head } = view.state.selection.main;
        return { text: view.state.doc.toString(), anchor, head };
      },
      setWritable: (writable) => {
        // Still editable for the browser: what is not loses the focus, and the caret with it.
        view.dispatch({ effects: access.reconfigure(EditorState.readOnly.of(!writable)) });
      },
      unbind() {
        view.destroy();
        undoManager.destroy();
      },
    };
  };
  const stop = followDocument(document, bind);
  return () => {
    stop();
    awareness.setLocalStateField("cursor", null);
  };
}

/** Handled, and nothing happens: the browser's menu undoes where the text is read only. */
function isVain({ inputType }: InputEvent, { state }: EditorView): boolean {
  return state.readOnly && (inputType === "historyUndo" || inputType === "historyRedo");
}

function whereWritable({ run, ...binding }: KeyBinding): KeyBinding {
  return { ...binding, run: (view) => view.state.readOnly || (run?.(view) ?? false) };
}

function selectionIn(text: string, { text: before, anchor, head }: Place) {
  const change = difference(before, text);
  return change
    ? { anchor: movedBy(change, anchor), head: movedBy(change, head) }
    : { anchor, head };
}
