/**
 * What came back by an earlier undoing of the history. Yjs keeps that in memory alone, so that whoever takes back the same once more
 * would bring it back twice. An undoing therefore draws its client id from a few that others hardly ever have: what it puts into
 * a sequence stands right before what it brings back.
 */

import * as Y from "yjs";

/** Client ids of undoings are multiples of this; there are 65,535. */
const UNDOINGS = 65_537;

/** A client id for an undoing, which the document does not know yet. */
export function undoingClient({ clientID, store }: Y.Doc): number {
  let number = clientID % 65_535;
  while (store.clients.has(UNDOINGS * (number + 1))) number = (number + 1) % 65_535;
  return UNDOINGS * (number + 1);
}

/**
 * Marks in a document that collects nothing what came back by an earlier undoing, as Yjs does it: an undoing that comes next does not
 * bring it back, also where somebody deleted it again.
 *
 * @param undone What the next undoing takes away: what came back with that does not count.
 */
export function markRestored(doc: Y.Doc, undone: Ids): void {
  doc.transact((transaction) => {
    for (const [client, structs] of doc.store.clients) {
      if (client % UNDOINGS !== 0) continue;
      let before: Y.Item | undefined;
      let offset = 0;
      // Marking cuts items into pieces.
      for (const item of [...structs]) {
        if (!(item instanceof Y.Item)) continue;
        offset = before && isRestOf(item, before) ? offset + before.length : 0;
        before = item;
        if (!Y.isDeleted(undone, item.id)) mark(transaction, item, offset, undone);
      }
    }
  });
}

type Ids = ReturnType<typeof Y.createDeleteSet>;

/** Whether an item was one with that before it, until somebody inserted something in between. */
function isRestOf(item: Y.Item, before: Y.Item): boolean {
  const [mine, others] = [item.rightOrigin, before.rightOrigin];
  if (!item.origin || !Y.compareIDs(item.origin, before.lastId)) return false;
  return mine !== null && others !== null && Y.compareIDs(mine, others);
}

/** Marks what an item brought back, which begins `offset` elements after the item at its right. */
function mark(transaction: Y.Transaction, item: Y.Item, offset: number, undone: Ids): void {
  const { id, length, parent, parentSub, rightOrigin } = item;
  // Of values Yjs sees itself that a newer one is there. What else it made is of one that came back as a whole.
  if (parentSub !== null || !rightOrigin || rightOrigin.client === id.client) return;
  const { store } = transaction.doc;
  for (let done = 0; done < length;) {
    const at = Y.createID(rightOrigin.client, rightOrigin.clock + offset + done);
    if (at.clock >= Y.getState(store, at.client)) return;
    const former = Y.getItemCleanStart(transaction, at);
    if (!(former instanceof Y.Item) || !former.deleted || former.parent !== parent) return;
    const last = Y.createID(at.client, at.clock + Math.min(former.length, length - done) - 1);
    const whole = Y.getItemCleanEnd(transaction, store, last);
    if (!(whole instanceof Y.Item)) return;
    whole.redone = Y.createID(id.client, id.clock + done);
    markInside(whole, whole.redone, undone);
    done += whole.length;
  }
}

/** What was in it came back with it, but for what is undone: that is gone, and not what it was in. */
function markInside({ content }: Y.Item, redone: Y.ID, undone: Ids): void {
  if (!(content instanceof Y.ContentType)) return;
  const { _start: start, _map: map } = content.type;
  const inside: Y.Item[] = [];
  for (let item = start; item; item = item.right) inside.push(item);
  for (const last of map.values()) {
    for (let item: Y.Item | null = last; item; item = item.left) inside.push(item);
  }
  for (const item of inside) {
    const isGone = Y.isDeleted(undone, item.id);
    if (item.deleted && item.redone === null && !isGone) item.redone = redone;
    markInside(item, redone, undone);
  }
}
