/** What the address says: `#/notes/<page>`, `#/plugins`, `#/plugins/<plugin>`. No address at all is the welcome page. */

import { isPluginId } from "@croft/core";
import { isPageId, WELCOME } from "../notes/page-id.ts";

/** A place in the app. */
export type Place =
  | { readonly name: "page"; readonly page: string }
  /** The list of plugins. */
  | { readonly name: "plugins" }
  /** All about one plugin. */
  | { readonly name: "plugin"; readonly id: string };

/** The address of the list of plugins. */
export const PLUGINS_HASH = "#/plugins";

/** The place that a location's hash names. */
export function placeOfHash(hash: string): Place {
  const [, first, id] = hash.replace(/^#/, "").split("/");
  if (first === "plugins") {
    return id !== undefined && isPluginId(id) ? { name: "plugin", id } : { name: "plugins" };
  }
  const page = first === "notes" && id !== undefined && isPageId(id) ? id : WELCOME;
  return { name: "page", page };
}

/** The hash of a page's address. */
export function hashOfPage(id: string): string {
  return `#/notes/${id}`;
}

/** The hash of a plugin's address. */
export function hashOfPlugin(id: string): string {
  return `${PLUGINS_HASH}/${id}`;
}
