/**
 * What carries hints from one server process to the others. A hint says that there is more in the database, and nothing else: it may
 * be late, twice or lost.
 */

/** Carries short texts to all processes that are joined to it, the sender too. */
export interface Bus {
  /** Says a text to all; best effort. Texts have up to {@link MAX_HINT} bytes. */
  publish(text: string): void;
  /** Calls `listener` with each text. */
  subscribe(listener: (text: string) => void): () => void;
  /** Calls `listener` after texts may have been lost: when the bus can be reached again. */
  onMissed(listener: () => void): () => void;
  /** Leaves. Idempotent. */
  close(): Promise<void>;
}

/** Longest text, in bytes: PostgreSQL takes 8000. */
export const MAX_HINT = 7900;
