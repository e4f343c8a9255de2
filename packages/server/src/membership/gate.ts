/**
 * The gate of a server's workspace: what the token grants, never more than the tokens that it was made from, nothing once one of them was
 * revoked, and, where membership decides, never more than the member may. The smaller one always wins.
 */

import {
  allows,
  createGate,
  createEmitter,
  type DocPath,
  type Emitter,
  evaluate,
  type Gate,
  minAccess,
  type Principal,
  type Verdict,
} from "@croft/core";
import { credentialOf } from "./credential.ts";
import type { MembershipState, Standing } from "./state.ts";

/** What decides: the token alone, or also whether its user is a member. */
export type AccessPolicy = "token" | "members";

/** A {@link Gate} that is told when something changed. */
export interface MembershipGate extends Gate {
  /** Told after a change; calls whoever listens to the gate. */
  readonly changed: Emitter<void>;
}

/** Creates a {@link MembershipGate} over a state that `current` tells. */
export function createMembershipGate(
  policy: AccessPolicy,
  current: () => MembershipState,
): MembershipGate {
  const grants = createGate();
  const changed = createEmitter<void>();

  function standingOf(principal: Principal): Standing | undefined {
    if (policy === "token" || credentialOf(principal).exempt) return undefined;
    return current().standingOf(principal.user);
  }

  function check(principal: Principal, path: DocPath): Verdict {
    const { user } = principal;
    const credential = credentialOf(principal);
    if (current().isRevoked(principal, credential)) {
      return { access: "none", because: "the token was revoked" };
    }
    let verdict = grants.check(principal, path);
    for (const bound of credential.bounds) {
      verdict = smaller(verdict, evaluate({ user, grants: bound }, path));
    }
    if (policy === "token" || credential.exempt) return verdict;
    return smaller(verdict, checkMember(current(), { user, path }));
  }

  return {
    changed,
    check,
    rights(principal) {
      const credential = credentialOf(principal);
      return JSON.stringify([
        grants.rights?.(principal),
        credential.bounds,
        current().isRevoked(principal, credential),
        standingOf(principal),
      ]);
    },
    patterns(principal) {
      const standing = standingOf(principal);
      const sets = standing?.kind === "active" ? standing.sets : [];
      const all = [...credentialOf(principal).bounds, ...sets].flat();
      return [...(grants.patterns?.(principal) ?? []), ...all.map(({ pattern }) => pattern)];
    },
    onChange: (listener) => changed.on(listener),
  };
}

/** What a user may do as a member. */
export function checkMember(
  state: MembershipState,
  { user, path }: { readonly user: string; readonly path: DocPath },
): Verdict {
  const standing = state.standingOf(user);
  switch (standing.kind) {
    case "stranger":
      return { access: "none", because: `${user} is no member of this workspace` };
    case "suspended":
      return { access: "none", because: `${user} is suspended in this workspace` };
    case "active": {
      let most: Verdict = { access: "none", because: "no role of the member grants it" };
      for (const set of standing.sets) most = larger(most, evaluate({ user, grants: set }, path));
      return most;
    }
  }
}

function smaller(verdict: Verdict, bound: Verdict): Verdict {
  return minAccess(verdict.access, bound.access) === verdict.access ? verdict : bound;
}

function larger(verdict: Verdict, other: Verdict): Verdict {
  return allows(verdict.access, other.access) ? verdict : other;
}
