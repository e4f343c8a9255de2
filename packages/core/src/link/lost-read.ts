/**
 * Documents that may not be read any more, on a device that is to keep nothing that its person may not read. First all
 * that was submitted is answered: what is refused goes to the quarantine, which needs the document.
 */

import type { WriterId } from "../ids.ts";
import type { Draft } from "../hub/draft.ts";
import type { HubDocument } from "../hub/hub-document.ts";

/** Whether a document is to be erased now. */
export function isReadLost({ record, pending }: Pick<HubDocument, "record" | "pending">): boolean {
  const { upstream, head } = record;
  const acked = upstream?.acked.n ?? 0;
  const answered = pending.every((entry) => (entry.pending?.n ?? 0) <= acked);
  return upstream?.access === "none" && head > 0 && answered;
}

/** Erases what may not be read any more; returns whether there was anything. */
export function eraseLost(draft: Draft, writer: WriterId): boolean {
  const { record, pending } = draft;
  if (!isReadLost({ record, pending })) return false;
  draft.erase();
  draft.setUpstream({ cursor: undefined, regained: undefined }, writer);
  return true;
}
