/**
 * A hash of what a document shows: values, the ids that they were made under, and their order. Two
 * replicas that show the same have the same hash, however their runs of ids are cut into structs, and
 * whatever was collected.
 */

import * as Y from "yjs";
import { Sum } from "../hash.ts";

/** The hash of a document's visible content: 64 bits as 16 hex digits. */
export function contentHash(doc: Y.Doc): string {
  const sum = new Sum();
  for (const name of [...doc.share.keys()].toSorted()) {
    const type = doc.share.get(name);
    // One that was only asked for is no content.
    if (!type || !isVisible(type)) continue;
    sum.text(name);
    addType(sum, type);
  }
  return sum.digest();
}

/** What all Yjs types are inside: a list, and keys. */
interface Contents {
  readonly _start: Y.Item | null;
  readonly _map: ReadonlyMap<string, Y.Item>;
}

function isVisible({ _start, _map }: Contents): boolean {
  for (let item = _start; item; item = item.right) if (!item.deleted) return true;
  return [..._map.values()].some((item) => !item.deleted);
}

/** Types nest as deep as their authors like: what is open is on a stack of our own, not on that of calls. */
function addType(sum: Sum, type: Contents): void {
  const open = [itemsOf(sum, type)];
  for (let inmost = open.at(-1); inmost; inmost = open.at(-1)) {
    const next = inmost.next();
    if (next.done) {
      open.pop();
      continue;
    }
    const inner = addItem(sum, next.value);
    if (inner) open.push(itemsOf(sum, inner));
  }
}

/** The visible items of a type, in order; adds the key of each before the item is asked for. */
function* itemsOf(sum: Sum, type: Contents): Generator<Y.Item, void> {
  for (let item = type._start; item; item = item.right) if (!item.deleted) yield item;
  for (const key of [...type._map.keys()].toSorted()) {
    const item = type._map.get(key);
    if (!item || item.deleted) continue;
    sum.text(key);
    yield item;
  }
}

/** One unit for each clock: where an item ends is not part of the content. Returns the type that it holds. */
function addItem(sum: Sum, { id: { client, clock }, content }: Y.Item): Contents | undefined {
  if (content instanceof Y.ContentType) {
    sum.id(client, clock);
    return content.type;
  }
  if (content instanceof Y.ContentFormat) {
    sum.id(client, clock);
    sum.text(content.key);
    sum.value(content.value);
    return undefined;
  }
  for (const [index, value] of content.getContent().entries()) {
    sum.id(client, clock + index);
    sum.value(value);
  }
  return undefined;
}
