/**
 * Who is at a document, now: the latest state of each presence id, in memory only. An id belongs
 * to the member that used it first until that member leaves; nobody else can speak for it.
 */

import type { Presence } from "../protocol/presence-messages.ts";

/** One presence state. */
export type PresenceState = Omit<Presence, "doc">;

/** Somebody who hears and speaks: a lane, or the link to the hub above. */
export interface PresenceMember {
  /** A state changed; read it with {@link PresenceRoom.get} when there is room to send it. */
  presenceChanged(id: number): void;
  /**
   * Set where it only passes on what was said elsewhere: whoever made its states may come here and speak for them itself.
   */
  readonly passesOn?: boolean;
}

/** The presence of one document. */
export interface PresenceRoom {
  /** Adds a member; it is told of every id that is here. */
  join(member: PresenceMember): void;
  /** Removes a member and every id that is its own. */
  leave(member: PresenceMember): void;
  /**
   * Sets a state (empty `state`: gone) and tells everybody else. Ignored when the id is another
   * member's, the clock is not newer, or no clock is left for when it is gone.
   */
  set(member: PresenceMember, state: PresenceState): void;
  /** The state of an id; a state with no bytes when it is gone. */
  get(id: number): PresenceState | undefined;
  /** Whether `member` spoke for `id` first. */
  owns(member: PresenceMember, id: number): boolean;
}

/** Most presence ids of one member, so that a peer cannot fill the memory. */
const MAX_IDS_PER_MEMBER = 1024;
const GONE = new Uint8Array();

/** Creates a {@link PresenceRoom}. */
export function createPresenceRoom(): PresenceRoom {
  const members = new Set<PresenceMember>();
  const states = new Map<number, { readonly owner: PresenceMember; state: PresenceState }>();

  function tell(id: number, except: PresenceMember): void {
    for (const member of [...members]) if (member !== except) member.presenceChanged(id);
  }

  return {
    join(member) {
      members.add(member);
      for (const [id, { owner }] of states) if (owner !== member) member.presenceChanged(id);
    },
    leave(member) {
      members.delete(member);
      for (const [id, { owner, state }] of [...states]) {
        if (owner !== member) continue;
        states.set(id, { owner, state: { ...state, clock: state.clock + 1, state: GONE } });
        tell(id, member);
        states.delete(id);
      }
    },
    set(member, state) {
      const known = states.get(state.id);
      // Who comes back says once more what it said last.
      const isBack = known !== undefined && known.owner !== member && comesBack(known, state);
      if (known && known.owner !== member && !isBack) return;
      if (known && (isBack ? state.clock < known.state.clock : state.clock <= known.state.clock)) {
        return;
      }
      if (state.state.length > 0 && state.clock >= Number.MAX_SAFE_INTEGER) return;
      if (!known && countOf(states.values(), member) >= MAX_IDS_PER_MEMBER) return;
      // Keep only what is needed: a message may be a view of a whole frame, and it names the lane
      // of its sender, which must not be mistaken for the lane that it is relayed on.
      const { id, clock, author } = state;
      states.set(id, { owner: member, state: { id, clock, author, state: state.state.slice() } });
      tell(state.id, member);
      if (state.state.length === 0) states.delete(state.id);
    },
    get: (id) => states.get(id)?.state,
    owns: (member, id) => states.get(id)?.owner === member,
  };
}

/** Whether a state is its author's own, whom somebody else only spoke for. */
function comesBack(
  known: { readonly owner: PresenceMember; readonly state: PresenceState },
  { author }: PresenceState,
): boolean {
  return known.owner.passesOn === true && known.state.author === author;
}

function countOf(
  values: Iterable<{ readonly owner: PresenceMember }>,
  member: PresenceMember,
): number {
  let count = 0;
  for (const { owner } of values) if (owner === member) count++;
  return count;
}
