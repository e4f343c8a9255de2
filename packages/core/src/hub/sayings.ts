/** What hubs on the same store say to each other, as bytes: who is at a document, and events. Nothing of it is kept. */

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { type DocPath, isDocPath } from "../doc-path.ts";
import type { HubEvent } from "./event-relay.ts";
import type { PresenceState } from "./presence-room.ts";

/** See the top of this file. */
export type Saying =
  /** The hub is there. */
  | { readonly kind: "alive" }
  /** The hub stops. */
  | { readonly kind: "leaving" }
  /** A document was opened: who is at it, at other hubs? */
  | { readonly kind: "who"; readonly path: DocPath }
  /** States of whoever is at a document at the hub; empty ones are gone. */
  | { readonly kind: "presence"; readonly path: DocPath; readonly states: readonly PresenceState[] }
  | { readonly kind: "event"; readonly event: HubEvent };

const KINDS = ["alive", "leaving", "who", "presence", "event"] as const;

/** Writes a {@link Saying}. */
export function encodeSaying(saying: Saying): Uint8Array {
  const out = encoding.createEncoder();
  encoding.writeUint8(out, KINDS.indexOf(saying.kind));
  switch (saying.kind) {
    case "alive":
    case "leaving":
      break;
    case "who":
      encoding.writeVarString(out, saying.path);
      break;
    case "presence":
      encoding.writeVarString(out, saying.path);
      encoding.writeVarUint(out, saying.states.length);
      for (const { id, clock, author, state } of saying.states) {
        encoding.writeVarUint(out, id);
        encoding.writeVarUint(out, clock);
        encoding.writeVarString(out, author);
        encoding.writeVarUint8Array(out, state);
      }
      break;
    case "event":
      encoding.writeVarString(out, saying.event.topic);
      encoding.writeVarString(out, saying.event.author);
      encoding.writeVarUint8Array(out, saying.event.data);
      break;
  }
  return encoding.toUint8Array(out);
}

/** Reads a {@link Saying}; nothing if it is none, as of another version of croft. */
export function decodeSaying(bytes: Uint8Array): Saying | undefined {
  try {
    const from = decoding.createDecoder(bytes);
    const kind = KINDS[decoding.readUint8(from)];
    switch (kind) {
      case "alive":
      case "leaving":
        return { kind };
      case "who": {
        const path = readPath(from);
        return path && { kind, path };
      }
      case "presence": {
        const path = readPath(from);
        const count = decoding.readVarUint(from);
        const states: PresenceState[] = [];
        while (states.length < count) {
          const id = decoding.readVarUint(from);
          const clock = decoding.readVarUint(from);
          const author = decoding.readVarString(from);
          states.push({ id, clock, author, state: decoding.readVarUint8Array(from).slice() });
        }
        return path && { kind, path, states };
      }
      case "event": {
        const topic = readPath(from);
        const author = decoding.readVarString(from);
        const data = decoding.readVarUint8Array(from).slice();
        return topic && { kind, event: { topic, author, data } };
      }
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}

function readPath(from: decoding.Decoder): DocPath | undefined {
  const path = decoding.readVarString(from);
  return isDocPath(path) ? path : undefined;
}
