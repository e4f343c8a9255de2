/** Access levels, principals and grants, and the pure rule that turns grants into access. */

import {
  APP_SUBTREE,
  type DocPath,
  type DocPattern,
  isUnder,
  matchesPattern,
  ownerOf,
  specificity,
} from "../doc-path.ts";

/** What somebody may do with a document. */
export type Access = "none" | "read" | "write";

/** Who asks: a user (through the application itself), or a plugin acting for a user. */
export interface Principal {
  /** The user's id, as the token names it. */
  readonly user: string;
  /** The plugin that acts for the user; absent for the application itself. */
  readonly plugin?: string | undefined;
  /** The version of the plugin, which is stamped on what it writes. It is no part of who somebody is. */
  readonly version?: string | undefined;
  /** What the credentials grant. */
  readonly grants: readonly Grant[];
  /** What the user may do, where the credentials are a plugin's alone: the plugin never has more. Default: no bound. */
  readonly within?: readonly Grant[] | undefined;
}

/** Access to the documents that a pattern matches. */
export interface Grant {
  readonly pattern: DocPattern;
  readonly access: Access;
}

/** An access and why it is so. */
export interface Verdict {
  readonly access: Access;
  /** The rule that decided, in words for a person. */
  readonly because: string;
}

const RANK: Readonly<Record<Access, number>> = { none: 0, read: 1, write: 2 };

/** Whether `access` is at least `needed`. */
export function allows(access: Access, needed: Access): boolean {
  return RANK[access] >= RANK[needed];
}

/** The smaller of two accesses: the effective one of a plugin acting for a user. */
export function minAccess(a: Access, b: Access): Access {
  return RANK[a] <= RANK[b] ? a : b;
}

/**
 * What `principal` may do with `path` by its own grants. Deny by default; a plugin's own subtree
 * is writable to it; of several matching grants the most specific decides (the smaller access
 * among equals), and never more than what it is bound `within`. `app/plugins` and `app/users` are never a plugin's, and `app/users/<user>` is
 * writable by that user alone.
 */
export function evaluate(principal: Principal, path: DocPath): Verdict {
  const own = evaluateOwn(principal, path);
  const { user, within } = principal;
  if (!within) return own;
  const bound = evaluateOwn({ user, grants: within }, path);
  return allows(bound.access, own.access) ? own : bound;
}

/** On which patterns the rules depend that are no grants. */
export function fixedPatterns({ user, plugin }: Principal): readonly DocPattern[] {
  const users = `${APP_SUBTREE}/users`;
  const patterns = [`${APP_SUBTREE}/plugins/**`, `${users}/**`, `${users}/${user}/**`];
  // A user may be called what no segment can be: then no path is that user's.
  return (plugin === undefined ? patterns : [...patterns, `${plugin}/**`]) as DocPattern[];
}

function evaluateOwn(principal: Principal, path: DocPath): Verdict {
  const { user, plugin } = principal;
  if (plugin !== undefined) {
    if (isUnder(path, `${APP_SUBTREE}/plugins`) || isUnder(path, `${APP_SUBTREE}/users`)) {
      return { access: "none", because: "this part of the application is closed to plugins" };
    }
    if (ownerOf(path) === plugin) {
      return { access: "write", because: `${plugin} owns its subtree` };
    }
  }
  const best = mostSpecific(principal.grants, path);
  if (!best) return { access: "none", because: "no grant matches" };
  const because = `granted ${best.access} on ${best.pattern}`;
  if (isUnder(path, `${APP_SUBTREE}/users`) && !isUnder(path, `${APP_SUBTREE}/users/${user}`)) {
    return { access: minAccess(best.access, "read"), because: "another user's own documents" };
  }
  return { access: best.access, because };
}

function mostSpecific(grants: readonly Grant[], path: DocPath): Grant | undefined {
  let best: Grant | undefined;
  let score = -1;
  for (const grant of grants) {
    if (!matchesPattern(grant.pattern, path)) continue;
    const own = specificity(grant.pattern);
    if (own > score || (own === score && best && RANK[grant.access] < RANK[best.access])) {
      best = grant;
      score = own;
    }
  }
  return best;
}
