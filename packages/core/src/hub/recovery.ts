/**
 * Recovery: a hub that was restored from an older backup takes back what a peer still has. The
 * operator opens it, since whoever comes first speaks for structs of other authors too; entries
 * that came so are stamped. What is known already must be the same (SYNC rules 6 and 7).
 */

import * as Y from "yjs";
import { recoveredFrom } from "../access/stamp.ts";
import type { WriterId } from "../ids.ts";
import type { Recover } from "../protocol/document-messages.ts";
import { compareStructs } from "../update/compare.ts";
import { inspectUpdate } from "../update/inspect.ts";
import { judgeUpdate } from "../update/judge.ts";
import type { Draft } from "./draft.ts";
import { NOBODY } from "./nobodies.ts";

/** Why a state can never be taken back: the peer keeps it aside and takes the hub's. */
export interface RecoveryRefusal {
  readonly code: "fork" | "invalid";
  /** For a person. */
  readonly reason: string;
}

/**
 * Takes a peer's accepted state. Returns why not, or nothing if it was taken.
 *
 * @throws NeedsContent when known structs must be compared and the draft has no content.
 */
export function takeRecovered(
  draft: Draft,
  {
    update,
    epoch,
    last,
    writer,
    author,
  }: Omit<Recover, "doc"> & { readonly writer: WriterId; readonly author: string },
): RecoveryRefusal | undefined {
  const inspection = inspectUpdate(update, { maxBytes: Number.MAX_SAFE_INTEGER });
  if (!inspection.ok) return invalid(`it is malformed: ${inspection.message}`);
  const judgement = judgeUpdate(inspection, {
    clock: (client) => draft.clock(client),
    owner: () => undefined,
    writer,
    trusted: true,
  });
  switch (judgement.verdict) {
    case "gap":
    case "refused":
      return invalid(`it does not fit: ${judgement.message}`);
    case "id-taken":
      return invalid("it does not fit");
    case "known":
    case "overlap": {
      const same = compareStructs(draft.everything, update, (client) => draft.clock(client));
      if (same === "different") {
        return { code: "fork", reason: "the restored server knows other edits under the same ids" };
      }
      break;
    }
    case "new":
      break;
  }
  for (const { client, clock } of judgement.verdict === "known" ? [] : judgement.advance) {
    draft.setClaim(client, { client, writer: draft.owner(client) ?? NOBODY, clock });
  }
  if (last.n > draft.last(writer).n) draft.setLast(writer, last);
  const { epoch: own, formerEpochs } = draft.record;
  if (epoch !== own && !formerEpochs.includes(epoch)) {
    // A log that the backup did not have at all was known by another name: what builds on it goes on.
    draft.setRecord({ formerEpochs: [...formerEpochs, epoch] });
  }
  const fresh = whatIsNew(draft.everything, update);
  if (fresh === "unreadable") return invalid("it cannot be loaded");
  if (fresh) {
    draft.append({ update: fresh, writer: NOBODY, n: 0, author: recoveredFrom(author) });
  }
  return undefined;
}

function invalid(reason: string): RecoveryRefusal {
  return { code: "invalid", reason: `the state cannot be taken back: ${reason}` };
}

/** What `update` adds, structs and deletions: every device offers all that it has, and most has come. */
export function whatIsNew(
  stored: readonly Uint8Array[],
  update: Uint8Array,
): Uint8Array | "unreadable" | undefined {
  const doc = new Y.Doc({ guid: "recovery", gc: false });
  let fresh: Uint8Array | undefined;
  try {
    doc.transact(() => {
      for (const each of stored) Y.applyUpdate(doc, each);
    });
    doc.on("update", (bytes: Uint8Array) => {
      fresh = bytes;
    });
    Y.applyUpdate(doc, update);
    return fresh;
  } catch {
    // Hubs check bytes; what only a document shows makes Yjs throw.
    return "unreadable";
  } finally {
    doc.destroy();
  }
}
