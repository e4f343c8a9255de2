/**
 * Writes the struct that a reader stands at, whole or a part of its clocks, with other ids in it.
 * What has no ids is copied byte by byte.
 */

import * as encoding from "lib0/encoding";
import { ByteReader, decodeText } from "./byte-reader.ts";
import { Kind, skipAny } from "./content.ts";
import type { Id } from "./piece.ts";
import { Flag, type StructReader } from "./struct-reader.ts";

/** Which id is written for one that was read. */
export type MapId = (client: number, clock: number) => Id;

/** Writes the whole struct. */
export function writeStruct(out: encoding.Encoder, reader: StructReader, mapId: MapId): void {
  writePlace(out, reader, mapId);
  copy(out, reader, reader.contentStart, reader.input.at);
}

/** Writes the struct's first `clocks`, of more. */
export function writeFirstPart(
  out: encoding.Encoder,
  reader: StructReader,
  mapId: MapId,
  clocks: number,
): void {
  writePlace(out, reader, mapId);
  writePart(out, reader, 0, clocks);
}

/** Writes what follows the struct's first `clocks`: put after the last of these. */
export function writeLastPart(
  out: encoding.Encoder,
  reader: StructReader,
  mapId: MapId,
  clocks: number,
): void {
  const { kind, client, clock } = reader;
  if (kind === Kind.gc || kind === Kind.skip) encoding.writeUint8(out, kind);
  else {
    // The key comes from the part before, like the parent; only the flag stays, as Yjs does it.
    const flags = infoOf(reader) & (Flag.rightOrigin | Flag.key);
    encoding.writeUint8(out, kind | Flag.origin | flags);
    writeId(out, mapId(client, clock + clocks - 1));
    if (flags & Flag.rightOrigin) writeId(out, mapId(reader.rightClient, reader.rightClock));
  }
  writePart(out, reader, clocks, reader.length);
}

function writePlace(out: encoding.Encoder, reader: StructReader, mapId: MapId): void {
  const info = infoOf(reader);
  encoding.writeUint8(out, info);
  if (reader.kind === Kind.gc || reader.kind === Kind.skip) return;
  if (reader.originClient >= 0) writeId(out, mapId(reader.originClient, reader.originClock));
  if (reader.rightClient >= 0) writeId(out, mapId(reader.rightClient, reader.rightClock));
  if (reader.parentClient >= 0) {
    encoding.writeUint8(out, 0);
    writeId(out, mapId(reader.parentClient, reader.parentClock));
    if (reader.keyStart < 0) return;
    encoding.writeVarUint(out, reader.keyEnd - reader.keyStart);
    copy(out, reader, reader.keyStart, reader.keyEnd);
  } else if (reader.rootStart >= 0) copy(out, reader, reader.start + 1, reader.contentStart);
}

/** Writes the content of the clocks from `from` to before `to`, counted from the struct's first. */
function writePart(out: encoding.Encoder, reader: StructReader, from: number, to: number): void {
  const input = new ByteReader(reader.input.bytes, reader.contentStart);
  switch (reader.kind) {
    case Kind.string:
      input.text();
      encoding.writeVarString(
        out,
        decodeText(input.bytes, input.textStart, input.textEnd).slice(from, to),
      );
      return;
    case Kind.any:
    case Kind.json: {
      const pass = () => {
        if (reader.kind === Kind.any) skipAny(input, undefined, Infinity);
        else input.text();
      };
      input.uint();
      for (let i = 0; i < from; i++) pass();
      const start = input.at;
      for (let i = from; i < to; i++) pass();
      encoding.writeVarUint(out, to - from);
      copy(out, reader, start, input.at);
      return;
    }
    default:
      // Collected, deleted or left out: of everything else a struct has one clock.
      encoding.writeVarUint(out, to - from);
  }
}

function infoOf(reader: StructReader): number {
  return reader.input.bytes[reader.start] ?? 0;
}

function writeId(out: encoding.Encoder, [client, clock]: Id): void {
  encoding.writeVarUint(out, client);
  encoding.writeVarUint(out, clock);
}

function copy(out: encoding.Encoder, reader: StructReader, start: number, end: number): void {
  encoding.writeUint8Array(out, reader.input.bytes.subarray(start, end));
}
