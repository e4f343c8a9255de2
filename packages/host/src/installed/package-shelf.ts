/** The packages of what is installed, read once each, and waited for where they are not on this device yet. */

import type { CroftError, DocumentHandle, Workspace } from "@croft/core";
import type { PluginPackage } from "@croft/plugin/package";
import { readFrom } from "./package-documents.ts";
import { packagePath } from "./records.ts";

/** See the top of this file. */
export class PackageShelf {
  readonly #workspace: Pick<Workspace, "open">;
  readonly #arrived: () => void;
  readonly #read = new Map<string, PluginPackage | CroftError>();
  /** Of what is waited for. */
  readonly #waiting = new Map<
    string,
    { readonly handle: DocumentHandle; readonly stop: () => void }
  >();

  /** `arrived` is called when more of something that is waited for may be here. */
  constructor(workspace: Pick<Workspace, "open">, arrived: () => void) {
    this.#workspace = workspace;
    this.#arrived = arrived;
  }

  /** A package; what is wrong with it; or nothing, and it is waited for. */
  async get(hash: string): Promise<PluginPackage | CroftError | undefined> {
    const known = this.#read.get(hash);
    if (known) return known;
    const waiting = this.#waiting.get(hash);
    const handle = waiting?.handle ?? this.#workspace.open(packagePath(hash));
    await handle.ready;
    const found = await readFrom(handle);
    if (found) {
      this.#read.set(hash, found);
      this.#forget(hash);
      if (!waiting) handle.close();
    } else if (!waiting) {
      this.#waiting.set(hash, { handle, stop: onUpdate(handle, this.#arrived) });
    }
    return found;
  }

  /** Lets go of all packages but these. */
  keep(hashes: readonly string[]): void {
    for (const hash of [...this.#read.keys()]) if (!hashes.includes(hash)) this.#read.delete(hash);
    for (const hash of [...this.#waiting.keys()]) if (!hashes.includes(hash)) this.#forget(hash);
  }

  dispose(): void {
    this.keep([]);
  }

  #forget(hash: string): void {
    const waiting = this.#waiting.get(hash);
    this.#waiting.delete(hash);
    waiting?.stop();
    waiting?.handle.close();
  }
}

/** Calls `listener` for each update of a document, also after it was built anew. */
function onUpdate(handle: DocumentHandle, listener: () => void): () => void {
  handle.doc.on("update", listener);
  const stop = handle.onReset(({ doc, former }) => {
    former.off("update", listener);
    doc.on("update", listener);
    listener();
  });
  return () => {
    stop();
    handle.doc.off("update", listener);
  };
}
