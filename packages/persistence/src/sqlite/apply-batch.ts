/** Writes a batch. Runs within a transaction that its caller begins, commits and rolls back. */

import {
  type CommitResult,
  CroftError,
  type DocPath,
  type DocumentChange,
  type LogEntry,
  type QuarantineRecord,
  type StoreBatch,
  type StoredSnapshot,
} from "@croft/core";
import { DOCUMENT_COLUMNS, fromDocument, number } from "./rows.ts";
import type { Prepare } from "./statements.ts";

/** @throws {@link CroftError} `store/fenced` unless the batch has the stored term. */
export function applyBatch(prepare: Prepare, batch: StoreBatch): CommitResult {
  const term = number(prepare("SELECT term FROM state").get() ?? {}, "term");
  if (term !== batch.term) {
    throw new CroftError("store/fenced", "Another process took over this store.", {
      hint: "End one of the two processes, or open the store again.",
    });
  }
  const stale: DocPath[] = [];
  for (const change of batch.documents ?? []) {
    if (holds(prepare, change)) applyChange(prepare, change);
    else stale.push(change.record.path);
  }
  for (const { writer, principal } of batch.bind ?? []) {
    prepare("INSERT OR IGNORE INTO bindings (writer, principal) VALUES (?, ?)").run(
      writer,
      principal,
    );
  }
  for (const record of batch.quarantine ?? []) putQuarantine(prepare, record);
  for (const id of batch.release ?? []) {
    prepare("DELETE FROM quarantine WHERE id = ?").run(id);
    prepare("DELETE FROM quarantined_updates WHERE id = ?").run(id);
  }
  for (const path of batch.listing?.remove ?? []) {
    prepare("DELETE FROM listing WHERE path = ?").run(path);
  }
  for (const { path, epoch, head, tag, bytes, changedAt } of batch.listing?.put ?? []) {
    prepare(
      "INSERT OR REPLACE INTO listing (path, epoch, head, tag, bytes, changed_at) VALUES (?, ?, ?, ?, ?, ?)",
    ).run(path, epoch, head, tag, bytes, changedAt);
  }
  for (const [name, value] of batch.meta ?? []) {
    if (value === undefined) prepare("DELETE FROM meta WHERE name = ?").run(name);
    else prepare("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)").run(name, value);
  }
  return { stale };
}

function holds(prepare: Prepare, { expect, record }: DocumentChange): boolean {
  const known = prepare("SELECT epoch, head FROM documents WHERE path = ?").get(record.path);
  return expect?.epoch === known?.["epoch"] && expect?.head === known?.["head"];
}

/** In the order that the contract gives: what is removed, what is settled, what is added. */
function applyChange(prepare: Prepare, change: DocumentChange): void {
  const doc = putDocument(prepare, change);
  if (change.clear) clear(prepare, doc);
  for (const seq of change.remove ?? []) {
    prepare("DELETE FROM entries WHERE doc = ? AND seq = ?").run(doc, seq);
  }
  for (const seq of change.settle ?? []) {
    prepare(
      `UPDATE entries
       SET pending_n = NULL, pending_tag = NULL, pending_basis = NULL, pending_plugin = NULL
       WHERE doc = ? AND seq = ?`,
    ).run(doc, seq);
  }
  for (const entry of change.append ?? []) putEntry(prepare, doc, entry);
  if (change.snapshot) putSnapshot(prepare, doc, change.snapshot);
  if (change.forget !== undefined) {
    prepare("DELETE FROM history WHERE doc = ? AND seq <= ?").run(doc, change.forget);
  }
  if (change.history) {
    const { seq, at, bytes } = change.history;
    prepare(
      "INSERT OR REPLACE INTO history (doc, seq, at, bytes) VALUES (?, ?, ?, ifnull(?, x''))",
    ).run(doc, seq, at, bytes);
  }
  for (const client of change.unclaim ?? []) {
    prepare("DELETE FROM claims WHERE doc = ? AND client = ?").run(doc, client);
  }
  for (const { client, writer, clock } of change.claims ?? []) {
    prepare("INSERT OR REPLACE INTO claims (doc, client, writer, clock) VALUES (?, ?, ?, ?)").run(
      doc,
      client,
      writer,
      clock,
    );
  }
  for (const { writer, n, tag } of change.writers ?? []) {
    prepare("INSERT OR REPLACE INTO writers (doc, writer, n, tag) VALUES (?, ?, ?, ?)").run(
      doc,
      writer,
      n,
      tag,
    );
  }
}

function putDocument(prepare: Prepare, { record }: DocumentChange): number {
  const row = prepare(PUT_DOCUMENT).get(...fromDocument(record));
  return number(row ?? {}, "id");
}

const PUT_DOCUMENT = `
  INSERT INTO documents (${DOCUMENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (path) DO UPDATE SET
    epoch = excluded.epoch, head = excluded.head, head_tag = excluded.head_tag,
    base = excluded.base, base_tag = excluded.base_tag, former_epochs = excluded.former_epochs,
    deleted_epochs = excluded.deleted_epochs,
    tombstone = excluded.tombstone, log_bytes = excluded.log_bytes,
    snapshot_bytes = excluded.snapshot_bytes, position = excluded.position,
    changed_at = excluded.changed_at, upstream = excluded.upstream
  RETURNING id`;

function clear(prepare: Prepare, doc: number): void {
  prepare("DELETE FROM entries WHERE doc = ?").run(doc);
  prepare("DELETE FROM tags WHERE doc = ?").run(doc);
  prepare("DELETE FROM snapshots WHERE doc = ?").run(doc);
  prepare("DELETE FROM claims WHERE doc = ?").run(doc);
  prepare("DELETE FROM history WHERE doc = ?").run(doc);
}

// An empty array is bound as NULL by some versions of Node, hence `ifnull`.
function putEntry(prepare: Prepare, doc: number, entry: LogEntry): void {
  const { pending } = entry;
  prepare(
    `INSERT OR REPLACE INTO entries
       (doc, seq, tag, writer, n, author, at,
        pending_n, pending_tag, pending_basis, pending_plugin, bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ifnull(?, x''))`,
  ).run(
    doc,
    entry.seq,
    entry.tag,
    entry.writer,
    entry.n,
    entry.author,
    entry.at,
    pending?.n ?? null,
    pending?.tag ?? null,
    pending?.basis ?? null,
    pending?.plugin ?? null,
    entry.update,
  );
}

function putSnapshot(prepare: Prepare, doc: number, snapshot: StoredSnapshot): void {
  prepare(
    "INSERT OR REPLACE INTO snapshots (doc, seq, tag, format, bytes) VALUES (?, ?, ?, ?, ifnull(?, x''))",
  ).run(doc, snapshot.seq, snapshot.tag, snapshot.format, snapshot.update);
  prepare(
    `INSERT OR REPLACE INTO tags (doc, seq, tag)
     SELECT doc, seq, tag FROM entries WHERE doc = ? AND seq <= ? AND pending_n IS NULL`,
  ).run(doc, snapshot.seq);
  prepare("DELETE FROM entries WHERE doc = ? AND seq <= ? AND pending_n IS NULL").run(
    doc,
    snapshot.seq,
  );
}

function putQuarantine(prepare: Prepare, record: QuarantineRecord): void {
  prepare(
    `INSERT INTO quarantine (id, path, author, code, reason, at, basis, submissions)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET
       path = excluded.path, author = excluded.author, code = excluded.code,
       reason = excluded.reason, at = excluded.at, basis = excluded.basis,
       submissions = excluded.submissions`,
  ).run(
    record.id,
    record.path,
    record.author,
    record.code,
    record.reason,
    record.at,
    record.basis ?? null,
    JSON.stringify(record.submissions),
  );
  prepare("DELETE FROM quarantined_updates WHERE id = ?").run(record.id);
  for (const [position, update] of record.updates.entries()) {
    prepare(
      "INSERT INTO quarantined_updates (id, position, bytes) VALUES (?, ?, ifnull(?, x''))",
    ).run(record.id, position, update);
  }
}
