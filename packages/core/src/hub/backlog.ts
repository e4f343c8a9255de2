/** What a session has submitted and the hub has not decided: bounded, however fast a peer sends. */

/** Most bytes; a single update may be larger. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Most updates. */
const MAX_UPDATES = 16_384;

/** See the top of this file. */
export class Backlog {
  #bytes = 0;
  #updates = 0;

  /** Whether there is room for one more update. */
  get hasRoom(): boolean {
    return this.#bytes < MAX_BYTES && this.#updates < MAX_UPDATES;
  }

  /** Takes an update; call the result when it was decided. */
  add(bytes: number): () => void {
    this.#bytes += bytes;
    this.#updates++;
    return () => {
      this.#bytes -= bytes;
      this.#updates--;
    };
  }
}
