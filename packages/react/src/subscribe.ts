/** Documents that may be closed already when a component turns to them. */

import { CroftError } from "@croft/core";

/**
 * What `ask` gives, or nothing if what it asks was closed while the component was hidden: then the one that opened
 * it is about to render with another one.
 */
export function ifOpen<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof CroftError && error.code === "disposed") return undefined;
    throw error;
  }
}

/** Subscribes {@link ifOpen}. */
export function subscribeIfOpen(subscribe: () => () => void): () => void {
  return ifOpen(subscribe) ?? (() => undefined);
}
