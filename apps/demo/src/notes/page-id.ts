/** Ids of pages, and the doc paths of what the notes plugin keeps. */

/** The page that every workspace has from the start, without anybody having to write it. */
export const WELCOME = "welcome";

/** The list of pages. */
export const INDEX_PATH = "notes/index";

const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Whether `text` can be a page's id. */
export function isPageId(text: string): boolean {
  return ID.test(text);
}

/** A new random page id. */
export function createPageId(): string {
  return crypto.randomUUID();
}

/** The document of a page's text. */
export function pagePath(id: string): string {
  return `notes/pages/${id}`;
}
