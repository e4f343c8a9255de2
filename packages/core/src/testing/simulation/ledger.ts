/**
 * What was typed and how far it was said to be safe: every value is told from every other, so that
 * a run can ask, at any moment and of any disk, where it is.
 */

import type { MemoryDisk } from "../../store/memory-store.ts";
import { SUBTREE } from "./profile.ts";
import type { SaveLevel } from "../../replica/document-handle.ts";

/** One value that somebody put into the list of a document. */
export interface Typed {
  /** Unique; found in the bytes of every update and snapshot that holds it. */
  readonly value: string;
  readonly path: string;
  /** Name of the device. */
  readonly device: string;
  /** The highest level that was told. */
  level: SaveLevel;
  /** Somebody deleted it, or its document: it need not be anywhere. */
  deleted: boolean;
  /** Its document was deleted with a whole subtree, after its device had stored it without knowing. */
  unaware: boolean;
  /** Of which deletion of the subtree its device knew then. */
  readonly knows: string | undefined;
  /** When it was typed. */
  readonly at: number;
  /** The process that held it in memory is gone. */
  orphaned: boolean;
  /** Whether it was told what became of it at the server: that it is there, or refused, or given up. */
  told: boolean;
  /** Put back from the quarantine of a device. */
  retried: boolean;
  /** The disk that held it is gone, or was copied or rolled back. */
  diskLost: boolean;
}

/** One deletion of a value. */
export interface Erased {
  readonly value: string;
  readonly path: string;
  level: SaveLevel;
}

/** See the top of this file. */
export class Ledger {
  readonly typed = new Map<string, Typed>();
  readonly erased: Erased[] = [];
  #count = 0;

  type(
    path: string,
    device: string,
    { size, knows, at }: Pick<Typed, "knows" | "at"> & { readonly size: number },
  ): Typed {
    const value = `v${++this.#count}.`;
    const typed: Typed = {
      value: value + "x".repeat(size),
      path,
      device,
      level: "memory",
      deleted: false,
      unaware: false,
      knows,
      at,
      orphaned: false,
      told: false,
      retried: false,
      diskLost: false,
    };
    this.typed.set(value, typed);
    return typed;
  }

  /** The value that a list holds, by its beginning. */
  find(text: string): Typed | undefined {
    return this.typed.get(text.slice(0, text.indexOf(".") + 1));
  }

  erase(value: string, path: string): Erased {
    const erased: Erased = { value, path, level: "memory" };
    this.erased.push(erased);
    return erased;
  }

  ofDevice(name: string): Typed[] {
    return [...this.typed.values()].filter(({ device }) => device === name);
  }
}

/** Whether a document's log or snapshot on a disk holds a value. */
export function isOnDisk(disk: MemoryDisk, path: string, value: string): boolean {
  const document = [...disk.documents].find(([known]) => known === path)?.[1];
  if (!document) return false;
  const { snapshot, entries } = document;
  if (snapshot && holds(snapshot.update, value)) return true;
  for (const { update } of entries.values()) if (holds(update, value)) return true;
  return false;
}

/** Whether a disk's quarantine holds a value. */
export function isQuarantined(disk: MemoryDisk, value: string): boolean {
  for (const { updates } of disk.quarantine.values()) {
    if (updates.some((update) => holds(update, value))) return true;
  }
  return false;
}

/** Whether a disk's quarantine holds a value that was refused because its document was deleted. */
export function isRefusedAsDeleted(disk: MemoryDisk, value: string): boolean {
  for (const { code, updates } of disk.quarantine.values()) {
    if (code === "deleted" && updates.some((update) => holds(update, value))) return true;
  }
  return false;
}

/** What a disk knows of deletions of the subtree. */
export function subtreeOn(
  disk: MemoryDisk,
): { readonly tombstone: string; readonly former: readonly string[] } | undefined {
  const all = JSON.parse(disk.meta.get("deleted-subtrees") ?? "[]") as {
    readonly path: string;
    readonly tombstone: string;
    readonly former: readonly string[];
  }[];
  return all.find(({ path }) => path === SUBTREE);
}

/** Whether bytes hold a value's name. */
export function holds(bytes: Uint8Array, value: string): boolean {
  const name = value.slice(0, value.indexOf(".") + 1);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(name, 0, "latin1");
}
