/** Tells a hub now and then the hash of what a document shows, once something came. */

import type * as Y from "yjs";
import type { Clock } from "../clock.ts";
import { reportUncaught } from "../emitter.ts";
import type { RandomBytes } from "../ids.ts";
import type { Compare } from "../protocol/document-messages.ts";
import { contentHash } from "../update/content-hash.ts";

/** What is compared. */
export interface Compared {
  readonly doc: Y.Doc;
  /** Up to which sequence the hub's log is shown; nothing while what is shown may be something else. */
  readonly comparableAt: number | undefined;
  compare(shown: Omit<Compare, "doc">): void;
}

/** See the top of this file. */
export class ContentCheck {
  readonly #document: Compared;
  readonly #every: number;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  #cancel: (() => void) | undefined;
  /** The sequence at which the content was last compared. */
  #last: number | undefined;

  /** `every`: in milliseconds; 0 for never. */
  constructor(
    document: Compared,
    every: number,
    { clock, random }: { readonly clock: Clock; readonly random: RandomBytes },
  ) {
    this.#document = document;
    this.#every = every;
    this.#clock = clock;
    this.#random = random;
  }

  /** Something may have come. */
  later(): void {
    if (this.#cancel || this.#every <= 0) return;
    const seq = this.#document.comparableAt;
    if (seq === undefined || seq === this.#last) return;
    // Not all replicas of a document at once.
    const share = 0.5 + (this.#random(1)[0] ?? 0) / 256;
    this.#cancel = this.#clock.delay(this.#every * share, () => {
      this.#cancel = undefined;
      try {
        this.#compare();
      } catch (error) {
        // Whoever waits for the clock besides has no part in it.
        reportUncaught(error);
      }
    });
  }

  #compare(): void {
    const seq = this.#document.comparableAt;
    if (seq === undefined) return;
    this.#last = seq;
    this.#document.compare({ seq, hash: contentHash(this.#document.doc) });
  }

  dispose(): void {
    this.#cancel?.();
  }
}
