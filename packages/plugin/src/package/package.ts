/** Packages: what an author builds, a publisher signs, and a person installs. */

import { CroftError, isPluginId } from "@croft/core";
import type * as z from "zod";
import { parseManifest, type PluginManifest, type PluginManifestInput } from "../manifest.ts";
import { findClash } from "./file-path.ts";
import { gunzip, gzip } from "./gzip.ts";
import {
  badPackage,
  type ListedFile,
  listSchema,
  MAX_PACKAGE_BYTES,
  type PackageLayout,
  readLayout,
  signatureSchema,
  writeLayout,
} from "./layout.ts";
import {
  fromBase64url,
  isSignedBy,
  type PublisherKey,
  type PublisherKeyPair,
  sha256,
  signBytes,
  toBase64url,
} from "./publisher-key.ts";

// Says what is signed, so that a signature made for something else is none for a package.
const SIGNED_AS = new TextEncoder().encode("croft package 1\n");
const NOTHING = new Uint8Array();

/** A package that was read, and checked as a whole. */
export interface PluginPackage {
  readonly manifest: PluginManifest;
  /**
   * SHA-256 over manifest and list of files, in hex. It names this very content: two packages with the same
   * hash hold the same bytes, whoever signed them.
   */
  readonly hash: string;
  /** Who signed it; `undefined` when nobody did. */
  readonly publisher: PublisherKey | undefined;
  /** The files, by path. The module that is run is that of the manifest's `entry`. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** What {@link packPlugin} packs. */
export interface PackageContent {
  readonly manifest: PluginManifestInput;
  /** By path: `main.js`, `assets/logo.svg`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Packs a plugin into one file, unsigned. The same content gives the same {@link PluginPackage.hash}.
 *
 * @throws {@link CroftError} `plugin/manifest`, naming every field that is wrong; `plugin/package` when
 *   a file's path is none, the entry is missing, or it is all too large.
 */
export async function packPlugin({
  manifest,
  files,
}: PackageContent): Promise<Uint8Array<ArrayBuffer>> {
  const { id } = parseManifest(manifest);
  const sorted = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const contents = new Uint8Array(
    sizeOf(
      sorted.map(([, file]) => ({ size: file.length })),
      id,
    ),
  );
  const list: ListedFile[] = [];
  let at = 0;
  for (const [path, file] of sorted) {
    contents.set(file, at);
    const hash = await sha256(contents.slice(at, at + file.length));
    list.push({ path, size: file.length, hash });
    at += file.length;
  }
  const bytes = writeLayout({
    signature: NOTHING,
    list: new TextEncoder().encode(JSON.stringify({ manifest, files: list })),
    packed: await gzip(contents),
  });
  // Whatever a reader would refuse is refused here, and told to the one who can mend it.
  await readPackage(bytes);
  return bytes;
}

/**
 * Reads a package and checks all of it: layout, signature, every file's hash, manifest. Whether its
 * publisher is the right one is for whoever installs it to say.
 *
 * @throws {@link CroftError} `plugin/package` when a byte of it is not as it was packed, `plugin/signature`
 *   when it is signed and the signature does not fit, `plugin/manifest` when this version of croft
 *   cannot read its manifest.
 * @example
 * ```ts
 * const response = await fetch("https://example.com/stats-1.0.0.croft");
 * const { manifest, publisher } = await readPackage(new Uint8Array(await response.arrayBuffer()));
 * ```
 */
export async function readPackage(bytes: Uint8Array): Promise<PluginPackage> {
  const layout = readLayout(bytes);
  const list = parse(layout.list, listSchema, "its list of files");
  const plugin = idOf(list.manifest);
  const clash = findClash(list.files.map(({ path }) => path));
  if (clash) throw badPackage(`${clash[0]} and ${clash[1]} cannot both be there`, plugin);
  const publisher = await readSignature(layout, plugin);
  const size = sizeOf(list.files, plugin);
  const contents = await gunzip(layout.packed.slice(), size);
  if (!contents) throw badPackage("its files are not those of its list", plugin);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  let at = 0;
  for (const { path, size: length, hash } of list.files) {
    const file = contents.slice(at, at + length);
    at += length;
    if ((await sha256(file)) !== hash) throw badPackage(`${path} was changed`, plugin);
    files.set(path, file);
  }
  const manifest = parseManifest(list.manifest);
  if (!files.has(manifest.entry)) {
    throw badPackage(`its \`entry\`, ${manifest.entry}, is not in it`, manifest.id);
  }
  return { manifest, hash: await sha256(layout.list.slice()), publisher, files };
}

/**
 * Signs a package, in place of whoever signed it before.
 *
 * @throws {@link CroftError} what {@link readPackage} throws; `plugin/signature` when the keys are none.
 */
export async function signPackage(
  bytes: Uint8Array,
  keys: PublisherKeyPair,
): Promise<Uint8Array<ArrayBuffer>> {
  const { list, packed } = readLayout(bytes);
  const unsigned = writeLayout({ signature: NOTHING, list, packed });
  await readPackage(unsigned);
  const signature = toBase64url(await signBytes(keys, signedBytes(list)));
  const text = JSON.stringify({ publisher: keys.publisher, signature });
  return writeLayout({ signature: new TextEncoder().encode(text), list, packed });
}

async function readSignature(
  { signature, list }: PackageLayout,
  plugin: string | undefined,
): Promise<PublisherKey | undefined> {
  if (signature.length === 0) return undefined;
  const parsed = parse(signature, signatureSchema, "its signature", plugin);
  const publisher = parsed.publisher as PublisherKey;
  if (await isSignedBy(publisher, fromBase64url(parsed.signature), signedBytes(list))) {
    return publisher;
  }
  throw new CroftError(
    "plugin/signature",
    `The package of ${plugin ?? "a plugin"} was changed after it was signed.`,
    { plugin, hint: "Do not install it. Get it once more, from where its publisher offers it." },
  );
}

function signedBytes(list: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIGNED_AS.length + list.length);
  bytes.set(SIGNED_AS);
  bytes.set(list, SIGNED_AS.length);
  return bytes;
}

/** How large all files are together. */
function sizeOf(files: readonly Pick<ListedFile, "size">[], plugin: string | undefined): number {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size <= MAX_PACKAGE_BYTES) return size;
  const limit = MAX_PACKAGE_BYTES / 1024 / 1024;
  throw badPackage(`its files are larger than ${limit} MiB together`, plugin);
}

function parse<T>(bytes: Uint8Array, schema: z.ZodType<T>, what: string, plugin?: string): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw badPackage(`${what} cannot be read`, plugin, cause);
  }
  const { data, error } = schema.safeParse(value);
  if (!error) return data;
  throw badPackage(`${what} is not right: ${error.issues[0]?.message ?? ""}`, plugin);
}

/** The id that an unchecked manifest claims, for messages. */
function idOf(manifest: unknown): string | undefined {
  if (typeof manifest !== "object" || manifest === null || !("id" in manifest)) return undefined;
  return typeof manifest.id === "string" && isPluginId(manifest.id) ? manifest.id : undefined;
}
