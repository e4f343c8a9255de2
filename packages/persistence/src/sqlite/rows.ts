/**
 * Rows of the tables as values of the store contract. A cell of the wrong type is damage: the
 * tables are STRICT and only this package writes them.
 */

import type { SQLOutputValue } from "node:sqlite";
import type {
  Claim,
  DocPath,
  DocumentRecord,
  Epoch,
  ListedAbove,
  LogEntry,
  Numbered,
  PendingMark,
  QuarantineRecord,
  StoredSnapshot,
  Tag,
  UpstreamRecord,
  WriterId,
} from "@croft/core";

/** A row as `node:sqlite` returns it. */
export type Row = Record<string, SQLOutputValue>;

/** A cell does not hold what the schema says. Turned into `store/corrupt` where the path is known. */
export class DamagedRow extends Error {
  override readonly name = "DamagedRow";
}

export function toDocument(row: Row): DocumentRecord {
  const upstream = optionalText(row, "upstream");
  return {
    path: text(row, "path") as DocPath,
    epoch: text(row, "epoch") as Epoch,
    head: number(row, "head"),
    headTag: text(row, "head_tag") as Tag,
    base: number(row, "base"),
    baseTag: text(row, "base_tag") as Tag,
    formerEpochs: json(text(row, "former_epochs")) as readonly Epoch[],
    deletedEpochs: json(text(row, "deleted_epochs")) as readonly Epoch[],
    tombstone: optionalText(row, "tombstone") as Epoch | undefined,
    logBytes: number(row, "log_bytes"),
    snapshotBytes: number(row, "snapshot_bytes"),
    position: number(row, "position"),
    changedAt: number(row, "changed_at"),
    upstream: upstream === undefined ? undefined : toUpstream(upstream),
  };
}

/** The columns of {@link toDocument}, in the order of {@link fromDocument}. */
export const DOCUMENT_COLUMNS =
  "path, epoch, head, head_tag, base, base_tag, former_epochs, deleted_epochs, tombstone, log_bytes, snapshot_bytes, position, changed_at, upstream";

export function fromDocument(record: DocumentRecord): (string | number | null)[] {
  return [
    record.path,
    record.epoch,
    record.head,
    record.headTag,
    record.base,
    record.baseTag,
    JSON.stringify(record.formerEpochs),
    JSON.stringify(record.deletedEpochs),
    record.tombstone ?? null,
    record.logBytes,
    record.snapshotBytes,
    record.position,
    record.changedAt,
    record.upstream ? JSON.stringify(record.upstream) : null,
  ];
}

export function toListed(row: Row): ListedAbove {
  return {
    path: text(row, "path") as DocPath,
    epoch: text(row, "epoch") as Epoch,
    head: number(row, "head"),
    tag: text(row, "tag") as Tag,
    bytes: number(row, "bytes"),
    changedAt: number(row, "changed_at"),
  };
}

export function toEntry(row: Row): LogEntry {
  return {
    seq: number(row, "seq"),
    tag: text(row, "tag") as Tag,
    update: bytes(row),
    writer: text(row, "writer") as WriterId,
    n: number(row, "n"),
    author: text(row, "author"),
    at: number(row, "at"),
    pending: row["pending_n"] === null ? undefined : toPendingMark(row),
  };
}

export function toSnapshot(row: Row): StoredSnapshot {
  const format = text(row, "format");
  if (format !== "v1" && format !== "v2") throw new DamagedRow(`format ${format}`);
  return { seq: number(row, "seq"), tag: text(row, "tag") as Tag, format, update: bytes(row) };
}

export function toClaim(row: Row): Claim {
  return {
    client: number(row, "client"),
    writer: text(row, "writer") as WriterId,
    clock: number(row, "clock"),
  };
}

export function toNumbered(row: Row): Numbered {
  return { n: number(row, "n"), tag: text(row, "tag") as Tag };
}

export function toQuarantine(row: Row, updates: readonly Uint8Array[]): QuarantineRecord {
  return {
    id: text(row, "id") as Tag,
    path: text(row, "path") as DocPath,
    author: text(row, "author"),
    code: text(row, "code"),
    reason: text(row, "reason"),
    at: number(row, "at"),
    basis: optionalText(row, "basis") as Epoch | undefined,
    updates,
    submissions: JSON.parse(text(row, "submissions")) as QuarantineRecord["submissions"],
  };
}

export function text(row: Row, name: string): string {
  const value = row[name];
  if (typeof value !== "string") throw new DamagedRow(`${name} is no text`);
  return value;
}

export function number(row: Row, name: string): number {
  const value = row[name];
  if (typeof value !== "number") throw new DamagedRow(`${name} is no number`);
  return value;
}

export function bytes(row: Row): Uint8Array {
  const value = row["bytes"];
  if (!(value instanceof Uint8Array)) throw new DamagedRow("bytes are none");
  return value;
}

function optionalText(row: Row, name: string): string | undefined {
  return row[name] === null ? undefined : text(row, name);
}

function toPendingMark(row: Row): PendingMark {
  return {
    n: number(row, "pending_n"),
    tag: text(row, "pending_tag") as Tag,
    basis: optionalText(row, "pending_basis") as Epoch | undefined,
    plugin: text(row, "pending_plugin"),
  };
}

function toUpstream(value: string): UpstreamRecord {
  const stored = json(value) as UpstreamRecord;
  // JSON leaves out what is undefined; the contract has every key.
  return {
    ...stored,
    cursor: stored.cursor,
    regained: stored.regained,
    tombstone: stored.tombstone,
    // Files of version 2 and before have none.
    usedAt: stored.usedAt ?? 0,
  };
}

function json(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw new DamagedRow("a cell is no JSON", { cause });
  }
}
