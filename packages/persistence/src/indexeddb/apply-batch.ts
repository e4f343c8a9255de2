/**
 * Applies a batch inside one transaction: first the term and every `expect`, then the writes. It
 * awaits requests of the transaction only, else the transaction would commit half way.
 */

import {
  type CommitResult,
  CroftError,
  type DocPath,
  type DocumentChange,
  type DocumentRecord,
  type LogEntry,
  type PendingMark,
  type StoreBatch,
  type StoredSnapshot,
  type Tag,
} from "@croft/core";
import { unwrap } from "idb";
import {
  type CroftSchema,
  CONTENT,
  pageOf,
  partRange,
  pathKey,
  type StoredEntry,
  type StoreName,
  type WriteTransaction,
} from "./schema.ts";

/** Entries read at a time when their tags are kept. */
const CHUNK = 64;

/** The object stores that `batch` may touch; others go on meanwhile. */
export function scopeOf(batch: StoreBatch): StoreName[] {
  const scope = new Set<StoreName>(["term"]);
  for (const change of batch.documents ?? []) {
    scope.add("documents");
    if (change.clear) for (const part of CONTENT) scope.add(part);
    if (change.append?.length || change.remove?.length) scope.add("entries").add("pending");
    if (change.settle?.length) scope.add("pending");
    if (change.snapshot) scope.add("snapshots").add("entries").add("pending").add("tags");
    if (change.history || change.forget !== undefined) scope.add("history");
    if (change.claims?.length || change.unclaim?.length) scope.add("claims");
    if (change.writers?.length) scope.add("writers");
  }
  if (batch.bind?.length) scope.add("bindings");
  if (batch.quarantine?.length || batch.release?.length) scope.add("quarantine");
  if (batch.listing?.put.length || batch.listing?.remove.length) scope.add("listing");
  if (batch.meta?.length) scope.add("meta");
  return [...scope];
}

/** Applies `batch` in `tx`, whose scope is {@link scopeOf} the batch. */
export async function applyBatch(tx: WriteTransaction, batch: StoreBatch): Promise<CommitResult> {
  const changes = batch.documents ?? [];
  const [term, ...found] = await Promise.all([
    tx.objectStore("term").get("term"),
    ...changes.map(({ record }) => tx.objectStore("documents").get(pathKey(record.path))),
  ]);
  if ((term ?? 0) !== batch.term) {
    throw new CroftError("store/fenced", "Another process or tab took over this store.");
  }
  const stored = new Map<DocPath, DocumentRecord | undefined>();
  for (const [index, { record }] of changes.entries()) stored.set(record.path, found[index]);
  const stale: DocPath[] = [];
  for (const change of changes) {
    const { path } = change.record;
    if (holds(change, stored.get(path))) {
      await applyChange(tx, change);
      stored.set(path, change.record);
    } else {
      stale.push(path);
    }
  }
  for (const { writer, principal } of batch.bind ?? []) {
    const bound = await tx.objectStore("bindings").getKey(writer);
    if (bound === undefined) put(tx, "bindings", principal, writer);
  }
  for (const record of batch.quarantine ?? []) {
    const known = await tx.objectStore("quarantine").index("byId").getKey(record.id);
    put(tx, "quarantine", { ...record, updates: record.updates.map(copy) }, known);
  }
  for (const id of batch.release ?? []) {
    const known = await tx.objectStore("quarantine").index("byId").getKey(id);
    if (known !== undefined) remove(tx, "quarantine", known);
  }
  for (const path of batch.listing?.remove ?? []) remove(tx, "listing", pathKey(path));
  for (const listed of batch.listing?.put ?? []) put(tx, "listing", listed, pathKey(listed.path));
  for (const [name, value] of batch.meta ?? []) {
    if (value === undefined) remove(tx, "meta", name);
    else put(tx, "meta", value, name);
  }
  return { stale };
}

function holds({ expect }: DocumentChange, stored: DocumentRecord | undefined): boolean {
  return expect?.epoch === stored?.epoch && expect?.head === stored?.head;
}

async function applyChange(tx: WriteTransaction, change: DocumentChange): Promise<void> {
  const { path } = change.record;
  if (change.clear) for (const part of CONTENT) remove(tx, part, partRange(path));
  put(tx, "documents", change.record, pathKey(path));
  for (const seq of change.remove ?? []) {
    remove(tx, "entries", [path, seq]);
    remove(tx, "pending", [path, seq]);
  }
  for (const seq of change.settle ?? []) remove(tx, "pending", [path, seq]);
  for (const entry of change.append ?? []) {
    append(tx, path, entry, entry.seq <= (change.expect?.head ?? 0));
  }
  if (change.snapshot) await setSnapshot(tx, path, change.snapshot);
  if (change.forget !== undefined && change.forget > 0) {
    remove(tx, "history", partRange(path, 0, change.forget));
  }
  if (change.history) {
    const { seq, at, bytes } = change.history;
    put(tx, "history", { seq, at, bytes: copy(bytes) }, [path, seq]);
  }
  for (const client of change.unclaim ?? []) remove(tx, "claims", [path, client]);
  for (const claim of change.claims ?? []) put(tx, "claims", claim, [path, claim.client]);
  for (const { writer, n, tag } of change.writers ?? []) {
    put(tx, "writers", { n, tag }, [path, writer]);
  }
}

function append(tx: WriteTransaction, path: DocPath, entry: LogEntry, mayReplace: boolean): void {
  const { pending, ...rest } = entry;
  const { seq } = entry;
  put(tx, "entries", { ...rest, update: copy(entry.update) }, [path, seq]);
  if (pending) put(tx, "pending", { ...markOf(pending), path, seq }, [path, seq]);
  else if (mayReplace) remove(tx, "pending", [path, seq]);
}

/** The mark alone, without what else a caller's or a stored object has. */
export function markOf({ n, tag, basis, plugin }: PendingMark): PendingMark {
  return { n, tag, basis, plugin };
}

async function setSnapshot(
  tx: WriteTransaction,
  path: DocPath,
  snapshot: StoredSnapshot,
): Promise<void> {
  put(tx, "snapshots", { ...snapshot, update: copy(snapshot.update) }, [path]);
  if (snapshot.seq < 1) return;
  const marks = await tx.objectStore("pending").getAllKeys(partRange(path, 0, snapshot.seq));
  const pending = new Set(marks.map(([, seq]) => seq));
  let after = 0;
  while (after < snapshot.seq) {
    const range = partRange(path, after, snapshot.seq);
    const chunk = await tx.objectStore("entries").getAll(range, CHUNK);
    const last = chunk.at(-1);
    if (last === undefined) return;
    const folded = chunk.filter(({ seq }) => !pending.has(seq));
    await keepTags(tx, path, folded);
    if (folded.length === chunk.length) remove(tx, "entries", partRange(path, after, last.seq));
    else for (const { seq } of folded) remove(tx, "entries", [path, seq]);
    if (chunk.length < CHUNK) return;
    after = last.seq;
  }
}

async function keepTags(
  tx: WriteTransaction,
  path: DocPath,
  entries: readonly StoredEntry[],
): Promise<void> {
  const pages = new Map<number, (readonly [number, Tag])[]>();
  for (const { seq, tag } of entries) {
    const page = pages.get(pageOf(seq)) ?? [];
    pages.set(pageOf(seq), page);
    page.push([seq, tag]);
  }
  for (const [page, tags] of pages) {
    const known = (await tx.objectStore("tags").get([path, page])) ?? [];
    put(tx, "tags", new Map([...known, ...tags]), [path, page]);
  }
}

/** A copy that owns its buffer: a structured clone would take the whole buffer of a view along. */
function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

// Writes are not awaited: a request that fails aborts the transaction, which says why.

function put<Name extends StoreName>(
  tx: WriteTransaction,
  name: Name,
  value: CroftSchema[Name]["value"],
  key: CroftSchema[Name]["key"] | undefined,
): void {
  unwrap(tx).objectStore(name).put(value, key);
}

function remove<Name extends StoreName>(
  tx: WriteTransaction,
  name: Name,
  key: CroftSchema[Name]["key"] | IDBKeyRange,
): void {
  unwrap(tx).objectStore(name).delete(key);
}
