/**
 * A workspace's membership at one moment, and what follows from it: what each member may do, and which tokens are good no more. Pure:
 * a change makes another state.
 */

import { CroftError, type Grant, type Principal } from "@croft/core";
import { parseGrant } from "../grant-text.ts";
import type { Credential } from "./credential.ts";
import type { Kept, Member, TableName, Tables } from "./records.ts";

/** The records of all tables, by their ids. */
export type Records = { readonly [T in TableName]: ReadonlyMap<string, Kept<Tables[T]>> };

/** What a user is in a workspace. */
export type Standing =
  | { readonly kind: "stranger" }
  | { readonly kind: "suspended" }
  | {
      readonly kind: "active";
      /** Sets of grants; the most that one of them gives is what the member may do. */
      readonly sets: readonly (readonly Grant[])[];
      readonly admin: boolean;
    };

const STRANGER: Standing = { kind: "stranger" };
const SUSPENDED: Standing = { kind: "suspended" };

/** The roles of a workspace for which none were made. */
export const FIRST_ROLES: ReadonlyMap<string, Kept<Tables["roles"]>> = new Map([
  [
    "owner",
    {
      ...{ grants: ["**:write"], admin: true, version: 0 },
      description: "Reads and writes everything, and administers the workspace.",
    },
  ],
  [
    "editor",
    {
      ...{ grants: ["**:write"], admin: false, version: 0 },
      description: "Reads and writes everything.",
    },
  ],
  [
    "reader",
    { ...{ grants: ["**:read"], admin: false, version: 0 }, description: "Reads everything." },
  ],
]);

/** See the top of this file. */
export class MembershipState {
  /** Grows with each change. */
  readonly version: number;
  readonly records: Records;
  readonly #standings = new Map<string, Standing>();
  readonly #revoked = new Set<string>();
  /** The latest `before` of each user. */
  readonly #revokedBefore = new Map<string, number>();

  constructor(version: number, records: Records) {
    this.version = version;
    this.records = records;
    for (const { token, user, before = 0 } of records.revocations.values()) {
      if (token !== undefined) this.#revoked.add(token);
      if (user === undefined) continue;
      this.#revokedBefore.set(user, Math.max(before, this.#revokedBefore.get(user) ?? 0));
    }
  }

  /** What a user is here. */
  standingOf(user: string): Standing {
    const known = this.#standings.get(user);
    if (known) return known;
    const member = this.records.members.get(user);
    // Whoever asks is not remembered: anybody may.
    if (!member) return STRANGER;
    const standing = this.#standing(member);
    this.#standings.set(user, standing);
    return standing;
  }

  /** Whether a token was revoked, or one that it was made from. */
  isRevoked({ user }: Principal, { id, parents, issuedAt }: Credential): boolean {
    if (this.records.revocations.size === 0) return false;
    if (this.#revoked.size > 0) {
      if (id !== undefined && this.#revoked.has(id)) return true;
      if (parents.some((parent) => this.#revoked.has(parent))) return true;
    }
    const before = this.#revokedBefore.get(user);
    // When it was issued is told in seconds.
    return before !== undefined && (issuedAt === undefined || issuedAt < before);
  }

  #standing(member: Member): Standing {
    if (member.state === "suspended") return SUSPENDED;
    const { groups, roles } = this.records;
    const inGroups = member.groups.map((name) => groups.get(name)).filter((each) => !!each);
    const names = new Set([...member.roles, ...inGroups.flatMap((group) => group.roles)]);
    const held = [...names].map((name) => roles.get(name)).filter((each) => !!each);
    const texts = [...held, ...inGroups, member].map(({ grants }) => grants);
    return {
      kind: "active",
      sets: texts.filter(({ length }) => length > 0).map((set) => set.flatMap(readGrant)),
      admin: held.some(({ admin }) => admin),
    };
  }
}

/** A grant that is kept was checked; one of another version that is none grants nothing. */
function readGrant(text: string): Grant | [] {
  try {
    return parseGrant(text);
  } catch (error) {
    if (!(error instanceof CroftError)) throw error;
    return [];
  }
}
