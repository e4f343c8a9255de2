/**
 * The keys that no map, value, format or root type may have: in plain JavaScript objects, which
 * applications make of documents, they reach or shadow an object's prototype.
 */

/** Refused wherever a name becomes a key. */
export const FORBIDDEN_KEYS: readonly string[] = ["__proto__", "constructor", "prototype"];

/**
 * Whether a replica must refuse `key` locally, since every hub would.
 *
 * @example
 * ```ts
 * isForbiddenKey("__proto__"); // true
 * ```
 */
export function isForbiddenKey(key: string): boolean {
  return FORBIDDEN_KEYS.includes(key);
}

const encoded = FORBIDDEN_KEYS.map((key) => new TextEncoder().encode(key));

/** The same for UTF-8 bytes between two offsets; allocates nothing. */
export function isForbiddenKeyAt(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length !== 9 && length !== 11) return false;
  for (const key of encoded) {
    if (key.length !== length) continue;
    let i = 0;
    while (i < length && bytes[start + i] === key[i]) i++;
    if (i === length) return true;
  }
  return false;
}
