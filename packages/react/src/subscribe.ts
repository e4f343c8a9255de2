/** Documents that may be closed already when a component turns to them: nothing throws while it renders. */

import { CroftError, type DocumentHandle } from "@croft/core";
import * as Y from "yjs";

/**
 * What `ask` gives, or nothing if what it asks was closed: by the application, or while the component was hidden,
 * and then the one that opened it is about to render with another one.
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

/** Asks {@link ifOpen}; what is closed answers what it did last. */
export function askOrRemember<T>(ask: () => T): () => T | undefined {
  let last: T | undefined;
  return () => {
    ifOpen(() => {
      last = ask();
    });
    return last;
  };
}

const shown = new WeakMap<DocumentHandle, Y.Doc>();

/** The `Y.Doc` of a document; of one that is closed the one that was shown last, or else one that is empty. */
export function docOf(document: DocumentHandle): Y.Doc {
  const doc =
    ifOpen(() => document.doc) ?? shown.get(document) ?? new Y.Doc({ guid: document.path });
  shown.set(document, doc);
  return doc;
}
