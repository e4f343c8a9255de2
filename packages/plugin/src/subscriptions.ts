/** What a plugin wants ended when it is deactivated. */

import type { Disposable, Unsubscribe } from "@croft/core";

/** Collects what ends with the activation. */
export interface Subscriptions {
  /**
   * Adds a function to call, or something to dispose. When the activation is over already, it is
   * ended at once.
   *
   * @example
   * ```ts
   * const page = context.documents.open("notes/pages/42");
   * context.subscriptions.add(() => page.close());
   * ```
   */
  add(step: Unsubscribe | Disposable): void;
}
