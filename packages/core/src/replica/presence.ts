/**
 * A y-protocols Awareness, as editors expect it, over the hub's presence. Its `clientID` is a
 * presence id of its own, never the document's client id (SYNC rule 11), and what arrives carries
 * the stamp that the hub vouches for.
 */

import { writeVarString, writeVarUint, createEncoder, toUint8Array } from "lib0/encoding";
import { applyAwarenessUpdate, Awareness, removeAwarenessStates } from "y-protocols/awareness";
import * as Y from "yjs";
import { reportUncaught } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import { createClientId, type RandomBytes } from "../ids.ts";
import { MAX_PRESENCE_BYTES } from "../protocol/limits.ts";
import type { Presence } from "../protocol/presence-messages.ts";

/** Presence states that come from the hub have this origin. */
const FROM_HUB = { name: "croft presence" };

interface AwarenessChange {
  readonly added: readonly number[];
  readonly updated: readonly number[];
  readonly removed: readonly number[];
}

/** The presence of one document in a replica. */
export interface ReplicaPresence {
  readonly awareness: Awareness;
  /** A state from the hub. */
  receive(state: Omit<Presence, "doc">): void;
  /** The session is up: tells the hub who is here. */
  announce(): void;
  /** The session is down: nobody else is known to be here. */
  forget(): void;
  /** Nobody shows the document here any more, for now. */
  rest(): void;
  dispose(): void;
}

/**
 * Creates the presence of a document; `send` gives states to the hub, if it is there. The Awareness,
 * which has a timer, is made when somebody asks for it: most open documents never show who is here.
 */
export function createReplicaPresence(
  path: string,
  random: RandomBytes,
  send: (state: Omit<Presence, "doc">) => void,
): ReplicaPresence {
  /** What the hub told before anybody asked. */
  const others = new Map<number, Omit<Presence, "doc">>();
  let live: LivePresence | undefined;
  return {
    get awareness() {
      if (!live) {
        live = createLivePresence(path, random, send);
        live.announce();
        for (const state of others.values()) live.receive(state);
        others.clear();
      }
      return live.awareness;
    },
    receive(state) {
      if (live) live.receive(state);
      else if (state.state.length === 0) others.delete(state.id);
      else others.set(state.id, state);
    },
    announce: () => live?.announce(),
    forget() {
      others.clear();
      live?.forget();
    },
    rest() {
      live?.dispose();
      live = undefined;
    },
    dispose: () => live?.dispose(),
  };
}

/** While somebody asks who is here. */
type LivePresence = Omit<ReplicaPresence, "rest">;

function createLivePresence(
  path: string,
  random: RandomBytes,
  send: (state: Omit<Presence, "doc">) => void,
): LivePresence {
  const holder = new Y.Doc({ guid: `presence:${path}` });
  holder.clientID = createClientId(random);
  const awareness = new Awareness(holder);
  const own = awareness.clientID;
  const announce = (): void => {
    const state = awareness.getLocalState();
    const clock = awareness.meta.get(own)?.clock ?? 0;
    const bytes =
      state === null ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(state));
    if (bytes.length > MAX_PRESENCE_BYTES) {
      reportUncaught(
        new CroftError(
          "input/invalid",
          `The presence state has ${bytes.length} bytes; ${MAX_PRESENCE_BYTES} are allowed.`,
          {
            path,
            hint: "Keep cursors and names in it, not content.",
          },
        ),
      );
      return;
    }
    send({ id: own, clock, author: "", state: bytes });
  };
  const onUpdate = ({ added, updated, removed }: AwarenessChange, origin: unknown): void => {
    if (origin === FROM_HUB) return;
    if ([...added, ...updated, ...removed].includes(own)) announce();
  };
  // The same clock must be accepted again when the peer is seen again.
  const remove = (ids: number[]): void => {
    removeAwarenessStates(awareness, ids, FROM_HUB);
    for (const id of ids) awareness.meta.delete(id);
  };
  awareness.on("update", onUpdate);
  return {
    awareness,
    receive({ id, clock, author, state }) {
      if (id === own) return;
      if (state.length === 0) {
        remove([id]);
        return;
      }
      const json = stamped(state, author);
      if (json === undefined) return;
      const encoder = createEncoder();
      writeVarUint(encoder, 1);
      writeVarUint(encoder, id);
      writeVarUint(encoder, clock);
      writeVarString(encoder, json);
      applyAwarenessUpdate(awareness, toUint8Array(encoder), FROM_HUB);
    },
    announce,
    forget() {
      const others = [...awareness.getStates().keys()].filter((id) => id !== own);
      remove(others);
    },
    dispose() {
      awareness.destroy();
      awareness.off("update", onUpdate);
      holder.destroy();
    },
  };
}

/** The state with the hub's stamp; nothing if it is not a JSON object. */
function stamped(bytes: Uint8Array, author: string): string | undefined {
  try {
    const state: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof state !== "object" || state === null || Array.isArray(state)) return undefined;
    return JSON.stringify({ ...state, principal: author });
  } catch {
    // Another peer's nonsense concerns nobody but that peer.
    return undefined;
  }
}
