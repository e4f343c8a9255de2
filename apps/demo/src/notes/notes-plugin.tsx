/**
 * The notes plugin. It keeps a list of pages and a document for each page, all in its own subtree, and
 * reaches them only through its context. Its views are React components: a trusted plugin that
 * runs in process may contribute them as they are.
 */

import { definePlugin, type Plugin } from "@croft/plugin";
import { type DocumentSource, DocumentsProvider } from "@croft/react";
import { type ComponentType, type ReactNode, Suspense } from "react";
import type { ViewProps, Views } from "../app/views.ts";
import { createNoteActions } from "./actions.ts";
import { type Notes, NotesContext } from "./notes-context.ts";
import { NotesMain } from "./notes-main.tsx";
import { ListSkeleton, PageList } from "./page-list.tsx";
import { PageSkeleton } from "./page-skeleton.tsx";

/** Creates the plugin; while it is active, its views are among `views`. */
export function createNotesPlugin(views: Views): Plugin {
  return definePlugin({
    manifest: {
      id: "notes",
      name: "Notes",
      version: "0.1.0",
      engine: "^0.1.0",
      description: "Pages of text that several people write at once.",
    },
    activate({ documents, subscriptions }) {
      const inNotes = within({ actions: createNoteActions(documents) }, documents);
      const list = inNotes(PageList, ListSkeleton);
      const main = inNotes(NotesMain, PageSkeleton);
      subscriptions.add(views.add({ plugin: "notes", slot: "list", component: list }));
      subscriptions.add(views.add({ plugin: "notes", slot: "main", component: main }));
    },
  });
}

/** Makes views of the plugin: over its documents, with `Loading` in their place until these are there. */
function within(notes: Notes, documents: DocumentSource) {
  return (
    View: ComponentType<ViewProps>,
    Loading: ComponentType<Pick<ViewProps, "menu">>,
  ): ComponentType<ViewProps> =>
    function NotesView(props: ViewProps): ReactNode {
      return (
        <NotesContext value={notes}>
          <DocumentsProvider documents={documents}>
            <Suspense fallback={<Loading menu={props.menu} />}>
              <View {...props} />
            </Suspense>
          </DocumentsProvider>
        </NotesContext>
      );
    };
}
