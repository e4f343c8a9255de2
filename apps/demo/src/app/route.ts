/** What the address says: `#/notes/<page>`. No address at all is the welcome page. */

import { isPageId, WELCOME } from "../notes/page-id.ts";

/** The page that a location's hash names. */
export function pageOfHash(hash: string): string {
  const [, plugin, id = ""] = hash.replace(/^#/, "").split("/");
  return plugin === "notes" && isPageId(id) ? id : WELCOME;
}

/** The hash of a page's address. */
export function hashOfPage(id: string): string {
  return `#/notes/${id}`;
}
