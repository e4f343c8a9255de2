/**
 * Web Locks as a sign of life: a tab holds a lock while it lives, and whoever waits for that lock
 * learns of its death at once. Where there are no locks (no secure context, opaque origins), nobody
 * is ever found dead.
 */

import type { Unsubscribe } from "../emitter.ts";

/** What is used of `navigator.locks`. */
export interface LifeLocks {
  request(
    name: string,
    options: { readonly signal?: AbortSignal },
    callback: () => Promise<void> | void,
  ): Promise<unknown>;
}

/** The platform's locks, if it has them. */
export function platformLocks(): LifeLocks | undefined {
  const { navigator } = globalThis as { readonly navigator?: { readonly locks?: LifeLocks } };
  return navigator?.locks;
}

/** Holds the lock `name`; resolves with its release when it is held. */
export function holdLock(locks: LifeLocks | undefined, name: string): Promise<Unsubscribe> {
  const nothing = () => undefined;
  if (!locks) return Promise.resolve(nothing);
  return new Promise((resolve) => {
    const held = () => new Promise<void>((release) => resolve(release));
    request(locks, name, {}, held).catch(() => resolve(nothing));
  });
}

/** Calls `then` once when nobody holds the lock `name` any more, unless cancelled before. */
export function whenFree(
  locks: LifeLocks | undefined,
  name: string,
  then: () => void,
): Unsubscribe {
  if (!locks) return () => undefined;
  const controller = new AbortController();
  const { signal } = controller;
  // Rejects when it is cancelled, or where locks are not allowed: nothing to tell either way.
  request(locks, name, { signal }, () => {
    if (!signal.aborted) then();
  }).catch(() => undefined);
  return () => controller.abort();
}

/** As `locks.request`, but where that throws at once this rejects. */
async function request(
  locks: LifeLocks,
  ...[name, options, callback]: Parameters<LifeLocks["request"]>
): Promise<void> {
  await locks.request(name, options, callback);
}
