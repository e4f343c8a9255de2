import { describe, expect, it } from "vitest";
import type { Store } from "./store.ts";
import { createMemoryDisk, type MemoryDisk } from "./memory-store.ts";
import { MemoryBus, SharedMemoryStore } from "../testing/shared-memory-store.ts";
import { describeSharedStore } from "../testing/store-shared-tests.ts";

const opened = new WeakMap<Store, { readonly disk: MemoryDisk; readonly bus: MemoryBus }>();

async function open(disk: MemoryDisk, bus: MemoryBus): Promise<Store> {
  const store = new SharedMemoryStore(disk, bus);
  opened.set(store, { disk, bus });
  return store;
}

describeSharedStore(
  "memory",
  {
    open: () => open(createMemoryDisk(), new MemoryBus()),
    async reopen(store) {
      const known = opened.get(store);
      if (!known) throw new Error("it was not opened here");
      return open(known.disk, known.bus);
    },
  },
  { describe, it, expect },
);
