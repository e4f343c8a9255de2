/**
 * What a step to undo or redo would do to collections: which of them it changes, and which records it would delete
 * though others wrote in them since.
 */

import * as Y from "yjs";
import { collectionsIn } from "./document-records.ts";
import { type Placed, placedEntries } from "./key-log.ts";
import { layerVersion, parseKey, plainKey } from "./layout.ts";

/** A step of an undo manager: ids of what it inserted, and of what it deleted. */
export type UndoStep = Pick<
  Y.UndoManager["undoStack"][number],
  "insertions" | "deletions" | "meta"
>;
type Ids = UndoStep["insertions"];
type Root = NonNullable<ReturnType<Y.Doc["share"]["get"]>>;

/** What was written in this program, by client id: from which clock on. */
export type Written = ReadonlyMap<number, number>;

/** Where a step keeps the root types that it changes. */
const ROOTS = Symbol("roots");

/** Notes which types a transaction of a step changed. */
export function noteRoots({ meta }: UndoStep, changed: Iterable<Root>): void {
  const known = (meta.get(ROOTS) as ReadonlySet<Root> | undefined) ?? new Set<Root>();
  meta.set(ROOTS, new Set([...known, ...[...changed].filter(({ _item }) => _item === null)]));
}

/** Whether a step changes a collection of which a newer version was written than this program knows. */
export function changesOutdated(doc: Y.Doc, { meta }: UndoStep): boolean {
  const changed = meta.get(ROOTS) as ReadonlySet<Root> | undefined;
  const layers = [...layersIn(doc)];
  const outdated = new Set(
    layers.flatMap(({ name, version, type }) =>
      version > (collectionsIn(doc).get(name) ?? version) && hasEntries(type) ? [name] : [],
    ),
  );
  return layers.some(({ name, type }) => outdated.has(name) && changed?.has(type) === true);
}

/**
 * Takes out of a step what it would do to records that it would delete and others wrote in since. Returns whether
 * what is left of it changes anything for sure.
 */
export function spareOthers(doc: Y.Doc, step: UndoStep, mine: Written): boolean {
  const look = new Look(doc, step);
  const spared = look.deletedWithWork(mine);
  if (spared.size > 0) {
    step.insertions = look.without(step.insertions, spared);
    step.deletions = look.without(step.deletions, spared);
  }
  return look.changesAnything();
}

/** A piece of a step: a run of ids, and where what they stand for is now. */
interface Piece {
  readonly client: number;
  readonly clock: number;
  readonly length: number;
  readonly item: Y.Item;
  /** Of the run in the item. */
  readonly offset: number;
}

/** Whatever belongs to a record is called by the collection and the record: `tasks/a`. */
type RecordName = string;
/** One life of a record: `tasks/a/life`. */
type LifeName = string;

class Look {
  readonly #doc: Y.Doc;
  readonly #step: UndoStep;
  /** What the keys in a log are of: by its type. */
  readonly #logs: ReadonlyMap<Root, string>;
  readonly #texts: ReadonlyMap<Root, RecordName>;

  constructor(doc: Y.Doc, step: UndoStep) {
    this.#doc = doc;
    this.#step = step;
    this.#logs = new Map([...layersIn(doc)].map(({ name, type }) => [type, name]));
    this.#texts = new Map(textsIn(doc));
  }

  /** Records of which a life would end, and with it what others wrote. */
  deletedWithWork(mine: Written): ReadonlySet<RecordName> {
    const inserted = [...piecesOf(this.#doc, this.#step.insertions)];
    const ending = this.#existing(inserted.filter(({ item }) => !item.deleted));
    if (ending.size === 0) return new Set();
    const own = idsOf(inserted);
    const living = new Set(this.#existing(this.#comingBack()).keys());
    for (const [type, name] of this.#logs) {
      for (const { key, value, client, clock } of liveEntries(type)) {
        const { id, life, field } = parseKey(key) ?? {};
        const stays =
          field === "" && value === true && !Y.isDeleted(own, Y.createID(client, clock));
        // Somebody else made it, too.
        if (stays) living.add(lifeName(name, id, life));
      }
    }
    for (const life of living) ending.delete(life);
    const others = new Set<RecordName>();
    const records = new Set(ending.values());
    for (const [type, name] of this.#logs) {
      const isOurs = writtenHere(this.#doc, type, mine, own);
      const entries = [...liveEntries(type)].flatMap((entry) => {
        const { id, life } = parseKey(entry.key) ?? {};
        return records.has(`${name}/${id}`) ? [{ ...entry, life: lifeName(name, id, life) }] : [];
      });
      const staying = new Map<string, number>();
      for (const { key, stamp, client, clock, life } of entries) {
        if (!living.has(life) || Y.isDeleted(own, Y.createID(client, clock))) continue;
        const plain = plainKey(key);
        staying.set(plain, Math.max(stamp, staying.get(plain) ?? stamp));
      }
      for (const { key, stamp, client, clock, life } of entries) {
        const record = ending.get(life);
        if (record === undefined || isOurs(Y.createID(client, clock))) continue;
        // In another life of the record it stays.
        if ((staying.get(plainKey(key)) ?? -1) < stamp) others.add(record);
      }
    }
    const kept = new Set([...living].map(recordOfLife));
    const gone = new Set([...ending.values()].filter((record) => !kept.has(record)));
    for (const [type, record] of this.#texts) {
      if (!gone.has(record) || others.has(record)) continue;
      const isOurs = writtenHere(this.#doc, type, mine, own);
      for (const { id, length } of liveItems(type)) {
        for (let at = 0; at < length; at++) {
          if (!isOurs(Y.createID(id.client, id.clock + at))) others.add(record);
        }
      }
    }
    return others;
  }

  /** Ids but those of some records. */
  without(ids: Ids, records: ReadonlySet<RecordName>): Ids {
    const left: Ids = Y.createDeleteSet();
    for (const { client, clock, length, item, offset } of piecesOf(this.#doc, ids)) {
      const of = this.#recordsOf(item);
      for (let at = 0; at < length; at++) {
        const record = of(offset + at);
        if (record === undefined || !records.has(record)) put(left, client, clock + at, 1);
      }
    }
    return Y.mergeDeleteSets([left]);
  }

  changesAnything(): boolean {
    for (const { item } of piecesOf(this.#doc, this.#step.insertions)) {
      if (!item.deleted) return true;
    }
    // What somebody else set in a map holds.
    return this.#comingBack().some(({ item }) => item.parentSub === null && !isGone(item.parent));
  }

  /** What was deleted in the step, and before it was not there already. */
  #comingBack(): readonly Piece[] {
    const { insertions, deletions } = this.#step;
    const before: Ids = Y.createDeleteSet();
    for (const [client, ranges] of deletions.clients) {
      for (const { clock, len } of ranges) {
        for (let at = clock; at < clock + len; at++) {
          if (!Y.isDeleted(insertions, Y.createID(client, at))) put(before, client, at, 1);
        }
      }
    }
    return [...piecesOf(this.#doc, Y.mergeDeleteSets([before]))].filter(
      // What undo put back once it does not put back again.
      ({ item, offset, client, clock }) =>
        item.deleted && item.id.client === client && item.id.clock + offset === clock,
    );
  }

  /** Lives of records that exist by these, with the record of each. */
  #existing(pieces: readonly Piece[]): Map<LifeName, RecordName> {
    const found = new Map<LifeName, RecordName>();
    for (const { item, offset, length } of pieces) {
      const name = this.#logOf(item);
      if (name === undefined) continue;
      for (const { key, value, clock } of placedEntries(item)) {
        const at = clock - item.id.clock - offset;
        const { id, life, field } = parseKey(key) ?? {};
        if (at < 0 || at >= length || field !== "" || value !== true) continue;
        found.set(lifeName(name, id, life), `${name}/${id}`);
      }
    }
    return found;
  }

  #logOf({ parent }: Y.Item): string | undefined {
    return parent instanceof Y.AbstractType ? this.#logs.get(parent) : undefined;
  }

  /** The record that each element of an item belongs to. */
  #recordsOf(item: Y.Item): (offset: number) => RecordName | undefined {
    const name = this.#logOf(item);
    if (name === undefined) {
      const root = rootOf(item);
      const record = root && this.#texts.get(root);
      return () => record;
    }
    const entries = placedEntries(item);
    const keys = new Map(entries.map(({ key, clock }) => [clock - item.id.clock, parseKey(key)]));
    return (offset) => {
      const at = keys.get(offset);
      return at && `${name}/${at.id}`;
    };
  }
}

function lifeName(collection: string, id = "", life = ""): LifeName {
  return `${collection}/${id}/${life}`;
}

function recordOfLife(life: LifeName): RecordName {
  return life.slice(0, life.lastIndexOf("/"));
}

/** Whether it was written here, or belongs to the step, and is no copy of what others wrote that undo made. */
function writtenHere(doc: Y.Doc, type: Root, mine: Written, own: Ids): (id: Y.ID) => boolean {
  const others = [...itemsOf(type)].filter(({ id, redone }) => redone && !isMine(mine, id));
  const copied: Ids = Y.createDeleteSet();
  for (const { id, length } of others) put(copied, id.client, id.clock, length);
  const copies = idsOf([...piecesOf(doc, copied)]);
  return (id) => Y.isDeleted(own, id) || (isMine(mine, id) && !Y.isDeleted(copies, id));
}

function* layersIn(
  doc: Y.Doc,
): Iterable<{ readonly name: string; readonly version: number; readonly type: Root }> {
  const known = collectionsIn(doc);
  for (const [root, type] of doc.share) {
    if (root.includes("/")) continue;
    const name = root.split("@", 1)[0] ?? "";
    const version = known.has(name) ? layerVersion(name, root) : undefined;
    if (version !== undefined) yield { name, version, type };
  }
}

function* textsIn(doc: Y.Doc): Iterable<readonly [Root, RecordName]> {
  const known = collectionsIn(doc);
  for (const [root, type] of doc.share) {
    const [name = "", id, field] = root.split("/");
    if (known.has(name) && id !== undefined && field !== undefined) yield [type, `${name}/${id}`];
  }
}

function* piecesOf({ store }: Y.Doc, ids: Ids): Iterable<Piece> {
  for (const [client, ranges] of ids.clients) {
    const state = Y.getState(store, client);
    for (const range of ranges) {
      const end = Math.min(range.clock + range.len, state);
      for (let clock = range.clock, length = 1; clock < end; clock += length) {
        const struct = Y.getItem(store, Y.createID(client, clock));
        length = Math.min(end, struct.id.clock + struct.length) - clock;
        let item: Y.Item | Y.GC = struct;
        let offset = clock - item.id.clock;
        while (item instanceof Y.Item && item.redone) {
          const at: number = item.redone.clock + offset;
          item = Y.getItem(store, Y.createID(item.redone.client, at));
          offset = at - item.id.clock;
          length = Math.min(length, item.length - offset);
        }
        if (item instanceof Y.Item) yield { client, clock, length, item, offset };
      }
    }
  }
}

function* liveEntries(type: Root): Iterable<Placed> {
  for (const item of liveItems(type)) yield* placedEntries(item);
}

function* liveItems(type: Root): Iterable<Y.Item> {
  for (const item of itemsOf(type)) if (!item.deleted) yield item;
}

/** All items of a type and of the types in it. */
function* itemsOf(type: Root): Iterable<Y.Item> {
  const chains = [type._start, ...type._map.values()];
  for (const [index, chain] of chains.entries()) {
    for (let item = chain; item; item = index === 0 ? item.right : item.left) {
      yield item;
      if (item.content instanceof Y.ContentType) yield* itemsOf(item.content.type);
    }
  }
}

/** Where these are now. */
function idsOf(pieces: readonly Piece[]): Ids {
  const now: Ids = Y.createDeleteSet();
  for (const { item, offset, length } of pieces) {
    put(now, item.id.client, item.id.clock + offset, length);
  }
  return Y.mergeDeleteSets([now]);
}

function isMine(mine: Written, { client, clock }: Y.ID): boolean {
  return clock >= (mine.get(client) ?? Number.POSITIVE_INFINITY);
}

function isGone(parent: Y.Item["parent"]): boolean {
  return !(parent instanceof Y.AbstractType) || parent._item?.deleted === true;
}

function hasEntries(type: Root): boolean {
  for (const item of liveItems(type)) {
    if (placedEntries(item).some(({ key }) => parseKey(key))) return true;
  }
  return false;
}

function rootOf({ parent }: Y.Item): Root | undefined {
  let type = parent;
  while (type instanceof Y.AbstractType && type._item) type = type._item.parent;
  return type instanceof Y.AbstractType ? type : undefined;
}

function put(ids: Ids, client: number, clock: number, len: number): void {
  const ranges = ids.clients.get(client);
  if (ranges) ranges.push({ clock, len });
  else ids.clients.set(client, [{ clock, len }]);
}
