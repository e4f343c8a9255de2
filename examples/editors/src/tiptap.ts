/** Tiptap, and so ProseMirror, on a `Y.XmlFragment`, with the cursors of the others. */

import { Editor } from "@tiptap/core";
import { Collaboration, isChangeOrigin } from "@tiptap/extension-collaboration";
import { CollaborationCaret } from "@tiptap/extension-collaboration-caret";
import { Node } from "@tiptap/pm/model";
import { StarterKit } from "@tiptap/starter-kit";
import type * as Y from "yjs";
import { type Bound, type EditedDocument, followDocument } from "./follow-document.ts";

interface Place {
  /** As JSON: nodes of another editor are of another schema, and equal to none of this one. */
  readonly content: unknown;
  readonly anchor: number;
  readonly head: number;
}

/** Mounts an editor in `element`, until the result is called. */
export function mountTiptap(
  document: EditedDocument,
  element: HTMLElement,
  fragmentOf: (doc: Y.Doc) => Y.XmlFragment,
  user: { readonly name: string; readonly color: string },
): () => void {
  const bind = (doc: Y.Doc, place: Place | undefined): Bound<Place> => {
    const editor = new Editor({
      element,
      editorProps: { handleDOMEvents: { beforeinput: (_view, event) => step(editor, event) } },
      extensions: [
        // Its own undo would take back what others did.
        StarterKit.configure({ undoRedo: false }),
        Collaboration.configure({ fragment: fragmentOf(doc) }),
        CollaborationCaret.configure({ provider: { awareness: document.awareness }, user }),
      ],
    });
    keepSelected(editor);
    // What is not editable loses the focus; when it is again, the person goes on.
    let goesOn = place !== undefined;
    let isThere = false;
    const goOn = (): void => {
      if (!goesOn || !isThere || !editor.isEditable) return;
      goesOn = false;
      editor.commands.focus();
    };
    editor.on("create", () => {
      isThere = true;
      if (place) goTo(editor, place);
      goOn();
    });
    return {
      place: () => {
        if (!editor.isFocused && !goesOn) return undefined;
        const { anchor, head } = editor.state.selection;
        return { content: editor.getJSON(), anchor, head };
      },
      setWritable(writable) {
        if (!writable) goesOn ||= editor.isFocused;
        editor.setEditable(writable, false);
        goOn();
      },
      unbind: () => editor.destroy(),
    };
  };
  return followDocument(document, bind);
}

/** What others insert where a selection begins would become part of it, and go when the person types over it. */
function keepSelected(editor: Editor): void {
  let [size, text] = [0, ""];
  editor.on("transaction", ({ transaction }) => {
    const { doc, selection } = editor.state;
    const { from, to } = selection;
    const now = doc.textBetween(from, to, "\n");
    const isMore = text !== "" && to - from > size && now.endsWith(text);
    if (isMore && isChangeOrigin(transaction)) {
      editor.commands.setTextSelection({ from: to - size, to });
    } else {
      [size, text] = [to - from, now];
    }
  });
}

/** Undo by the browser's menu, which would take back what others did. */
function step({ commands, isEditable }: Editor, event: InputEvent): boolean {
  const { inputType } = event;
  if (inputType !== "historyUndo" && inputType !== "historyRedo") return false;
  event.preventDefault();
  // The menu reaches what is not editable any more.
  if (!isEditable) return true;
  return inputType === "historyUndo" ? commands.undo() : commands.redo();
}

/** Puts the selection where it was, moved by what became another. */
function goTo(editor: Editor, { content, anchor, head }: Place): void {
  const now = editor.state.doc.content;
  const before = Node.fromJSON(editor.schema, content).content;
  const from = before.findDiffStart(now);
  const to = before.findDiffEnd(now);
  const moved = (at: number): number => {
    if (from === null || to === null || at <= from) return at;
    return at >= to.a ? at + to.b - to.a : Math.min(from, now.size);
  };
  editor
    .chain()
    .setTextSelection({ from: moved(anchor), to: moved(head) })
    .focus()
    .run();
}
