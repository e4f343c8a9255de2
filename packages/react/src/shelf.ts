/**
 * Things that components share, by key. What nobody uses any more stays a moment: React mounts twice in
 * StrictMode, takes a page down before the next one is up, and renders what it then throws away.
 */

import { useEffect, useReducer } from "react";

/** A thing that was made, and how it ends. */
export interface Opened<T> {
  readonly value: T;
  readonly close: () => void;
  /** While this is pending somebody may wait for the thing, in a component that is not mounted. */
  readonly ready?: Promise<unknown>;
}

interface Item<T> extends Opened<T> {
  users: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** See the top of this file. */
export class Shelf<T> {
  readonly #lingers: number;
  readonly #items = new Map<string, Item<T>>();

  /** `lingers`: how long unused things stay, in milliseconds. */
  constructor(lingers = 1_000) {
    this.#lingers = lingers;
  }

  /** How many things are there; for leak checks. */
  get size(): number {
    return this.#items.size;
  }

  /** What is there under a key, or what `open` makes. Who does not {@link Shelf.hold} it soon loses it. */
  get(key: string, open: () => Opened<T>): T {
    const known = this.#items.get(key);
    if (known) return known.value;
    const item: Item<T> = { ...open(), users: 0, timer: undefined };
    this.#items.set(key, item);
    const leave = (): void => this.#leaveLater(key, item);
    if (item.ready) item.ready.then(leave, leave);
    else leave();
    return item.value;
  }

  /** Uses what is there under a key until `release` is called; nothing if it is gone. */
  hold(key: string): { readonly value: T; readonly release: () => void } | undefined {
    const item = this.#items.get(key);
    if (!item) return undefined;
    item.users++;
    clearTimeout(item.timer);
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      item.users--;
      this.#leaveLater(key, item);
    };
    return { value: item.value, release };
  }

  #leaveLater(key: string, item: Item<T>): void {
    clearTimeout(item.timer);
    if (item.users > 0) return;
    item.timer = setTimeout(() => {
      if (this.#items.get(key) === item) this.#items.delete(key);
      item.close();
    }, this.#lingers);
    // A server that renders ends without waiting for it.
    if (typeof item.timer === "object") (item.timer as { unref?: () => void }).unref?.();
  }
}

/**
 * What is on a shelf under a key, held while the component is mounted. A component that was hidden for
 * longer than things linger finds another one there, and renders again with it.
 */
export function useShelved<T>(shelf: Shelf<T>, key: string, open: () => Opened<T>): T {
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  const value = shelf.get(key, open);
  useEffect(() => {
    const held = shelf.hold(key);
    if (held?.value !== value) renderAgain();
    return held?.release;
  }, [shelf, key, value]);
  return value;
}
