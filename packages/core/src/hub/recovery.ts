/**
 * Recovery: a hub that was restored from an older backup takes back what a peer still has. The
 * operator opens it, since whoever comes first speaks for structs of other authors too; entries
 * that came so are stamped. What is known already must be the same (SYNC rules 6 and 7).
 */

import type { WriterId } from "../ids.ts";
import type { Recover } from "../protocol/document-messages.ts";
import { compareStructs } from "../update/compare.ts";
import { inspectUpdate } from "../update/inspect.ts";
import { judgeUpdate } from "../update/judge.ts";
import type { Draft } from "./draft.ts";

/** Owner of client ids which a recovery brought: whoever goes on under one claims it. */
export const NOBODY: WriterId = "00000000000000000000000000000000" as WriterId;

/**
 * Takes a peer's accepted state. Returns why not, or nothing if it was taken.
 *
 * @throws NeedsContent when known structs must be compared and the draft has no content.
 */
export function takeRecovered(
  draft: Draft,
  {
    update,
    last,
    writer,
    author,
  }: Omit<Recover, "doc"> & { readonly writer: WriterId; readonly author: string },
): string | undefined {
  const inspection = inspectUpdate(update, { maxBytes: Number.MAX_SAFE_INTEGER });
  if (!inspection.ok) return `the state is malformed: ${inspection.message}`;
  const judgement = judgeUpdate(inspection, {
    clock: (client) => draft.clock(client),
    owner: () => undefined,
    writer,
    trusted: true,
  });
  switch (judgement.verdict) {
    case "gap":
    case "refused":
      return `the state does not fit: ${judgement.message}`;
    case "id-taken":
      return "the state does not fit";
    case "known":
    case "overlap": {
      const same = compareStructs(draft.everything, update, (client) => draft.clock(client));
      if (same === "different") return "the state holds other content under known ids";
      break;
    }
    case "new":
      break;
  }
  for (const { client, clock } of judgement.verdict === "known" ? [] : judgement.advance) {
    draft.setClaim(client, { client, writer: draft.owner(client) ?? NOBODY, clock });
  }
  if (last.n > draft.last(writer).n) draft.setLast(writer, last);
  draft.append({ update: update.slice(), writer: NOBODY, n: 0, author: `${author} (recovered)` });
  return undefined;
}
