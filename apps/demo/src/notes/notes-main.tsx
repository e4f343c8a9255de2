/** The middle of the window: the page that the address names. */

import { allows, type DocumentHandle } from "@croft/core";
import { useAccess, useDocument } from "@croft/react";
import { type ReactNode, useEffect } from "react";
import type { ViewProps } from "../app/views.ts";
import { usePeople } from "../hooks/use-people.ts";
import { usePresence } from "../hooks/use-presence.ts";
import { useShell } from "../shell/shell-context.ts";
import { PageView } from "./page-view.tsx";
import { INDEX_PATH, pagePath } from "./page-id.ts";
import { findPage, neighbourOf } from "./page-index.ts";
import { useFileDrop } from "../hooks/use-file-drop.ts";
import { useNewPageKey } from "./use-new-page-key.ts";
import { useNoteCommands } from "./use-note-actions.ts";
import { usePages } from "./use-pages.ts";

/** The main view of the notes plugin. */
export function NotesMain(props: ViewProps): ReactNode {
  const index = useDocument(INDEX_PATH);
  const handle = useDocument(pagePath(props.page));
  return <OpenNotes key={props.page} index={index} handle={handle} {...props} />;
}

function OpenNotes(
  props: ViewProps & { readonly index: DocumentHandle; readonly handle: DocumentHandle },
): ReactNode {
  const { index, handle, page, go, menu } = props;
  const { guest } = useShell();
  const access = useAccess(index);
  const pages = usePages(index);
  const commands = useNoteCommands(go);
  const writable = allows(access, "write");
  const dropping = useFileDrop(commands.importFiles, writable);
  useNewPageKey(commands.create, writable);
  const people = usePeople(index);
  usePresence(index, guest, page);
  usePresence(handle, guest);
  const entry = findPage(pages, page);
  const instead = entry ? undefined : pages[0]?.id;
  useEffect(() => {
    // Who asked for no page in particular is not shown one that was deleted.
    if (instead !== undefined && location.hash === "") go(instead);
  }, [instead, go]);
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
