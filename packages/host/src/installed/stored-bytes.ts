/** Bytes in documents: in parts, so that none is larger than what a hub takes at once. */

import type { DocumentHandle, Workspace } from "@croft/core";

/** Bytes in one part. */
const PART_BYTES = 256 * 1024;
const PARTS = "parts";
const COUNT = "count";

/**
 * Writes bytes into a document that is for them alone, if they are not there, and resolves when they are on this device's disk.
 * What is written at a path must always be the same.
 */
export async function saveBytes(
  workspace: Pick<Workspace, "open">,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const handle = workspace.open(path);
  try {
    await handle.ready;
    if (bytesOf(handle)) return;
    const parts = handle.doc.getMap<Uint8Array | number>(PARTS);
    const count = Math.ceil(bytes.length / PART_BYTES);
    for (let part = 0; part < count; part++) {
      // A transaction each, and the same keys for the same bytes: two who write the same at once change nothing.
      parts.set(String(part), bytes.slice(part * PART_BYTES, (part + 1) * PART_BYTES));
      await handle.saved("device");
    }
    parts.set(COUNT, count);
    await handle.saved("device");
  } finally {
    handle.close();
  }
}

/** The bytes in a document; `undefined` while they are not all here. */
export function bytesOf({ doc }: Pick<DocumentHandle, "doc">): Uint8Array | undefined {
  const parts = doc.getMap<unknown>(PARTS);
  const count = parts.get(COUNT);
  if (typeof count !== "number") return undefined;
  const found: Uint8Array[] = [];
  for (let part = 0; part < count; part++) {
    const bytes = parts.get(String(part));
    if (!(bytes instanceof Uint8Array)) return undefined;
    found.push(bytes);
  }
  const whole = new Uint8Array(found.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const bytes of found) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}
