/**
 * Things that components share, by key. What nobody uses any more stays a moment: React mounts twice in
 * StrictMode, takes a page down before the next one is up, and renders what it then throws away.
 *
 * What was loaded and never used stays longer: who asked for it may wait for something else, and would load it
 * again when that is there, and so on for ever where two things take longer to load than things linger.
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
  /** Loaded, and not used yet. */
  awaited: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** How long things stay that nobody uses, in milliseconds. */
export interface ShelfTimes {
  /** What was used, or took no time to make. */
  readonly lingers?: number;
  /** What was loaded, since somebody asked for it. */
  readonly awaited?: number;
}

/** See the top of this file. */
export class Shelf<T> {
  readonly #lingers: number;
  readonly #awaited: number;
  readonly #items = new Map<string, Item<T>>();
  /** How many are being loaded. */
  #loading = 0;

  constructor({ lingers = 1_000, awaited = 30_000 }: ShelfTimes = {}) {
    this.#lingers = lingers;
    this.#awaited = awaited;
  }

  /** How many things are there; for leak checks. */
  get size(): number {
    return this.#items.size;
  }

  /** What is there under a key, or what `open` makes. Who does not {@link Shelf.hold} it in time loses it. */
  get(key: string, open: () => Opened<T>): T {
    const known = this.#items.get(key);
    if (known) {
      if (known.awaited) this.#leaveLater(key, known);
      return known.value;
    }
    const item: Item<T> = { ...open(), users: 0, awaited: false, timer: undefined };
    this.#items.set(key, item);
    if (item.ready) this.#load(key, item, item.ready);
    else this.#leaveLater(key, item);
    return item.value;
  }

  /** Uses what is there under a key until `release` is called; nothing if it is gone. */
  hold(key: string): { readonly value: T; readonly release: () => void } | undefined {
    const item = this.#items.get(key);
    if (!item) return undefined;
    item.users++;
    item.awaited = false;
    stopTimer(item);
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      item.users--;
      this.#leaveLater(key, item);
    };
    return { value: item.value, release };
  }

  #load(key: string, item: Item<T>, ready: Promise<unknown>): void {
    this.#loading++;
    const settle = (loaded: boolean): void => {
      this.#loading--;
      // What could not be loaded is tried anew soon.
      item.awaited = loaded && item.users === 0;
      this.#leaveLater(key, item);
      if (this.#loading > 0) return;
      for (const [each, other] of this.#items) {
        if (other.timer === undefined) this.#leaveLater(each, other);
      }
    };
    ready.then(
      () => settle(true),
      () => settle(false),
    );
  }

  #leaveLater(key: string, item: Item<T>): void {
    stopTimer(item);
    if (item.users > 0) return;
    item.timer = setTimeout(
      () => {
        item.timer = undefined;
        // Who waits for what is being loaded may need this, too. Its time begins anew after that.
        if (this.#loading > 0) return;
        if (this.#items.get(key) === item) this.#items.delete(key);
        item.close();
      },
      item.awaited ? this.#awaited : this.#lingers,
    );
    // A server that renders ends without waiting for it.
    if (typeof item.timer === "object") (item.timer as { unref?: () => void }).unref?.();
  }
}

function stopTimer(item: Pick<Item<unknown>, "timer">): void {
  clearTimeout(item.timer);
  item.timer = undefined;
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
