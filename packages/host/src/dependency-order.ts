/** In which order plugins are activated and deactivated, and why they cannot be. Pure. */

import { CroftError, unreachable } from "@croft/core";
import { fitsVersionRange, type PluginManifest } from "@croft/plugin";

/** The plugins that are registered, by id. */
export type Manifests = ReadonlyMap<string, Pick<PluginManifest, "version" | "dependencies">>;

/** Why a plugin cannot be activated. */
export type DependencyProblem =
  | {
      readonly kind: "missing";
      readonly plugin: string;
      readonly needs: string;
      readonly range: string;
    }
  | {
      readonly kind: "incompatible";
      readonly plugin: string;
      readonly needs: string;
      readonly range: string;
      readonly version: string;
    }
  /** From a plugin back to itself, each needing the next. */
  | { readonly kind: "cycle"; readonly cycle: readonly string[] };

/** What to activate, dependencies first, or why it cannot be. */
export type ActivationOrder =
  | { readonly ok: true; readonly order: readonly string[] }
  | { readonly ok: false; readonly problem: DependencyProblem };

/** Finds out what has to be activated for `id`, which is last. `id` must be one of `manifests`. */
export function orderActivation(id: string, manifests: Manifests): ActivationOrder {
  const order: string[] = [];
  const trail: string[] = [];
  const visit = (plugin: string): DependencyProblem | undefined => {
    if (order.includes(plugin)) return undefined;
    const from = trail.indexOf(plugin);
    if (from >= 0) return { kind: "cycle", cycle: [...trail.slice(from), plugin] };
    trail.push(plugin);
    const dependencies = manifests.get(plugin)?.dependencies ?? {};
    for (const [needs, range] of Object.entries(dependencies)) {
      const found = manifests.get(needs);
      if (!found) return { kind: "missing", plugin, needs, range };
      const { version } = found;
      if (!fitsVersionRange(version, range)) {
        return { kind: "incompatible", plugin, needs, range, version };
      }
      const problem = visit(needs);
      if (problem) return problem;
    }
    trail.pop();
    order.push(plugin);
    return undefined;
  };
  const problem = visit(id);
  return problem ? { ok: false, problem } : { ok: true, order };
}

/** The plugins that depend on `id` directly. */
export function dependentsOf(id: string, manifests: Manifests): string[] {
  return [...manifests]
    .filter(([, { dependencies }]) => Object.hasOwn(dependencies, id))
    .map(([dependent]) => dependent);
}

/** A problem as the error that the activation of `plugin` ends with. */
export function dependencyError(plugin: string, problem: DependencyProblem): CroftError {
  const { message, hint } = explain(problem);
  return new CroftError("plugin/dependency", `${plugin} cannot be activated: ${message}.`, {
    plugin,
    hint,
  });
}

function explain(problem: DependencyProblem): { readonly message: string; readonly hint: string } {
  switch (problem.kind) {
    case "missing": {
      const { plugin, needs, range } = problem;
      return {
        message: `${plugin} needs ${needs} ${range}, which is not registered`,
        hint: `Register ${needs} in a version within ${range}.`,
      };
    }
    case "incompatible": {
      const { plugin, needs, range, version } = problem;
      return {
        message: `${plugin} needs ${needs} ${range}, but version ${version} is registered`,
        hint: `Use a version of ${needs} within ${range}, or another version of ${plugin}.`,
      };
    }
    case "cycle":
      return {
        message: `the plugins ${problem.cycle.join(" → ")} need each other in a circle`,
        hint: "One of them has to do without the next.",
      };
    default:
      return unreachable(problem);
  }
}
