/**
 * Random identities: tags, epochs, writers. They are told apart from each other by their
 * type, and minted from an injected source of randomness so that a simulation can replay.
 */

/** Fills and returns `length` random bytes. Default: `crypto.getRandomValues`. */
export type RandomBytes = (length: number) => Uint8Array;

/** 64 random bits as 16 lower-case hex digits; names one log entry or one submission. */
export type Tag = string & { readonly __tag: unique symbol };

/** Identity of one document's log: 64 random bits as 16 hex digits. */
export type Epoch = string & { readonly __epoch: unique symbol };

/** Identity of whoever numbers submissions: 128 random bits as 32 hex digits. */
export type WriterId = string & { readonly __writer: unique symbol };

/** One life of a hub, from its start to its end: 64 random bits as 16 hex digits. */
export type RunId = string & { readonly __run: unique symbol };

/** The default {@link RandomBytes}: the platform's cryptographic source. */
export const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** Bytes as lower-case hex digits, two per byte. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Hex digits as bytes. The caller vouches that `text` is an even number of hex digits. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** A fresh {@link Tag}. */
export function createTag(random: RandomBytes = randomBytes): Tag {
  return toHex(random(8)) as Tag;
}

/** A fresh {@link Epoch}. */
export function createEpoch(random: RandomBytes = randomBytes): Epoch {
  return toHex(random(8)) as Epoch;
}

/** A fresh {@link RunId}. */
export function createRunId(random: RandomBytes = randomBytes): RunId {
  return toHex(random(8)) as RunId;
}

/** A fresh {@link WriterId}. */
export function createWriterId(random: RandomBytes = randomBytes): WriterId {
  return toHex(random(16)) as WriterId;
}

/** Whether text that was stored is a {@link WriterId}. */
export function isWriterId(text: string): text is WriterId {
  return /^[0-9a-f]{32}$/.test(text);
}

/**
 * A fresh Yjs client id: 32 random bits, never zero, the range that Yjs itself draws from and
 * that the update inspector accepts.
 */
export function createClientId(random: RandomBytes = randomBytes): number {
  const [a = 0, b = 0, c = 0, d = 1] = random(4);
  return ((a * 256 + b) * 256 + c) * 256 + d || 1;
}
