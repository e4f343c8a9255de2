/**
 * What neither bytes nor a state vector show, but only the document itself: whether items were put
 * where they can be. A hostile peer can name neighbours that are in the wrong order or in different
 * lists; what Yjs makes of that depends on who heard what first, and may be an error.
 */

import * as Y from "yjs";

/**
 * Whether all items were put between neighbours that are in this order in one list, and of a map's
 * entries only the last is alive. True of everything that Yjs itself writes.
 */
export function isWellPlaced(doc: Y.Doc): boolean {
  const places = new Places();
  for (const structs of doc.store.clients.values()) {
    for (const item of structs) {
      if (item instanceof Y.Item && !isWellPlacedItem(doc, item, places)) return false;
    }
  }
  return true;
}

function isWellPlacedItem(doc: Y.Doc, item: Y.Item, places: Places): boolean {
  const left = itemAt(doc, item.origin);
  const right = itemAt(doc, item.rightOrigin);
  for (const beside of [left, right]) {
    if (beside && (beside.parent !== item.parent || beside.parentSub !== item.parentSub)) {
      return false;
    }
  }
  if (left && right && places.of(left) >= places.of(right)) return false;
  return item.parentSub === null || item.right === null || item.deleted;
}

/** The item that is or was at an id; nothing where it was collected. */
function itemAt(doc: Y.Doc, id: Y.ID | null): Y.Item | undefined {
  const struct = id && Y.getItem(doc.store, id);
  return struct instanceof Y.Item ? struct : undefined;
}

/** Where items are in their lists; each list is counted once. */
class Places {
  readonly #places = new Map<Y.Item, number>();

  of(item: Y.Item): number {
    const known = this.#places.get(item);
    if (known !== undefined) return known;
    let first = item;
    while (first.left) first = first.left;
    let place = 0;
    for (let each: Y.Item | null = first; each; each = each.right) {
      this.#places.set(each, place++);
    }
    return this.#places.get(item) ?? -1;
  }
}
