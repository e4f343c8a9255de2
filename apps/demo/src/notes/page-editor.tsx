/** The text of a page. Binds an editor to the live document, and anew after a reset. */

import type { DocumentHandle } from "@croft/core";
import { useDoc } from "@croft/react";
import { type ReactNode, useEffect, useRef } from "react";
import type * as Y from "yjs";
import { createEditor, type Editor, type Place } from "./editor/create-editor.ts";
import { createEditorAwareness } from "./editor/safe-awareness.ts";
import { bodyOf } from "./page-body.ts";

const HINT = "Write here. Everybody who opens this page sees it as you type, and it works offline.";

/** The editor; `writable` may change at any time. */
export function PageEditor(props: {
  readonly handle: DocumentHandle;
  readonly writable: boolean;
}): ReactNode {
  const { handle, writable } = props;
  const doc = useDoc(handle);
  const parent = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(undefined);
  const place = useRef<Place>(undefined);
  const initiallyWritable = useRef(writable);

  useEffect(() => {
    initiallyWritable.current = writable;
    editor.current?.setWritable(writable);
  }, [writable]);

  useEffect(() => {
    if (!parent.current) return;
    const created = createEditor({
      parent: parent.current,
      text: bodyOf(doc),
      awareness: createEditorAwareness(handle.awareness),
      writable: initiallyWritable.current,
      place: place.current,
      hint: HINT,
      label: "Page text",
    });
    editor.current = created;
    if (!place.current && isFreshStart(doc)) created.focus();
    return () => {
      place.current = created.place;
      created.destroy();
      editor.current = undefined;
    };
  }, [handle, doc]);

  return <div className="editor" ref={parent} />;
}

/** The app was opened at no page in particular, and its first page is empty: ready to type in. */
function isFreshStart(doc: Y.Doc): boolean {
  const idle = document.activeElement === document.body;
  return idle && location.hash === "" && bodyOf(doc).length === 0;
}
