/**
 * Keys of publishers: Ed25519 (RFC 8032) from the platform's WebCrypto. Who holds the private key can
 * publish updates of what was installed from it; who has it taken needs a new one and a revocation.
 */

import { CroftError } from "@croft/core";

const ED25519 = "Ed25519";

/** A publisher's public key: 32 bytes in base64url, of which each key has one form. */
export type PublisherKey = string & { readonly __publisherKey: unique symbol };

/** Both keys of a publisher, as they are written to a file that nobody else may read. */
export interface PublisherKeyPair {
  readonly publisher: PublisherKey;
  /** PKCS #8 in base64url. Secret. */
  readonly privateKey: string;
}

/** Whether this can be a publisher's key. */
export function isPublisherKey(value: unknown): value is PublisherKey {
  // The last letter has bits to spare, which are zero: who compares keys compares their text.
  return typeof value === "string" && /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(value);
}

/**
 * Makes the keys of a new publisher.
 *
 * @throws {@link CroftError} `plugin/signature` where the platform has no Ed25519.
 */
export async function createPublisherKeys(): Promise<PublisherKeyPair> {
  const pair = await withEd25519(() =>
    crypto.subtle.generateKey(ED25519, true, ["sign", "verify"]),
  );
  if (!("privateKey" in pair)) throw new TypeError("Ed25519 makes pairs of keys");
  const [publicKey, privateKey] = await Promise.all([
    crypto.subtle.exportKey("raw", pair.publicKey),
    crypto.subtle.exportKey("pkcs8", pair.privateKey),
  ]);
  return {
    publisher: toBase64url(new Uint8Array(publicKey)) as PublisherKey,
    privateKey: toBase64url(new Uint8Array(privateKey)),
  };
}

/**
 * Signs bytes.
 *
 * @throws {@link CroftError} `plugin/signature` when the key is none, or not the publisher's.
 */
export async function signBytes(
  { publisher, privateKey }: PublisherKeyPair,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  let key: CryptoKey;
  try {
    const raw = fromBase64url(privateKey);
    key = await withEd25519(() => crypto.subtle.importKey("pkcs8", raw, ED25519, false, ["sign"]));
  } catch (cause) {
    if (cause instanceof CroftError) throw cause;
    throw new CroftError("plugin/signature", "The private key is no Ed25519 key.", {
      cause,
      hint: "Make one with `croft-plugin keygen`, and hand it over whole.",
    });
  }
  const signature = new Uint8Array(await crypto.subtle.sign(ED25519, key, bytes));
  if (await isSignedBy(publisher, signature, bytes)) return signature;
  throw new CroftError("plugin/signature", "The private key is not that of the publisher.", {
    hint: "Both must come from one `croft-plugin keygen`.",
  });
}

/**
 * Whether `signature` is the publisher's, over these bytes.
 *
 * @throws {@link CroftError} `plugin/signature` where the platform has no Ed25519.
 */
export async function isSignedBy(
  publisher: PublisherKey,
  signature: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  let key: CryptoKey;
  try {
    const raw = fromBase64url(publisher);
    key = await withEd25519(() => crypto.subtle.importKey("raw", raw, ED25519, false, ["verify"]));
  } catch (error) {
    if (error instanceof CroftError) throw error;
    return false;
  }
  return crypto.subtle.verify(ED25519, key, signature, bytes);
}

/**
 * A publisher's key in a form that people can read to each other: `7f3a-91c2-…`, the first 64 bits of its
 * SHA-256.
 */
export async function fingerprintOf(publisher: PublisherKey): Promise<string> {
  const hash = await sha256(fromBase64url(publisher));
  return hash.slice(0, 16).replaceAll(/(.{4})(?=.)/g, "$1-");
}

/** SHA-256, in lower-case hex. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).reduce(
    (text, byte) => text + byte.toString(16).padStart(2, "0"),
    "",
  );
}

export function toBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** @throws DOMException when `text` is no base64url. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

async function withEd25519<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof DOMException) || cause.name !== "NotSupportedError") throw cause;
    throw new CroftError("plugin/signature", "This platform cannot check Ed25519 signatures.", {
      hint: "Use a newer browser; pages must be served over https or from localhost.",
      cause,
    });
  }
}
