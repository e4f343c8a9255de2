/**
 * The gate: answers (principal, path) → access, and tells when answers may have changed. A hub
 * asks it before each acceptance and each relay, and asks again for everything that is open
 * when it changes.
 */

import { type DocPath, type DocPattern, ownerOf } from "../doc-path.ts";
import { createEmitter, type Unsubscribe } from "../emitter.ts";
import {
  evaluate,
  fixedPatterns,
  type Grant,
  minAccess,
  type Principal,
  type Verdict,
} from "./access.ts";

/** Decides who may do what, now. */
export interface Gate {
  /** What `principal` may do with `path` at this moment, and why. Pure and quick. */
  check(principal: Principal, path: DocPath): Verdict;
  /**
   * What the answers for a principal follow from, as a text: while it is the same, so are they all. Without
   * it a device that comes back is told every document that it may read, instead of what changed.
   */
  rights?(principal: Principal): string;
  /**
   * Patterns such that two paths which the same of them match are answered alike for a principal, if no path is named in them by
   * chance. Without it nobody but the hub itself deletes documents of a subtree that it has not heard of.
   */
  patterns?(principal: Principal): readonly DocPattern[];
  /** Calls `listener` after any answer may have changed. */
  onChange(listener: () => void): Unsubscribe;
}

/** A {@link Gate} over the grants in the credentials, with changeable grants on top. */
export interface GrantGate extends Gate {
  /**
   * Sets what a plugin was granted besides its own subtree, for all users of this hub; replaces
   * what was set before.
   */
  setPluginGrants(plugin: string, grants: readonly Grant[]): void;
  /**
   * Sets an upper bound on what a plugin may do with its own subtree, and why; `undefined` lifts it. For a version of
   * the plugin that does not know how a newer one writes there.
   */
  limitPlugin(plugin: string, limit: Verdict | undefined): void;
  /**
   * Sets an upper bound on what a user may do, whatever the token says; `undefined` lifts it.
   * Takes effect at once on open sessions.
   */
  limitUser(user: string, grants: readonly Grant[] | undefined): void;
}

/**
 * Creates a {@link GrantGate}.
 *
 * @example
 * ```ts
 * const gate = createGate();
 * gate.setPluginGrants("stats", [{ pattern: parsePattern("notes/**"), access: "read" }]);
 * ```
 */
export function createGate(): GrantGate {
  const plugins = new Map<string, readonly Grant[]>();
  const limits = new Map<string, readonly Grant[]>();
  const ownLimits = new Map<string, Verdict>();
  const changed = createEmitter<void>();
  return {
    check(principal, path) {
      const granted = principal.plugin === undefined ? undefined : plugins.get(principal.plugin);
      const own = bounded(
        evaluate(
          granted ? { ...principal, grants: [...principal.grants, ...granted] } : principal,
          path,
        ),
        principal.plugin === ownerOf(path) ? ownLimits.get(ownerOf(path)) : undefined,
      );
      const limit = limits.get(principal.user);
      if (!limit) return own;
      return bounded(own, evaluate({ user: principal.user, grants: limit }, path));
    },
    rights({ user, plugin, grants, within }) {
      const granted = plugin === undefined ? undefined : plugins.get(plugin);
      const ownLimit = plugin === undefined ? undefined : ownLimits.get(plugin)?.access;
      return JSON.stringify([user, plugin, grants, within, granted, limits.get(user), ownLimit]);
    },
    patterns(principal) {
      const { user, plugin, grants, within = [] } = principal;
      const granted = plugin === undefined ? [] : (plugins.get(plugin) ?? []);
      const all = [...grants, ...within, ...granted, ...(limits.get(user) ?? [])];
      return [...all.map(({ pattern }) => pattern), ...fixedPatterns(principal)];
    },
    onChange: (listener) => changed.on(listener),
    setPluginGrants(plugin, grants) {
      plugins.set(plugin, grants);
      changed.emit();
    },
    limitPlugin(plugin, limit) {
      if (limit === ownLimits.get(plugin)) return;
      if (limit) ownLimits.set(plugin, limit);
      else ownLimits.delete(plugin);
      changed.emit();
    },
    limitUser(user, grants) {
      if (grants) limits.set(user, grants);
      else limits.delete(user);
      changed.emit();
    },
  };
}

function bounded(verdict: Verdict, bound: Verdict | undefined): Verdict {
  if (!bound) return verdict;
  const access = minAccess(verdict.access, bound.access);
  return access === verdict.access ? verdict : { access, because: bound.because };
}
