/**
 * What a peer hears of changes of any document that it may read, once it has asked for it: only while the session has
 * room, so what is kept for a peer that does not read is the last change of each document.
 */

import type { Principal } from "../access/access.ts";
import type { DocPath } from "../doc-path.ts";
import type { Unsubscribe } from "../emitter.ts";
import type { Changed } from "../protocol/document-messages.ts";
import type { DownMessage } from "../protocol/message.ts";
import type { HubCore } from "./hub-core.ts";

/** The session of a watch. */
export interface WatchingSession {
  readonly principal: Principal;
  readonly hasRoom: boolean;
  send(lane: number, message: DownMessage): void;
}

/** See the top of this file. */
export class HubWatch {
  readonly #hub: HubCore;
  readonly #session: WatchingSession;
  readonly #waiting = new Map<DocPath, Changed>();
  readonly #stop: Unsubscribe;

  constructor(hub: HubCore, session: WatchingSession) {
    this.#hub = hub;
    this.#session = session;
    this.#stop = hub.changes.on(({ document: { path }, changed }) => {
      if (!this.#mayHear(path)) return;
      this.#waiting.set(path, changed);
      this.pump();
    });
  }

  /** Sends what can be sent. */
  pump(): void {
    for (const [path, change] of [...this.#waiting]) {
      if (!this.#session.hasRoom) return;
      this.#waiting.delete(path);
      // The right may have gone while there was no room.
      if (this.#mayHear(path)) this.#session.send(0, { type: "changed", ...change });
    }
  }

  close(): void {
    this.#stop();
  }

  #mayHear(path: DocPath): boolean {
    const hub = this.#hub;
    return hub.accessOf(this.#session.principal, { path, record: hub.recordOf(path) }) !== "none";
  }
}
