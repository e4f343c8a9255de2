/** What an update changes in a document, as plain data that can be shown to a person. */

import * as Y from "yjs";
import { describeLog, type ItemChanges } from "./describe-log.ts";

/** A piece of a text: as it is, new, or gone. */
export interface TextPart {
  readonly kind: "kept" | "inserted" | "deleted";
  readonly text: string;
}

/** One change of one shared type. */
export type RefusedChange =
  /** A text, whole, in pieces. */
  | {
      readonly kind: "text";
      readonly at: readonly (string | number)[];
      readonly parts: readonly TextPart[];
    }
  /** A key of a map, or of a collection: `record/field`. `undefined` is no value. */
  | {
      readonly kind: "entry";
      readonly at: readonly (string | number)[];
      readonly key: string;
      readonly before: unknown;
      readonly after: unknown;
    }
  /** Elements of a list or of a tree. */
  | {
      readonly kind: "items";
      readonly at: readonly (string | number)[];
      readonly inserted: readonly unknown[];
      readonly deleted: number;
    };

/** Any shared type; root types of a document that nobody has typed are of no other kind. */
type SharedType = Parameters<Y.Transaction["changed"]["get"]>[0];

/** Applies `update` to `doc`, and tells what that changes. `doc` must not collect what is deleted. */
export function describeChanges(doc: Y.Doc, update: Uint8Array): readonly RefusedChange[] {
  const changes: RefusedChange[] = [];
  const collect = (transaction: Y.Transaction): void => {
    for (const [type, keys] of transaction.changed) {
      // A new type is told by what holds it.
      if (type._item && isNew(type._item, transaction)) continue;
      const event = new Y.YEvent(type, transaction);
      const at = placeOf(doc, type);
      for (const key of keys) if (key !== null) changes.push(entryOf(at, key, event));
      if (keys.has(null)) changes.push(...contentOf(at, event, transaction));
    }
  };
  doc.on("afterTransaction", collect);
  Y.applyUpdate(doc, update);
  doc.off("afterTransaction", collect);
  return changes.toSorted((a, b) => (String(a.at[0]) < String(b.at[0]) ? -1 : 1));
}

function contentOf(
  at: readonly (string | number)[],
  event: Y.YEvent<SharedType>,
  transaction: Y.Transaction,
): readonly RefusedChange[] {
  const log = describeLog(event.target, itemChanges(transaction));
  if (log) return log.map((change) => ({ kind: "entry", at, ...change }));
  const { target } = event;
  return [isText(target) ? textOf(at, target, transaction) : itemsOf(at, event)];
}

/** The root type's name, then keys and positions. */
function placeOf(doc: Y.Doc, type: SharedType): readonly (string | number)[] {
  const path: (string | number)[] = [];
  let inner = type;
  for (let item = inner._item; item; item = inner._item) {
    const parent = item.parent;
    if (!(parent instanceof Y.AbstractType)) break;
    path.unshift(item.parentSub ?? positionOf(item));
    inner = parent;
  }
  const [root = ""] = [...doc.share].find(([, shared]) => shared === inner) ?? [];
  return [root, ...path];
}

/** How many elements are left of an item. */
function positionOf(item: Y.Item): number {
  let position = 0;
  for (let left = item.left; left; left = left.left) {
    if (!left.deleted && left.countable) position += left.length;
  }
  return position;
}

function isText(type: SharedType): boolean {
  if (type instanceof Y.Text) return true;
  for (let item = type._start; item; item = item.right) {
    if (item.content instanceof Y.ContentString || item.content instanceof Y.ContentFormat)
      return true;
  }
  return false;
}

function textOf(
  at: readonly (string | number)[],
  type: SharedType,
  transaction: Y.Transaction,
): RefusedChange {
  const parts: TextPart[] = [];
  for (let item = type._start; item; item = item.right) {
    if (!item.countable) continue;
    const added = isNew(item, transaction);
    const gone = item.deleted;
    const goneNow = gone && isDeletedNow(item, transaction);
    if (gone && (added || !goneNow)) continue;
    const text =
      item.content instanceof Y.ContentString ? item.content.str : "\uFFFC".repeat(item.length);
    const kind = added ? "inserted" : gone ? "deleted" : "kept";
    const last = parts.at(-1);
    if (last?.kind === kind) parts[parts.length - 1] = { kind, text: last.text + text };
    else parts.push({ kind, text });
  }
  return { kind: "text", at, parts };
}

function itemsOf(at: readonly (string | number)[], event: Y.YEvent<SharedType>): RefusedChange {
  let deleted = 0;
  const inserted: unknown[] = [];
  for (const { insert, delete: gone } of event.changes.delta) {
    deleted += gone ?? 0;
    if (Array.isArray(insert)) inserted.push(...insert.map(plain));
    else if (insert !== undefined) inserted.push(insert);
  }
  return { kind: "items", at, inserted, deleted };
}

function entryOf(
  at: readonly (string | number)[],
  key: string,
  event: Y.YEvent<SharedType>,
): RefusedChange {
  const before = plain(event.changes.keys.get(key)?.oldValue);
  const item = event.target._map.get(key);
  const after =
    item && !item.deleted ? plain(item.content.getContent()[item.length - 1]) : undefined;
  return { kind: "entry", at, key, before, after };
}

/** What a transaction does to items. */
export function itemChanges(transaction: Y.Transaction): ItemChanges {
  return {
    isNew: (item) => isNew(item, transaction),
    isDeletedNow: (item) => isDeletedNow(item, transaction),
  };
}

function isNew({ id }: Y.Item, { beforeState }: Y.Transaction): boolean {
  return id.clock >= (beforeState.get(id.client) ?? 0);
}

function isDeletedNow({ id }: Y.Item, { deleteSet }: Y.Transaction): boolean {
  return Y.isDeleted(deleteSet, id);
}

function plain(value: unknown): unknown {
  return value instanceof Y.AbstractType ? (value.toJSON() as unknown) : value;
}
