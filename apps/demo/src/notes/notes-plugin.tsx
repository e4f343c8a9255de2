/**
 * The notes plugin. It keeps a list of pages and a document for each page, all in its own subtree, and
 * reaches them only through its context. Its views are React components: a trusted plugin that
 * runs in process may contribute them as they are.
 */

import { definePlugin, type Plugin } from "@croft/plugin";
import type { ComponentType, ReactNode } from "react";
import type { ViewProps, Views } from "../app/views.ts";
import { createNoteActions } from "./actions.ts";
import { type Notes, NotesContext } from "./notes-context.ts";
import { NotesMain } from "./notes-main.tsx";
import { PageList } from "./page-list.tsx";

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
      const notes: Notes = { documents, actions: createNoteActions(documents) };
      subscriptions.add(
        views.add({ plugin: "notes", slot: "list", component: inNotes(notes, PageList) }),
      );
      subscriptions.add(
        views.add({ plugin: "notes", slot: "main", component: inNotes(notes, NotesMain) }),
      );
    },
  });
}

function inNotes(notes: Notes, View: ComponentType<ViewProps>): ComponentType<ViewProps> {
  return function NotesView(props: ViewProps): ReactNode {
    return (
      <NotesContext value={notes}>
        <View {...props} />
      </NotesContext>
    );
  };
}
