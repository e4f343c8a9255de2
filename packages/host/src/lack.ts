/** What keeps a plugin from running that lies in those that it needs. Pure. */

import { CroftError } from "@croft/core";
import { dependencyError, type Manifests, orderActivation } from "./dependency-order.ts";
import type { PluginState } from "./lifecycle.ts";

/** See the top of this file. */
export interface Lack {
  /** In words. */
  readonly error: CroftError;
  /** Whether what it needs comes back by itself: it crashed, and is started again. */
  readonly passes: boolean;
}

/** Finds what `id` lacks; `undefined` when nothing is in its way. `id` must be one of `manifests`. */
export function lackOf(
  id: string,
  manifests: Manifests,
  stateOf: (id: string) => PluginState | undefined,
): Lack | undefined {
  const plan = orderActivation(id, manifests);
  if (!plan.ok) return { error: dependencyError(id, plan.problem), passes: false };
  let passing: Lack | undefined;
  for (const needed of plan.order) {
    const state = needed === id ? undefined : stateOf(needed);
    const error = state && neededInTrouble(id, needed, state);
    if (!error) continue;
    const passes = state.name === "crashing" || state.name === "crashed";
    if (!passes) return { error, passes };
    passing ??= { error, passes };
  }
  return passing;
}

/** Whether `id` needs `other`, itself or by way of what it needs. */
export function needs(id: string, other: string, manifests: Manifests): boolean {
  const plan = orderActivation(id, manifests);
  return id !== other && plan.ok && plan.order.includes(other);
}

/** That `plugin` cannot run since `needed` is in trouble; `undefined` when that is in none. */
export function neededInTrouble(
  plugin: string,
  needed: string,
  state: PluginState,
): CroftError | undefined {
  switch (state.name) {
    case "failed":
      return neededFailed(plugin, needed, "failed", state.error);
    case "crashing":
    case "crashed":
      return neededFailed(plugin, needed, "crashed", state.error);
    case "suspended":
      return neededFailed(plugin, needed, "is suspended", state.error);
    default:
      return undefined;
  }
}

/** What went wrong with `needed`, for `plugin`; `did` continues "which …". */
export function neededFailed(
  plugin: string,
  needed: string,
  did: string,
  cause: CroftError,
): CroftError {
  const message = `${plugin} needs ${needed}, which ${did}: ${cause.message}`;
  return new CroftError("plugin/dependency", message, {
    plugin,
    cause,
    hint: did === "is suspended" ? `Activate ${needed} to try it again.` : undefined,
  });
}
