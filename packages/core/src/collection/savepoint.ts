/**
 * A point in an open transaction of Yjs to which it can go back, as if nothing had been done since: new items leave
 * the document, and deleted ones are there again. Nobody has seen any of it before the transaction ends, so no
 * traces are needed: what would be taken back later, with new items, would bring to life again what others
 * delete meanwhile, and stay in everybody's document as stones.
 *
 * May only be gone back to in the transaction that it was made in, while that is open.
 */

import * as Y from "yjs";

/** What is in the document no more, or again, after it went back. */
export interface WentBack {
  readonly removed: readonly Y.Item[];
  readonly revived: readonly Y.Item[];
}

/** See the top of this file. */
export class Savepoint {
  readonly #transaction: Y.Transaction;
  /** Under which edits are made here, and its next clock. */
  readonly #client: number;
  readonly #clock: number;
  /** How many deletions of each client there were. */
  readonly #deletions: ReadonlyMap<number, number>;
  readonly #isFirst: boolean;
  /** How many items had been cut in two. */
  readonly #cut: number;
  readonly #local: boolean;
  readonly #subdocs: readonly (readonly [now: Set<Y.Doc>, then: readonly Y.Doc[]])[];

  constructor(transaction: Y.Transaction) {
    const { doc, deleteSet, changed, local, _mergeStructs: cut } = transaction;
    const { subdocsAdded, subdocsLoaded, subdocsRemoved } = transaction;
    this.#transaction = transaction;
    this.#client = doc.clientID;
    this.#clock = Y.getState(doc.store, doc.clientID);
    this.#deletions = new Map([...deleteSet.clients].map(([client, all]) => [client, all.length]));
    this.#isFirst = changed.size === 0;
    this.#cut = cut.length;
    this.#local = local;
    const subdocs = [subdocsAdded, subdocsLoaded, subdocsRemoved];
    this.#subdocs = subdocs.map((now) => [now, [...now]]);
  }

  /**
   * Takes back all that was done since; the document must have been edited under one client id. Where an update of
   * others was applied meanwhile all stays, since nobody can tell their deletions from those that were made here.
   */
  goBack(): WentBack {
    if (this.#transaction.local !== this.#local) return { removed: [], revived: [] };
    // New ones that were deleted as well: so that they count where they are taken out.
    const revived = this.#revive();
    const removed = this.#remove();
    for (const { parent } of [...revived, ...removed]) {
      if (parent instanceof Y.AbstractType && parent._searchMarker) parent._searchMarker = [];
    }
    if (this.#isFirst) this.#transaction.changed.clear();
    this.#tellOfCharacters();
    for (const [now, then] of this.#subdocs) {
      now.clear();
      for (const doc of then) now.add(doc);
    }
    return { removed, revived: revived.filter((item) => !this.#isNew(item.id)) };
  }

  #revive(): readonly Y.Item[] {
    const { doc, deleteSet, changed } = this.#transaction;
    const revived: Y.Item[] = [];
    for (const [client, deletions] of deleteSet.clients) {
      const structs = doc.store.clients.get(client) ?? [];
      for (const { clock, len } of deletions.splice(this.#deletions.get(client) ?? 0)) {
        for (let at = Y.findIndexSS(structs, clock); at < structs.length; at++) {
          const item = structs[at];
          if (!item || item.id.clock >= clock + len) break;
          if (item instanceof Y.Item) revived.push(item);
        }
      }
      if (deletions.length === 0) deleteSet.clients.delete(client);
    }
    for (const item of revived) {
      item.deleted = false;
      count(item, item.length);
      // Yjs forgets that a type was changed when it is deleted.
      const { content } = item;
      if (content instanceof Y.ContentType && !this.#isNew(item.id)) {
        changed.set(content.type, new Set([null, ...content.type._map.keys()]));
      }
    }
    return revived;
  }

  #remove(): readonly Y.Item[] {
    const { doc, _mergeStructs: toMerge } = this.#transaction;
    const structs = doc.store.clients.get(this.#client) ?? [];
    const removed: Y.Item[] = [];
    for (let last = structs.at(-1); last && this.#isNew(last.id); last = structs.at(-1)) {
      structs.pop();
      if (!(last instanceof Y.Item)) continue;
      takeOut(last);
      removed.push(last);
    }
    if (structs.length === 0) doc.store.clients.delete(this.#client);
    const cut = toMerge.splice(this.#cut);
    for (const each of cut) if (!this.#isNew(each.id)) toMerge.push(each);
    if (removed.some(({ keep }) => keep)) this.#forgetCopies();
    return removed;
  }

  /**
   * Yjs makes replacement characters of one that is cut in the middle, and they stay: everybody must cut it, and there
   * must be something between the halves for that.
   */
  #tellOfCharacters(): void {
    const { doc, _mergeStructs: cut } = this.#transaction;
    for (const right of cut.slice(this.#cut)) {
      if (!(right instanceof Y.Item) || right.deleted || !isHalf(right, 0)) continue;
      const { left, parent } = right;
      if (!left || left.deleted || !isHalf(left, -1)) continue;
      const id = Y.createID(doc.clientID, Y.getState(doc.store, doc.clientID));
      const nothing = new Y.ContentDeleted(1);
      new Y.Item(id, left, left.lastId, right, right.id, parent, null, nothing).integrate(
        this.#transaction,
        0,
      );
    }
  }

  /** Items that an undo manager had put back know where. */
  #forgetCopies(): void {
    for (const structs of this.#transaction.doc.store.clients.values()) {
      for (const item of structs) {
        if (item instanceof Y.Item && item.redone && this.#isNew(item.redone)) item.redone = null;
      }
    }
  }

  #isNew({ client, clock }: Y.ID): boolean {
    return client === this.#client && clock >= this.#clock;
  }
}

function isHalf({ content }: Y.Item, at: number): boolean {
  return content instanceof Y.ContentString && content.str.at(at) === "\uFFFD";
}

/** Takes out the item that was put in last. */
function takeOut(item: Y.Item): void {
  const { left, right, parent, parentSub } = item;
  if (!(parent instanceof Y.AbstractType)) return;
  count(item, -item.length);
  if (left) left.right = right;
  else if (parentSub === null) parent._start = right;
  if (right) right.left = left;
  else if (parentSub !== null && left) parent._map.set(parentSub, left);
  else if (parentSub !== null) parent._map.delete(parentSub);
}

function count({ parent, parentSub, countable }: Y.Item, length: number): void {
  if (parent instanceof Y.AbstractType && parentSub === null && countable) parent._length += length;
}
