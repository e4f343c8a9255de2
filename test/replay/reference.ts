/**
 * What plain Yjs makes of a trace of two authors: two documents in memory that hand each other
 * exactly what the trace says, without croft. The measure for every text in the replay.
 */

import * as Y from "yjs";
import type { ConcurrentTrace } from "../support/trace.ts";

/** Name of the text in a replayed document. */
export const TEXT = "body";

/** Results of {@link replayPlain}. */
export interface PlainReplay {
  /** What each author sees when each of his turns begins. */
  readonly atTurn: readonly [readonly string[], readonly string[]];
  /** What each of them sees when everything has arrived. */
  readonly end: readonly [string, string];
}

interface PlainAuthor {
  readonly doc: Y.Doc;
  readonly updates: Uint8Array[];
  readonly texts: string[];
  /** How many of the other's updates were applied. */
  seen: number;
  turn: number;
}

/** Replays a trace with two plain documents that have these client ids. */
export function replayPlain(
  { scripts }: ConcurrentTrace,
  ids: readonly [number, number],
): PlainReplay {
  const authors = [createAuthor(ids[0]), createAuthor(ids[1])] as const;
  const see = (agent: 0 | 1, count: number): void => {
    const author = authors[agent];
    const other = authors[agent === 0 ? 1 : 0];
    for (const update of other.updates.slice(author.seen, count))
      Y.applyUpdate(author.doc, update, other);
    author.seen = Math.max(author.seen, count);
  };
  // A turn is played as soon as the other one has made what is seen in it.
  for (let moved = true; moved;) {
    moved = false;
    for (const agent of [0, 1] as const) {
      const author = authors[agent];
      const turn = scripts[agent].turns[author.turn];
      if (!turn || authors[agent === 0 ? 1 : 0].updates.length < turn.sees) continue;
      see(agent, turn.sees);
      const text = author.doc.getText(TEXT);
      author.texts.push(text.toString());
      for (const keystroke of turn.keystrokes) {
        author.doc.transact(() => {
          if (keystroke.deleted > 0) text.delete(keystroke.at, keystroke.deleted);
          if (keystroke.inserted) text.insert(keystroke.at, keystroke.inserted);
        });
      }
      author.turn++;
      moved = true;
    }
  }
  for (const agent of [0, 1] as const) see(agent, scripts[agent === 0 ? 1 : 0].keystrokes.length);
  const [zero, one] = authors;
  return {
    atTurn: [zero.texts, one.texts],
    end: [zero.doc.getText(TEXT).toString(), one.doc.getText(TEXT).toString()],
  };
}

function createAuthor(id: number): PlainAuthor {
  const doc = new Y.Doc();
  doc.clientID = id;
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array, _origin, _doc, { local }) => {
    if (local) updates.push(update);
  });
  return { doc, updates, texts: [], seen: 0, turn: 0 };
}
