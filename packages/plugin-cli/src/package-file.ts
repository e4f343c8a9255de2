/** Package files and key files on disk. */

import { open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { CroftError } from "@croft/core";
import { isPublisherKey, MAX_PACKAGE_BYTES, type PublisherKeyPair } from "@croft/plugin/package";

/**
 * Reads a package file.
 *
 * @throws CroftError `plugin/package` when there is none, or it is too large to be one.
 */
export async function readPackageFile(file: string): Promise<Uint8Array> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new CroftError("plugin/package", `There is no file ${file}.`);
  if (found.size > MAX_PACKAGE_BYTES) {
    throw new CroftError("plugin/package", `${file} is too large for a package.`);
  }
  return readFile(file);
}

/** Writes a package file, whole or not at all. */
export async function writePackageFile(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.${process.pid}.part`;
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Writes a publisher's keys to a new file, for its owner alone.
 *
 * @throws CroftError `input/invalid` when the file is there: keys that are overwritten are lost.
 */
export async function writeKeyFile(file: string, keys: PublisherKeyPair): Promise<void> {
  const handle = await open(file, "wx", 0o600).catch((cause: unknown): never => {
    throw new CroftError("input/invalid", `${file} cannot be written, or is there already.`, {
      hint: "Keys are never overwritten. Name another file with --out.",
      cause,
    });
  });
  try {
    const { publisher, privateKey } = keys;
    await handle.writeFile(`${JSON.stringify({ publisher, privateKey }, undefined, 2)}\n`);
  } finally {
    await handle.close();
  }
}

/**
 * Reads a publisher's keys.
 *
 * @throws CroftError `input/invalid` when there is no such file, or it holds none.
 */
export async function readKeyFile(file: string): Promise<PublisherKeyPair> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new CroftError("input/invalid", `${file} cannot be read as a file of keys.`, {
      hint: "Make one with `croft-plugin keygen`, and name it with --key.",
      cause,
    });
  }
  if (isKeys(value)) return value;
  throw new CroftError("input/invalid", `${file} holds no keys of a publisher.`, {
    hint: "Make some with `croft-plugin keygen`.",
  });
}

function isKeys(value: unknown): value is PublisherKeyPair {
  if (typeof value !== "object" || value === null) return false;
  const { publisher, privateKey } = value as Partial<Record<keyof PublisherKeyPair, unknown>>;
  return isPublisherKey(publisher) && typeof privateKey === "string";
}
