/** The sessions of a hub, one for each writer: a newer one ends those before it (SYNC rule 20). */

import type { Principal } from "../access/access.ts";
import { stampOf } from "../access/stamp.ts";
import type { WriterId } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import type { HubCore } from "./hub-core.ts";

/** What a session hears that another one of the same writer ended. */
export const REPLACED = "another session with the same identity took over";

/** What a hub knows of a session. */
export interface FencedSession {
  fenced: boolean;
  bound: boolean;
  /** Where several hubs share the store: which one of its writer's sessions it is. */
  number: number | undefined;
  readonly ended: boolean;
  /** Sessions that greeted later have a higher number. */
  readonly order: number;
  /** The term that the peer's store is held under. */
  readonly term: number;
  /** Which connection of the peer it is. */
  readonly attempt: number;
  dispose(code: CloseCode, reason: string): void;
  /** Sends what can be sent. */
  pump(): void;
}

/** See the top of this file. */
export class HubSessions {
  readonly #hub: HubCore;
  readonly #all = new Map<WriterId, FencedSession>();

  constructor(hub: HubCore) {
    this.#hub = hub;
  }

  /** How many there are. */
  get count(): number {
    return this.#all.size;
  }

  /** Whether a writer has one. */
  has(writer: WriterId): boolean {
    return this.#all.has(writer);
  }

  /**
   * A session comes in: it fences older ones of its writer, unless it is a former leader's (SYNC rule 9), and a writer stays
   * with the user who used it first (rule 1). Returns what is wrong, if something is.
   */
  async enter(
    writer: WriterId,
    principal: Principal,
    session: FencedSession,
  ): Promise<"foreign" | "overtaken" | "replaced" | undefined> {
    const { store, neighbours } = this.#hub;
    const bound = await store.readBinding(writer);
    if (bound !== undefined && bound !== stampOf(principal)) return "foreign";
    if (session.ended) return undefined;
    session.bound = bound !== undefined;
    if (neighbours) {
      const wrong = this.#wrong(writer, session);
      if (wrong) return wrong;
      const begun = await neighbours.beginSession(writer, session);
      if (typeof begun === "string") return begun;
      session.number = begun;
      if (session.ended) return undefined;
    }
    const wrong = this.#wrong(writer, session);
    if (wrong) return wrong;
    const other = this.#all.get(writer);
    this.#all.set(writer, session);
    if (other) {
      other.fenced = true;
      other.dispose(CloseCode.replaced, REPLACED);
    }
    return undefined;
  }

  /**
   * Writers have newer sessions than those by these numbers, at other hubs on the same store: those here are over, unless it is
   * they that are newer.
   */
  fence(writers: readonly WriterId[], numbers: ReadonlyMap<WriterId, number>): void {
    for (const writer of writers) {
      const session = this.#all.get(writer);
      if (!session || session.number !== numbers.get(writer)) continue;
      session.fenced = true;
      session.dispose(CloseCode.replaced, REPLACED);
    }
  }

  /** A session is over. */
  leave(writer: WriterId, session: FencedSession): void {
    if (this.#all.get(writer) === session) this.#all.delete(writer);
  }

  /** There may be something to send to each. */
  pump(): void {
    for (const session of [...this.#all.values()]) session.pump();
  }

  /** Ends all of them. */
  end(code: CloseCode, reason: string): void {
    for (const session of [...this.#all.values()]) session.dispose(code, reason);
  }

  #wrong(writer: WriterId, session: FencedSession): "overtaken" | "replaced" | undefined {
    const other = this.#all.get(writer);
    if (!other) return undefined;
    if (other.term > session.term) return "replaced";
    // Asking who it is took longer than for one that greeted after it; or the greeting itself did.
    const isLate = other.term === session.term && other.attempt > session.attempt;
    return isLate || other.order > session.order ? "overtaken" : undefined;
  }
}
