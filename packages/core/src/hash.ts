/** A quick hash that no adversary is kept out by: equal values have equal ones, others very likely not. */

/** Two sums of 32 bits (FNV-1a and one of its kind with another start and factor), side by side. */
export class Sum {
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

/** The hash of a text: 64 bits as 16 hex digits. */
export function textHash(text: string): string {
  const sum = new Sum();
  sum.text(text);
  return sum.digest();
}
