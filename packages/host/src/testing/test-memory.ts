/** What a host remembers from one start of the application to the next, in a variable. */

import type { HostMemory } from "../host-memory.ts";

export interface TestMemory extends HostMemory {
  text: string | undefined;
  leave(forGood: boolean): void;
}

export function createMemory(text?: string): TestMemory {
  const listeners = new Set<(forGood: boolean) => void>();
  return {
    text,
    read() {
      return this.text;
    },
    write(written) {
      this.text = written;
    },
    onLeave(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    leave(forGood) {
      for (const listener of listeners) listener(forGood);
    },
  };
}
