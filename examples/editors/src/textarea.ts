/** A plain `<textarea>` on a `Y.Text`: nothing but the platform. */

import * as Y from "yjs";
import { type Bound, type EditedDocument, followDocument } from "./follow-document.ts";
import { difference, movedBy, type Replaced } from "./text-place.ts";

interface Place {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Shows and edits a text of a document in a field, until the result is called. Undo takes back what was typed in the
 * field, and never what others typed.
 */
export function bindTextarea(
  document: EditedDocument,
  field: HTMLTextAreaElement,
  textOf: (doc: Y.Doc) => Y.Text,
): () => void {
  return followDocument<Place>(document, (doc, place) => bind(field, textOf(doc), place));
}

function bind(field: HTMLTextAreaElement, text: Y.Text, place: Place | undefined): Bound<Place> {
  const origin = { name: "textarea" };
  const undo = new Y.UndoManager(text, { trackedOrigins: new Set([origin]) });
  /** What the field shows of others' text: while somebody composes a letter, it is behind. */
  let shown = plainOf(text);
  let composing = false;

  const show = (change: Replaced | undefined): void => {
    const { selectionStart, selectionEnd, selectionDirection, scrollTop } = field;
    shown = plainOf(text);
    field.value = shown;
    field.scrollTop = scrollTop;
    const moved = (at: number): number => (change ? movedBy(change, at) : at);
    field.setSelectionRange(moved(selectionStart), moved(selectionEnd), selectionDirection);
  };
  const take = (): void => {
    if (composing) return;
    const typed = difference(shown, field.value, field.selectionEnd);
    const others = difference(shown, plainOf(text));
    if (typed) {
      // Others typed while a letter was composed: what is typed here goes where it would be now.
      const [from, to] = others
        ? [movedBy(others, typed.from), movedBy(others, typed.to)]
        : [typed.from, typed.to];
      text.doc?.transact(() => {
        text.delete(from, Math.max(0, to - from));
        text.insert(from, typed.insert);
      }, origin);
    }
    if (others) show(typed ? difference(field.value, plainOf(text)) : others);
    else shown = plainOf(text);
  };
  const hear = (_event: Y.YTextEvent, transaction: Y.Transaction): void => {
    if (transaction.origin === origin || composing) return;
    show(difference(shown, plainOf(text)));
  };
  const compose = ({ type }: Event): void => {
    composing = type === "compositionstart";
    take();
  };
  const step = (event: Event, redo: boolean): void => {
    event.preventDefault();
    if (redo) undo.redo();
    else undo.undo();
  };
  const beforeInput = (event: InputEvent): void => {
    if (event.inputType === "historyUndo" || event.inputType === "historyRedo") {
      step(event, event.inputType === "historyRedo");
    }
  };
  const keyDown = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "z" || key === "y") step(event, key === "y" || event.shiftKey);
  };

  field.value = shown;
  if (place) {
    const change = difference(place.text, shown);
    const moved = (at: number): number => (change ? movedBy(change, at) : at);
    field.focus();
    field.setSelectionRange(moved(place.start), moved(place.end));
  }
  text.observe(hear);
  const unbound = new AbortController();
  const { signal } = unbound;
  field.addEventListener("input", take, { signal });
  field.addEventListener("compositionstart", compose, { signal });
  field.addEventListener("compositionend", compose, { signal });
  field.addEventListener("beforeinput", beforeInput, { signal });
  field.addEventListener("keydown", keyDown, { signal });
  return {
    place: () =>
      field.ownerDocument.activeElement === field
        ? { text: field.value, start: field.selectionStart, end: field.selectionEnd }
        : undefined,
    setWritable: (writable) => {
      field.readOnly = !writable;
    },
    unbind() {
      text.unobserve(hear);
      unbound.abort();
      undo.destroy();
    },
  };
}

/** As a field can show it, one character for each of Yjs: fields make other line ends of `\r`. */
function plainOf(text: Y.Text): string {
  const parts = text.toDelta() as readonly { readonly insert: unknown }[];
  const all = parts.map(({ insert }) => (typeof insert === "string" ? insert : "\uFFFC")).join("");
  return all.replaceAll("\r", "\n");
}
