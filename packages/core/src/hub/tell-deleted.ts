/** Tells a peer which subtrees were deleted: those where it may read, so that it learns of no others. */

import type { Principal } from "../access/access.ts";
import { mayReadSome } from "../access/subtree-access.ts";
import type { DeletedSubtree } from "../protocol/deletion-messages.ts";
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
  /** What the peer might read when it was told; nothing before that. */
  #rights: string | undefined;
  readonly #stops: readonly (() => void)[];

  constructor(hub: HubCore, session: ToldSession) {
    this.#hub = hub;
    this.#session = session;
    this.#stops = [
      hub.subtrees.changes.on((added) => {
        if (this.#rights !== undefined && this.#mayHear(added)) this.#send(false, [added]);
      }),
      hub.gate.onChange(() => {
        if (this.#rights !== undefined) this.tell();
      }),
    ];
  }

  /** Tells all of them, unless the peer was told under the same rights. */
  tell(): void {
    const { gate, subtrees } = this.#hub;
    const rights = gate.rights?.(this.#session.principal);
    if (rights !== undefined && rights === this.#rights) return;
    this.#rights = rights ?? "";
    this.#send(
      true,
      subtrees.all.filter((each) => this.#mayHear(each)),
    );
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  #mayHear({ path }: DeletedSubtree): boolean {
    return mayReadSome(this.#hub.gate, this.#session.principal, path);
  }

  #send(fresh: boolean, subtrees: readonly DeletedSubtree[]): void {
    this.#session.send(0, { type: "deleted", fresh, subtrees });
  }
}
