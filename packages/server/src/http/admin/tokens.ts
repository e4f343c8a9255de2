/**
 * What whoever is let in may do with tokens of its own: learn what it is here, make lesser ones for a plugin, an agent or a script, which
 * end no later and are revoked with it, and revoke them, or itself.
 */

import { randomUUID } from "node:crypto";
import { isPluginId } from "@croft/core";
import { z } from "zod";
import { grantText } from "../../grant-text.ts";
import { add, type Decide } from "../../membership/edits.ts";
import {
  grantsSchema,
  type Revocation,
  rowSchema,
  timeSchema,
  userSchema,
} from "../../membership/records.ts";
import { DEFAULT_CLOCK_TOLERANCE } from "../../token-keys.ts";
import { MAX_PARENTS, signToken, type VerifiedToken } from "../../token.ts";
import type { Authenticate } from "../../authenticate.ts";
import { empty, failed, json } from "../answers.ts";
import { createRoute, nothing, type Route } from "../route.ts";
import { change } from "./change.ts";
import { cannotSign, type SigningContext, unsigned } from "./signing.ts";

const HOUR = 3_600_000;
/** Longest token that is made: it must go into a header, and a greeting. */
const MAX_TOKEN = 6000;
/** Most tokens that one user revoked by itself and that have not ended. */
const MAX_OWN = 100;

const asked = z.strictObject({
  grants: grantsSchema
    .optional()
    .describe("What it grants, as far as your own token does. Default: the same."),
  plugin: z
    .strictObject({
      id: z.string().max(128).refine(isPluginId, "is no id that a plugin can have"),
      grants: grantsSchema.default([]).describe("What it may do outside of its own subtree."),
    })
    .optional()
    .describe("Admits this plugin alone, acting for you."),
  expiresIn: z
    .number()
    .int()
    .min(1000)
    .default(HOUR)
    .describe("How long it is good, in milliseconds, but no longer than your own."),
});
const made = z.object({
  token: z.string(),
  id: z.string().describe("By which it can be revoked."),
  expiresAt: timeSchema,
});

const revoked = z.strictObject({
  token: z.string().min(1).max(20_000).describe("Your own token, or one that was made from it."),
});
const self = z.object({
  user: z.string(),
  plugin: z.string().optional(),
  token: z.string().optional().describe("The id of the token."),
  expiresAt: timeSchema.optional(),
  admin: z.boolean().describe("Whether you may administer the workspace."),
  member: rowSchema("members", "Member", { user: userSchema }).optional(),
});

/** What these routes need of their server. */
export interface TokenContext extends SigningContext {
  readonly authenticate: Authenticate;
}

/** The routes of one's own tokens. */
export function tokenRoutes(context: TokenContext): readonly Route[] {
  return [tellingSelf, makingRoute(context), revokingRoute(context)];
}

const tellingSelf = createRoute({
  ...{ method: "GET", path: "/self", tag: "Tokens", needs: "token", name: "readSelf" },
  summary: "Tells who you are here, by your token and as a member",
  ...{ query: nothing, body: nothing },
  answers: { 200: { description: "What is known of you.", schema: self } },
  async answer({ who: { principal, id, expiresAt }, membership }) {
    const { user, plugin } = principal;
    const member = membership.state.records.members.get(user);
    const admin = membership.mayAdminister(principal);
    const row = member && { user, ...member };
    return json(200, { user, plugin, token: id, expiresAt, admin, member: row });
  },
});

/** Revokes a token of one's own: the same one, or one that was made from it; with a token of a first hand any of the user's. */
function revokingRoute({ settings: { clock, log }, authenticate }: TokenContext): Route {
  return createRoute({
    ...{ method: "POST", path: "/tokens/revoke", tag: "Tokens", needs: "token" },
    ...{ name: "revokeOwnToken", query: nothing, body: revoked },
    summary: "Revokes your own token, as when you sign out, or one that was made from it",
    answers: {
      204: { description: "It is good no more, or was not before." },
      409: { description: "You have revoked too many that have not ended." },
    },
    async answer(asked) {
      const { workspace, body, who, address, request } = asked;
      const { origin } = request.headers;
      // Else somebody could name others' tokens in one of its own making.
      const verdict = await authenticate({ workspace, token: body.token, address, origin });
      if ("code" in verdict) return empty(204);
      const { id, parents = [], expiresAt, principal } = verdict;
      const isFirstHand = who.principal.plugin === undefined && !who.parents?.length;
      const isMade = who.id !== undefined && (id === who.id || parents.includes(who.id));
      if (principal.user !== who.principal.user || id === undefined || !(isFirstHand || isMade)) {
        return failed(403, "access/denied", "This is none of your tokens.");
      }
      const at = clock.now();
      const by = principal.user;
      const row: Revocation = {
        ...{ token: id, note: "", by, at },
        ...(expiresAt !== undefined && { expiresAt }),
      };
      return change(asked, addOwn(`token:${id}`, row), () => {
        log("info", "token revoked", { workspace, user: by, id });
        return empty(204);
      });
    },
  });
}

/** Nobody fills the list that all share. */
function addOwn(key: string, row: Revocation): Decide {
  return (state) => {
    let own = 0;
    for (const { by, token } of state.records.revocations.values()) {
      if (by === row.by && token !== undefined) own++;
    }
    if (own < MAX_OWN) {
      const edit = add("revocations", key, row)(state);
      return "problem" in edit ? edit : { ...edit, isOwn: true };
    }
    return {
      problem: "full",
      message: `At most ${MAX_OWN} tokens that you revoked are remembered until they end.`,
    };
  };
}

function makingRoute({ settings }: SigningContext): Route {
  const { secret, audience, issuers, clock, log } = settings;
  const { clockTolerance = DEFAULT_CLOCK_TOLERANCE } = settings;
  return createRoute({
    ...{ method: "POST", path: "/tokens", tag: "Tokens", needs: "token", name: "makeToken" },
    summary: "Makes a token from your own that grants less and ends no later",
    ...{ query: nothing, body: asked },
    answers: {
      201: { description: "The token. It is told once.", schema: made },
      422: { description: "Too many were made one from the other, or it would be too long." },
      501: unsigned,
    },
    async answer({ workspace, body, who }) {
      if (secret === undefined) return cannotSign();
      const { principal, id: parent, parents = [] } = who;
      if (principal.plugin !== undefined || parent === undefined) {
        return failed(403, "access/denied", "Only a user's own token makes others.");
      }
      if (parents.length >= MAX_PARENTS) {
        return failed(422, "input/invalid", "Too many tokens were made one from the other.");
      }
      const now = clock.now();
      const last = who.expiresAt === undefined ? Infinity : who.expiresAt - clockTolerance;
      // In whole seconds, as tokens tell it.
      const expiresAt = Math.floor(Math.min(now + body.expiresIn, last) / 1000) * 1000;
      const id = randomUUID();
      const { plugin, grants = principal.grants.map(grantText) } = body;
      const token = await signToken({
        ...{ secret, user: principal.user, id, expiresAt, audience, issuer: issuers?.[0] },
        parents: [parent, ...parents],
        entry: { id: workspace, grants, plugin, within: boundsOf(who) },
      });
      if (token.length > MAX_TOKEN) {
        const hint = "Name fewer grants, here or in the token that it is made from.";
        return failed(422, "input/invalid", "The token would be too long.", { hint });
      }
      const { user } = principal;
      log("info", "token made", { workspace, user, id, parent, plugin: plugin?.id, expiresAt });
      return json(201, { token, id, expiresAt });
    },
  });
}

/** What the new token never has more than: the grants of the one that it is made from, and its bounds. */
function boundsOf({ principal, bounds = [] }: VerifiedToken): readonly (readonly string[])[] {
  return [principal.grants, ...bounds].map((bound) => bound.map(grantText));
}
