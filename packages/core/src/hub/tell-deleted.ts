/** Tells a peer which subtrees were deleted: those where it may read, so that it learns of no others. */

import type { Principal } from "../access/access.ts";
import { mayRead } from "../access/subtree-access.ts";
import type { DeletedSubtree } from "../protocol/deletion-messages.ts";
import { MAX_DELETED } from "../protocol/deletion-messages.ts";
import type { DownMessage } from "../protocol/message.ts";
import type { HubCore } from "./hub-core.ts";

/** The session of a peer. */
export interface ToldSession {
  readonly principal: Principal;
  send(lane: number, message: DownMessage): void;
}

/** See the top of this file. */
export class TellDeleted {
  readonly #hub: HubCore;
  readonly #session: ToldSession;
  /** What the peer knows, as a text. */
  #told: string | undefined;
  readonly #stops: readonly (() => void)[];

  constructor(hub: HubCore, session: ToldSession) {
    this.#hub = hub;
    this.#session = session;
    this.#stops = [
      hub.subtrees.changes.on((added) => this.#tellMore(added)),
      hub.gate.onChange(() => this.tell()),
    ];
  }

  /** Tells all of them, unless the peer knows. */
  tell(): void {
    const all = this.#all;
    const text = JSON.stringify(all);
    if (text === this.#told) return;
    this.#told = text;
    let fresh = true;
    for (let at = 0; at === 0 || at < all.length; at += MAX_DELETED) {
      this.#send(fresh, all.slice(at, at + MAX_DELETED));
      fresh = false;
    }
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  #tellMore(added: DeletedSubtree): void {
    const all = this.#all;
    if (this.#told === undefined || !all.includes(added)) {
      this.tell();
      return;
    }
    this.#told = JSON.stringify(all);
    this.#send(false, [added]);
  }

  get #all(): readonly DeletedSubtree[] {
    const { gate, subtrees } = this.#hub;
    return subtrees.all.filter(({ path }) => mayRead(gate, this.#session.principal, path));
  }

  #send(fresh: boolean, subtrees: readonly DeletedSubtree[]): void {
    this.#session.send(0, { type: "deleted", fresh, subtrees });
  }
}
