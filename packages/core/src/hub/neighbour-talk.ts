/**
 * What hubs on the same store tell each other besides documents: who is at a document, and events. A hub speaks for those at its own
 * sessions. What a hub said is forgotten when it stops, or is not heard for a while.
 */

import type { DocPath } from "../doc-path.ts";
import type { Unsubscribe } from "../emitter.ts";
import type { SharedStore } from "../store/store.ts";
import type { EventMember, HubEvent } from "./event-relay.ts";
import type { HubCore } from "./hub-core.ts";
import type { HubDocument } from "./hub-document.ts";
import type { PresenceMember, PresenceState } from "./presence-room.ts";
import { decodeSaying, encodeSaying, type Saying } from "./sayings.ts";

/** How often a hub says that it is there, in milliseconds. */
const ALIVE_EVERY = 5000;
/** A hub that was not heard while this one said so often that it is there, is gone. */
const ROUNDS = 3;
/** How long changes of presence are collected, in milliseconds. */
const COLLECT = 50;
/** Bytes of states in one saying: some ways take no more than 8,000, as text. */
const SAYING_BYTES = 3000;

/** A document's room, seen from here: what those at this hub say goes to the others. */
interface Room {
  readonly document: HubDocument;
  /** Stands for everybody at other hubs. */
  readonly ear: PresenceMember;
  /** Ids of which there is news. */
  readonly changed: Set<number>;
  /** Who spoke for whom: a member for each other hub. */
  readonly others: Map<string, PresenceMember>;
}

/** See the top of this file. */
export class NeighbourTalk implements EventMember {
  readonly #hub: HubCore;
  readonly #shared: SharedStore;
  readonly #rooms = new Map<DocPath, Room>();
  /** Rooms of which there is news. */
  readonly #told = new Set<Room>();
  /** In which round each other hub was heard last. */
  readonly #heard = new Map<string, number>();
  #round = 0;
  readonly #stops: Unsubscribe[];
  #cancelAlive: Unsubscribe = () => undefined;
  #cancelCollecting: Unsubscribe | undefined;

  constructor(hub: HubCore, shared: SharedStore) {
    this.#hub = hub;
    this.#shared = shared;
    this.#stops = [
      shared.onSaid((what, from) => {
        const saying = decodeSaying(what);
        if (saying) this.#hear(saying, from);
      }),
      hub.events.join(this),
    ];
    this.#sayAlive();
  }

  /** A document came into memory. */
  enter(document: HubDocument): void {
    const ear: PresenceMember = {
      presenceChanged: (id) => {
        const isOthers = [...room.others.values()].some((other) => document.room.owns(other, id));
        if (!isOthers) this.#collect(room, id);
      },
    };
    const room: Room = { document, ear, changed: new Set(), others: new Map() };
    this.#rooms.set(document.path, room);
    document.room.join(ear);
    this.#say({ kind: "who", path: document.path });
  }

  /** A document leaves memory. */
  leave(document: HubDocument): void {
    const { path } = document;
    const room = this.#rooms.get(path);
    if (!room) return;
    // Who left last is told with it.
    this.#tell(room);
    this.#rooms.delete(path);
    this.#told.delete(room);
    document.room.leave(room.ear);
  }

  /** An event of this hub's sessions. */
  hear(event: HubEvent): void {
    this.#say({ kind: "event", event });
  }

  /** Events that were dropped on the way are their own hub's to tell of. */
  miss(): void {}

  dispose(): void {
    this.#flush();
    this.#say({ kind: "leaving" });
    this.#cancelAlive();
    this.#cancelCollecting?.();
    for (const stop of this.#stops) stop();
    this.#rooms.clear();
  }

  #say(saying: Saying): void {
    this.#shared.say(encodeSaying(saying));
  }

  #sayAlive(): void {
    this.#say({ kind: "alive" });
    this.#round++;
    for (const [name, at] of [...this.#heard]) if (this.#round - at > ROUNDS) this.#forget(name);
    this.#cancelAlive = this.#hub.clock.delay(ALIVE_EVERY, () => this.#sayAlive());
  }

  #hear(saying: Saying, from: string): void {
    this.#heard.set(from, this.#round);
    switch (saying.kind) {
      case "alive":
        break;
      case "leaving":
        this.#forget(from);
        break;
      case "who": {
        const room = this.#rooms.get(saying.path);
        // It is told of everybody once more.
        room?.document.room.leave(room.ear);
        room?.document.room.join(room.ear);
        break;
      }
      case "presence": {
        const room = this.#rooms.get(saying.path);
        if (room) this.#take(room, saying.states, from);
        break;
      }
      case "event":
        this.#hub.events.publish(this, saying.event);
        break;
    }
  }

  #take(room: Room, states: readonly PresenceState[], from: string): void {
    const { others, document } = room;
    let member = others.get(from);
    if (!member) {
      // It hears nothing: that hub hears this one itself.
      member = { presenceChanged: () => undefined, passesOn: true };
      others.set(from, member);
    }
    for (const state of states) {
      document.room.set(member, state);
      // Who left there is here by now: that hub does not know yet.
      const isHere = state.state.length === 0 && document.room.get(state.id) !== undefined;
      if (isHere) room.ear.presenceChanged(state.id);
    }
  }

  #forget(name: string): void {
    this.#heard.delete(name);
    for (const { document, others } of this.#rooms.values()) {
      const member = others.get(name);
      if (!member) continue;
      document.room.leave(member);
      others.delete(name);
    }
  }

  #collect(room: Room, id: number): void {
    room.changed.add(id);
    this.#told.add(room);
    this.#cancelCollecting ??= this.#hub.clock.delay(COLLECT, () => {
      this.#cancelCollecting = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    for (const room of this.#told) this.#tell(room);
    this.#told.clear();
  }

  #tell({ document: { path, room }, changed }: Room): void {
    let states: PresenceState[] = [];
    let bytes = 0;
    for (const id of changed) {
      const state = room.get(id) ?? gone(id);
      const size = state.state.length + state.author.length + 24;
      if (states.length > 0 && bytes + size > SAYING_BYTES) {
        this.#say({ kind: "presence", path, states });
        [states, bytes] = [[], 0];
      }
      states.push(state);
      bytes += size;
    }
    changed.clear();
    if (states.length > 0) this.#say({ kind: "presence", path, states });
  }
}

/** Of an id that left: later than all that it ever said. */
function gone(id: number): PresenceState {
  return { id, clock: Number.MAX_SAFE_INTEGER, author: "", state: new Uint8Array() };
}
