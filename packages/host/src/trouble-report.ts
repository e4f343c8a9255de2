/** What went wrong with a plugin lately: plain data, for a person to read and to pass on. */

/** Something that a plugin did. */
export interface Deed {
  /** In words that continue the plugin's name, as in "changed notes/pages/1". */
  readonly what: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** One crash, one start that failed, or one budget that was exceeded. */
export interface Mishap {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly reason: string;
  /** The last thing that the plugin did before. */
  readonly last: Deed | undefined;
}

/** What went wrong with a plugin lately: plain data, for a person to read and to pass on. */
export interface TroubleReport {
  /**
   * `crash`: it died while it was active. `start`: it did not become active, several times in a row. `budget`: it took more
   * than it may.
   */
  readonly kind: "crash" | "start" | "budget";
  /** Those that count, oldest first. */
  readonly mishaps: readonly Mishap[];
  /** With how many of them it is suspended. */
  readonly limit: number;
}
