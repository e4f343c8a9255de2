/**
 * The life of a plugin as a pure state machine:
 *
 *     registered ──activate──► activating ──activated──► active ──crashed──► crashing
 *                                ▲  ▲ │ └─deactivate──┐    │ deactivate        │  │
 *        failed ──activate───────┘  │ │               ▼    ▼                   │  │
 *          ▲                        │ │             deactivating ◄─deactivate──┤  │
 *          └────────failed──────────┼─┘                  │ deactivated  back-off  suspend
 *                                   └──activate── inactive ◄┘                  ▼  ▼
 *                          crashed and suspended: activate goes back to activating
 *
 * What does not run may be suspended at any time, and what failed after a crash backs off again. No I/O and no
 * clock here: `next` says what the new state is, and the runner acts on it.
 */

import { type CroftError, unreachable } from "@croft/core";
import type { TroubleReport } from "./trouble-report.ts";

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
  | { readonly name: "failed"; readonly error: CroftError }
  /** It died while it was active; those that need it end, and what it held is given back. */
  | { readonly name: "crashing"; readonly error: CroftError }
  /** Nothing of it is left, and it is started again by itself. */
  | {
      readonly name: "crashed";
      /** How it died. */
      readonly error: CroftError;
      readonly report: TroubleReport;
      /** When it is started again, in milliseconds since 1970. */
      readonly restartAt: number;
    }
  /**
   * It is not started by itself any more, since it crashed or failed to start too often; a person may activate it.
   * After failed starts (`report.kind` is `start`) that holds over restarts of the application: it is parked.
   */
  | {
      readonly name: "suspended";
      /** Why, in words. */
      readonly error: CroftError;
      readonly report: TroubleReport;
    };

/** What is decided about a plugin that crashed or failed. */
export type Verdict =
  | {
      readonly name: "backOff";
      readonly error: CroftError;
      readonly report: TroubleReport;
      readonly restartAt: number;
    }
  | { readonly name: "suspend"; readonly error: CroftError; readonly report: TroubleReport };

/** What happens to a plugin. */
export type LifecycleEvent =
  | { readonly name: "activate" }
  | { readonly name: "activated" }
  | { readonly name: "failed"; readonly error: CroftError }
  | { readonly name: "deactivate" }
  | { readonly name: "deactivated" }
  | { readonly name: "crashed"; readonly error: CroftError }
  | Verdict;

/** The state after `event`; the same object when nothing changes. */
export function next(state: PluginState, event: LifecycleEvent): PluginState {
  switch (state.name) {
    case "registered":
    case "inactive":
      if (event.name === "activate") return { name: "activating" };
      return event.name === "suspend" ? suspended(event) : state;
    case "failed":
      if (event.name === "activate") return { name: "activating" };
      return judged(state, event);
    case "activating":
      if (event.name === "activated") return { name: "active" };
      if (event.name === "failed") return { name: "failed", error: event.error };
      return event.name === "deactivate" ? { name: "deactivating" } : state;
    case "active":
      if (event.name === "crashed") return { name: "crashing", error: event.error };
      return event.name === "deactivate" ? { name: "deactivating" } : state;
    case "deactivating":
      return event.name === "deactivated" ? { name: "inactive" } : state;
    case "crashing":
      if (event.name === "deactivate") return { name: "deactivating" };
      return judged(state, event);
    case "crashed":
      if (event.name === "activate") return { name: "activating" };
      if (event.name === "deactivate") return { name: "inactive" };
      return event.name === "suspend" ? suspended(event) : state;
    case "suspended":
      return event.name === "activate" ? { name: "activating" } : state;
    default:
      return unreachable(state);
  }
}

function judged(state: PluginState, event: LifecycleEvent): PluginState {
  if (event.name === "suspend") return suspended(event);
  if (event.name !== "backOff") return state;
  const { error, report, restartAt } = event;
  return { name: "crashed", error, report, restartAt };
}

function suspended({ error, report }: Extract<Verdict, { name: "suspend" }>): PluginState {
  return { name: "suspended", error, report };
}

/** Whether code of the plugin may be running. */
export function isRunning({ name }: PluginState): boolean {
  return (
    name === "activating" || name === "active" || name === "deactivating" || name === "crashing"
  );
}
