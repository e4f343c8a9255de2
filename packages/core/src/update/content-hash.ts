/**
 * A hash of what a document shows: values, the ids that they were made under, and their order. Two
 * replicas that show the same have the same hash, however their runs of ids are cut into structs, and
 * whatever was collected.
 */

import * as Y from "yjs";

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

function addType(sum: Sum, type: Contents): void {
  for (let item = type._start; item; item = item.right) if (!item.deleted) addItem(sum, item);
  for (const key of [...type._map.keys()].toSorted()) {
    const item = type._map.get(key);
    if (!item || item.deleted) continue;
    sum.text(key);
    addItem(sum, item);
  }
}

/** One unit for each clock: where an item ends is not part of the content. */
function addItem(sum: Sum, { id: { client, clock }, content }: Y.Item): void {
  if (content instanceof Y.ContentType) {
    sum.id(client, clock);
    addType(sum, content.type);
    return;
  }
  if (content instanceof Y.ContentFormat) {
    sum.id(client, clock);
    sum.text(content.key);
    sum.value(content.value);
    return;
  }
  for (const [index, value] of content.getContent().entries()) {
    sum.id(client, clock + index);
    sum.value(value);
  }
}

/** Two sums of 32 bits (FNV-1a and one of its kind with another start and factor), side by side. */
class Sum {
  #a = 0x811c9dc5;
  #b = 0x9747b28c;

  id(client: number, clock: number): void {
    this.#number(client);
    this.#number(clock);
  }

  value(value: unknown): void {
    if (typeof value === "string") this.text(value);
    else if (value instanceof Uint8Array) for (const byte of value) this.#number(byte);
    else this.text(JSON.stringify(sorted(value)) ?? "undefined");
  }

  text(text: string): void {
    this.#number(text.length);
    for (let i = 0; i < text.length; i++) this.#number(unit(text.charCodeAt(i)));
  }

  digest(): string {
    return [this.#a, this.#b].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #number(value: number): void {
    this.#a = Math.imul(this.#a ^ (value & 0xffff), 0x01000193);
    this.#a = Math.imul(this.#a ^ (value >>> 16), 0x01000193);
    this.#b = Math.imul(this.#b ^ (value >>> 16), 0x5bd1e995);
    this.#b = Math.imul(this.#b ^ (value & 0xffff), 0x5bd1e995);
    this.#b ^= this.#b >>> 15;
  }
}

/** Yjs writes U+FFFD for both halves of a surrogate pair that an edit has split. */
function unit(code: number): number {
  return code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
}

/** The same for objects whose keys were set in another order. */
function sorted(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
