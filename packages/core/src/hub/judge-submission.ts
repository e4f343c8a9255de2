/**
 * Whether a hub accepts one submission, decided from the submission, the draft of the document
 * and the access of whoever submits. Nothing is changed here.
 */

import { type Access, allows } from "../access/access.ts";
import type { WriterId } from "../ids.ts";
import {
  type Basis,
  type DenialCode,
  type LaterCode,
  REFUSED_BASIS,
} from "../protocol/document-messages.ts";
import { compareStructs } from "../update/compare.ts";
import { inspectUpdate } from "../update/inspect.ts";
import { judgeUpdate } from "../update/judge.ts";
import { hasFreeSibling } from "../update/sibling-id.ts";
import type { Epoch, Tag } from "../ids.ts";
import { NOBODY } from "./nobodies.ts";
import type { Draft } from "./draft.ts";

/** One numbered update of a writer. */
export interface Submission {
  readonly writer: WriterId;
  readonly n: number;
  readonly tag: Tag;
  readonly basis: Basis;
  readonly update: Uint8Array;
}

/** What a hub answers. */
export type SubmissionVerdict =
  /** Append it. */
  | {
      readonly verdict: "accept";
      readonly advance: readonly { readonly client: number; readonly clock: number }[];
    }
  /** The hub has it already. */
  | { readonly verdict: "duplicate" }
  | { readonly verdict: "denied"; readonly code: DenialCode; readonly reason: string }
  | {
      readonly verdict: "later";
      readonly code: LaterCode;
      readonly reason: string;
      readonly wait: number;
    }
  | { readonly verdict: "id-taken"; readonly client: number };

/** What the decision depends on besides the document. */
export interface JudgeOptions {
  readonly access: Access;
  readonly maxUpdateBytes: number;
  /**
   * Whether the log's epoch is this device's own: then an unknown one means that the document
   * was built anew here after a denial (SYNC rule 21), and not that the hub lost something.
   */
  readonly localEpochs: boolean;
  /** Whether a deletion ended an epoch of the document. */
  readonly hasEnded: (epoch: Epoch) => boolean;
  /** A client id that the writer was offered, whoever had it before. */
  readonly leased?: number | undefined;
}

/**
 * Judges a submission.
 *
 * @throws NeedsContent when known structs must be compared and the draft has no content.
 */
export function judgeSubmission(
  draft: Draft,
  submission: Submission,
  options: JudgeOptions,
): SubmissionVerdict {
  const last = draft.last(submission.writer);
  if (submission.n === last.n && submission.tag === last.tag) return { verdict: "duplicate" };
  if (submission.n !== last.n + 1) {
    return later("gap", `number ${last.n + 1} was expected, not ${submission.n}`);
  }
  if (!allows(options.access, "write")) {
    return denied("no-access", "there is no permission to write here");
  }
  const basis = judgeBasis(draft, submission.basis, options);
  if (basis) return basis;
  return judgeBytes(draft, submission, options);
}

function judgeBasis(
  draft: Draft,
  basis: Basis,
  { localEpochs, hasEnded }: JudgeOptions,
): SubmissionVerdict | undefined {
  const { tombstone, epoch, formerEpochs, deletedEpochs } = draft.record;
  const refused = denied("old-epoch", "it builds on edits that were refused");
  if (basis === REFUSED_BASIS) return refused;
  if (basis === epoch || (basis !== undefined && formerEpochs.includes(basis))) return undefined;
  if (basis === undefined && (tombstone === undefined || localEpochs)) return undefined;
  if (localEpochs) return refused;
  if (basis === undefined || deletedEpochs.includes(basis) || hasEnded(basis)) {
    return denied("deleted", "the document was deleted");
  }
  return later("recovery", "it builds on a state that this hub does not have");
}

function judgeBytes(
  draft: Draft,
  { writer, update }: Submission,
  { maxUpdateBytes, leased }: JudgeOptions,
): SubmissionVerdict {
  const inspection = inspectUpdate(update, { maxBytes: maxUpdateBytes });
  if (!inspection.ok) return denied("invalid", inspection.message);
  const judgement = judgeUpdate(inspection, {
    clock: (client) => draft.clock(client),
    owner: (client) => {
      const owner = client === leased ? writer : draft.owner(client);
      return owner === NOBODY ? undefined : owner;
    },
    writer,
  });
  switch (judgement.verdict) {
    case "new":
      return { verdict: "accept", advance: judgement.advance };
    case "known":
    case "overlap": {
      const advance = judgement.verdict === "overlap" ? judgement.advance : [];
      if (judgement.clients.length === 0) return { verdict: "accept", advance };
      const same = compareStructs(draft.everything, update, (client) => draft.clock(client));
      if (same === "different") return denied("fork", "other edits are known under the same ids");
      return { verdict: "accept", advance };
    }
    case "gap":
      return denied(
        "invalid",
        `it builds on edits that this hub does not have: ${judgement.message}`,
      );
    case "refused":
      return denied("invalid", judgement.message);
    case "id-taken": {
      const { client } = judgement;
      // Renamed it would be asked for again and again.
      if (!hasFreeSibling(client, draft.clients()))
        return denied("invalid", "its author's id is taken, and no other one is free");
      return { verdict: "id-taken", client };
    }
  }
}

function denied(code: DenialCode, reason: string): SubmissionVerdict {
  return { verdict: "denied", code, reason };
}

function later(code: LaterCode, reason: string): SubmissionVerdict {
  return { verdict: "later", code, reason, wait: 0 };
}
