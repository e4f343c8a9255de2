/** What can be done with pages: each action opens the documents it needs and gives them back. */

import type { DocumentHandle } from "@croft/core";
import { openCollection } from "@croft/core/collection";
import type { DocumentSource } from "@croft/react";
import { bodyOf } from "./page-body.ts";
import { createPageId, INDEX_PATH, pagePath } from "./page-id.ts";
import { addPage, pageDefinition, type Pages, removePage, restorePage } from "./page-index.ts";
import { readTextFile } from "./text-file.ts";

/** The actions. All throw a CroftError where the notes may not be written. */
export interface NoteActions {
  /** Adds an empty page; gives its id. */
  create(): Promise<string>;
  /** Takes a page off the list; its text stays, so that it can be put back. */
  remove(id: string): Promise<void>;
  restore(id: string): Promise<void>;
  /** Makes a page of each text file; says why of those that are none. */
  importFiles(files: readonly File[]): Promise<Imported>;
}

/** What became of files. */
export interface Imported {
  /** Ids of the new pages. */
  readonly pages: readonly string[];
  readonly refused: readonly string[];
}

/** Creates the actions over the documents of `source`. */
export function createNoteActions(source: DocumentSource): NoteActions {
  const withIndex = (edit: (pages: Pages) => void): Promise<void> =>
    withDocument(source, INDEX_PATH, (index) => {
      const pages = openCollection(index, pageDefinition);
      try {
        edit(pages);
      } finally {
        pages.dispose();
      }
    });

  async function importFile(file: File): Promise<{ readonly page: string } | string> {
    const read = readTextFile(file.name, new Uint8Array(await file.arrayBuffer()));
    if (!read.ok) return read.reason;
    const { title, text } = read;
    const id = createPageId();
    // First the text: a page that is on the list has it.
    await withDocument(source, pagePath(id), ({ doc }) => bodyOf(doc).insert(0, text));
    await withIndex((list) => addPage(list, { id, title, created: Date.now() }));
    return { page: id };
  }

  return {
    async create() {
      const id = createPageId();
      await withIndex((list) => addPage(list, { id, title: "", created: Date.now() }));
      return id;
    },
    remove: (id) => withIndex((list) => removePage(list, id)),
    restore: (id) => withIndex((list) => restorePage(list, id)),
    async importFiles(files) {
      const pages: string[] = [];
      const refused: string[] = [];
      for (const file of files) {
        const result = await importFile(file);
        if (typeof result === "string") refused.push(result);
        else pages.push(result.page);
      }
      return { pages, refused };
    },
  };
}

/** Opens a document, edits it, and gives it back; what is edited is saved even after that. */
async function withDocument(
  source: DocumentSource,
  path: string,
  edit: (handle: DocumentHandle) => void,
): Promise<void> {
  const handle = source.open(path);
  try {
    await handle.ready;
    edit(handle);
  } finally {
    handle.close();
  }
}
