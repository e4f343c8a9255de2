/** Binds an editor to the live document, and anew when that was built anew, which is what happens after a refusal. */

import type { DocumentHandle } from "@croft/core";
import type * as Y from "yjs";

/** An editor that is bound to one `Y.Doc`. */
export interface Bound<Place> {
  /** Where the person is, to go on there; nothing where the editor does not have the focus. */
  readonly place: () => Place | undefined;
  readonly setWritable: (writable: boolean) => void;
  /** Before the last {@link Bound.unbind}: what is not in the document yet goes into it. */
  readonly finish?: () => void;
  readonly unbind: () => void;
}

/** What is needed of a document. */
export type EditedDocument = Pick<
  DocumentHandle,
  "doc" | "state" | "onReset" | "onState" | "awareness"
>;

/**
 * Calls `bind` now and after each reset, then with the place of the person in the former editor. Call the result
 * when the editor goes.
 */
export function followDocument<Place>(
  document: EditedDocument,
  bind: (doc: Y.Doc, place: Place | undefined) => Bound<Place>,
): () => void {
  let bound = bind(document.doc, undefined);
  let writable = document.state.access === "write";
  const tell = (): void => bound.setWritable(writable);
  // Only what changed: the state is another one with each key.
  const hear = (): void => {
    const now = document.state.access === "write";
    if (now === writable) return;
    writable = now;
    tell();
  };
  tell();
  const stops = [
    document.onState(hear),
    document.onReset(({ doc }) => {
      const place = bound.place();
      bound.unbind();
      bound = bind(doc, place);
      tell();
    }),
  ];
  return () => {
    for (const stop of stops) stop();
    bound.finish?.();
    bound.unbind();
  };
}
