/**
 * What a hub's answer to an opening means for the document, decided from the answer and from what the replica
 * has. Nothing is changed here.
 */

import type { Cursor, Opened } from "../protocol/document-messages.ts";

/** What is to be done. */
export type OpeningVerdict =
  /** What follows goes on from what is shown. */
  | "go-on"
  /** What follows is the whole document: it is built anew, with what is not acknowledged on top. */
  | "go-on-anew"
  /** As before, but what is not acknowledged will be refused. */
  | "go-on-doomed"
  /** Open it again, and build it anew with what is not acknowledged on top. */
  | "open-anew"
  /** Open it again, and build it anew; what is not acknowledged will be refused. */
  | "open-doomed"
  /** Open it again as it is. */
  | "open-again"
  /** Go back from the hub above to the device's. */
  | "go-home"
  /** The hub knows this writer with other numbers than ours: go on as a new one (SYNC rule 2). */
  | "fork"
  /** The hub has lost entries: nothing can be done until it has them again. */
  | "behind";

/** What the replica has. */
export interface Standing {
  readonly cursor: Cursor | undefined;
  /** Whether edits of ours were acknowledged, and no cursor says which log they are in. */
  readonly isUncovered: boolean;
  /** Whether the document is being built anew, and must have something before it is shown. */
  readonly expectsContent: boolean;
  /** Whether the hub is the one above the device's, where the document is past a full disk. */
  readonly isPast: boolean;
  /** Whether the hub's last number of this writer is one of ours. */
  readonly isOurs: boolean;
  /** Whether the hub has submissions that it has not acknowledged. */
  readonly isTaken: boolean;
}

/** Judges an answer. */
export function judgeOpening({ answer, epoch }: Opened, standing: Standing): OpeningVerdict {
  const { cursor, isPast } = standing;
  if (!standing.isOurs) return isPast ? "go-home" : "fork";
  if (cursor && (answer === "superseded" || answer === "deleted")) return "open-doomed";
  // Told unasked, when read access came back: the log became another one meanwhile.
  if (cursor && answer === "continue" && cursor.epoch !== epoch) return "open-again";
  if (answer === "deleted" && standing.expectsContent) {
    // On its way between two hubs the document was deleted: what it should have had is gone, and
    // edits that did not know go where the device keeps what is refused.
    return isPast ? "go-home" : "go-on-doomed";
  }
  if (!cursor && standing.isTaken) {
    // Taken while nobody could tell, and maybe refused above since: only the log knows what is left of it.
    if (answer === "deleted") return "go-on-doomed";
    if (answer === "continue") return "go-on-anew";
  }
  if (standing.isUncovered) {
    if (answer === "deleted") return "open-doomed";
    // Of edits that were acknowledged while nothing could be read, some may have been refused above.
    if (answer === "continue") return "open-anew";
  }
  return answer === "behind" ? "behind" : "go-on";
}
