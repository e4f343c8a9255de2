/**
 * What is kept of a workspace's members: roles, groups, members, invitations, revocations, and the audit log. Their schemas are at once
 * what the store keeps, what the HTTP interface takes and tells, and what is in its OpenAPI document.
 */

import { z } from "zod";
import { textOf } from "../command-line.ts";
import { parseGrant } from "../grant-text.ts";
import { isUserId } from "../token.ts";

/** What who has it may do. */
export interface Role {
  readonly grants: readonly string[];
  /** Whether who has it may administer the workspace. */
  readonly admin: boolean;
  readonly description: string;
}

/** Members who have the same. */
export interface Group {
  readonly roles: readonly string[];
  readonly grants: readonly string[];
  readonly description: string;
}

/** A member, whose access is the most that its roles, its groups and its own grants give. */
export interface Member {
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly grants: readonly string[];
  readonly name: string;
  readonly state: "active" | "suspended";
}

/** What is another at a member; the rest stays. */
export type MemberPatch = { readonly [K in keyof Member]?: Member[K] | undefined };

/** What who accepts it becomes. */
export interface Invitation {
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  /** How often it may still be accepted. */
  readonly uses: number;
  readonly expiresAt: number;
  readonly note: string;
  readonly by: string;
  readonly createdAt: number;
}

/** A token that is good no more, or those of a user that were issued before a time. */
export interface Revocation {
  readonly token?: string | undefined;
  readonly user?: string | undefined;
  readonly before?: number | undefined;
  /** When it may be forgotten, since the token has ended. */
  readonly expiresAt?: number | undefined;
  readonly note: string;
  readonly by: string;
  readonly at: number;
}

/** Who changed what, when, and from where. */
export interface AuditEntry {
  readonly number: number;
  readonly at: number;
  readonly by: string;
  readonly token?: string | undefined;
  readonly address: string;
  readonly action: string;
  readonly target: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** The tables, and what is in each. */
export interface Tables {
  readonly roles: Role;
  readonly groups: Group;
  readonly members: Member;
  readonly invitations: Invitation;
  readonly revocations: Revocation;
}
/** The name of a table. */
export type TableName = keyof Tables;
/** A record as it is kept. */
export type Kept<T> = T & { readonly version: number };

/** Most grants of one role, group or member. */
const MAX_GRANTS = 200;
/** Most roles or groups of one member. */
const MAX_NAMES = 100;

/** A grant as a text. */
const grant = z
  .string()
  .max(2200)
  .superRefine((text, context) => {
    try {
      parseGrant(text);
    } catch (error) {
      context.addIssue(textOf(error));
    }
  })
  .describe("A path pattern and `read`, `write` or `none`, as `notes/**:write`.");
/** Grants as texts. */
export const grantsSchema: z.ZodType<string[], string[]> = z.array(grant).max(MAX_GRANTS);

/** What a role or a group may be called. */
export const nameSchema: z.ZodType<string, string> = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "must be like design-team: small letters, digits, . _ -");
/** Names of roles or groups. */
export const namesSchema: z.ZodType<string[], string[]> = z.array(nameSchema).max(MAX_NAMES);

/** A user's id. */
export const userSchema: z.ZodType<string, string> = z
  .string()
  .max(128)
  .refine(isUserId, "is no id that a user can have");

/** A text for people. */
export const lineSchema: z.ZodType<string, string> = z.string().max(500);
/** A time. */
export const timeSchema: z.ZodType<number, number> = z
  .number()
  .int()
  .min(0)
  .describe("Milliseconds since 1970.");

const version = z
  .number()
  .int()
  .describe("Another one after each change. It is the ETag, and goes into `If-Match`.");

const role = {
  grants: grantsSchema.describe("What who has it may do."),
  admin: z.boolean().describe("Whether who has it may administer the workspace."),
  description: lineSchema.describe("For people."),
};
const group = {
  roles: namesSchema.describe("The roles of all who are in it."),
  grants: grantsSchema.describe("What all who are in it may do besides."),
  description: lineSchema.describe("For people."),
};
const member = {
  roles: namesSchema.describe("The member's own roles."),
  groups: namesSchema.describe("The groups that the member is in."),
  grants: grantsSchema.describe("What the member may do besides."),
  name: lineSchema.describe("The member's name, for people."),
  state: z.enum(["active", "suspended"]).describe("A suspended member may do nothing."),
};

/** What is said of a role. */
export const roleInput: z.ZodType<Role> = z
  .strictObject({
    grants: role.grants.default([]),
    admin: role.admin.default(false),
    description: role.description.default(""),
  })
  .meta({ title: "RoleInput" });
/** What is said of a group. */
export const groupInput: z.ZodType<Group> = z
  .strictObject({
    roles: group.roles.default([]),
    grants: group.grants.default([]),
    description: group.description.default(""),
  })
  .meta({ title: "GroupInput" });
/** What is said of a member. */
export const memberInput: z.ZodType<Member> = z
  .strictObject({
    roles: member.roles.default([]),
    groups: member.groups.default([]),
    grants: member.grants.default([]),
    name: member.name.default(""),
    state: member.state.default("active"),
  })
  .meta({ title: "MemberInput" });
/** What is to be another at a member. */
export const memberPatch: z.ZodType<MemberPatch> = z
  .strictObject(member)
  .partial()
  .meta({ title: "MemberPatch" });

const invitation = {
  roles: namesSchema.describe("The roles of who accepts it."),
  groups: namesSchema.describe("The groups of who accepts it."),
  uses: z.number().int().min(0).describe("How often it may still be accepted."),
  expiresAt: timeSchema,
  note: lineSchema.describe("For people: whom it is for."),
  by: z.string().describe("Who made it."),
  createdAt: timeSchema,
};
const revocation = {
  token: z.string().min(1).max(200).optional().describe("The id (`jti`) of the token."),
  user: userSchema.optional().describe("Whose tokens are revoked."),
  before: timeSchema.optional(),
  expiresAt: timeSchema.optional(),
  note: lineSchema.describe("For people: why."),
  by: z.string().describe("Who revoked it."),
  at: timeSchema,
};

/** The schemas of records as they are kept. */
export const records: { readonly [T in TableName]: z.ZodType<Kept<Tables[T]>> } = {
  roles: z.object({ ...role, version }),
  groups: z.object({ ...group, version }),
  members: z.object({ ...member, version }),
  invitations: z.object({ ...invitation, version }),
  revocations: z.object({ ...revocation, version }),
};

const shapes = {
  roles: role,
  groups: group,
  members: member,
  invitations: invitation,
  revocations: revocation,
} as const;

/** The schema of a record as it is told: with `more` beside what is kept. */
export function rowSchema(table: TableName, title: string, more: z.ZodRawShape): z.ZodType {
  return z.object({ ...more, ...shapes[table], version }).meta({ title });
}

/** The schema of an entry of the audit log. */
export const auditEntrySchema: z.ZodType<AuditEntry> = z.object({
  number: z.number().int(),
  at: timeSchema,
  by: z.string().describe("The user whose token it was."),
  token: z.string().optional().describe("The id of that token."),
  address: z.string().describe("Where it came from."),
  action: z.string().describe("As `members.put` or `invitations.accept`."),
  target: z.string().describe("What was changed: a user's id, or the name of a role."),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});
