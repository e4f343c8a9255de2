/**
 * Tokens that are made from the one of who asks, for a plugin, an agent or a script: they grant less, end no later, and are revoked with
 * it. Whoever is let in may make them.
 */

import { randomUUID } from "node:crypto";
import { isPluginId } from "@croft/core";
import { z } from "zod";
import { grantText } from "../../grant-text.ts";
import { grantsSchema, timeSchema } from "../../membership/records.ts";
import { DEFAULT_CLOCK_TOLERANCE } from "../../token-keys.ts";
import { MAX_PARENTS, signToken, type VerifiedToken } from "../../token.ts";
import { failed, json } from "../answers.ts";
import { createRoute, nothing, type Route } from "../route.ts";
import { cannotSign, type SigningContext, unsigned } from "./signing.ts";

const HOUR = 3_600_000;
/** Longest token that is made: it must go into a header, and a greeting. */
const MAX_TOKEN = 6000;

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

/** The route of tokens. */
export function tokenRoutes({ settings }: SigningContext): readonly Route[] {
  const { secret, audience, issuers, clock, log } = settings;
  const { clockTolerance = DEFAULT_CLOCK_TOLERANCE } = settings;
  const making = createRoute({
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
  return [making];
}

/** What the new token never has more than: the grants of the one that it is made from, and its bounds. */
function boundsOf({ principal, bounds = [] }: VerifiedToken): readonly (readonly string[])[] {
  return [principal.grants, ...bounds].map((bound) => bound.map(grantText));
}
