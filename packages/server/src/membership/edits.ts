/**
 * What may be changed at a workspace's membership, and how: each edit looks at the state and says what is to be written, or why it may
 * not be. Pure: no clock, no I/O.
 */

import type { Member, MemberPatch, TableName, Tables } from "./records.ts";
import { MembershipState, type Records } from "./state.ts";

/** One record that becomes another one, or goes. */
export interface Write {
  readonly table: TableName;
  readonly id: string;
  readonly record: Tables[TableName] | undefined;
}

/** What is to be done, and what the audit log says of it. */
export interface Edit {
  readonly writes: readonly Write[];
  readonly action: string;
  readonly target: string;
  readonly before?: unknown;
  readonly after?: unknown;
  /** Whether it is no administration: then it is not in the audit log, which nobody is to flood. */
  readonly isOwn?: boolean;
}

/** Why something is not done. */
export interface Problem {
  readonly problem:
    | "missing"
    | "changed"
    | "in-use"
    | "unknown-name"
    | "full"
    | "last-admin"
    | "not-allowed"
    | "not-good";
  readonly message: string;
  readonly hint?: string;
}

/** Decides about a change. Nothing is written where the outcome has no writes. */
export type Decide = (state: MembershipState) => Edit | Problem;

/** As which a record must be, for a change of it. */
export interface Condition {
  /** It has one of these versions. */
  readonly match?: readonly number[] | undefined;
  /** It is there, whatever it is. */
  readonly exists?: boolean | undefined;
  /** It is not there. */
  readonly isNew?: boolean | undefined;
}

/** Most records of each table. */
const MOST: Readonly<Record<TableName, number>> = {
  roles: 500,
  groups: 500,
  members: 50_000,
  invitations: 1_000,
  revocations: 10_000,
};

const ONE: Readonly<Record<TableName, string>> = {
  roles: "role",
  groups: "group",
  members: "member",
  invitations: "invitation",
  revocations: "revocation",
};

/** Puts a role, a group or a member in the place of what is there. */
export function put<T extends "roles" | "groups" | "members">(
  table: T,
  id: string,
  record: Tables[T],
  condition: Condition = {},
): Decide {
  return ({ records }) => {
    const before = records[table].get(id);
    const problem =
      mismatch(table, id, before, condition) ??
      unknownName(record, records) ??
      overfull(table, before, records);
    if (problem) return problem;
    const was = before && asPut(before);
    const edit = { action: `${table}.put`, target: id, before: was, after: record };
    const isSame = JSON.stringify(was) === JSON.stringify(record);
    return { ...edit, writes: isSame ? [] : [{ table, id, record }] };
  };
}

/** Changes some of a member. */
export function patchMember(user: string, patch: MemberPatch, condition: Condition = {}): Decide {
  return (state) => {
    const before = state.records.members.get(user);
    if (!before) return missing("members", user);
    const { roles, groups, grants, name, state: is } = patch;
    const after: Member = {
      roles: roles ?? before.roles,
      groups: groups ?? before.groups,
      grants: grants ?? before.grants,
      name: name ?? before.name,
      state: is ?? before.state,
    };
    return put("members", user, after, condition)(state);
  };
}

/** Removes a record that nothing depends on. */
export function remove(table: TableName, id: string, condition: Condition = {}): Decide {
  return ({ records }) => {
    const before = records[table].get(id);
    if (!before) return missing(table, id);
    const problem = mismatch(table, id, before, condition) ?? inUse(table, id, records);
    if (problem) return problem;
    return {
      ...{ action: `${table}.remove`, target: id, before: asPut(before) },
      writes: [{ table, id, record: undefined }],
    };
  };
}

/** Adds an invitation or a revocation under an id of its own. */
export function add<T extends "invitations" | "revocations">(
  table: T,
  id: string,
  record: Tables[T],
): Decide {
  return ({ records }) => {
    const problem = unknownName(record, records) ?? overfull(table, undefined, records);
    if (problem) return problem;
    return {
      ...{ action: `${table}.add`, target: id, after: record },
      writes: [{ table, id, record }],
    };
  };
}

/** Makes a user a member as an invitation says; a member gets what the invitation has besides. */
export function acceptInvitation(id: string, user: string, now: number): Decide {
  return ({ records }) => {
    const invitation = records.invitations.get(id);
    if (!invitation || invitation.uses === 0 || invitation.expiresAt <= now) {
      return {
        problem: "not-good",
        message: "The invitation was used up, has ended, or was taken back.",
        hint: "Ask for another one.",
      };
    }
    // Kept, it would give back what its maker lost since.
    if (invitation.by === user) {
      return {
        problem: "not-good",
        message: "Whoever made an invitation cannot accept it.",
        hint: "Ask somebody who administers the workspace.",
      };
    }
    const before = records.members.get(user);
    if (before?.state === "suspended") {
      return { problem: "not-good", message: "The membership is suspended." };
    }
    const full = overfull("members", before, records);
    if (full) return full;
    // A role may be gone since.
    const roles = invitation.roles.filter((name) => records.roles.has(name));
    const groups = invitation.groups.filter((name) => records.groups.has(name));
    const member: Member = {
      roles: [...new Set([...(before?.roles ?? []), ...roles])],
      groups: [...new Set([...(before?.groups ?? []), ...groups])],
      grants: before?.grants ?? [],
      name: before?.name ?? "",
      state: "active",
    };
    const was = before && asPut(before);
    const edit = { action: "invitations.accept", target: user, before: was, after: member };
    // Who has all of it already does not use it up.
    if (JSON.stringify(was) === JSON.stringify(member)) return { ...edit, writes: [] };
    const left = { ...invitation, uses: invitation.uses - 1 };
    return {
      ...{ ...edit, after: { ...member, invitation: id } },
      writes: [
        { table: "members", id: user, record: member },
        { table: "invitations", id, record: left.uses === 0 ? undefined : left },
      ],
    };
  };
}

/** The state after what is to be written, and what has ended is gone. */
export function applied(
  { version, records }: MembershipState,
  writes: readonly Write[],
  now: number,
): MembershipState {
  const next = {
    roles: new Map(records.roles),
    groups: new Map(records.groups),
    members: new Map(records.members),
    invitations: unended(records.invitations, now),
    revocations: unended(records.revocations, now),
  };
  for (const { table, id, record } of writes) {
    const rows: Map<string, unknown> = next[table];
    if (record) rows.set(id, { ...record, version: version + 1 });
    else rows.delete(id);
  }
  return new MembershipState(version + 1, next);
}

/** Whether somebody may administer the workspace as a member. */
export function hasAdmin(state: MembershipState): boolean {
  for (const user of state.records.members.keys()) {
    const standing = state.standingOf(user);
    if (standing.kind === "active" && standing.admin) return true;
  }
  return false;
}

/** Why something is not done that is not there. */
export function missing(table: TableName, id: string): Problem {
  return { problem: "missing", message: `There is no ${ONE[table]} ${id}.` };
}

/** A record as it was put, for the audit log. */
function asPut(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== "version"));
}

function unended<T extends { readonly expiresAt?: number | undefined }>(
  rows: ReadonlyMap<string, T>,
  now: number,
): Map<string, T> {
  return new Map(
    [...rows].filter(([, { expiresAt }]) => expiresAt === undefined || expiresAt > now),
  );
}

function mismatch(
  table: TableName,
  id: string,
  before: { readonly version: number } | undefined,
  { match, exists, isNew }: Condition,
): Problem | undefined {
  const isGood =
    (match === undefined || (before && match.includes(before.version))) &&
    (!exists || before) &&
    (!isNew || !before);
  if (isGood) return undefined;
  const message = isNew
    ? `There is a ${ONE[table]} ${id} already.`
    : `The ${ONE[table]} ${id} is not as it was when you read it.`;
  return { problem: "changed", message, hint: isNew ? "" : "Read it again, and then change it." };
}

function unknownName(record: object, { roles, groups }: Records): Problem | undefined {
  for (const [kind, known] of [
    ["roles", roles],
    ["groups", groups],
  ] as const) {
    const names: unknown = Reflect.get(record, kind);
    if (!Array.isArray(names)) continue;
    const unknown = names.map(String).find((name) => !known.has(name));
    if (unknown === undefined) continue;
    const all = [...known.keys()].slice(0, 20).join(", ");
    return {
      problem: "unknown-name",
      message: `There is no ${ONE[kind]} ${unknown}.`,
      hint: all === "" ? `There are no ${kind} yet.` : `There are ${all}.`,
    };
  }
  return undefined;
}

function inUse(table: TableName, id: string, records: Records): Problem | undefined {
  if (table !== "roles" && table !== "groups") return undefined;
  const users: string[] = [];
  for (const holders of [records.groups, records.members, records.invitations]) {
    for (const [name, holder] of holders) {
      const held: unknown = Reflect.get(holder, table);
      if (Array.isArray(held) && held.includes(id)) users.push(name);
    }
  }
  if (users.length === 0) return undefined;
  return {
    problem: "in-use",
    message: `The ${ONE[table]} ${id} is still given to ${users.slice(0, 5).join(", ")}${users.length > 5 ? ", and others" : ""}.`,
    hint: "Take it from them first.",
  };
}

function overfull(
  table: TableName,
  before: object | undefined,
  records: Records,
): Problem | undefined {
  if (before || records[table].size < MOST[table]) return undefined;
  return { problem: "full", message: `A workspace has at most ${MOST[table]} ${table}.` };
}
