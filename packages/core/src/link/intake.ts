/**
 * What the hub above says of one document, as works in the device hub's queue. What follows an opening counts only
 * while all of it could be taken and stored: taken after a gap, it would move the cursor over what is not here.
 */

import { ProtocolError } from "../protocol/codec.ts";
import type { LaterCode, Opened } from "../protocol/document-messages.ts";
import type { Draft } from "../hub/draft.ts";
import type { HubCore } from "../hub/hub-core.ts";
import type { HubDocument } from "../hub/hub-document.ts";
import type { OpenedVerdict } from "./take-opened.ts";

/** Whom an {@link Intake} works for. */
export interface IntakeOwner {
  readonly isClosed: boolean;
  /** Something was taken and stored. */
  stored(): void;
  /** What the hub above sent cannot be taken; nor can what follows. */
  violated(reason: string): void;
  /** It could not be stored: the document is to be opened again, from where this device stands then. */
  failed(code: LaterCode, reason: string, wait: number): void;
}

/** See the top of this file. */
export class Intake {
  readonly #hub: HubCore;
  readonly #document: HubDocument;
  readonly #owner: IntakeOwner;
  /** An opening of which something could not be stored. */
  #lost: Opened | undefined;
  /** The hub's last number at opening is one of ours (SYNC rule 2). */
  #ours = false;

  constructor(hub: HubCore, document: HubDocument, owner: IntakeOwner) {
    this.#hub = hub;
    this.#document = document;
    this.#owner = owner;
  }

  /** Takes the answer to an opening: what it decides holds for all that follows. */
  open(
    opened: Opened,
    run: (draft: Draft) => OpenedVerdict,
    done: (verdict: OpenedVerdict | undefined) => void,
  ): void {
    let verdict: OpenedVerdict | undefined;
    this.#ours = false;
    this.change(
      opened,
      (draft) => {
        verdict = run(draft);
        if (verdict === "outdated") draft.outdated.add(opened);
        else this.#ours = verdict === "ours";
      },
      () => {
        if (verdict === "outdated") this.#lost = opened;
        done(verdict);
      },
    );
  }

  /** Takes a message that follows an opening. */
  follow(opened: Opened | undefined, run: (draft: Draft) => void, done: () => void): void {
    this.change(
      opened,
      (draft) => {
        // After a failed commit everything from that opening on comes again.
        if (opened && (this.#lost === opened || draft.outdated.has(opened))) return;
        // What follows belongs to the other writer of this name: acknowledgements of its numbers
        // would settle edits of ours that the hub never got.
        if (this.#ours) run(draft);
      },
      () => {
        if (this.#ours) done();
      },
    );
  }

  /** Nothing more of an opening is taken: the document is opened again. */
  leave(opened: Opened | undefined): void {
    this.#lost = opened;
  }

  /** Changes the document while `opened` stands, whatever the hub above has said since. */
  change(opened: Opened | undefined, run: (draft: Draft) => void, done: () => void): void {
    let failure: ProtocolError | undefined;
    this.#hub.enqueue(this.#document, {
      run: (draft) => {
        if (this.#owner.isClosed) return;
        failure = undefined;
        try {
          run(draft);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          failure = error;
          if (opened) draft.outdated.add(opened);
        }
      },
      committed: () => {
        if (this.#owner.isClosed) return;
        if (failure) {
          this.#lost = opened;
          this.#owner.violated(failure.message);
          return;
        }
        done();
        this.#owner.stored();
      },
      failed: (code, reason, wait) => {
        if (this.#owner.isClosed) return;
        this.#lost = opened;
        this.#owner.failed(code, reason, wait);
      },
    });
  }
}
