/** An editor as the documentation of y-codemirror.next and y-websocket makes it, and nothing of croft's. */

import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { yCollab } from "y-codemirror.next";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

/** What the test asks of the page. */
export interface CodemirrorPage {
  readonly isSynced: boolean;
  readonly text: string;
}

declare global {
  interface Window {
    codemirror: CodemirrorPage;
  }
}

const { server, room, token, name } = Object.fromEntries(new URLSearchParams(location.search));
const doc = new Y.Doc();
const provider = new WebsocketProvider(server ?? "", room ?? "", doc, {
  params: { token: token ?? "" },
});
const text = doc.getText("codemirror");
const undoManager = new Y.UndoManager(text);
provider.awareness.setLocalStateField("user", { name, color: "#30bced", colorLight: "#30bced33" });
const editor = new EditorView({
  state: EditorState.create({
    doc: text.toString(),
    extensions: [EditorView.lineWrapping, yCollab(text, provider.awareness, { undoManager })],
  }),
  parent: document.body,
});

window.codemirror = {
  get isSynced() {
    return provider.synced;
  },
  get text() {
    return editor.state.doc.toString();
  },
};
