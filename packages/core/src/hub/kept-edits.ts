/** What a hub does with the quarantine of its store: which refused edits come into it, and how they leave. */

import { type Principal } from "../access/access.ts";
import { stampOf } from "../access/stamp.ts";
import { createEmitter, type Emitter } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import type { Tag } from "../ids.ts";
import type { HubCore } from "./hub-core.ts";
import { takeRetried } from "./retry.ts";

/** Most refused updates of one plugin that a run of the hub keeps. */
const MAX_OF_PLUGIN = 200;
/** And most bytes of them: a plugin that was granted nothing must not fill the disk. */
const MAX_BYTES_OF_PLUGIN = 32 * 1024 * 1024;

/** See the top of this file. */
export class KeptEdits {
  /** Tells that records came into the quarantine or left it. */
  readonly changes: Emitter<void> = createEmitter();
  readonly #hub: HubCore;
  readonly #retrying = new Set<Tag>();
  readonly #ofPlugin = new Map<string, { readonly updates: number; readonly bytes: number }>();

  constructor(hub: HubCore) {
    this.#hub = hub;
  }

  /** Whether a refused update of so many bytes is kept here: on the device where it was made, a plugin's within limits. */
  takes({ plugin }: Principal, length: number): boolean {
    if (!this.#hub.onDevice) return false;
    if (plugin === undefined) return true;
    const kept = this.#ofPlugin.get(plugin) ?? { updates: 0, bytes: 0 };
    const updates = kept.updates + 1;
    const bytes = kept.bytes + length;
    if (updates > MAX_OF_PLUGIN || bytes > MAX_BYTES_OF_PLUGIN) return false;
    this.#ofPlugin.set(plugin, { updates, bytes });
    return true;
  }

  /** Removes records from the quarantine. */
  async discard(...ids: readonly Tag[]): Promise<void> {
    await this.#hub.store.commit({ term: this.#hub.term, release: ids });
    this.changes.emit();
  }

  /**
   * Puts the edits of a record back into their document, for `principal`.
   *
   * @throws CroftError `access/denied` when they are refused again: the record stays.
   */
  async retry(id: Tag, principal: Principal): Promise<void> {
    // Before anything is read: two calls at once must not both put the same edits back.
    if (this.#retrying.has(id)) return;
    this.#retrying.add(id);
    try {
      await this.#putBack(id, principal);
    } finally {
      this.#retrying.delete(id);
    }
  }

  async #putBack(id: Tag, principal: Principal): Promise<void> {
    const hub = this.#hub;
    const record = (await hub.store.readQuarantine()).find((each) => each.id === id);
    // It was put back or discarded meanwhile.
    if (!record) return;
    const document = await hub.acquire(record.path);
    try {
      let refusal: string | undefined;
      if (hub.neighbours) await hub.readOn(document);
      await hub.change(document, (draft) => {
        refusal = takeRetried(draft, record, {
          access: hub.accessOf(principal, document),
          author: stampOf(principal),
          maxUpdateBytes: hub.maxUpdateBytes,
          uplink: hub.uplink,
          random: hub.random,
        });
      });
      if (refusal === undefined) return;
      throw new CroftError(
        "access/denied",
        `The edits of ${record.path} are refused again: ${refusal}.`,
        {
          path: record.path,
          hint: "They stay in the quarantine: copy them into another document, or export them.",
        },
      );
    } finally {
      hub.release(record.path);
    }
  }
}
