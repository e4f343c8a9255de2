/**
 * Edits of peers that number nothing and hear no denial, as those of the y-websocket protocol: the hub judges them as any others, but
 * for what such a peer cannot know. Its client ids are its user's, whichever session brings them; what is known already is
 * compared and dropped; what builds on what is not here is asked for again. Nothing that is refused is kept for it: it has it.
 */

import { allows, type Principal } from "../access/access.ts";
import { stampOf } from "../access/stamp.ts";
import type { DocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import type { WriterId } from "../ids.ts";
import type { DenialCode, LaterCode } from "../protocol/document-messages.ts";
import { compareStructs } from "../update/compare.ts";
import { inspectUpdate } from "../update/inspect.ts";
import { judgeUpdate } from "../update/judge.ts";
import type { Draft } from "./draft.ts";
import type { Hub } from "./hub.ts";
import type { HubCore } from "./hub-core.ts";
import type { HubDocument } from "./hub-document.ts";
import { NOBODY } from "./nobodies.ts";

/** An edit without a number. */
export interface PlainSubmission {
  readonly principal: Principal;
  readonly path: DocPath;
  /** A Yjs update (v1). */
  readonly update: Uint8Array;
  /**
   * Who writes under a client id, for this principal: 32 hex digits that no other principal comes to. Whoever comes first with an id
   * has it.
   */
  readonly writerOf: (client: number) => string;
  /**
   * The client id that its author writes under, if that is known: it is claimed for it. What it brings under other ids may be
   * others', and is taken without that: whoever goes on under one of them claims it.
   */
  readonly own: number | undefined;
}

/** What becomes of it. */
export type PlainOutcome =
  /** It is on disk, or was there already. */
  | { readonly kind: "stored" }
  /** It builds on edits that are not here: the peer is to send all that the hub lacks. */
  | { readonly kind: "incomplete"; readonly reason: string }
  /** The document may not even be read: it is to look as if it was not there. */
  | { readonly kind: "hidden" }
  | { readonly kind: "refused"; readonly code: DenialCode; readonly reason: string }
  /** Not now; it may be sent again after so many milliseconds. */
  | {
      readonly kind: "later";
      readonly code: LaterCode;
      readonly reason: string;
      readonly wait: number;
    };

/**
 * Submits an edit of a peer that numbers nothing to a server's hub.
 *
 * @throws CroftError `access/denied` at a device's hub, which has no such peers; `store/…` when the document cannot be read.
 */
export async function submitPlain(hub: Hub, submission: PlainSubmission): Promise<PlainOutcome> {
  const { core } = hub;
  const { path } = submission;
  if (core.uplink) {
    throw new CroftError("access/denied", "A device takes edits of its own replicas alone.", {
      path,
    });
  }
  const document = await core.acquire(path);
  try {
    const { principal, update } = submission;
    const session = undefined;
    const edit = { principal, session, path, isNew: !document.stored, bytes: update.length };
    const postponement = core.limit(edit);
    if (postponement) return { kind: "later", ...postponement };
    return await new Promise((resolve) => {
      let outcome: PlainOutcome = { kind: "stored" };
      core.enqueue(document, {
        run(draft) {
          outcome = take(core, document, draft, submission);
          if (outcome.kind !== "stored") draft.refuses = true;
        },
        committed: () => resolve(outcome),
        failed: (code, reason, wait) => resolve({ kind: "later", code, reason, wait }),
      });
    });
  } finally {
    core.release(path);
  }
}

function take(
  core: HubCore,
  document: HubDocument,
  draft: Draft,
  { principal, update, writerOf, own }: PlainSubmission,
): PlainOutcome {
  const access = core.accessOf(principal, document);
  if (access === "none") return { kind: "hidden" };
  if (!allows(access, "write")) {
    return refused("no-access", "there is no permission to write here");
  }
  const inspection = inspectUpdate(update, { maxBytes: core.maxUpdateBytes });
  if (!inspection.ok) return refused("invalid", inspection.message);
  const mine = (client: number): WriterId => writerOf(client) as WriterId;
  const judgement = judgeUpdate(inspection, {
    clock: (client) => draft.clock(client),
    owner: (client) => {
      const owner = draft.owner(client);
      return owner === undefined || owner === NOBODY || owner === mine(client) ? undefined : owner;
    },
    writer: NOBODY,
  });
  switch (judgement.verdict) {
    case "gap":
      return { kind: "incomplete", reason: judgement.message };
    case "refused":
      return refused("invalid", judgement.message);
    case "id-taken":
      return refused("fork", `client ${judgement.client} is another author's`);
    case "known":
    case "overlap":
      if (judgement.clients.length > 0) {
        const same = compareStructs(draft.everything, update, (client) => draft.clock(client));
        if (same === "different")
          return refused("fork", "other edits are known under the same ids");
      }
      if (judgement.verdict === "known" && !judgement.deletes) return { kind: "stored" };
      break;
    case "new":
      break;
  }
  const advance = judgement.verdict === "known" ? [] : judgement.advance;
  for (const { client, clock } of advance) {
    const isClaimed = client === own || draft.owner(client) === mine(client);
    const writer = isClaimed ? mine(client) : NOBODY;
    draft.setClaim(client, { client, writer, clock });
    if (isClaimed) draft.bind.set(writer, stampOf(principal));
  }
  draft.append({ update: update.slice(), writer: NOBODY, n: 0, author: stampOf(principal) });
  return { kind: "stored" };
}

function refused(code: DenialCode, reason: string): PlainOutcome {
  return { kind: "refused", code, reason };
}
