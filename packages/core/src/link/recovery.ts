/**
 * What a device does for a hub above that lost entries: it offers everything that was accepted, once, and when that was
 * taken reads the log again from its start, where all of it has other places now. The hub's
 * end is hub/recovery.ts.
 */

import type { Epoch, WriterId } from "../ids.ts";
import type { Denied, Opened } from "../protocol/document-messages.ts";
import type { Lane } from "../session/lane.ts";
import { readAcceptedState } from "../hub/content.ts";
import type { Draft } from "../hub/draft.ts";
import type { HubCore } from "../hub/hub-core.ts";
import { type HubDocument, NOTHING_SUBMITTED } from "../hub/hub-document.ts";
import { quarantinePending } from "./pending.ts";

/** See the top of this file. */
export class Recovery {
  readonly #hub: HubCore;
  readonly #document: HubDocument;
  /** Set from when it was offered until the hub above has answered. */
  #offered: Uint8Array | undefined;
  #regains = false;
  #former: Epoch | undefined;

  constructor(hub: HubCore, document: HubDocument) {
    this.#hub = hub;
    this.#document = document;
  }

  /** Whether the log is read again from its start, after a recovery in this session. */
  get regains(): boolean {
    return this.#regains;
  }

  /** The last deletion that the hub above knew of when it lost entries: what it has taken back came after that. */
  get formerDeletion(): Epoch | undefined {
    return this.#regains ? this.#former : undefined;
  }

  /** Offers what is here, unless by the time that it was read nobody asks for it any more. */
  offer(lane: Lane, { tombstone }: Pick<Opened, "tombstone">, isWanted: () => boolean): void {
    this.#former = tombstone;
    this.#hub.run(this.#offer(lane, isWanted), () => undefined);
  }

  async #offer(lane: Lane, isWanted: () => boolean): Promise<void> {
    const document = this.#document;
    // What the hub above is told that it had must be in what it is given: it is not submitted again.
    const last = document.record.upstream?.acked ?? NOTHING_SUBMITTED;
    const update = await readAcceptedState(this.#hub.store, document.path, last.n);
    const epoch = document.record.upstream?.cursor?.epoch;
    if (!isWanted() || epoch === undefined) return;
    this.#offered = update;
    lane.recover({ epoch, last, update });
  }

  /** The hub above starts over: it has taken what was offered, if anything was. */
  restarted(): void {
    if (this.#offered) this.#regains = true;
    this.#offered = undefined;
  }

  /** The hub above can never take what was offered; returns that, for {@link keepAside}. */
  refused(): Uint8Array | undefined {
    const offered = this.#offered;
    this.#offered = undefined;
    return offered;
  }

  /** The log was read to its end. */
  regained(): void {
    this.#regains = false;
  }

  /** The session is over, and with it what was begun in it. */
  down(): void {
    this.#offered = undefined;
    this.#regains = false;
  }
}

/**
 * The hub above regrew otherwise than what it had lost and this device has: what is here goes to the
 * quarantine, and the document is taken anew.
 */
export function keepAside(
  draft: Draft,
  offered: Uint8Array,
  { last }: Pick<Opened, "last">,
  { code, reason }: Pick<Denied, "code" | "reason">,
  { user, writer }: { readonly user: string; readonly writer: WriterId },
): void {
  draft.keep({ author: user, code, reason, basis: undefined, updates: [offered] });
  quarantinePending(draft, draft.pending, code, reason);
  draft.clear();
  draft.setUpstream({ cursor: undefined, acked: last, numbered: last.n }, writer);
}
