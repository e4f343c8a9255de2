/** What the views of the notes plugin share, beside its documents: what can be done with them. */

import { createContext, useContext } from "react";
import type { NoteActions } from "./actions.ts";

/** One activation of the notes plugin. */
export interface Notes {
  readonly actions: NoteActions;
}

/** Provided around each of the plugin's views. */
export const NotesContext = createContext<Notes | undefined>(undefined);

/** The notes around this view. */
export function useNotes(): Notes {
  const notes = useContext(NotesContext);
  if (!notes) throw new Error("useNotes works only inside of the notes' views");
  return notes;
}
