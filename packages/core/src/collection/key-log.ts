/**
 * Keys and values in a `Y.Array`, as a log: whoever sets a key appends an entry and deletes those that were there.
 *
 * A `Y.Map` keeps a stone for each value that was ever overwritten, since the next one is put beside it. Here each
 * author appends to a run of entries of their own, what is deleted of a run melts into one stone, and 100,000
 * overwrites cost next to nothing. Runs are cut after {@link RUN} entries, since Yjs copies a run when it grows.
 *
 * Of entries of one key that were written at once all are there until somebody writes the key again; the one
 * with the highest stamp holds, and one without a value only by itself. A stamp is one more than all that its
 * author knew of: what undo brings back has its former one, and does not win over what others wrote since.
 */

import * as Y from "yjs";

/** A key that is not there. */
export const GONE: unique symbol = Symbol("gone");

/** Entries after which an author starts another run. */
const RUN = 128;

/** An entry as it stands in the array, and where that is. */
export interface Placed {
  readonly key: string;
  readonly stamp: number;
  readonly value: unknown;
  readonly client: number;
  readonly clock: number;
}

/** The entries of an item of the array: whatever else somebody put there is none. */
export function placedEntries({ id, content }: Y.Item): readonly Placed[] {
  if (!(content instanceof Y.ContentAny)) return [];
  const found: Placed[] = [];
  let { clock } = id;
  for (const element of content.arr) {
    const entry = parseEntry(element, id.client, clock++);
    if (entry) found.push(entry);
  }
  return found;
}

function parseEntry(element: unknown, client: number, clock: number): Placed | undefined {
  if (!Array.isArray(element) || element.length !== 3) return undefined;
  const [key, stamp, value] = element as readonly unknown[];
  if (typeof key !== "string" || !Number.isSafeInteger(stamp)) return undefined;
  return { key, stamp: stamp as number, value, client, clock };
}

/** See the top of this file. */
export class KeyLog {
  readonly #type: Y.Array<unknown>;
  readonly #live = new Map<string, Placed>();
  /** Of keys with several entries: those that do not hold. */
  readonly #others = new Map<string, readonly Placed[]>();
  #stamp = 0;
  /** The run that this program appends to: its last entry, and how many more it may have. */
  #run: { readonly client: number; readonly clock: number; readonly room: number } | undefined;

  constructor(type: Y.Array<unknown>) {
    this.#type = type;
    for (let item = type._start; item; item = item.right) {
      if (!item.deleted) for (const entry of placedEntries(item)) this.#add(entry);
    }
  }

  /** The value of a key, or {@link GONE}. */
  get(key: string): unknown {
    const live = this.#live.get(key);
    return live ? live.value : GONE;
  }

  /** The stamp of the entry that holds; 0 if there is none. */
  stampOf(key: string): number {
    return this.#live.get(key)?.stamp ?? 0;
  }

  keys(): Iterable<string> {
    return this.#live.keys();
  }

  /** Takes entries that somebody added, those from a clock on; returns their keys. */
  add(item: Y.Item, from = 0): readonly string[] {
    return placedEntries(item).flatMap((entry) => {
      if (entry.clock < from) return [];
      this.#add(entry);
      return [entry.key];
    });
  }

  /** Takes entries that somebody deleted; returns their keys. */
  delete(item: Y.Item): readonly string[] {
    return placedEntries(item).map((entry) => {
      this.#delete(entry);
      return entry.key;
    });
  }

  /** Takes entries that are as if they had never been there; returns their keys. */
  forget(item: Y.Item): readonly string[] {
    this.#run = undefined;
    return this.delete(item);
  }

  /** Sets keys, {@link GONE} for one that goes. */
  write(transaction: Y.Transaction, values: ReadonlyMap<string, unknown>): void {
    const entries: [key: string, stamp: number, value: unknown][] = [];
    const stamp = Math.min(this.#stamp + 1, Number.MAX_SAFE_INTEGER);
    const former: Placed[] = [];
    for (const [key, value] of values) {
      former.push(...this.#allOf(key));
      this.#live.delete(key);
      this.#others.delete(key);
      if (value !== GONE) entries.push([key, stamp, value]);
    }
    deleteEntries(transaction, former);
    while (entries.length > 0) this.#append(transaction, entries);
  }

  /** Appends as many as the run has room for, and takes them away from `entries`. */
  #append(transaction: Y.Transaction, entries: [string, number, unknown][]): void {
    const { clientID, store } = transaction.doc;
    const run = this.#run?.client === clientID && this.#run.room > 0 ? this.#run : undefined;
    const left = run
      ? Y.getItemCleanEnd(transaction, store, Y.createID(clientID, run.clock))
      : null;
    const right = left ? left.right : this.#type._start;
    const room = run?.room ?? RUN;
    const content = entries.splice(0, room);
    const clock = Y.getState(store, clientID);
    const item = new Y.Item(
      Y.createID(clientID, clock),
      left,
      left && left.lastId,
      right,
      right && right.id,
      this.#type,
      null,
      new Y.ContentAny(content),
    );
    item.integrate(transaction, 0);
    this.#run = {
      client: clientID,
      clock: clock + content.length - 1,
      room: room - content.length,
    };
    this.add(item);
  }

  #allOf(key: string): readonly Placed[] {
    const live = this.#live.get(key);
    return live ? [live, ...(this.#others.get(key) ?? [])] : [];
  }

  #add(entry: Placed): void {
    this.#stamp = Math.max(this.#stamp, entry.stamp);
    const live = this.#live.get(entry.key);
    if (!live) {
      this.#live.set(entry.key, entry);
      return;
    }
    const all = this.#allOf(entry.key);
    if (!all.some((each) => isSame(each, entry))) this.#set(entry.key, [...all, entry]);
  }

  #delete(entry: Placed): void {
    const all = this.#allOf(entry.key);
    const left = all.filter((each) => !isSame(each, entry));
    if (left.length < all.length) this.#set(entry.key, left);
  }

  #set(key: string, entries: readonly Placed[]): void {
    const [holds, ...others] = entries.toSorted(byStamp);
    if (holds) this.#live.set(key, holds);
    else this.#live.delete(key);
    if (others.length > 0) this.#others.set(key, others);
    else this.#others.delete(key);
  }
}

function isSame(a: Placed, b: Placed): boolean {
  return a.client === b.client && a.clock === b.clock;
}

/**
 * The one that holds comes first: the same one for everybody, also when undo has put them back under other ids
 * than they were written under.
 */
export function byStamp(a: Placed, b: Placed): number {
  // What hides a key of an older version is as what deletes one: it says nothing about what others write meanwhile.
  const hides = Number(a.value === undefined) - Number(b.value === undefined);
  if (hides !== 0) return hides;
  if (a.stamp !== b.stamp) return b.stamp - a.stamp;
  const [left, right] = [sortText(a.value), sortText(b.value)];
  return left < right ? 1 : Number(left > right) * -1;
}

/** A text that no two different values share: JSON has one for several of what a document can hold. */
function sortText(value: unknown): string {
  switch (typeof value) {
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${value}n`;
    case "object":
      break;
    default:
      return JSON.stringify(value) ?? "undefined";
  }
  if (value === null) return "null";
  if (value instanceof Uint8Array) return `<${value.join()}>`;
  if (Array.isArray(value)) return `[${value.map(sortText).join()}]`;
  const entries = Object.entries(value).map(([key, inner]) => {
    return `${JSON.stringify(key)}:${sortText(inner)}`;
  });
  return `{${entries.join()}}`;
}

/** Those that lie beside each other at once: whatever is cut in two costs time by the size of the document. */
function deleteEntries(transaction: Y.Transaction, entries: readonly Placed[]): void {
  const ordered = entries.toSorted((a, b) => a.client - b.client || a.clock - b.clock);
  for (let at = 0, next = 0; at < ordered.length; at = next) {
    const first = ordered[at];
    if (!first) return;
    const { client, clock } = first;
    next = at + 1;
    while (ordered[next]?.client === client && ordered[next]?.clock === clock + next - at) next++;
    deleteRun(transaction, client, clock, clock + next - at);
  }
}

function deleteRun(transaction: Y.Transaction, client: number, start: number, end: number): void {
  for (let clock = start; clock < end;) {
    const item = Y.getItemCleanStart(transaction, Y.createID(client, clock));
    clock += item.length;
    if (clock > end) Y.getItemCleanStart(transaction, Y.createID(client, end));
    item.delete(transaction);
  }
}
