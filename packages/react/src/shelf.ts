/**
 * Things that components share, by key. What nobody uses any more stays a moment: React mounts twice in
 * StrictMode, takes a page down before the next one is up, and renders what it then throws away.
 */

/** See the top of this file. */
export class Shelf<T> {
  readonly #lingers: number;
  readonly #items = new Map<string, Item<T>>();

  /** `lingers`: how long unused things stay, in milliseconds. */
  constructor(lingers: number) {
    this.#lingers = lingers;
  }

  /** What is there under a key, or what `open` makes. Who does not {@link Shelf.hold} it soon loses it. */
  get(key: string, open: () => { readonly value: T; readonly close: () => void }): T {
    const known = this.#items.get(key);
    if (known) return known.value;
    const item: Item<T> = { ...open(), users: 0, timer: undefined };
    this.#items.set(key, item);
    this.#leaveLater(key, item);
    return item.value;
  }

  /** Uses what is there under a key until the returned function is called. */
  hold(key: string): () => void {
    const item = this.#items.get(key);
    if (!item) return () => undefined;
    item.users++;
    clearTimeout(item.timer);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      item.users--;
      if (item.users === 0) this.#leaveLater(key, item);
    };
  }

  /** How many things are there; for leak checks. */
  get size(): number {
    return this.#items.size;
  }

  #leaveLater(key: string, item: Item<T>): void {
    clearTimeout(item.timer);
    item.timer = setTimeout(() => {
      if (item.users > 0) return;
      if (this.#items.get(key) === item) this.#items.delete(key);
      item.close();
    }, this.#lingers);
    // A server that renders ends without waiting for it.
    if (typeof item.timer === "object") (item.timer as { unref?: () => void }).unref?.();
  }
}

interface Item<T> {
  readonly value: T;
  readonly close: () => void;
  users: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}
