/**
 * Keeps a CodeMirror and a `Y.Text` the same, in place of the one of `y-codemirror.next`: while a letter is composed,
 * each waits for the other. A line that is changed under an input method makes the browser write its letters twice.
 */

import { ChangeSet, type Text } from "@codemirror/state";
import { type EditorView, type PluginValue, ViewPlugin, type ViewUpdate } from "@codemirror/view";
import { ySyncAnnotation, type YSyncConfig, ySyncFacet } from "y-codemirror.next";
import type * as Y from "yjs";

class TextSync implements PluginValue {
  readonly #view: EditorView;
  readonly #config: YSyncConfig;
  readonly #text: Y.Text;
  /** Before a letter was composed. */
  #base: Text | undefined;
  /** What was done to that here, and what others did to it. */
  #mine: ChangeSet | undefined;
  #theirs: ChangeSet | undefined;
  #end: ReturnType<typeof setTimeout> | undefined;

  constructor(view: EditorView) {
    this.#view = view;
    this.#config = view.state.facet(ySyncFacet);
    this.#text = this.#config.ytext;
    this.#text.observe(this.#hear);
  }

  /** The text without what is being composed in it, if something is. */
  get base(): string | undefined {
    return this.#mine && this.#base?.toString();
  }

  /** Whether others did what is not shown yet. */
  get isBehind(): boolean {
    return this.#theirs !== undefined;
  }

  begin(): void {
    // Some compose letter after letter, with no time between them: each is written.
    clearTimeout(this.#end);
    this.#theirs = this.#settle();
    this.#base = this.#view.state.doc;
  }

  /** Not at once: the editor reads what was composed a moment later. */
  endSoon(): void {
    clearTimeout(this.#end);
    this.#end = setTimeout(() => this.#show(this.#settle()));
  }

  update({ docChanged, changes, transactions: [first] }: ViewUpdate): void {
    if (!docChanged || first?.annotation(ySyncAnnotation) === this.#config) return;
    if (this.#base) this.#mine = this.#mine?.compose(changes) ?? changes;
    else this.#write(changes);
  }

  destroy(): void {
    clearTimeout(this.#end);
    this.#settle();
    this.#text.unobserve(this.#hear);
  }

  /** Writes what was composed, and returns what others did meanwhile. */
  #settle(): ChangeSet | undefined {
    const [mine, theirs] = [this.#mine, this.#theirs];
    this.#base = this.#mine = this.#theirs = undefined;
    if (mine) this.#write(theirs ? mine.map(theirs, true) : mine);
    return mine ? theirs?.map(mine) : theirs;
  }

  readonly #hear = ({ delta }: Y.YTextEvent, { origin }: Y.Transaction): void => {
    if (origin === this.#config) return;
    const changes = changesOf(delta, this.#text.length);
    if (this.#base) this.#theirs = this.#theirs?.compose(changes) ?? changes;
    else this.#show(changes);
  };

  #show(changes: ChangeSet | undefined): void {
    if (changes) this.#view.dispatch({ changes, annotations: ySyncAnnotation.of(this.#config) });
  }

  #write(changes: ChangeSet): void {
    this.#text.doc?.transact(() => {
      let moved = 0;
      changes.iterChanges((from, to, _fromNow, _toNow, inserted) => {
        const insert = inserted.sliceString(0, inserted.length, "\n");
        this.#text.delete(from + moved, to - from);
        this.#text.insert(from + moved, insert);
        moved += insert.length - (to - from);
      });
    }, this.#config);
  }
}

/** What a Yjs event tells; `length`: of the text after it. */
function changesOf(delta: Y.YTextEvent["delta"], length: number): ChangeSet {
  const changes: { readonly from: number; readonly to: number; readonly insert: string }[] = [];
  let [from, before] = [0, length];
  for (const { insert, delete: gone = 0, retain = 0 } of delta) {
    // What is no text is one character long.
    const text = insert === undefined ? "" : typeof insert === "string" ? insert : "\uFFFC";
    if (gone > 0 || text !== "") changes.push({ from, to: from + gone, insert: text });
    from += retain + gone;
    before += gone - text.length;
  }
  return ChangeSet.of(changes, before, "\n");
}

/** See the top of this file. */
export const textSync: ViewPlugin<TextSync> = ViewPlugin.fromClass(TextSync, {
  eventObservers: {
    compositionstart() {
      this.begin();
    },
    compositionend() {
      this.endSoon();
    },
  },
});
