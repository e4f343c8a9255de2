/**
 * Sends a document's pending entries up, in order and each once in an opening, while the session has room. They go as
 * they are stored: what was ever sent never changes its bytes, number or tag (SYNC rule 3).
 */

import type { Submit } from "../protocol/document-messages.ts";
import { MAX_UPDATES_PER_MESSAGE } from "../protocol/limits.ts";
import type { ClientSession } from "../session/client-session.ts";
import type { Lane } from "../session/lane.ts";
import type { HubDocument } from "../hub/hub-document.ts";

/** Bytes of updates in one message of submissions. */
const MESSAGE_BYTES = 48 * 1024;

/** See the top of this file. */
export class PendingSender {
  readonly #session: Pick<ClientSession, "hasRoom">;
  readonly #lane: Pick<Lane, "submit">;
  readonly #document: HubDocument;
  /** Up to which number all was sent, or is at the hub above. */
  #sent = Number.POSITIVE_INFINITY;

  constructor(
    session: Pick<ClientSession, "hasRoom">,
    lane: Pick<Lane, "submit">,
    document: HubDocument,
  ) {
    this.#session = session;
    this.#lane = lane;
    this.#document = document;
  }

  /** Nothing is sent until it is known what the hub above has. */
  hold(): void {
    this.#sent = Number.POSITIVE_INFINITY;
  }

  /** The hub above has everything up to number `n`. */
  goOnFrom(n: number): void {
    this.#sent = n;
  }

  /** Sends what can be sent. */
  send(): void {
    const { pending } = this.#document;
    let at = pending.findIndex((entry) => (entry.pending?.n ?? 0) > this.#sent);
    while (at >= 0 && at < pending.length && this.#session.hasRoom) {
      const first = pending[at]?.pending;
      if (!first) return;
      const updates: Submit["updates"][number][] = [];
      let bytes = 0;
      for (; at < pending.length && updates.length < MAX_UPDATES_PER_MESSAGE; at++) {
        const entry = pending[at];
        const mark = entry?.pending;
        if (!entry || !mark || mark.basis !== first.basis || mark.plugin !== first.plugin) break;
        if (updates.length > 0 && bytes + entry.update.length > MESSAGE_BYTES) break;
        updates.push({ tag: mark.tag, update: entry.update });
        bytes += entry.update.length;
        this.#sent = mark.n;
      }
      this.#lane.submit({ basis: first.basis, plugin: first.plugin, first: first.n, updates });
    }
  }
}
