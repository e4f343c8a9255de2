/** A store that commits another way, and does all else as before. */

import type { Store } from "@croft/core";

/** See the top of this file. */
export function withCommit(store: Store, commit: Store["commit"]): Store {
  return new Proxy(store, {
    get(target, key) {
      if (key === "commit") return commit;
      const value: unknown = Reflect.get(target, key, target);
      // Methods find private fields on the store itself alone.
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
