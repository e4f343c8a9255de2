/** How much a workspace holds: what its rows tell, read now and then, and what was taken since. */

import type { Clock, DocPath, Store } from "@croft/core";

/** Rows that are read at once. */
const PAGE = 500;
/** Rows are not read again before so many milliseconds. */
const READ_AFTER = 10_000;

/** See the top of this file. */
export class WorkspaceUsage {
  readonly #store: Pick<Store, "listDocuments">;
  readonly #clock: Pick<Clock, "now">;
  #bytes = 0;
  #documents = 0;
  #bytesSince = 0;
  #newSince = new Set<DocPath>();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(store: Pick<Store, "listDocuments">, clock: Pick<Clock, "now">) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Bytes of logs and snapshots. */
  get bytes(): number {
    return this.#bytes + this.#bytesSince;
  }

  /** Documents that are not deleted. */
  get documents(): number {
    return this.#documents + this.#newSince.size;
  }

  /** Whether a document that is not stored yet was taken already. */
  isTaken(path: DocPath): boolean {
    return this.#newSince.has(path);
  }

  /** An edit was taken. */
  add(bytes: number, created: DocPath | undefined): void {
    this.#bytesSince += bytes;
    if (created !== undefined) this.#newSince.add(created);
  }

  /** Reads the rows, unless they were read just now: compaction and deletions make room. */
  async read(): Promise<void> {
    if (this.#clock.now() < this.#readAt + READ_AFTER) return this.#reading;
    this.#readAt = this.#clock.now();
    this.#reading = this.#read();
    return this.#reading;
  }

  async #read(): Promise<void> {
    // What is taken while they are read may be counted twice until the next time, and never not at all.
    const newBefore = this.#newSince;
    const bytesBefore = this.#bytesSince;
    this.#newSince = new Set();
    let [bytes, documents] = [0, 0];
    let after: DocPath | undefined;
    try {
      for (;;) {
        const page = await this.#store.listDocuments("", { limit: PAGE, ...(after && { after }) });
        for (const { path, logBytes, snapshotBytes, head } of page) {
          bytes += logBytes + snapshotBytes;
          if (head > 0) documents++;
          newBefore.delete(path);
        }
        after = page.at(-1)?.path;
        if (page.length < PAGE) break;
      }
      this.#bytes = bytes;
      this.#documents = documents;
      this.#bytesSince -= bytesBefore;
    } finally {
      for (const path of newBefore) this.#newSince.add(path);
    }
  }
}
