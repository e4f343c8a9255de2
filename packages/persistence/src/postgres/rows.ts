/** Rows of the tables as values of the store contract. A cell of the wrong type is damage: only this package writes them. */

import type {
  Claim,
  DocPath,
  DocumentRecord,
  Epoch,
  ListedAbove,
  LogEntry,
  Numbered,
  QuarantineRecord,
  StoredSnapshot,
  Tag,
  UpstreamRecord,
  WriterId,
  WriterRecord,
} from "@croft/core";
import type { Row } from "./sql.ts";

/** A cell does not hold what the schema says. */
export class DamagedRow extends Error {
  override readonly name = "DamagedRow";
}

/** The columns of {@link toDocument}. */
export const DOCUMENT_COLUMNS = `d.path, d.epoch, d.head, d.head_tag, d.base, d.base_tag, d.former_epochs, d.deleted_epochs, d.tombstone,
  d.log_bytes, d.snapshot_bytes, d.position, d.changed_at, d.upstream`;
/** The columns of {@link toEntry}. */
export const ENTRY_COLUMNS =
  "e.seq, e.tag, e.writer, e.n, e.author, e.at, e.pending_n, e.pending_tag, e.pending_basis, e.pending_plugin, e.bytes";

export function toDocument(row: Row): DocumentRecord {
  const upstream = optionalText(row, "upstream");
  return {
    path: text(row, "path") as DocPath,
    epoch: text(row, "epoch") as Epoch,
    head: number(row, "head"),
    headTag: text(row, "head_tag") as Tag,
    base: number(row, "base"),
    baseTag: text(row, "base_tag") as Tag,
    formerEpochs: json(row, "former_epochs") as readonly Epoch[],
    deletedEpochs: json(row, "deleted_epochs") as readonly Epoch[],
    tombstone: optionalText(row, "tombstone") as Epoch | undefined,
    logBytes: number(row, "log_bytes"),
    snapshotBytes: number(row, "snapshot_bytes"),
    position: number(row, "position"),
    changedAt: number(row, "changed_at"),
    upstream: upstream === undefined ? undefined : toUpstream(json(row, "upstream")),
  };
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
    pending: isEmpty(row["pending_n"])
      ? undefined
      : {
          n: number(row, "pending_n"),
          tag: text(row, "pending_tag") as Tag,
          basis: optionalText(row, "pending_basis") as Epoch | undefined,
          plugin: text(row, "pending_plugin"),
        },
  };
}

export function toSnapshot(row: Row): StoredSnapshot {
  const format = text(row, "format");
  if (format !== "v1" && format !== "v2") throw new DamagedRow(`format ${format}`);
  return { seq: number(row, "seq"), tag: text(row, "tag") as Tag, format, update: bytes(row) };
}

export function toNumbered(row: Row): Numbered {
  return { n: number(row, "n"), tag: text(row, "tag") as Tag };
}

/** Of a cell with `[[client, writer, clock], …]`. */
export function toClaims(row: Row, name: string): readonly Claim[] {
  const all = (isEmpty(row[name]) ? [] : json(row, name)) as readonly [number, WriterId, number][];
  return all.map(([client, writer, clock]) => ({ client, writer, clock }));
}

/** Of a cell with `[[writer, n, tag], …]`. */
export function toWriters(row: Row, name: string): readonly WriterRecord[] {
  const all = (isEmpty(row[name]) ? [] : json(row, name)) as readonly [WriterId, number, Tag][];
  return all.map(([writer, n, tag]) => ({ writer, n, tag }));
}

/** Of the rows of one record, which differ in the update alone. */
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
    submissions: json(row, "submissions") as QuarantineRecord["submissions"],
  };
}

export function text(row: Row, name: string): string {
  const value = row[name];
  if (typeof value !== "string") throw new DamagedRow(`${name} is no text`);
  return value;
}

/** Whole numbers of 64 bits come as texts or bigints, depending on the driver. */
export function number(row: Row, name: string): number {
  const value = row[name];
  if (isEmpty(value)) throw new DamagedRow(`${name} is no number`);
  const read = Number(value);
  if (Number.isNaN(read)) throw new DamagedRow(`${name} is no number`);
  return read;
}

export function bytes(row: Row, name = "bytes"): Uint8Array {
  const value = row[name];
  if (!(value instanceof Uint8Array)) throw new DamagedRow("bytes are none");
  // Drivers give subclasses, and views of larger buffers.
  return new Uint8Array(value);
}

export function isEmpty(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function optionalText(row: Row, name: string): string | undefined {
  return isEmpty(row[name]) ? undefined : text(row, name);
}

function toUpstream(stored: unknown): UpstreamRecord {
  const upstream = stored as UpstreamRecord;
  // JSON leaves out what is undefined; the contract has every key.
  const { cursor, regained, tombstone } = upstream;
  return { ...upstream, cursor, regained, tombstone };
}

function json(row: Row, name: string): unknown {
  try {
    return JSON.parse(text(row, name));
  } catch (cause) {
    throw new DamagedRow(`${name} is no JSON`, { cause });
  }
}
