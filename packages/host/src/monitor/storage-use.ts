/** What plugins' documents take on this device: read from the workspace's list, not more often than the answer matters. */

import type { Clock, Workspace } from "@croft/core";
import type { PluginMeter } from "./meter.ts";

/** A plugin's documents are summed up no more often than this, in milliseconds: there may be thousands of them. */
const EVERY = 10_000;

/** See the top of this file. */
export class StorageUse {
  readonly #list: Workspace["list"];
  readonly #clock: Pick<Clock, "now">;
  /** When a plugin's documents were summed up last. */
  readonly #readAt = new WeakMap<PluginMeter, number>();

  constructor(list: Workspace["list"], clock: Pick<Clock, "now">) {
    this.#list = list;
    this.#clock = clock;
  }

  /** Sets the `storage` of a meter before long, unless that was done just now. */
  look(meter: PluginMeter): void {
    const now = this.#clock.now();
    const last = this.#readAt.get(meter);
    if (last !== undefined && now - last < EVERY) return;
    this.#readAt.set(meter, now);
    this.#list(`${meter.plugin}/`).then(
      (documents) => {
        meter.storage = documents.reduce((sum, { stored, bytes }) => sum + (stored ? bytes : 0), 0);
      },
      () => {
        // The workspace was closed, or cannot be read, and tells of that itself: nothing is known now.
        meter.storage = undefined;
      },
    );
  }
}
