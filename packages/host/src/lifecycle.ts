/**
 * The life of a plugin as a pure state machine:
 *
 *     registered ──activate──► activating ──activated──► active
 *                                ▲  ▲ │ └─deactivate──┐    │ deactivate
 *        failed ──activate───────┘  │ │               ▼    ▼
 *          ▲                        │ │             deactivating
 *          └────────failed──────────┼─┘                  │ deactivated
 *                                   └──activate── inactive ◄┘
 *
 * No I/O and no clock here: `next` says what the new state is, and the runner acts on it.
 */

import { type CroftError, unreachable } from "@croft/core";

/** Where a plugin stands. */
export type PluginState =
  /** Known to the host, and not run since. */
  | { readonly name: "registered" }
  /** Its `activate` runs. */
  | { readonly name: "activating" }
  | { readonly name: "active" }
  /** Its `deactivate` runs, and what it holds is given back. */
  | { readonly name: "deactivating" }
  /** It ran, and nothing of it is left. */
  | { readonly name: "inactive" }
  /** Its activation failed; what it had begun is undone. */
  | { readonly name: "failed"; readonly error: CroftError };

/** What happens to a plugin. */
export type LifecycleEvent =
  | { readonly name: "activate" }
  | { readonly name: "activated" }
  | { readonly name: "failed"; readonly error: CroftError }
  | { readonly name: "deactivate" }
  | { readonly name: "deactivated" };

/** The state after `event`; the same object when nothing changes. */
export function next(state: PluginState, event: LifecycleEvent): PluginState {
  switch (state.name) {
    case "registered":
    case "inactive":
    case "failed":
      return event.name === "activate" ? { name: "activating" } : state;
    case "activating":
      if (event.name === "activated") return { name: "active" };
      if (event.name === "failed") return { name: "failed", error: event.error };
      return event.name === "deactivate" ? { name: "deactivating" } : state;
    case "active":
      return event.name === "deactivate" ? { name: "deactivating" } : state;
    case "deactivating":
      return event.name === "deactivated" ? { name: "inactive" } : state;
    default:
      return unreachable(state);
  }
}

/** Whether code of the plugin may be running. */
export function isRunning({ name }: PluginState): boolean {
  return name === "activating" || name === "active" || name === "deactivating";
}
