/**
 * Puts refused edits back into their document, under fresh client ids: those that they were made
 * under stay burnt (SYNC rule 11). They are judged as if they were submitted now, and leave the
 * quarantine in the transaction that stores them. No I/O here.
 */

import { type Access, allows } from "../access/access.ts";
import { createWriterId, type RandomBytes } from "../ids.ts";
import type { QuarantineRecord } from "../store/store.ts";
import { renameApart } from "../update/rename-apart.ts";
import type { Draft } from "./draft.ts";
import { judgeSubmission } from "./judge-submission.ts";
import type { Uplink } from "./work.ts";

/** What a retry needs of its hub. */
export interface RetryOptions {
  readonly access: Access;
  /** Stamp of who puts them back. */
  readonly author: string;
  readonly maxUpdateBytes: number;
  readonly uplink: Uplink | undefined;
  readonly random: RandomBytes;
}

/**
 * Takes the edits of a record into the draft. Returns why not, for a person, or nothing if they
 * were taken.
 *
 * @throws NeedsContent when known structs must be compared and the draft has no content.
 */
export function takeRetried(
  draft: Draft,
  record: QuarantineRecord,
  { access, author, maxUpdateBytes, uplink, random }: RetryOptions,
): string | undefined {
  uplink?.prepare(draft);
  if (!allows(access, "write")) return "there is still no permission to write here";
  const update = renameApart(record.updates, draft.clients(), random);
  if (!update) return "no other author id is free for it";
  const writer = createWriterId(random);
  const tag = draft.newTag();
  const verdict = judgeSubmission(
    draft,
    { writer, n: 1, tag, basis: draft.record.epoch, update },
    { access, maxUpdateBytes, localEpochs: true, hasEnded: () => false },
  );
  switch (verdict.verdict) {
    case "accept":
      break;
    case "denied":
    case "later":
      return verdict.reason;
    case "duplicate":
    case "id-taken":
      return "it does not fit what the document has now";
  }
  for (const { client, clock } of verdict.advance)
    draft.setClaim(client, { client, writer, clock });
  draft.setLast(writer, { n: 1, tag });
  // Whoever puts them back answers for them: a plugin that made them may have lost its access.
  const pending = uplink?.mark(draft, "");
  draft.append({ update, writer, n: 1, author, pending });
  draft.release(record.id);
  return undefined;
}
