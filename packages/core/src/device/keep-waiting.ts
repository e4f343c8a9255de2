/**
 * What a device still has in memory of a store that was deleted under it, and what it does with it in
 * the next store: changes that waited for the server go to the quarantine, as after every change of a
 * store (SYNC rule 2), and their authors are told. Whether some of them had reached the server nobody
 * can say any more, so they are not sent again by themselves.
 */

import type { HubDocument } from "../hub/hub-document.ts";
import type { HubCore } from "../hub/hub-core.ts";
import type { Link } from "../link/link.ts";
import type { LogEntry } from "../store/store.ts";
import type { Loss } from "./loss.ts";

/** A store that is gone, as its device knew it. */
export interface FormerStore {
  readonly id: string;
  readonly documents: readonly Pick<HubDocument, "path" | "pending" | "writers">[];
  /** What its quarantine held; that is gone. */
  readonly refused: readonly Loss[];
}

const REASON = "this device's store was deleted before they had reached the server";

/** Keeps what waited in the former store, in one transaction of the store that took its place. */
export async function keepWaiting(
  hub: HubCore,
  link: Pick<Link, "writer">,
  former: FormerStore,
): Promise<void> {
  const documents: HubDocument[] = [];
  try {
    for (const { path } of former.documents) documents.push(await hub.acquire(path));
    await Promise.all(
      documents.map((document, index) => {
        const { pending = [], writers = new Map() } = former.documents[index] ?? {};
        return hub.change(document, (draft) => {
          draft.setUpstream({}, link.writer);
          // Numbers go on: who is still here is to hear what became of its own (rule 22), and a
          // writer whose numbers are not known takes another name.
          for (const [writer, last] of writers) draft.setLast(writer, last);
          for (const entries of byAuthor(pending)) {
            const [first] = entries;
            if (!first) continue;
            draft.keep({
              // Kept once, also when this is done again.
              id: first.tag,
              author: first.author,
              code: "replaced",
              reason: REASON,
              basis: first.pending?.basis,
              updates: entries.map(({ update }) => update),
              // By these their writers are told, when they come back.
              submissions: entries.map(({ writer, n }) => ({ writer, n })),
            });
          }
        });
      }),
    );
  } finally {
    for (const { path } of documents) hub.release(path);
  }
}

function byAuthor(entries: readonly LogEntry[]): readonly (readonly LogEntry[])[] {
  return [...Map.groupBy(entries, ({ author }) => author).values()];
}
