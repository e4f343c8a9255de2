/** Whatever decides, the smaller one wins. */

import {
  allows,
  evaluate,
  type Grant,
  parseDocPath,
  parsePattern,
  type Principal,
} from "@croft/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grantText } from "../grant-text.ts";
import { withCredential } from "./credential.ts";
import { createMembershipGate } from "./gate.ts";
import { FIRST_ROLES, MembershipState } from "./state.ts";

const PATTERNS = ["**", "notes/**", "notes/*", "notes/a", "stats/**", "app/**", "app/users/ada/x"];
const grants = fc.array(
  fc.record({
    pattern: fc.constantFrom(...PATTERNS).map(parsePattern),
    access: fc.constantFrom("none", "read", "write" as const),
  }),
  { maxLength: 4 },
);
const path = fc
  .constantFrom("notes/a", "notes/b", "notes/a/b", "stats/a", "app/users/ada/x", "app/users/ben/x")
  .map(parseDocPath);
const RANK = { none: 0, read: 1, write: 2 } as const;

function stateOf(sets: readonly (readonly Grant[])[], suspended: boolean): MembershipState {
  const rows = sets.map((set, n) => {
    const role = { grants: set.map(grantText), admin: false, description: "", version: 1 };
    return [`role-${n}`, role] as const;
  });
  const member = {
    ...{ roles: rows.map(([name]) => name), groups: [], grants: [], name: "", version: 1 },
    state: suspended ? "suspended" : "active",
  } as const;
  return new MembershipState(1, {
    roles: new Map([...FIRST_ROLES, ...rows]),
    members: new Map([["ada", member]]),
    ...{ groups: new Map(), invitations: new Map(), revocations: new Map() },
  });
}

describe("the gate of a workspace with members", () => {
  it("[GATE-4] gives the least of the token, what it was made from, and the most that the member has", () => {
    fc.assert(
      fc.property(
        grants,
        fc.array(grants, { maxLength: 3 }),
        fc.array(grants, { maxLength: 3 }),
        path,
        fc.boolean(),
        fc.option(fc.constant("stats"), { nil: undefined }),
        (own, bounds, sets, at, suspended, plugin) => {
          const base: Principal = { user: "ada", ...(plugin && { plugin }), grants: own };
          const principal = withCredential(base, { bounds });
          const state = stateOf(sets, suspended);
          const rank = (set: readonly Grant[]): number =>
            RANK[evaluate({ user: "ada", grants: set }, at).access];
          const most = suspended ? 0 : Math.max(0, ...sets.map(rank));
          const least = Math.min(RANK[evaluate(base, at).access], ...bounds.map(rank));
          const ofMembers = createMembershipGate("members", () => state).check(principal, at);
          const ofToken = createMembershipGate("token", () => state).check(principal, at);
          expect(RANK[ofToken.access]).toBe(least);
          expect(RANK[ofMembers.access]).toBe(Math.min(least, most));
          expect(allows(ofToken.access, ofMembers.access)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("answers alike for paths that the same patterns match, as it says", () => {
    fc.assert(
      fc.property(
        grants,
        fc.array(grants, { maxLength: 2 }),
        fc.array(grants, { maxLength: 2 }),
        (own, bounds, sets) => {
          const principal = withCredential({ user: "ada", grants: own }, { bounds });
          const state = stateOf(sets, false);
          const gate = createMembershipGate("members", () => state);
          const known: readonly string[] = gate.patterns?.(principal) ?? [];
          for (const set of [own, ...bounds, ...sets]) {
            for (const { pattern } of set) expect(known).toContain(pattern);
          }
        },
      ),
    );
  });

  it("lets programs of the server itself do what they were granted, and strangers nothing", () => {
    const state = stateOf([], false);
    const gate = createMembershipGate("members", () => state);
    const everything: Grant = { pattern: parsePattern("**"), access: "write" };
    const program: Principal = { user: "importer", grants: [everything] };
    const at = parseDocPath("notes/a");
    expect(gate.check(withCredential(program, { exempt: true }), at).access).toBe("write");
    expect(gate.check(program, at)).toEqual({
      access: "none",
      because: "importer is no member of this workspace",
    });
  });
});
