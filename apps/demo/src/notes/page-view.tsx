/** One page: its bar, its title, its text; or why it cannot be shown. */

import { type DocumentHandle, allows } from "@croft/core";
import { useDocumentState } from "@croft/react";
import type { ReactNode } from "react";
import { useUnsavedGuard } from "../hooks/use-unsaved-guard.ts";
import type { Presence } from "../people/presence-state.ts";
import { useShell } from "../shell/shell-context.ts";
import { saveWords } from "../status/save-words.ts";
import { DeniedPage, NoPages, RemovedNotice } from "./page-notices.tsx";
import { PageBar } from "./page-bar.tsx";
import { PageEditor } from "./page-editor.tsx";
import { WELCOME } from "./page-id.ts";
import type { Page } from "./page-index.ts";
import { PageTitle } from "./page-title.tsx";
import type { NoteCommands } from "./use-note-actions.ts";

/** The view of a page. */
export function PageView(props: {
  readonly index: DocumentHandle;
  readonly handle: DocumentHandle;
  readonly id: string;
  /** Its entry in the list; `undefined` when it is not on it. */
  readonly page: Page | undefined;
  /** The page to show when this one is deleted. */
  readonly next: string;
  /** Whether there are no pages at all. */
  readonly empty: boolean;
  readonly people: readonly Presence[];
  readonly listWritable: boolean;
  readonly commands: NoteCommands;
  readonly menu: ReactNode;
}): ReactNode {
  const { index, handle, id, page, next, empty, people, listWritable, commands, menu } = props;
  const { sync } = useShell();
  const state = useDocumentState(handle);
  const listState = useDocumentState(index);
  useUnsavedGuard(state);
  useUnsavedGuard(listState);

  if (!allows(state.access, "read")) return <DeniedPage menu={menu} />;
  // A title is a change too, though it is in another document.
  const worse = LEVELS.indexOf(listState.saved) < LEVELS.indexOf(state.saved) ? listState : state;
  const bar = (
    <PageBar
      handle={handle}
      page={page}
      words={saveWords(worse, sync)}
      people={people}
      onDelete={page && listWritable ? () => commands.remove(page, next) : undefined}
      menu={menu}
    />
  );
  if (!page && empty) {
    return (
      <div className="page-view">
        {bar}
        <NoPages
          onCreate={listWritable ? commands.create : undefined}
          onRestore={listWritable ? () => commands.restore(WELCOME) : undefined}
        />
      </div>
    );
  }
  const writable = allows(state.access, "write") && page !== undefined;
  return (
    <div className="page-view">
      {bar}
      <article className="sheet" id="page">
        {!page && (
          <RemovedNotice onRestore={listWritable ? () => commands.restore(id) : undefined} />
        )}
        {page && !writable && <p className="notice">You can read this page, but not change it.</p>}
        <PageTitle index={index} id={id} page={page} writable={listWritable} />
        <PageEditor handle={handle} writable={writable} />
      </article>
    </div>
  );
}

const LEVELS = ["memory", "device", "server"] as const;
