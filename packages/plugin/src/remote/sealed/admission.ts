/**
 * How a plugin proves that it is the one that this activation was opened for: HPKE (RFC 9180) with the activation's
 * capability as pre-shared key. The host makes a key pair and a capability for each activation and hands them to the realm
 * with the code; the first frame of the plugin can be made by nobody else, and opened for no other activation.
 */

import { CroftError } from "@croft/core";
import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { RecordKey, SECRET_BYTES, TAG_BYTES } from "./record-key.ts";
import { LEAST_RECORD } from "./records.ts";

/** What seals and what opens the records of one end. */
export interface PortKeys {
  readonly out: RecordKey;
  readonly in: RecordKey;
}

/** The host's part of one activation's handshake. Of no use for another one. */
export interface Admission {
  /** What the realm of the activation gets with the code: capability, the host's public key, the activation's name. */
  readonly handover: ArrayBuffer;
  /**
   * Takes the first frame that came from the realm, once. Rejects when it was not made with the capability of this activation.
   */
  admit(hello: Uint8Array): Promise<PortKeys>;
  /** Forgets the capability and the key: nobody is admitted any more. */
  forget(): void;
}

const CAPABILITY_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;
/** What both ends are to mean by a handshake; another version of it is another text. */
const PROTOCOL = utf8("croft plugin port 1");
const TO_HOST = utf8("to the host");
const TO_PLUGIN = utf8("to the plugin");
/** Says nothing: that it opens is the proof. */
const HELLO: Uint8Array<ArrayBuffer> = new Uint8Array(LEAST_RECORD - PUBLIC_KEY_BYTES - TAG_BYTES);

/** Makes what one activation of a plugin is admitted by. */
export async function createAdmission(plugin: string): Promise<Admission> {
  requireCrypto();
  const suite = createSuite();
  const pair = await generateKeyPair();
  const capability = crypto.getRandomValues(new Uint8Array(CAPABILITY_BYTES));
  const id = utf8(`${plugin}/${crypto.randomUUID()}`);
  const publicKey = new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey));
  const handover = concat(capability, publicKey, id).buffer;
  let recipientKey: CryptoKeyPair | undefined = pair;
  const forget = (): void => {
    recipientKey = undefined;
    capability.fill(0);
  };
  return {
    handover,
    async admit(hello) {
      if (!recipientKey) throw new Error("This activation was admitted already, or ended.");
      if (hello.byteLength !== LEAST_RECORD) throw new Error("This is no handshake.");
      try {
        const context = await suite.createRecipientContext({
          recipientKey,
          enc: hello.slice(0, PUBLIC_KEY_BYTES),
          info: PROTOCOL,
          psk: { id, key: capability.slice() },
        });
        await context.open(hello.slice(PUBLIC_KEY_BYTES));
        return {
          in: await RecordKey.of(await secretOf(context, TO_HOST), "decrypt"),
          out: await RecordKey.of(await secretOf(context, TO_PLUGIN), "encrypt"),
        };
      } finally {
        forget();
      }
    },
    forget,
  };
}

/** The plugin's part: its first frame, and the keys for those that follow. Nothing is left of what was handed over. */
export async function greet(
  handover: ArrayBuffer,
): Promise<{ readonly hello: Uint8Array; readonly keys: PortKeys }> {
  requireCrypto();
  const suite = createSuite();
  const given = new Uint8Array(handover);
  const capability = given.slice(0, CAPABILITY_BYTES);
  const publicKey = given.slice(CAPABILITY_BYTES, CAPABILITY_BYTES + PUBLIC_KEY_BYTES);
  const id = given.slice(CAPABILITY_BYTES + PUBLIC_KEY_BYTES);
  given.fill(0);
  try {
    const context = await suite.createSenderContext({
      recipientPublicKey: await suite.kem.deserializePublicKey(publicKey),
      info: PROTOCOL,
      psk: { id, key: capability },
    });
    const sealed = new Uint8Array(await context.seal(HELLO));
    return {
      hello: concat(new Uint8Array(context.enc), sealed),
      keys: {
        out: await RecordKey.of(await secretOf(context, TO_HOST), "encrypt"),
        in: await RecordKey.of(await secretOf(context, TO_PLUGIN), "decrypt"),
      },
    };
  } finally {
    capability.fill(0);
  }
}

function createSuite(): CipherSuite {
  return new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes128Gcm(),
  });
}

/** A pair whose private key no code can read. */
async function generateKeyPair(): Promise<CryptoKeyPair> {
  const pair = await crypto.subtle.generateKey("X25519", false, ["deriveBits"]);
  if (!("privateKey" in pair)) throw new Error("X25519 gives pairs of keys.");
  return pair;
}

async function secretOf(
  context: { export(label: Uint8Array, length: number): Promise<ArrayBuffer> },
  label: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await context.export(label, SECRET_BYTES));
}

function requireCrypto(): void {
  // Absent where a page came over plain HTTP, whatever the types say.
  const { crypto: platform }: { readonly crypto?: Partial<Crypto> } = globalThis;
  if (platform?.subtle) return;
  throw new CroftError("plugin/failed", "This browser gives no cryptography to this page.", {
    hint: "Serve the page over HTTPS, or from localhost.",
  });
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}
