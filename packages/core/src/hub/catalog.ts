/**
 * Which documents there are, as a hub tells it: its own, and on a device also those that the hub above lists
 * and that nobody has fetched.
 */

import type { Principal } from "../access/access.ts";
import type { DocPath } from "../doc-path.ts";
import type { ListedDocument } from "../protocol/listing-messages.ts";
import { comparePaths } from "../doc-path.ts";
import type { DocumentRecord, ListedAbove } from "../store/store.ts";
import type { HubCore } from "./hub-core.ts";

/** What a hub knows of one path. */
export interface CatalogRow {
  readonly path: DocPath;
  readonly record: DocumentRecord | undefined;
  readonly above: ListedAbove | undefined;
}

/** A page of a catalog. */
export interface CatalogPage {
  readonly rows: readonly CatalogRow[];
  /** After which path the next page begins; absent after the last one. */
  readonly next: DocPath | undefined;
}

/** Rows whose path starts with `prefix` and comes after `after`, by path, about `limit` of them. */
export async function readCatalog(
  { store, uplink }: HubCore,
  prefix: string,
  after: DocPath | undefined,
  limit: number,
): Promise<CatalogPage> {
  const page = after === undefined ? { limit } : { after, limit };
  const records = await store.listDocuments(prefix, page);
  const listed = uplink ? await store.readListing(prefix, page) : [];
  // A full page may be cut anywhere: nothing is known of what comes after it.
  const ends = [records, listed].flatMap((part) => {
    const last = part.at(-1);
    return last && part.length >= limit ? [last.path] : [];
  });
  const next = ends.toSorted(comparePaths)[0];
  const rows = new Map<DocPath, CatalogRow>();
  for (const record of records)
    rows.set(record.path, { path: record.path, record, above: undefined });
  for (const above of listed) {
    rows.set(above.path, { path: above.path, record: rows.get(above.path)?.record, above });
  }
  const sorted = [...rows.values()].sort((a, b) => comparePaths(a.path, b.path));
  return { rows: sorted.filter(({ path }) => !next || comparePaths(path, next) <= 0), next };
}

/** All rows whose path starts with `prefix`. */
export async function readWholeCatalog(hub: HubCore, prefix: string): Promise<CatalogRow[]> {
  const rows: CatalogRow[] = [];
  let after: DocPath | undefined;
  do {
    const page = await readCatalog(hub, prefix, after, 1000);
    rows.push(...page.rows);
    after = page.next;
  } while (after !== undefined);
  return rows;
}

/** What is known of one path. */
export async function readCatalogRow(hub: HubCore, path: DocPath): Promise<CatalogRow> {
  const { store, uplink } = hub;
  // What has the path itself as a prefix comes after it.
  const [stored] = hub.recordOf(path) ? [] : await store.listDocuments(path, { limit: 1 });
  const [above] = uplink ? await store.readListing(path, { limit: 1 }) : [];
  const record = hub.recordOf(path) ?? (stored?.path === path ? stored : undefined);
  return { path, record, above: above?.path === path ? above : undefined };
}

/** What `principal` is told of a row: nothing of what is empty, deleted, or not to be read. */
export function describe(
  hub: HubCore,
  principal: Principal | undefined,
  { path, record, above }: CatalogRow,
): ListedDocument | undefined {
  if (principal && hub.accessOf(principal, { path, record }) === "none") return undefined;
  if (record && record.head > 0) {
    return {
      path,
      epoch: record.epoch,
      head: record.head,
      tag: record.headTag,
      bytes: record.logBytes + record.snapshotBytes,
      changedAt: whole(Math.max(record.changedAt, above?.changedAt ?? 0)),
      stored: true,
    };
  }
  // All that was ever written may have been nothing: then it is here too.
  const stored = record?.upstream?.cursor !== undefined;
  return above && { ...above, changedAt: whole(above.changedAt), stored };
}

function whole(milliseconds: number): number {
  return Math.max(0, Math.floor(milliseconds));
}
