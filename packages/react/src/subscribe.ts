/** Subscriptions of components to documents that may be closed already. */

import { CroftError } from "@croft/core";

/**
 * Subscribes, unless what is subscribed to was closed while the component was hidden: then the one that opened
 * it is about to render with another one.
 */
export function subscribeIfOpen(subscribe: () => () => void): () => void {
  try {
    return subscribe();
  } catch (error) {
    if (error instanceof CroftError && error.code === "disposed") return () => undefined;
    throw error;
  }
}
