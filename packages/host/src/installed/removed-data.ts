/**
 * Documents of plugins that were uninstalled with all their data: deleted once the server is there, by whoever reaches it. The
 * record of it names the installation: what a later installation of the same plugin wrote is never deleted on its account.
 */

import { type CroftError, toCroftError } from "@croft/core";
import { whatItWaitsFor } from "./claim.ts";
import type { DataChange } from "./migrate-data.ts";
import { reachServer } from "./reach-server.ts";
import { snapshotPath, type Uninstalled } from "./records.ts";

/** See the top of this file. */
export class RemovedData {
  readonly #change: DataChange;
  readonly #onProblem: (problem: CroftError) => void;
  readonly #deleting = new Map<string, Promise<void>>();
  readonly #failed = new Set<string>();

  constructor(change: DataChange, onProblem: (problem: CroftError) => void) {
    this.#change = change;
    this.#onProblem = onProblem;
  }

  /** Looks whether there is something to delete, and begins with it. */
  look(): void {
    const { list } = this.#change;
    for (const gone of list.uninstalled.all()) {
      const { id, plugin, documents } = gone;
      if (documents !== "delete" || this.#failed.has(id) || this.#deleting.has(id)) continue;
      if (list.installed.has(plugin)) continue;
      this.#deleting.set(
        id,
        this.#delete(gone).finally(() => this.#deleting.delete(id)),
      );
    }
  }

  /** Resolves when nothing is being deleted. */
  async ended(): Promise<void> {
    await Promise.all(this.#deleting.values());
  }

  async #delete({ id, plugin }: Uninstalled): Promise<void> {
    const { workspace, list, signal } = this.#change;
    try {
      await reachServer(workspace, signal, async (reached) => {
        // What this device has not heard yet may say that it is installed again.
        await reached.caughtUp(list.shared);
        if (list.installed.has(plugin) || list.uninstalled.get(id)?.documents !== "delete") return;
        for (const path of [plugin, snapshotPath(plugin)]) {
          await workspace.delete(path, { subtree: true });
        }
        list.uninstalled.update(id, { documents: "gone" });
        await reached.saved(list.shared);
      });
    } catch (error) {
      // It is looked at again when the server comes back.
      if (signal.aborted || whatItWaitsFor(error)) return;
      this.#failed.add(id);
      this.#onProblem(toCroftError(error, "plugin/failed", `The data of ${plugin} is not deleted`));
    }
  }
}
