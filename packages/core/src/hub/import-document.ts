/**
 * Documents that come from elsewhere: from an export, or from another program. Whoever runs the hub brings them, so nobody's access is
 * asked; who wrote them is not known here, so they may use no client id that is somebody's. What is known already is compared.
 */

import { parseDocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import { compareStructs } from "../update/compare.ts";
import { inspectUpdate } from "../update/inspect.ts";
import { judgeUpdate } from "../update/judge.ts";
import type { Draft } from "./draft.ts";
import type { Hub } from "./hub.ts";
import { NOBODY } from "./nobodies.ts";
import { whatIsNew } from "./recovery.ts";

/** A document that comes from elsewhere. */
export interface ImportedDocument {
  readonly path: string;
  /** All that is in it, as one Yjs update (v1). */
  readonly update: Uint8Array;
  /** Whose name is on what it adds, as a stamp of a user: `ada`. */
  readonly author: string;
}

/** What became of it. */
export type ImportOutcome =
  /** It is on disk. */
  | { readonly kind: "stored" }
  /** All of it was there. */
  | { readonly kind: "known" }
  /** Other edits are there under the same client ids, or they are somebody's who may write on under them: it belongs into another document. */
  | { readonly kind: "conflict"; readonly reason: string }
  /** It is no whole document. */
  | { readonly kind: "invalid"; readonly reason: string };

/**
 * Brings a document into a server's hub. One that is there already is merged, where both come from the same edits or share none.
 *
 * @throws {@link CroftError} `input/invalid` for a path that is none; `access/denied` at a device's hub; `store/…` when it cannot be stored.
 * @example
 * ```ts
 * const outcome = await importDocument(hub, { path: "notes/pages/1", update, author: "ada" });
 * if (outcome.kind === "conflict") console.log(outcome.reason);
 * ```
 */
export async function importDocument(
  hub: Hub,
  { path: text, update, author }: ImportedDocument,
): Promise<ImportOutcome> {
  const { core } = hub;
  const path = parseDocPath(text);
  if (core.uplink) {
    throw new CroftError("access/denied", "Documents are imported at the server, or as edits.", {
      path,
    });
  }
  const document = await core.acquire(path);
  try {
    let outcome: ImportOutcome = { kind: "stored" };
    await core.change(document, (draft) => {
      outcome = take(draft, update, author);
    });
    return outcome;
  } finally {
    core.release(path);
  }
}

function take(draft: Draft, update: Uint8Array, author: string): ImportOutcome {
  const inspection = inspectUpdate(update, { maxBytes: Number.MAX_SAFE_INTEGER });
  if (!inspection.ok) return { kind: "invalid", reason: inspection.message };
  const judgement = judgeUpdate(inspection, {
    clock: (client) => draft.clock(client),
    owner: (client) => {
      const owner = draft.owner(client);
      return owner === NOBODY ? undefined : owner;
    },
    writer: NOBODY,
  });
  switch (judgement.verdict) {
    case "gap":
    case "refused":
      return { kind: "invalid", reason: judgement.message };
    case "id-taken":
      return {
        kind: "conflict",
        reason: `somebody here may write on under the client id ${judgement.client}`,
      };
    case "known":
    case "overlap": {
      const same = compareStructs(draft.everything, update, (client) => draft.clock(client));
      if (same === "different")
        return { kind: "conflict", reason: "other edits are here under the same client ids" };
      break;
    }
    case "new":
      break;
  }
  const fresh = whatIsNew(draft.everything, update);
  if (fresh === "unreadable") return { kind: "invalid", reason: "it cannot be loaded" };
  if (!fresh) return { kind: "known" };
  for (const { client, clock } of judgement.verdict === "known" ? [] : judgement.advance) {
    draft.setClaim(client, { client, writer: NOBODY, clock });
  }
  draft.append({ update: fresh, writer: NOBODY, n: 0, author });
  return { kind: "stored" };
}
