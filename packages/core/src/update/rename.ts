/**
 * Moves what was written under one client id to another (SYNC rule 11): a replica whose id turned
 * out to be taken renames what it has not had accepted, instead of losing it.
 */

import * as encoding from "lib0/encoding";
import { CroftError } from "../errors.ts";
import type { Id } from "./piece.ts";
import { StructReader } from "./struct-reader.ts";
import { type MapId, writeFirstPart, writeLastPart, writeStruct } from "./write-struct.ts";

/**
 * Rewrites a valid update (v1) so that client `from` is client `to` in it: its structs, all that
 * refers to them, and the deletes of them. Applied to Yjs, it gives the same content under the
 * other id.
 *
 * @param to An id that the update does not have, and that is nearest to `from` among the clients of
 *   the document: see `siblingClientId`, which chooses one. With another, replicas may diverge.
 * @param fromClock Only structs from this clock on are renamed (the ones not accepted yet), and
 *   the new id's clocks start there at 0, since its document knows nothing of it. Default: 0.
 * @throws CroftError `input/invalid` when `to` has structs or deletes in the update.
 */
export function renameClient(
  update: Uint8Array,
  from: number,
  to: number,
  fromClock = 0,
): Uint8Array {
  if (from === to) return update;
  const rename: Rename = { from, to, fromClock };
  const reader = new StructReader(update);
  const sections: Section[] = [];
  while (reader.nextSection()) {
    refuseTaken(reader.client, to);
    renameSection(reader, rename, sections);
  }
  const deletes = renameDeletes(reader, rename);
  reader.finish();

  const out = encoding.createEncoder();
  // Yjs wants clients in descending order, also in the delete set.
  sections.sort((a, b) => b.client - a.client);
  encoding.writeVarUint(out, sections.length);
  for (const { client, clock, structs, body } of sections) {
    encoding.writeVarUint(out, structs);
    encoding.writeVarUint(out, client);
    encoding.writeVarUint(out, clock);
    encoding.writeBinaryEncoder(out, body);
  }
  encoding.writeVarUint(out, deletes.length);
  for (const { client, ranges } of deletes.toSorted((a, b) => b.client - a.client)) {
    encoding.writeVarUint(out, client);
    encoding.writeVarUint(out, ranges.length);
    for (const [clock, length] of ranges) {
      encoding.writeVarUint(out, clock);
      encoding.writeVarUint(out, length);
    }
  }
  return encoding.toUint8Array(out);
}

interface Rename {
  readonly from: number;
  readonly to: number;
  readonly fromClock: number;
}

interface Section {
  readonly client: number;
  readonly clock: number;
  structs: number;
  readonly body: encoding.Encoder;
}

/** Copies the section that `reader` is in; one that only partly gets a new id becomes two. */
function renameSection(reader: StructReader, rename: Rename, sections: Section[]): void {
  const { from, to, fromClock } = rename;
  const { client } = reader;
  let section: Section | undefined;
  const body = (owner: number, clock: number): encoding.Encoder => {
    if (section?.client !== owner) {
      section = { client: owner, clock, structs: 0, body: encoding.createEncoder() };
      sections.push(section);
    }
    section.structs++;
    return section.body;
  };
  const mapId: MapId = (idClient, clock) => renameId(rename, idClient, clock);
  while (reader.nextStruct()) {
    const { clock } = reader;
    const kept = fromClock - clock;
    if (client !== from || kept >= reader.length) writeStruct(body(client, clock), reader, mapId);
    else if (kept <= 0) writeStruct(body(to, clock - fromClock), reader, mapId);
    else {
      writeFirstPart(body(from, clock), reader, mapId, kept);
      writeLastPart(body(to, 0), reader, mapId, kept);
    }
  }
}

interface DeletedBy {
  readonly client: number;
  readonly ranges: (readonly [clock: number, length: number])[];
}

function renameDeletes(reader: StructReader, { from, to, fromClock }: Rename): DeletedBy[] {
  const deletes: DeletedBy[] = [];
  while (reader.nextDeletes()) {
    const { client } = reader;
    refuseTaken(client, to);
    const kept: DeletedBy = { client, ranges: [] };
    const renamed: DeletedBy = { client: to, ranges: [] };
    while (reader.nextRange()) {
      const { clock } = reader;
      const end = clock + reader.length;
      const border = client === from ? Math.min(Math.max(fromClock, clock), end) : end;
      if (border > clock) kept.ranges.push([clock, border - clock]);
      if (end > border) renamed.ranges.push([border - fromClock, end - border]);
    }
    if (kept.ranges.length > 0) deletes.push(kept);
    if (renamed.ranges.length > 0) deletes.push(renamed);
  }
  return deletes;
}

function renameId({ from, to, fromClock }: Rename, client: number, clock: number): Id {
  return client === from && clock >= fromClock ? [to, clock - fromClock] : [client, clock];
}

function refuseTaken(client: number, to: number): void {
  if (client !== to) return;
  throw new CroftError("input/invalid", `Client ${to} is in use in the update already.`, {
    hint: "Rename to a fresh client id.",
  });
}
