/** A store that can be closed under its device, deleted and replaced, as browsers do with databases. */

import { createEmitter } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import { createMemoryDisk, type MemoryDisk } from "../store/memory-store.ts";
import type { Canary, OpenStore } from "../store/store.ts";
import { createFaultyStore } from "./rig.ts";

/** A {@link Canary} in memory. */
export interface MemoryCanary extends Canary {
  text: string | undefined;
}

/** Creates a {@link MemoryCanary}. */
export function createMemoryCanary(): MemoryCanary {
  const canary: MemoryCanary = {
    text: undefined,
    read: () => canary.text,
    write(text) {
      canary.text = text;
    },
  };
  return canary;
}

/** Where a device's store is, for a test. */
export interface LosableStore {
  readonly open: OpenStore;
  readonly canary: MemoryCanary;
  readonly disk: MemoryDisk;
  /** How often the store was opened, or tried to be. */
  readonly opens: number;
  /** How many are open. */
  readonly opened: number;
  /** While it is set, opening fails with it. */
  refuse: CroftError | undefined;
  /** Called with each store that was opened, before anybody uses it. */
  onOpen: (() => void) | undefined;
  /** Called when a small value was read, before it is answered. */
  onReadMeta: ((name: string) => void) | undefined;
  /** Closes what is open. */
  close(): void;
  /** Closes what is open and deletes everything. */
  delete(): void;
}

/** Creates a {@link LosableStore}; `sharedAs` as of {@link OpenStore}. */
export function createLosableStore(sharedAs?: string): LosableStore {
  const canary = createMemoryCanary();
  const lossesOfOpened = new Set<(error: Error) => void>();
  let disk = createMemoryDisk();
  let opens = 0;
  const open = async (): ReturnType<OpenStore> => {
    opens++;
    if (losable.refuse) throw losable.refuse;
    const store = createFaultyStore(disk);
    const losses = createEmitter<Error>();
    const lose = (error: Error): void => {
      lossesOfOpened.delete(lose);
      void store.close();
      losses.emit(error);
      losses.clear();
    };
    lossesOfOpened.add(lose);
    const opened: Awaited<ReturnType<OpenStore>> = {
      ...store,
      async readMeta(name) {
        const value = await store.readMeta(name);
        losable.onReadMeta?.(name);
        return value;
      },
      onLost: (listener) => losses.on(listener),
      async close() {
        lossesOfOpened.delete(lose);
        losses.clear();
        await store.close();
      },
    };
    losable.onOpen?.();
    return opened;
  };
  const loseAll = (message: string): void => {
    for (const lose of lossesOfOpened) lose(new CroftError("store/closed", message));
  };
  const losable: LosableStore = {
    open: Object.assign(open, { canary, ...(sharedAs !== undefined && { sharedAs }) }),
    canary,
    get disk() {
      return disk;
    },
    get opens() {
      return opens;
    },
    get opened() {
      return lossesOfOpened.size;
    },
    refuse: undefined,
    onOpen: undefined,
    onReadMeta: undefined,
    close: () => loseAll("The test closed the store."),
    delete() {
      disk = createMemoryDisk();
      loseAll("The test deleted the store.");
    },
  };
  return losable;
}
