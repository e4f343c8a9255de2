/** CodeMirror 6 on a `Y.Text`, with the cursors of the others. */

import { defaultKeymap } from "@codemirror/commands";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, type KeyBinding, keymap } from "@codemirror/view";
import { yCollab, ySync, yUndoManagerKeymap } from "y-codemirror.next";
import * as Y from "yjs";
import { textSync } from "./codemirror-sync.ts";
import { type Bound, type EditedDocument, followDocument } from "./follow-document.ts";
import { besideEachOther, difference, movedBy } from "./text-place.ts";

interface Place {
  readonly text: string;
  readonly anchor: number;
  readonly head: number;
  /** The text without what an input method was composing, if it was: that is not in the document yet. */
  readonly base: string | undefined;
}

const ALONE: ReadonlyMap<number, unknown> = new Map<number, unknown>();

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
    if (place) writeComposed(text, place);
    const undoManager = new Y.UndoManager(text);
    // Where others are is told of a text that is not shown yet, while a letter is composed.
    const carets = Object.create(awareness, {
      getStates: { value: () => (view.plugin(textSync)?.isBehind ? ALONE : awareness.getStates()) },
    }) as typeof awareness;
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
          withoutSync(yCollab(text, carets, { undoManager })),
          textSync,
        ],
      }),
    });
    if (place) view.focus();
    return {
      place: () => {
        if (!view.hasFocus) return undefined;
        const { anchor, head } = view.state.selection.main;
        const base = view.plugin(textSync)?.base;
        return { text: view.state.doc.toString(), anchor, head, base };
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

/** `y-codemirror.next` but for its sync. */
function withoutSync(extension: Extension): Extension {
  return Array.isArray(extension) ? extension.filter((each) => each !== ySync) : extension;
}

/** What was being composed when the document was built anew; where it may not be written it is refused, and kept. */
function writeComposed(text: Y.Text, { text: before, base, head }: Place): void {
  const composed = base === undefined ? undefined : difference(base, before, head);
  if (base === undefined || !composed) return;
  const others = difference(base, text.toString());
  const { mine } = besideEachOther(composed, others ? [others] : []);
  text.doc?.transact(() => {
    text.delete(mine.from, mine.to - mine.from);
    text.insert(mine.from, mine.insert);
  });
}

/** Handled, and nothing happens: the browser's menu undoes where the text is read only, or a letter is composed. */
function isVain({ inputType }: InputEvent, { state, compositionStarted }: EditorView): boolean {
  const isInVain = state.readOnly || compositionStarted;
  return isInVain && (inputType === "historyUndo" || inputType === "historyRedo");
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
