/**
 * Who has which Yjs client id (SYNC rule 11): every id costs each transaction of a document a little, for ever,
 * so a replica goes on under one whose owner is gone. It holds a lock on each id that it writes under; the lock
 * dies with its tab, and whoever wants the id must get it.
 */

import { platformLocks } from "../channel/life-lock.ts";

/** Holds client ids, for replicas of one device. */
export interface ClientIds {
  /** Takes an id of a document; resolves with what gives it back, or with nothing if another one has it. */
  hold(path: string, client: number): Promise<(() => void) | undefined>;
}

/** What is used of `navigator.locks`. */
export interface Locks {
  request(
    name: string,
    options: { readonly ifAvailable: true },
    callback: (lock: unknown) => Promise<void> | void,
  ): Promise<unknown>;
}

/** Ids that are held in this process, where the platform has no locks. */
const held = new Set<string>();

/** Creates {@link ClientIds}; `scope` is the same for all that share a device's store. */
export function createClientIds(
  scope: string,
  locks: Locks | undefined = platformLocks() as Locks | undefined,
): ClientIds {
  return {
    async hold(path, client) {
      const name = `croft/${scope}/id/${client}/${path}`;
      if (locks) return holdLock(locks, name);
      if (held.has(name)) return undefined;
      held.add(name);
      return () => void held.delete(name);
    },
  };
}

function holdLock(locks: Locks, name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const granted = (lock: unknown): Promise<void> | undefined => {
      if (lock) return new Promise<void>((release) => resolve(release));
      resolve(undefined);
      return undefined;
    };
    // Where locks are not allowed nobody can know whether an id is free.
    locks.request(name, { ifAvailable: true }, granted).catch(() => resolve(undefined));
  });
}

/** The ids of one document in one replica. */
export class HeldIds {
  readonly #path: string;
  readonly #ids: ClientIds | undefined;
  readonly #held = new Map<number, Promise<(() => void) | undefined>>();

  constructor(path: string, ids: ClientIds | undefined) {
    this.#path = path;
    this.#ids = ids;
  }

  /** Takes an id, once; resolves with whether it is ours now. */
  async take(client: number): Promise<boolean> {
    if (!this.#ids) return false;
    const holding = this.#held.get(client) ?? this.#ids.hold(this.#path, client);
    this.#held.set(client, holding);
    if (await holding) return true;
    this.#held.delete(client);
    return false;
  }

  /** Something is written under a new id: from now on nobody else may get it. */
  note(client: number): void {
    if (this.#ids && !this.#held.has(client)) void this.take(client);
  }

  /** Gives all of them back. */
  release(): void {
    for (const holding of this.#held.values()) void holding.then((give) => give?.());
    this.#held.clear();
  }
}
