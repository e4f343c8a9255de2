/** A plain `<textarea>` on a `Y.Text`: nothing but the platform. */

import * as Y from "yjs";
import { type Bound, type EditedDocument, followDocument } from "./follow-document.ts";
import {
  besideEachOther,
  difference,
  type Replaced,
  replacementsOf,
  selectionAfter,
} from "./text-place.ts";

interface Place {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Whether a letter is being composed, which goes on in the same field. */
  readonly composing: boolean;
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
  /** The text that the field is behind: while somebody composes a letter, it does not show what others type. */
  let shown = place?.composing ? place.text : plainOf(text);
  /** What others did since. */
  let others: readonly Replaced[] = place?.composing ? changesTo(text, shown) : [];
  let composing = place?.composing ?? false;
  let writable = true;

  /** Shows the text as it is now, which these changes made of what the field has. */
  const show = (changes: readonly Replaced[]): void => {
    const { selectionStart, selectionEnd, selectionDirection, scrollTop } = field;
    [shown, others] = [plainOf(text), []];
    if (field.value === shown) return;
    field.value = shown;
    field.scrollTop = scrollTop;
    const [start, end] = selectionAfter(changes, selectionStart, selectionEnd);
    field.setSelectionRange(start, end, selectionDirection);
  };
  const take = (): void => {
    if (composing) return;
    const typed = difference(shown, field.value, field.selectionEnd);
    if (!typed) return show(others);
    // Others typed while a letter was composed: what is typed here goes where it would be now.
    const { mine, others: theirs } = besideEachOther(typed, others);
    text.doc?.transact(() => {
      text.delete(mine.from, mine.to - mine.from);
      text.insert(mine.from, mine.insert);
    }, origin);
    show(theirs);
  };
  const hear = ({ delta }: Y.YTextEvent, { origin: by }: Y.Transaction): void => {
    if (by === origin) return;
    others = [...others, ...replacementsOf(delta)];
    if (!composing) show(others);
  };
  const begin = (): void => {
    composing = true;
  };
  const end = (): void => {
    composing = false;
    take();
    field.readOnly = !writable;
  };
  const step = (event: Event, redo: boolean): void => {
    event.preventDefault();
    if (field.readOnly || composing) return;
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

  if (!composing) field.value = shown;
  if (place && !composing) {
    field.focus();
    field.setSelectionRange(...selectionAfter(changesTo(text, place.text), place.start, place.end));
  }
  text.observe(hear);
  const unbound = new AbortController();
  const { signal } = unbound;
  field.addEventListener("input", take, { signal });
  field.addEventListener("compositionstart", begin, { signal });
  field.addEventListener("compositionend", end, { signal });
  field.addEventListener("beforeinput", beforeInput, { signal });
  field.addEventListener("keydown", keyDown, { signal });
  return {
    place: () =>
      field.ownerDocument.activeElement === field
        ? { text: shown, start: field.selectionStart, end: field.selectionEnd, composing }
        : undefined,
    setWritable(now) {
      writable = now;
      // A letter that is being composed would be lost. What may not be written is refused, and kept.
      if (!composing) field.readOnly = !writable;
    },
    finish() {
      if (composing) end();
    },
    unbind() {
      text.unobserve(hear);
      unbound.abort();
      undo.destroy();
    },
  };
}

/** What makes the text as it is now of one that was shown. */
function changesTo(text: Y.Text, before: string): readonly Replaced[] {
  const change = difference(before, plainOf(text));
  return change ? [change] : [];
}

/** As a field can show it, one character for each of Yjs: fields make other line ends of `\r`. */
function plainOf(text: Y.Text): string {
  const parts = text.toDelta() as readonly { readonly insert: unknown }[];
  const all = parts.map(({ insert }) => (typeof insert === "string" ? insert : "\uFFFC")).join("");
  return all.replaceAll("\r", "\n");
}
