/**
 * The messages of the y-websocket protocol, as y-protocols 1.0 writes them: a type, and for `sync` a second one. What is no message
 * is told apart from what is one of a later version, which is passed over.
 */

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { writePermissionDenied } from "y-protocols/auth";

const SYNC = 0;
const AWARENESS = 1;
const AUTH = 2;
const QUERY_AWARENESS = 3;

const STEP_1 = 0;
const STEP_2 = 1;
const UPDATE = 2;

/** A message of a peer. */
export type YMessage =
  /** Asks for what is not in a state vector. */
  | { readonly type: "step1"; readonly vector: Uint8Array }
  /** Answers {@link step1}: all that this side did not have. */
  | { readonly type: "step2"; readonly update: Uint8Array }
  | { readonly type: "update"; readonly update: Uint8Array }
  | { readonly type: "awareness"; readonly update: Uint8Array }
  | { readonly type: "query-awareness" }
  | { readonly type: "unknown" };

/** Reads a message; throws when it is none. */
export function readMessage(bytes: Uint8Array): YMessage {
  const decoder = decoding.createDecoder(bytes);
  switch (decoding.readVarUint(decoder)) {
    case SYNC: {
      const kind = decoding.readVarUint(decoder);
      const content = decoding.readVarUint8Array(decoder);
      if (kind === STEP_1) return { type: "step1", vector: content };
      if (kind === STEP_2) return { type: "step2", update: content };
      return kind === UPDATE ? { type: "update", update: content } : { type: "unknown" };
    }
    case AWARENESS:
      return { type: "awareness", update: decoding.readVarUint8Array(decoder) };
    case QUERY_AWARENESS:
      return { type: "query-awareness" };
    default:
      return { type: "unknown" };
  }
}

/** Asks a peer for what is not in a state vector. */
export function step1(vector: Uint8Array): Uint8Array {
  return write([SYNC, STEP_1], vector);
}

/** Answers a peer's {@link step1}. */
export function step2(update: Uint8Array): Uint8Array {
  return write([SYNC, STEP_2], update);
}

/** Tells what changed. */
export function update(bytes: Uint8Array): Uint8Array {
  return write([SYNC, UPDATE], bytes);
}

/** Tells who is here. */
export function awareness(bytes: Uint8Array): Uint8Array {
  return write([AWARENESS], bytes);
}

/** Tells why a session ends that is refused. */
export function denied(reason: string): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, AUTH);
  writePermissionDenied(encoder, reason);
  return encoding.toUint8Array(encoder);
}

function write(head: readonly number[], content: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  for (const number of head) encoding.writeVarUint(encoder, number);
  encoding.writeVarUint8Array(encoder, content);
  return encoding.toUint8Array(encoder);
}

/** One state in an awareness message. */
export interface YPresence {
  readonly client: number;
  /** JSON; `null` for who is gone. */
  readonly state: string;
}

/** The states in an awareness message; throws when it is none, or tells of more than `max`. */
export function readPresences(bytes: Uint8Array, max: number): readonly YPresence[] {
  const decoder = decoding.createDecoder(bytes);
  const count = decoding.readVarUint(decoder);
  if (count > max) throw new RangeError("it tells of too many");
  const presences: YPresence[] = [];
  for (let at = 0; at < count; at++) {
    const client = decoding.readVarUint(decoder);
    decoding.readVarUint(decoder);
    presences.push({ client, state: decoding.readVarString(decoder) });
  }
  return presences;
}
