/** Takes edits that were made without croft into an open document, unless they are at odds with what is in it. */

import * as Y from "yjs";
import { CroftError } from "../errors.ts";
import { compareStructs } from "../update/compare.ts";
import { inspectUpdate } from "../update/inspect.ts";
import type { DocumentHandle } from "./document-handle.ts";

/** What became of them. */
export type Adoption =
  /** They are in the document now, as edits made here. */
  | "added"
  /** All of them were. */
  | "known"
  /** Other edits are there under the same client ids: nothing was changed; open another document for them. */
  | "different";

/**
 * Takes a Yjs update of elsewhere into a document. Yjs alone drops what it has by its clock without a word, even where it is something
 * else; here it is compared first. Wait until the document is ready, and where there is a server until it caught up.
 *
 * @throws {@link CroftError} `update/invalid` when the update is malformed or lacks what it builds on; `access/denied` when the document
 * may not be written.
 * @example
 * ```ts
 * const page = workspace.open("notes/welcome");
 * await page.caughtUp();
 * if (adoptUpdate(page, update) === "different") console.log("Open another document for it.");
 * ```
 */
export function adoptUpdate(handle: DocumentHandle, update: Uint8Array): Adoption {
  const { doc, path, state } = handle;
  const inspection = inspectUpdate(update, { maxBytes: Number.MAX_SAFE_INTEGER });
  if (!inspection.ok) {
    const message = `The edits for ${path} are malformed: ${inspection.message}.`;
    throw new CroftError("update/invalid", message, { path });
  }
  if (state.access !== "write") {
    throw new CroftError("access/denied", `There is no permission to write ${path}.`, { path });
  }
  const clocks = Y.decodeStateVector(Y.encodeStateVector(doc));
  const clock = (client: number): number => clocks.get(client) ?? 0;
  const gap = inspection.clients.find(({ client, from }) => from > clock(client));
  if (gap) {
    const message = `The edits for ${path} build on others that are not here.`;
    throw new CroftError("update/invalid", message, { path });
  }
  const content = Y.encodeStateAsUpdate(doc);
  if (compareStructs([content], update, clock) === "different") return "different";
  let outcome: Adoption = "known";
  const changed = (): void => {
    outcome = "added";
  };
  doc.on("update", changed);
  try {
    Y.applyUpdate(doc, update, "adopted");
  } finally {
    doc.off("update", changed);
  }
  return outcome;
}
