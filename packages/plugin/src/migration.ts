/** What a plugin gets to bring its documents to the version that its manifest's `data` names. */

import type { DocPath } from "@croft/core";
import type { PluginContext, PluginDocuments } from "./context.ts";

/**
 * Handed to `migrate`, which works on a copy: what it writes becomes real when it is done, all of it or nothing. Only the plugin's
 * own documents are there, and no events. It may be run more than once, on one device after another, until it is done.
 */
export interface MigrationContext extends Pick<PluginContext, "manifest" | "signal" | "log"> {
  /** The version that the documents are in: less than `manifest.data`. */
  readonly from: number;
  /** The full paths of all documents of the plugin. */
  readonly paths: readonly DocPath[];
  readonly documents: PluginDocuments;
}
