/** The actions on pages as buttons call them: they go to the page, tell what happened, offer the way back. */

import { toCroftError } from "@croft/core";
import { useCallback, useMemo } from "react";
import { focusMain } from "../shell/focus.ts";
import { useShell } from "../shell/shell-context.ts";
import { useNotes } from "./notes-context.ts";
import { type Page, UNTITLED } from "./page-index.ts";

/** What buttons call; none of these throws. */
export interface NoteCommands {
  readonly create: () => void;
  /** Takes a page off the list; `next` is the page to show then. */
  readonly remove: (page: Page, next: string) => void;
  /** Puts a page back on the list, and shows it. */
  readonly restore: (id: string) => void;
  readonly importFiles: (files: readonly File[]) => void;
}

/** The commands; `go` shows a page. */
export function useNoteCommands(go: (page: string) => void): NoteCommands {
  const { actions } = useNotes();
  const { notify } = useShell();

  const attempt = useCallback(
    (action: () => Promise<void>) => {
      action().catch((error: unknown) => {
        notify({
          text: toCroftError(error, "access/denied", "That did not work").message,
          tone: "bad",
        });
      });
    },
    [notify],
  );

  return useMemo(
    () => ({
      create: () => attempt(async () => go(await actions.create())),
      remove: (page, next) =>
        attempt(async () => {
          await actions.remove(page.id);
          go(next);
          // The button that had it goes with the page, and so does the one of the message.
          focusMain();
          const undo = () => {
            focusMain();
            attempt(async () => {
              await actions.restore(page.id);
              go(page.id);
            });
          };
          notify({
            text: `“${page.title || UNTITLED}” was deleted.`,
            action: { label: "Undo", run: undo },
          });
        }),
      restore: (id) =>
        attempt(async () => {
          await actions.restore(id);
          go(id);
          focusMain();
        }),
      importFiles: (files) =>
        attempt(async () => {
          const { pages, refused } = await actions.importFiles(files);
          const [first] = pages;
          if (first !== undefined) {
            go(first);
            notify({
              text: pages.length === 1 ? "Imported 1 page." : `Imported ${pages.length} pages.`,
            });
          }
          if (refused.length > 0)
            notify({ text: `Not imported: ${refused.join("; ")}.`, tone: "bad" });
        }),
    }),
    [actions, attempt, go, notify],
  );
}
