/**
 * What a device does with its pending entries when the hub above refuses some of them: changes of
 * a draft, without I/O. Numbers of refused entries are given again, with new tags: the hub above
 * ignored everything after the refusal, and hears this writer again only after it opened anew.
 */

import type { RandomBytes, WriterId } from "../ids.ts";
import type { Basis, RefusalCode } from "../protocol/document-messages.ts";
import type { LogEntry } from "../store/store.ts";
import { dependants } from "../update/dependants.ts";
import { inspectUpdate } from "../update/inspect.ts";
import { mentionsClient } from "../update/inspection.ts";
import { renameClient } from "../update/rename.ts";
import { siblingClientId } from "../update/sibling-id.ts";
import type { Draft } from "../hub/draft.ts";
import { clocksOf } from "../update/clocks.ts";
import { NOTHING_SUBMITTED, noUpstream } from "../hub/hub-document.ts";
import { ABOVE } from "../hub/nobodies.ts";

/** Moves the entry numbered `n` and everything that depends on it to the quarantine (rule 19). */
export function quarantineDenied(draft: Draft, n: number, code: RefusalCode, reason: string): void {
  const first = draft.pending.findIndex((entry) => entry.pending?.n === n);
  const denied = draft.pending[first];
  if (!denied) return;
  const later = draft.pending.slice(first + 1);
  const depending = dependants(
    denied.update,
    later.map(({ update }) => update),
  );
  quarantine(draft, [denied, ...depending.flatMap((index) => later[index] ?? [])], code, reason);
}

/** Moves pending entries, with which all goes that builds on them, to the quarantine. */
export function quarantinePending(
  draft: Draft,
  entries: readonly LogEntry[],
  code: RefusalCode,
  reason: string,
): void {
  if (entries.length > 0) quarantine(draft, entries, code, reason);
}

/**
 * Goes on with entries that were pending when the document was emptied. They keep their numbers and tags as long as the hub
 * above has not heard others under these: it may have taken them.
 */
export function keepPending(draft: Draft, entries: readonly LogEntry[]): void {
  const { upstream } = draft.record;
  const [first] = entries;
  const newest = entries.at(-1)?.pending;
  if (!upstream || !first?.pending || !newest) return;
  for (const { update, writer } of entries) {
    const inspection = inspectUpdate(update);
    if (!inspection.ok) continue;
    for (const { client, to } of inspection.clients) {
      draft.setClaim(client, { client, writer, clock: to });
    }
  }
  if (first.pending.n > upstream.acked.n + 1) {
    append(draft, [], entries);
    return;
  }
  for (const { seq: _seq, tag: _tag, at: _at, ...entry } of entries) draft.append(entry);
  draft.setUpstream({ numbered: Math.max(upstream.acked.n, newest.n) }, upstream.writer);
}

/**
 * Takes a new writer for the document: what was pending under the old one may or may not have
 * arrived in somebody else's name, so it is kept aside (rule 2).
 */
export function adoptWriter(draft: Draft, writer: WriterId): void {
  const former = draft.record.upstream;
  if (!former || former.writer === writer) return;
  const reason = "this device's store was copied, rolled back or replaced";
  quarantinePending(draft, draft.pending, "replaced", reason);
  // Another store with this one's past may go on under the same ids.
  for (const client of draft.clients()) {
    draft.setClaim(client, { client, writer: ABOVE, clock: draft.clock(client) });
  }
  draft.setUpstream(
    {
      ...noUpstream(writer),
      cursor: former.cursor,
      access: former.access,
      tombstone: former.tombstone,
    },
    writer,
  );
}

/** All that is pending is submitted as made on `basis`: the log it was made on is not known any more. */
export function rebasePending(draft: Draft, basis: Basis): void {
  if (draft.pending.every(({ pending }) => pending?.basis === basis)) return;
  const rebased = draft.pending.map((entry) =>
    entry.pending ? { ...entry, pending: { ...entry.pending, basis } } : entry,
  );
  append(draft, draft.pending, rebased);
}

/**
 * Renames a client id, which is another writer's, in everything that is pending (rule 11). The new
 * id is a neighbour of the old one, since Yjs orders concurrent inserts by it; where none is free
 * the edits go to the quarantine.
 */
export function renamePending(draft: Draft, client: number, random: RandomBytes): void {
  const fresh = siblingClientId(client, draft.clients(), random);
  const owner = draft.owner(client);
  if (fresh === undefined || owner === undefined) {
    const first = draft.pending.find(({ update }) => hasClient(update, client));
    const reason = "its author's id is taken, and no other one is free";
    if (first?.pending) quarantineDenied(draft, first.pending.n, "invalid", reason);
    return;
  }
  const accepted = draft.acceptedClocks().get(client) ?? 0;
  const clock = draft.clock(client);
  const renamed = draft.pending.map((entry) => ({
    ...entry,
    update: mentions(entry.update, client)
      ? renameClient(entry.update, client, fresh, accepted)
      : entry.update,
  }));
  draft.setClaim(client, accepted > 0 ? { client, writer: ABOVE, clock: accepted } : undefined);
  draft.setClaim(fresh, { client: fresh, writer: owner, clock: clock - accepted });
  append(draft, draft.pending, renamed);
  draft.newEpoch([]);
  draft.after(() => draft.document.noteRenaming({ client, fresh, from: accepted }));
}

function quarantine(
  draft: Draft,
  refused: readonly LogEntry[],
  code: RefusalCode,
  reason: string,
): void {
  draft.refuse(refused, { code, reason });
  for (const group of byAuthor(refused)) {
    const [first] = group;
    if (!first) continue;
    const basis = first.pending?.basis;
    draft.keep({
      author: first.author,
      code,
      reason,
      basis,
      updates: group.map(({ update }) => update),
      submissions: group.map(({ writer, n }) => ({ writer, n })),
    });
  }
  const left = draft.pending.filter((entry) => !refused.includes(entry));
  // Once for all of them: it looks at the whole log.
  const accepted = draft.acceptedClocks();
  const kept = clocksOf(left.map(({ update }) => update));
  const clockOf = (client: number): number =>
    Math.max(accepted.get(client) ?? 0, kept.get(client) ?? 0);
  for (const { update } of refused) retract(draft, update, clockOf);
  append(draft, draft.pending, left);
  draft.newEpoch([]);
}

/**
 * Replaces the pending entries by others, numbered anew from the first one's number. Those at the
 * front that stay as they were keep their tags: the hub above may have them already.
 */
function append(draft: Draft, former: readonly LogEntry[], entries: readonly LogEntry[]): void {
  const { upstream } = draft.record;
  if (!upstream) return;
  const first = former[0]?.pending?.n ?? upstream.acked.n + 1;
  draft.removeEntries(former);
  draft.setUpstream({ numbered: first - 1 + entries.length }, upstream.writer);
  let unchanged = true;
  for (const [index, { seq: _seq, tag: _tag, at: _at, ...entry }] of entries.entries()) {
    const before = former[index];
    unchanged &&= before?.update === entry.update && before.pending?.n === first + index;
    const mark = { basis: upstream.cursor?.epoch, plugin: "", ...entry.pending };
    const tag = unchanged && before?.pending ? before.pending.tag : draft.newTag();
    draft.append({ ...entry, pending: { ...mark, n: first + index, tag } });
  }
}

/** The structs of a refused update are not there: their clocks are free again. */
function retract(draft: Draft, update: Uint8Array, clockOf: (client: number) => number): void {
  const inspection = inspectUpdate(update);
  if (!inspection.ok) return;
  for (const { client, from } of inspection.clients) {
    const writer = draft.owner(client);
    if (writer === undefined || draft.clock(client) <= from) continue;
    // Mostly `from`; more if the hub above has the same structs by another way.
    const clock = clockOf(client);
    draft.setClaim(client, clock > 0 ? { client, writer, clock } : undefined);
  }
}

/** Which clients have structs that are pending. */
export function pendingClients(draft: Draft): ReadonlySet<number> {
  const clients = new Set<number>();
  for (const { update } of draft.pending) {
    const inspection = inspectUpdate(update);
    if (inspection.ok) for (const { client } of inspection.clients) clients.add(client);
  }
  return clients;
}

function hasClient(update: Uint8Array, client: number): boolean {
  const inspection = inspectUpdate(update);
  return inspection.ok && inspection.clients.some((range) => range.client === client);
}

function mentions(update: Uint8Array, client: number): boolean {
  const inspection = inspectUpdate(update);
  return inspection.ok && mentionsClient(inspection, client);
}

function byAuthor(entries: readonly LogEntry[]): readonly (readonly LogEntry[])[] {
  const groups = new Map<string, LogEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.author) ?? [];
    group.push(entry);
    groups.set(entry.author, group);
  }
  return [...groups.values()];
}

/** The number and tag of the last entry up to `n`, or nothing if it is not pending. */
export function numberedAt(draft: Draft, n: number): { n: number; tag: LogEntry["tag"] } {
  for (const entry of draft.pending) {
    if (entry.pending?.n === n) return { n, tag: entry.pending.tag };
  }
  return draft.record.upstream?.acked ?? NOTHING_SUBMITTED;
}
