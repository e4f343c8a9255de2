/**
 * A page is plain text, but whoever may write it can put objects (images, say) into its `Y.Text`, and
 * the editor binding would hand those to CodeMirror, which throws. Each object stands as one
 * character, as long as it is in Yjs.
 */

import type { EditorView } from "@codemirror/view";
import type * as Y from "yjs";

/** Stands for something that is no text: Unicode's own character for that. */
const OBJECT = "\uFFFC";

/** The text with one character for each object. */
export function plainTextOf(text: Y.Text): string {
  const delta: readonly { readonly insert?: unknown }[] = text.toDelta();
  return delta.map(({ insert }) => (typeof insert === "string" ? insert : OBJECT)).join("");
}

/** Makes `view` take objects in what the binding dispatches as characters. */
export function showObjectsAsText(view: EditorView): void {
  const dispatch: (...specs: readonly object[]) => void = view.dispatch.bind(view);
  view.dispatch = (...specs: readonly object[]) => dispatch(...specs.map(withPlainChanges));
}

function withPlainChanges(spec: object): object {
  // Only the binding makes lists of changes by hand; a transaction holds a ChangeSet.
  if (!("changes" in spec) || !Array.isArray(spec.changes)) return spec;
  return { ...spec, changes: spec.changes.map(plainChange) };
}

function plainChange(change: unknown): unknown {
  const holdsObject =
    typeof change === "object" &&
    change !== null &&
    "insert" in change &&
    typeof change.insert === "object" &&
    Object.getPrototypeOf(change.insert) === Object.prototype;
  return holdsObject ? { ...change, insert: OBJECT } : change;
}
