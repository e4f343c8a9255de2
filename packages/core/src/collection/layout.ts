/**
 * Where a record lies in its document: flat keys in one log per collection (key-log.ts), so that two people who make
 * the same record, or edit different fields of it, lose nothing of either. A record exists while its own
 * key does; what is left of one that was deleted while somebody edited it is hidden.
 *
 * - `id/` → true: the record exists.
 * - `id/@life/` → true: it does, in a life of its own, and its other keys begin with `id/@life/` too. Whoever makes a
 *   record under an id that may have been used before gives it another life, and what was written to a former one
 *   stays hidden (lives.ts).
 * - `id/field` → a plain value.
 * - `id/field/client` → what this client id has added to a counter; `id/field/client~` in transactions of the
 *   application.
 * - `id/field/member` → true: the member, as JSON, is in the set.
 * - `id/field/item` → the value of a list's item, `id/field/item@` → its position.
 *
 * Texts are root types of their own, called `collection/id/field`.
 *
 * Each version of the schema writes a layer of its own, the root type `collection@version` (the first: `collection`)
 * over those of the versions before it, and nothing is copied: what is nearest the top holds. A key that hides
 * what lies below has the value `undefined`.
 */

/** A key, taken apart. */
export interface Key {
  readonly id: string;
  /** Empty: the id had never been used. */
  readonly life: string;
  /** Empty: the record's own key. */
  readonly field: string;
  readonly part: string | undefined;
}

/** The key that makes a record exist. */
export function recordKey(id: string, life = ""): string {
  return life === "" ? `${id}/` : `${id}/@${life}/`;
}

/** The key of a plain value. */
export function fieldKey(id: string, field: string, life = ""): string {
  return recordKey(id, life) + field;
}

/** The key of a part of a counter, set or list. */
export function partKey(id: string, field: string, part: string, life = ""): string {
  return `${fieldKey(id, field, life)}/${part}`;
}

/** The root type of a text. */
export function textRoot(collection: string, id: string, field: string): string {
  return `${collection}/${id}/${field}`;
}

/** The record that a root type is a text of; nothing if it is none of the collection. */
export function textOwner(collection: string, root: string): string | undefined {
  if (!root.startsWith(`${collection}/`)) return undefined;
  const [id = "", field = "", ...more] = root.slice(collection.length + 1).split("/");
  return isRecordId(id) && field !== "" && more.length === 0 ? id : undefined;
}

/** The root type that a version of a collection writes. */
export function layerRoot(collection: string, version: number): string {
  return version === 1 ? collection : `${collection}@${version}`;
}

/** Which version of a collection writes a root type; nothing if it is no layer of it. */
export function layerVersion(collection: string, root: string): number | undefined {
  if (root === collection) return 1;
  if (!root.startsWith(`${collection}@`)) return undefined;
  const version = Number(root.slice(collection.length + 1));
  const isCanonical = root === layerRoot(collection, version);
  return isCanonical && Number.isSafeInteger(version) && version > 1 ? version : undefined;
}

/** Takes a key apart; nothing if it is none of ours. */
export function parseKey(key: string): Key | undefined {
  const first = key.indexOf("/");
  if (first <= 0) return undefined;
  const id = key.slice(0, first);
  let start = first + 1;
  let end = key.indexOf("/", start);
  let life = "";
  if (end >= 0 && key[start] === "@") {
    life = key.slice(start + 1, end);
    start = end + 1;
    end = key.indexOf("/", start);
  }
  if (end < 0) return { id, life, field: nameOf(key.slice(start)), part: undefined };
  return { id, life, field: nameOf(key.slice(start, end)), part: key.slice(end + 1) };
}

/** A key as a person knows it: without the record's life. */
export function plainKey(key: string): string {
  const at = parseKey(key);
  return at && at.life !== "" ? at.id + key.slice(key.indexOf("/", at.id.length + 1)) : key;
}

/** One text for each field name: there are few, and a key for each record would be kept in memory by its name. */
const names = new Map<string, string>();

function nameOf(field: string): string {
  const known = names.get(field);
  if (known !== undefined) return known;
  // Strangers may write any number of them.
  if (names.size < 1_000) names.set(field, field);
  return field;
}

/** The part of a set's member. */
export function memberPart(member: string | number | boolean): string {
  return JSON.stringify(member);
}

/** Where the position of a list's item is kept, beside its value. */
export function positionPart(item: string): string {
  return `${item}@`;
}

/** The item whose position a part holds; nothing if the part is a value. */
export function positionedItem(part: string): string | undefined {
  return part.endsWith("@") ? part.slice(0, -1) : undefined;
}

/** Whether a record may be called so. */
export function isRecordId(id: string): boolean {
  return id.length > 0 && id.length <= 128 && !id.includes("/") && id.isWellFormed();
}
