/** What is measured of a plugin. Plain data. */

/** Counted in both directions: `in` comes from the plugin, `out` goes to it. */
export interface Traffic {
  readonly in: number;
  readonly out: number;
}

/** How long a plugin held the thread that it runs in, so that nothing else in it went on. */
export interface Holds {
  readonly tasks: number;
  /** All of them together, in milliseconds. */
  readonly ms: number;
  /** The longest of them, in milliseconds. */
  readonly longest: number;
}

/** What a plugin held its thread for: see {@link PluginFigures.holdsBy}. */
export interface HoldsBy extends Holds {
  /** What it was given to do last, continuing "while …": for example "`tasks/board` changed". */
  readonly during: string;
}

/** Something that a plugin threw. */
export interface MeteredError {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly message: string;
  readonly stack: string | undefined;
}

/** What was measured within the last minute: what budgets are about. */
export interface RecentFigures {
  /** From the plugin. */
  readonly messages: number;
  /** From the plugin. */
  readonly bytes: number;
  readonly updates: number;
  readonly denied: number;
  readonly errors: number;
  /** Milliseconds for which it held its thread. */
  readonly held: number;
}

/** What was measured of a plugin since it was registered. */
export interface PluginFigures {
  readonly plugin: string;
  readonly version: string;
  readonly activations: number;
  /** How long the last one took, in milliseconds; `undefined` before the first. */
  readonly activationMs: number | undefined;
  readonly crashes: number;
  /** Over its port; a plugin that runs in the application's thread has none. */
  readonly messages: Traffic;
  readonly bytes: Traffic;
  /** Changes of documents that a hub took from it on this device. */
  readonly updates: number;
  /** Calls that were refused for want of a permission. */
  readonly denied: number;
  /** The permissions that it lacked, and how often; the twenty that it lacked first. */
  readonly deniedBy: Readonly<Record<string, number>>;
  readonly errors: number;
  /** The newest twenty, newest first. */
  readonly lastErrors: readonly MeteredError[];
  readonly holds: Holds;
  /** By what it was given to do last; the twenty that it held its thread for first. */
  readonly holdsBy: readonly HoldsBy[];
  /** Open now. */
  readonly documents: number;
  /** Documents in its replica's cache that were there when they were opened again, or were not, or had to go. */
  readonly cache: { readonly hits: number; readonly misses: number; readonly evictions: number };
  /** Bytes that its subtree takes on this device; `undefined` when that was not looked at. */
  readonly storage: number | undefined;
  /** Bytes, where the platform tells. */
  readonly memory: number | undefined;
  readonly recent: RecentFigures;
}
