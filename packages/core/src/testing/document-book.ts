/** A document as a hub keeps it, for tests: a log, a state vector and the judgement of updates. */

import * as Y from "yjs";
import type { WriterId } from "../ids.ts";
import { inspectUpdate } from "../update/inspect.ts";
import { type DocumentView, type Judgement, judgeUpdate } from "../update/judge.ts";

/** See {@link createBook}. */
export interface DocumentBook {
  /** The state vector. */
  readonly vector: ReadonlyMap<number, number>;
  /** What was accepted. */
  readonly log: readonly Uint8Array[];
  readonly clock: (client: number) => number;
  /** What updates are judged against. */
  readonly view: (extra?: Partial<DocumentView>) => DocumentView;
  /** Judges an update, and keeps it if it is new or overlaps; compares nothing. */
  readonly append: (update: Uint8Array) => Judgement;
}

/** Creates a book that holds `stored`; every client id is free. */
export function createBook(stored: readonly Uint8Array[] = []): DocumentBook {
  const vector = new Map<number, number>();
  const log: Uint8Array[] = [];
  const clock = (client: number) => vector.get(client) ?? 0;
  const view = (extra: Partial<DocumentView> = {}): DocumentView => ({
    clock,
    owner: () => undefined,
    writer: "ada" as WriterId,
    ...extra,
  });
  const append = (update: Uint8Array): Judgement => {
    const judgement = judgeUpdate(inspectUpdate(update), view());
    if (judgement.verdict === "new" || judgement.verdict === "overlap") {
      for (const { client, clock } of judgement.advance) vector.set(client, clock);
      log.push(update);
    }
    return judgement;
  };
  for (const update of stored) append(update);
  return { vector, log, clock, view, append };
}

/** A document's state vector. */
export function vectorOf(doc: Y.Doc): ReadonlyMap<number, number> {
  return Y.decodeStateVector(Y.encodeStateVector(doc));
}

/** A state vector's entries in an order that does not depend on its history. */
export function byClient(vector: ReadonlyMap<number, number>): readonly [number, number][] {
  return [...vector].toSorted(([a], [b]) => a - b);
}
