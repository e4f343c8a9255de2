/** One struct as a value, for those who compare or keep structs; the reader only passes over them. */

import type { StructReader } from "./struct-reader.ts";

/** A run of clocks of one client, as one update has it. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly kind: number;
  readonly client: number;
  readonly clock: number;
  /** The clock after the last. */
  readonly end: number;
  readonly origin: Id;
  readonly right: Id;
  readonly parent: Id;
  /** Offsets: the root's name, the key, the content; -1 for none. */
  readonly root: Stretch;
  readonly key: Stretch;
  readonly content: Stretch;
  /** The content read, once somebody has: reading it for each clock again would be quadratic. */
  text: string | undefined;
  /** Offsets of the content's values, likewise. */
  values: readonly number[] | undefined;
}

/** A struct's identity; -1 for none. */
export type Id = readonly [client: number, clock: number];
/** Two offsets; -1 for none. */
export type Stretch = readonly [start: number, end: number];

/** The struct that `reader` stands at. */
export function readPiece(reader: StructReader): Piece {
  const { kind, client, clock } = reader;
  return {
    bytes: reader.input.bytes,
    kind,
    client,
    clock,
    end: clock + reader.length,
    origin: id(reader.originClient, reader.originClock),
    right: id(reader.rightClient, reader.rightClock),
    parent: id(reader.parentClient, reader.parentClock),
    root: stretch(reader.rootStart, reader.rootEnd),
    key: stretch(reader.keyStart, reader.keyEnd),
    content: [reader.contentStart, reader.input.at],
    text: undefined,
    values: undefined,
  };
}

// The reader keeps old values beside the -1 that says that there is none.
function id(client: number, clock: number): Id {
  return client < 0 ? [-1, -1] : [client, clock];
}

function stretch(start: number, end: number): Stretch {
  return start < 0 ? [-1, -1] : [start, end];
}
