/**
 * How a package file is laid out. One reading of it only: what is signed is the list as bytes, and what
 * is in the files is known by their hashes before any of them is used.
 *
 *     bytes 0–7    "croftpk1"
 *     bytes 8–11   length of the signature, little-endian; 0 without one
 *     bytes 12–15  length of the list, little-endian
 *     then         the signature: JSON { publisher, signature }
 *     then         the list: JSON { manifest, files: [{ path, size, hash }] }
 *     to the end   gzip of the files, one after the other in the order of the list
 */

import { CroftError } from "@croft/core";
import * as z from "zod";
import { problemOfFilePath } from "./file-path.ts";
import { isPublisherKey } from "./publisher-key.ts";

/** The largest package, in bytes, packed as well as unpacked: 16 MiB. */
export const MAX_PACKAGE_BYTES: number = 16 * 1024 * 1024;
/** The most files in a package. */
export const MAX_PACKAGE_FILES = 1_000;

const MAGIC = new TextEncoder().encode("croftpk1");
const HEADER_BYTES = MAGIC.length + 8;
const MAX_SIGNATURE_BYTES = 1024;
const MAX_LIST_BYTES = 1024 * 1024;

/** A file in the list. */
export interface ListedFile {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** SHA-256, in lower-case hex. */
  readonly hash: string;
}

/** The parts of a package file, nothing of which was checked against anything yet. */
export interface PackageLayout {
  readonly signature: Uint8Array;
  readonly list: Uint8Array;
  readonly packed: Uint8Array;
}

/** The signature, read. */
export interface Signature {
  /** The key, in base64url. */
  readonly publisher: string;
  /** Over what {@link PackageLayout.list} says, in base64url. */
  readonly signature: string;
}

/** The list, read; its manifest is still whatever it is. */
export interface PackageList {
  readonly manifest: unknown;
  readonly files: readonly ListedFile[];
}

/** Checks a {@link Signature}. */
export const signatureSchema: z.ZodType<Signature> = z.strictObject({
  publisher: z.string().refine(isPublisherKey),
  // 64 bytes, in the one form that they have.
  signature: z.string().regex(/^[\w-]{85}[AQgw]$/),
});

/** Checks a {@link PackageList}. */
export const listSchema: z.ZodType<PackageList> = z.strictObject({
  manifest: z.unknown(),
  files: z
    .array(
      z.strictObject({
        path: z.string().superRefine((path, context) => {
          const problem = problemOfFilePath(path);
          if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
        }),
        size: z.int().nonnegative(),
        hash: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .max(MAX_PACKAGE_FILES, `it has more than ${MAX_PACKAGE_FILES} files`),
});

/** Puts the parts of a package together. */
export function writeLayout({ signature, list, packed }: PackageLayout): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + signature.length + list.length + packed.length);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(MAGIC.length, signature.length, true);
  view.setUint32(MAGIC.length + 4, list.length, true);
  bytes.set(signature, HEADER_BYTES);
  bytes.set(list, HEADER_BYTES + signature.length);
  bytes.set(packed, HEADER_BYTES + signature.length + list.length);
  return bytes;
}

/**
 * Takes a package file apart.
 *
 * @throws {@link CroftError} `plugin/package` when it is none, or too large.
 */
export function readLayout(bytes: Uint8Array): PackageLayout {
  if (bytes.length > MAX_PACKAGE_BYTES) {
    throw badPackage(`it is larger than ${MAX_PACKAGE_BYTES / 1024 / 1024} MiB`);
  }
  if (bytes.length < HEADER_BYTES || !MAGIC.every((byte, index) => bytes[index] === byte)) {
    throw badPackage("it does not start as a package does");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const signatureBytes = view.getUint32(MAGIC.length, true);
  const listBytes = view.getUint32(MAGIC.length + 4, true);
  if (signatureBytes > MAX_SIGNATURE_BYTES) throw badPackage("its signature is too long");
  if (listBytes > MAX_LIST_BYTES) throw badPackage("its list of files is too long");
  const listAt = HEADER_BYTES + signatureBytes;
  const packedAt = listAt + listBytes;
  if (packedAt > bytes.length) throw badPackage("it ends too early");
  return {
    signature: bytes.subarray(HEADER_BYTES, listAt),
    list: bytes.subarray(listAt, packedAt),
    packed: bytes.subarray(packedAt),
  };
}

/** What is wrong with a package, in words that go on from "The package cannot be used: ". */
export function badPackage(problem: string, plugin?: string, cause?: unknown): CroftError {
  const whose = plugin === undefined ? "The package" : `The package of ${plugin}`;
  return new CroftError("plugin/package", `${whose} cannot be used: ${problem}.`, {
    plugin,
    hint: "Get it once more, from where its publisher offers it.",
    cause,
  });
}
