/** A list that others watch: the same array, of the same entries, until one of them changes. */

import { createEmitter, type Unsubscribe } from "@croft/core";

/** See the top of this file. */
export interface ObservedList<T extends Named> {
  list(): readonly T[];
  /** Hears of every change, soon after it; several at once are told once. */
  onChange(listener: (entries: readonly T[]) => void): Unsubscribe;
  /** Says that the list may be another one now. */
  touch(): void;
  dispose(): void;
}

/** What a list is made of: flat, and each with a name of its own. */
export interface Named {
  readonly name: string;
}

/** Creates an {@link ObservedList} of what `make` returns. */
export function createObservedList<T extends Named>(make: () => readonly T[]): ObservedList<T> {
  const changes = createEmitter<readonly T[]>();
  let entries: readonly T[] = [];
  let told = entries;
  let isStale = true;
  let isAnnouncing = false;
  const list = (): readonly T[] => {
    if (isStale) entries = settled(entries, make());
    isStale = false;
    return entries;
  };
  return {
    list,
    onChange: (listener) => changes.on(listener),
    touch() {
      isStale = true;
      if (isAnnouncing) return;
      isAnnouncing = true;
      queueMicrotask(() => {
        isAnnouncing = false;
        const now = list();
        if (now === told) return;
        told = now;
        changes.emit(now);
      });
    },
    dispose: () => changes.clear(),
  };
}

function settled<T extends Named>(before: readonly T[], made: readonly T[]): readonly T[] {
  const former = new Map(before.map((entry) => [entry.name, entry]));
  const kept = made.map((entry) => {
    const known = former.get(entry.name);
    return known && isSame(known, entry) ? known : entry;
  });
  const isUnchanged =
    kept.length === before.length && kept.every((entry, index) => entry === before[index]);
  return isUnchanged ? before : Object.freeze(kept);
}

function isSame(a: Named, b: Named): boolean {
  const fields = new Map<string, unknown>(Object.entries(b));
  const others = Object.entries(a);
  return (
    others.length === fields.size &&
    others.every(([key, value]) => fields.has(key) && fields.get(key) === value)
  );
}
