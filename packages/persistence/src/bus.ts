/**
 * What carries short texts from one server process to the others: hints that there is more in the database, and what is not kept
 * there, as who is at a document. They may be late or lost.
 */

/** Carries short texts to all processes that are joined to it, the sender too. */
export interface Bus {
  /** Says a text to all, in the order of the calls; best effort. */
  publish(text: string): void;
  /** The longest text that it takes, in bytes. */
  readonly maxBytes: number;
  /** Calls `listener` with each text. */
  subscribe(listener: (text: string) => void): () => void;
  /** Calls `listener` after texts may have been lost: when the bus can be reached again. */
  onMissed(listener: () => void): () => void;
  /** Leaves. Idempotent. */
  close(): Promise<void>;
}
