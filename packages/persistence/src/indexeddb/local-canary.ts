/**
 * A canary in localStorage, which stays when a browser loses or clears a database and nothing else.
 * Windows only: workers have no localStorage, and go without a canary.
 */

import type { Canary } from "@croft/core";

/** What is used of a `Storage`; this package is built without the types of windows. */
interface TextStorage {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
  removeItem(key: string): void;
}

interface WindowScope {
  readonly localStorage?: TextStorage;
}

/** The canary of the database `name`; nothing where there is no localStorage. */
export function localCanary(name: string): Canary | undefined {
  const storage = localStorageOf(globalThis);
  if (!storage) return undefined;
  const key = `croft/canary/${name}`;
  return {
    read: () => storage.getItem(key) ?? undefined,
    write(text) {
      if (text === undefined) storage.removeItem(key);
      else storage.setItem(key, text);
    },
  };
}

/** The database was deleted on purpose. */
export function forgetCanary(name: string): void {
  try {
    localCanary(name)?.write(undefined);
  } catch {
    // Where nothing can be removed nothing was written.
  }
}

function localStorageOf(scope: WindowScope): TextStorage | undefined {
  try {
    return scope.localStorage;
  } catch {
    // Where a page may not store anything, merely asking throws.
    return undefined;
  }
}
