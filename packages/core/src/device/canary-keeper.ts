/** Reads a device's canary, and writes it soon after commits: rarely enough to cost nothing. */

import type { Clock } from "../clock.ts";
import type { Unsubscribe } from "../emitter.ts";
import type { Canary } from "../store/store.ts";
import { type CanaryRecord, decodeCanary, encodeCanary } from "./canary-record.ts";

/** Options of {@link keepCanary}. */
export interface CanaryKeeperOptions {
  readonly canary: Canary;
  readonly clock: Clock;
  /** What it is to say now. */
  readonly record: () => CanaryRecord;
}

/** Keeps a canary. */
export interface CanaryKeeper {
  /** Something was committed. */
  changed(): void;
  /** Writes now. */
  flush(): void;
  /** Writes what is still to be written, and stops. */
  dispose(): void;
}

/** Longest that a canary is behind its store, in milliseconds. */
const WRITE_WITHIN = 1_000;

/** Writes the canary, and goes on with it. */
export function keepCanary({ canary, clock, record }: CanaryKeeperOptions): CanaryKeeper {
  let written: CanaryRecord | undefined;
  let cancel: Unsubscribe | undefined;
  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    const next = record();
    const there = readCanary(canary, next.owner);
    // Another tab has taken the store over.
    if (there?.store === next.store && there.term > next.term) return;
    writeCanary(canary, encodeCanary(next));
    written = next;
  };
  const flushIfDue = (): void => {
    if (cancel) flush();
  };
  flush();
  const stopListening = listenToPage(flushIfDue);
  return {
    changed() {
      // At once when nothing waits any more: what reached the server must not be told as lost.
      if (written && written.waiting.length > 0 && record().waiting.length === 0) flush();
      else cancel ??= clock.delay(WRITE_WITHIN, flush);
    },
    flush,
    dispose() {
      stopListening();
      flushIfDue();
    },
  };
}

/** What a canary says of the stores of `owner`; nothing if it cannot be read or is another's. */
export function readCanary(canary: Canary | undefined, owner: string): CanaryRecord | undefined {
  let text: string | undefined;
  try {
    text = canary?.read();
  } catch {
    // The second storage is forbidden: nothing can be told, and nothing else depends on it.
    return undefined;
  }
  const record = text === undefined ? undefined : decodeCanary(text);
  return record?.owner === owner ? record : undefined;
}

function writeCanary(canary: Canary, text: string): void {
  try {
    canary.write(text);
  } catch {
    // No room: better no canary than one that counts what is long at the server.
    try {
      canary.write(undefined);
    } catch {
      // Forbidden altogether.
    }
  }
}

/** A page that is closed or put away may not run again. */
function listenToPage(hidden: () => void): Unsubscribe {
  if (typeof globalThis.addEventListener !== "function") return () => undefined;
  globalThis.addEventListener("pagehide", hidden);
  return () => globalThis.removeEventListener("pagehide", hidden);
}
