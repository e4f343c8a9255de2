/**
 * Which presence ids the other side of a lane was shown, each with the clock of its state. It outlives openings, so
 * that who left while the lane told nothing can be told as gone; who is there is asked of the room.
 */

import type { PresenceState } from "./presence-room.ts";

const GONE = new Uint8Array();

/** See the top of this file. */
export class ShownPresence {
  readonly #send: (state: PresenceState) => void;
  readonly #clocks = new Map<number, number>();

  constructor(send: (state: PresenceState) => void) {
    this.#send = send;
  }

  /** The ids that the other side takes to be there. */
  get ids(): readonly number[] {
    return [...this.#clocks.keys()];
  }

  /** The clock of the state that was shown of an id; `undefined` where the other side knows of none. */
  clockOf(id: number): number | undefined {
    return this.#clocks.get(id);
  }

  /**
   * Sends a state; one with no bytes says that the id is gone. Where somebody else is here under the same id now, with
   * a lower clock, who was there before is gone first: the other side would take it for old.
   */
  show(state: PresenceState): void {
    if (state.state.length > 0 && state.clock < (this.clockOf(state.id) ?? 0)) this.hide(state.id);
    if (state.state.length > 0) this.#clocks.set(state.id, state.clock);
    else this.#clocks.delete(state.id);
    this.#send(state);
  }

  /** Says that an id is gone, if the other side takes it to be there. */
  hide(id: number): void {
    const clock = this.#clocks.get(id);
    if (clock !== undefined) this.show({ id, clock: clock + 1, author: "", state: GONE });
  }

  /** The other side is another one, or has forgotten. */
  clear(): void {
    this.#clocks.clear();
  }
}
