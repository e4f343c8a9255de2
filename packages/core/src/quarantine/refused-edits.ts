/**
 * Refused edits as a document that can be looked at: what is accepted, and the same with the
 * refused edits in it, with the difference in words. Nothing here changes anything.
 */

import * as Y from "yjs";
import type { QuarantineRecord } from "../store/store.ts";
import { randomBytes } from "../ids.ts";
import { clocksOf } from "../update/clocks.ts";
import { compareStructs } from "../update/compare.ts";
import { renameApart } from "../update/rename-apart.ts";
import { mergeUpdates } from "../update/yjs-format.ts";
import { describeChanges, type RefusedChange } from "./describe-changes.ts";

/** What a quarantined record holds, on top of what is accepted now. */
export interface RefusedEdits {
  readonly record: QuarantineRecord;
  /** The accepted content, as a document of its own. */
  readonly accepted: Y.Doc;
  /** The accepted content with the refused edits in it, as a document of its own. */
  readonly withEdits: Y.Doc;
  /**
   * Whether all refused edits are in {@link RefusedEdits.withEdits}. Not so when they build on
   * something that is gone, like a document that was deleted.
   */
  readonly complete: boolean;
  /** What the edits change, in the order of root types. */
  readonly changes: readonly RefusedChange[];
}

/** Puts a record onto the accepted state (a Yjs update, v1). */
export function readRefusedEdits(
  record: QuarantineRecord,
  acceptedState: Uint8Array,
): RefusedEdits {
  const accepted = new Y.Doc({ guid: record.path });
  const withEdits = new Y.Doc({ guid: record.path });
  for (const doc of [accepted, withEdits]) Y.applyUpdate(doc, acceptedState);
  // Not collected, so that what is deleted can be told.
  const base = new Y.Doc({ guid: record.path, gc: false });
  Y.applyUpdate(base, acceptedState);
  const edits = editsApart(record.updates, acceptedState);
  const changes = describeChanges(base, edits);
  Y.applyUpdate(withEdits, edits);
  base.destroy();
  const { pendingStructs, pendingDs } = withEdits.store;
  return {
    record,
    accepted,
    withEdits,
    complete: pendingStructs === null && pendingDs === null,
    changes,
  };
}

/** The edits as one update, under other client ids where somebody else has written under theirs since. */
export function editsApart(updates: readonly Uint8Array[], acceptedState: Uint8Array): Uint8Array {
  const clocks = clocksOf([acceptedState]);
  const isTaken = updates.some((update) => {
    const clock = (client: number): number => clocks.get(client) ?? 0;
    return compareStructs([acceptedState], update, clock) === "different";
  });
  const renamed = isTaken ? renameApart(updates, [...clocks.keys()], randomBytes) : undefined;
  return renamed ?? mergeUpdates(updates);
}
