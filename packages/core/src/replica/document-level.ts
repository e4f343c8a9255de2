/** How far the local changes of a document are safe, decided from what is known of them. */

import type { SaveLevel } from "./document-handle.ts";

/** What {@link levelOf} decides from. */
export interface SavedSoFar {
  /** Whether the hub that the document lives by has everything. */
  readonly settled: boolean;
  /** Whether that hub is the one above the device's. */
  readonly above: boolean;
  /** Whether the device's hub has one above it. */
  readonly hasTop: boolean;
  /** Whether everything that was made here is known to be at the top. */
  readonly atTop: boolean;
  /** Entries of anybody on the device that are on their way up. */
  readonly waiting: number;
}

/** The lowest level that holds all local changes. */
export function levelOf({ settled, above, hasTop, atTop, waiting }: SavedSoFar): SaveLevel {
  if (!settled) return "memory";
  if (above) return atTop ? "server" : "device";
  return hasTop && atTop && waiting === 0 ? "server" : "device";
}
