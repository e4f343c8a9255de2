/**
 * One direction of a sealed channel: a key, and how many records it sealed or opened. The count is part of each record's
 * nonce, so that a record opens in its own place only: not twice, not later, not in another activation.
 */

/** Bytes of the secret that a {@link RecordKey} is made of: a key for AES-128, and the nonce that counting begins with. */
export const SECRET_BYTES: number = 16 + 12;
/** Bytes by which a sealed record is longer than what is in it. */
export const TAG_BYTES: number = 16;

/** See the top of this file. One call at a time: the order of the calls is the order of the records. */
export class RecordKey {
  #key: CryptoKey | undefined;
  readonly #nonce: Uint8Array<ArrayBuffer>;
  #count = 0;

  private constructor(key: CryptoKey, nonce: Uint8Array<ArrayBuffer>) {
    this.#key = key;
    this.#nonce = nonce;
  }

  /** Makes a key of a secret, of which nothing is left where it was. */
  static async of(
    secret: Uint8Array<ArrayBuffer>,
    usage: "encrypt" | "decrypt",
  ): Promise<RecordKey> {
    const nonce = secret.slice(16);
    const key = await crypto.subtle.importKey("raw", secret.subarray(0, 16), "AES-GCM", false, [
      usage,
    ]);
    secret.fill(0);
    return new RecordKey(key, nonce);
  }

  async seal(record: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.encrypt(this.#next(), this.#usable(), record));
  }

  /** Rejects when this is not the record that comes next. */
  async open(sealed: Uint8Array): Promise<Uint8Array> {
    const bytes = sealed as Uint8Array<ArrayBuffer>;
    return new Uint8Array(await crypto.subtle.decrypt(this.#next(), this.#usable(), bytes));
  }

  /** Ends it: nothing is sealed or opened with it any more. */
  forget(): void {
    this.#key = undefined;
    this.#nonce.fill(0);
  }

  #usable(): CryptoKey {
    if (!this.#key) throw new Error("The key of this port was forgotten.");
    return this.#key;
  }

  /** As RFC 9180 counts: the number, in the low bytes of the nonce. */
  #next(): AesGcmParams {
    const iv = this.#nonce.slice();
    const view = new DataView(iv.buffer);
    const low = this.#nonce.byteLength - 8;
    view.setBigUint64(low, view.getBigUint64(low) ^ BigInt(this.#count++));
    return { name: "AES-GCM", iv };
  }
}
