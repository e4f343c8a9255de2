/** The middle of the window: the page that the address names. */

import { type DocumentHandle, allows } from "@croft/core";
import { type ReactNode, useEffect } from "react";
import type { ViewProps } from "../app/views.ts";
import { useDocument } from "../hooks/use-document.ts";
import { useDocumentState, useLiveDoc } from "../hooks/use-document-state.ts";
import { usePeople } from "../hooks/use-people.ts";
import { usePresence } from "../hooks/use-presence.ts";
import { useYMap } from "../hooks/use-y-map.ts";
import { useShell } from "../shell/shell-context.ts";
import { useNotes } from "./notes-context.ts";
import { PageSkeleton } from "./page-skeleton.tsx";
import { PageView } from "./page-view.tsx";
import { INDEX_PATH, pagePath } from "./page-id.ts";
import { findPage, listPages, neighbourOf, pageMap } from "./page-index.ts";
import { useFileDrop } from "./use-file-drop.ts";
import { useNewPageKey } from "./use-new-page-key.ts";
import { useNoteCommands } from "./use-note-actions.ts";

/** The main view of the notes plugin. */
export function NotesMain(props: ViewProps): ReactNode {
  const { documents } = useNotes();
  const index = useDocument(documents, INDEX_PATH);
  const handle = useDocument(documents, pagePath(props.page));
  if (!index || !handle) return <PageSkeleton menu={props.menu} />;
  return <OpenNotes key={props.page} index={index} handle={handle} {...props} />;
}

function OpenNotes(
  props: ViewProps & { readonly index: DocumentHandle; readonly handle: DocumentHandle },
): ReactNode {
  const { index, handle, page, go, menu } = props;
  const { guest } = useShell();
  const { ready, access } = useDocumentState(index);
  const pages = useYMap(pageMap(useLiveDoc(index)), listPages);
  const commands = useNoteCommands(go);
  const writable = ready && allows(access, "write");
  const dropping = useFileDrop(commands.importFiles, writable);
  useNewPageKey(commands.create, writable);
  const people = usePeople(index);
  usePresence(index, guest, page);
  usePresence(handle, guest);
  const entry = findPage(pages, page);
  const instead = ready && !entry ? pages[0]?.id : undefined;
  useEffect(() => {
    // Who asked for no page in particular is not shown one that was deleted.
    if (instead !== undefined && location.hash === "") go(instead);
  }, [instead, go]);
  if (!ready) return <PageSkeleton menu={menu} />;
  return (
    <>
      <PageView
        index={index}
        handle={handle}
        id={page}
        page={entry}
        next={neighbourOf(pages, page)}
        empty={pages.length === 0}
        people={people}
        listWritable={writable}
        commands={commands}
        menu={menu}
      />
      {dropping && (
        <div className="drop" aria-hidden="true">
          <p>Drop Markdown or text files to make pages of them</p>
        </div>
      )}
    </>
  );
}
