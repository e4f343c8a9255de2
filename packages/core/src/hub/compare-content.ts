/** Compares what peers show with what the log yields, once in a while: loading a document costs. */

import type { HubCore } from "./hub-core.ts";
import type { HubDocument } from "./hub-document.ts";
import type { Compaction } from "./compact-documents.ts";

/** How often a document is loaded for it, in milliseconds. */
const EVERY = 60_000;

/** See the top of this file. */
export class ContentComparison {
  readonly #hub: HubCore;
  readonly #compaction: Compaction;
  readonly #running = new Set<HubDocument>();

  constructor(hub: HubCore, compaction: Compaction) {
    this.#hub = hub;
    this.#compaction = compaction;
  }

  /**
   * A peer tells the hash of what it shows when it has everything up to `seq`; calls `differs` when the log
   * yields something else.
   */
  compare(document: HubDocument, seq: number, hash: string, differs: () => void): void {
    const known = document.yielded;
    const { epoch } = document.record;
    if (known?.seq === seq && known.epoch === epoch) {
      if (known.hash !== hash) differs();
      return;
    }
    const at = this.#hub.clock.now();
    if (this.#running.has(document) || (known && at < known.at + EVERY)) return;
    this.#running.add(document);
    const compared = this.#compaction.contentAt(document, seq).then((yielded) => {
      if (yielded === undefined || document.record.epoch !== epoch) return;
      document.yielded = { epoch, seq, hash: yielded, at };
      if (yielded !== hash) differs();
    });
    const done = (): void => void this.#running.delete(document);
    this.#hub.run(compared, done, done);
  }
}
