/** A batch as `commit_batch` takes it: JSON, and beside it all bytes, one after the other, of which the JSON tells where they are. */

import type { DocumentChange, LogEntry, QuarantineRecord, StoreBatch } from "@croft/core";

/** What a batch becomes. */
export interface EncodedBatch {
  readonly json: string;
  readonly blob: Uint8Array;
}

/** Where bytes are in the blob: offset and length. */
interface Place {
  readonly o: number;
  readonly l: number;
}

/** See the top of this file. */
export function encodeBatch(batch: StoreBatch): EncodedBatch {
  const parts: Uint8Array[] = [];
  let end = 0;
  const place = (bytes: Uint8Array): Place => {
    const at = { o: end, l: bytes.length };
    parts.push(bytes);
    end += bytes.length;
    return at;
  };
  const { term, documents, bind, quarantine, release, listing, meta, shared } = batch;
  const json = JSON.stringify({
    term,
    shared,
    // Locked in this order: two processes that took them in another one could wait for each other for ever.
    documents: (documents ?? [])
      .toSorted((a, b) =>
        a.record.path < b.record.path ? -1 : a.record.path > b.record.path ? 1 : 0,
      )
      .map((change) => changeOf(change, place)),
    bind: filled(bind),
    quarantine: (quarantine ?? []).map((record) => quarantinedOf(record, place)),
    release: filled(release),
    unlist: filled(listing?.remove),
    list: filled(listing?.put.map(({ changedAt, ...rest }) => ({ ...rest, at: changedAt }))),
    meta: (meta ?? []).map(([name, value]) => ({ name, value })),
  });
  const blob = new Uint8Array(end);
  let at = 0;
  for (const part of parts) {
    blob.set(part, at);
    at += part.length;
  }
  return { json, blob };
}

function changeOf(change: DocumentChange, place: (bytes: Uint8Array) => Place): object {
  const { expect, record, clear, remove, settle, append, snapshot, forget } = change;
  return {
    expect,
    record: {
      ...record,
      formerEpochs: JSON.stringify(record.formerEpochs),
      deletedEpochs: JSON.stringify(record.deletedEpochs),
      upstream: record.upstream && JSON.stringify(record.upstream),
    },
    clear,
    remove: filled(remove),
    settle: filled(settle),
    append: filled(append?.map((entry) => entryOf(entry, place))),
    snapshot: snapshot && { ...without(snapshot), ...place(snapshot.update) },
    forget,
    history: change.history && {
      seq: change.history.seq,
      at: change.history.at,
      ...place(change.history.bytes),
    },
    unclaim: filled(change.unclaim),
    claims: filled(change.claims),
    writers: filled(change.writers),
  };
}

function entryOf(entry: LogEntry, place: (bytes: Uint8Array) => Place): object {
  const { pending, ...rest } = without(entry);
  const mark = pending && { pn: pending.n, pt: pending.tag, pb: pending.basis, pp: pending.plugin };
  return { ...rest, ...mark, ...place(entry.update) };
}

function quarantinedOf(record: QuarantineRecord, place: (bytes: Uint8Array) => Place): object {
  return {
    ...record,
    submissions: JSON.stringify(record.submissions),
    updates: record.updates.map((update, i) => ({ i, ...place(update) })),
  };
}

function without<T extends { readonly update: Uint8Array }>(item: T): Omit<T, "update"> {
  const { update: _update, ...rest } = item;
  return rest;
}

function filled<T>(items: readonly T[] | undefined): readonly T[] | undefined {
  return items && items.length > 0 ? items : undefined;
}
