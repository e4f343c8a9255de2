/** Revoked tokens over HTTP: one by its id, or all of a user that were issued before a time. */

import { decodeJwt, errors } from "jose";
import { z } from "zod";
import { add, remove } from "../../membership/edits.ts";
import {
  lineSchema,
  type Revocation,
  rowSchema,
  timeSchema,
  userSchema,
} from "../../membership/records.ts";
import { DEFAULT_CLOCK_TOLERANCE } from "../../token-keys.ts";
import { idOf } from "../../token.ts";
import { empty, failed, json } from "../answers.ts";
import { createRoute, nothing, type Route } from "../route.ts";
import { change, problems } from "./change.ts";
import { nextSchema, pageOf, pageShape } from "./pages.ts";
import type { SigningContext } from "./signing.ts";

const revocation = rowSchema("revocations", "Revocation", {
  id: z.string().describe("By which it is taken back."),
});
const page = z.object({ revocations: z.array(revocation), next: nextSchema });
const asked = z
  .strictObject({
    token: z.string().max(20_000).optional().describe("The token itself."),
    id: z.string().min(1).max(200).optional().describe("Or its id: the claim `jti`."),
    user: userSchema.optional().describe("Or whose tokens."),
    before: timeSchema
      .optional()
      .describe(
        "Those of the user that were issued before; default: now. Milliseconds since 1970.",
      ),
    expiresAt: timeSchema
      .optional()
      .describe("When the tokens have ended, if that is known; then this is forgotten."),
    note: lineSchema.default("").describe("For people: why."),
  })
  .refine(
    ({ token, id, user }) => [token, id, user].filter((each) => each !== undefined).length === 1,
    "must name one of token, id and user",
  );

const common = { needs: "admin", tag: "Revoked tokens", query: nothing, body: nothing } as const;

/** The routes of revoked tokens. */
export function revocationRoutes({ settings }: SigningContext): readonly Route[] {
  const { clock, clockTolerance = DEFAULT_CLOCK_TOLERANCE } = settings;
  return [
    createRoute({
      ...{ ...common, method: "GET", path: "/revocations", name: "listRevocations" },
      query: z.object(pageShape),
      summary: "Lists the tokens that were revoked and have not ended",
      answers: { 200: { description: "A page of them.", schema: page } },
      async answer({ query, membership }) {
        const { rows, next } = pageOf(membership.state.records.revocations, query);
        return json(200, { revocations: rows.map(([id, row]) => ({ id, ...row })), next });
      },
    }),
    createRoute({
      ...{ ...common, method: "POST", path: "/revocations", body: asked, name: "revoke" },
      summary: "Revokes a token and those made from it, or a user's tokens; sessions end at once",
      answers: {
        201: { description: "They are good no more.", schema: revocation },
        409: problems.conflict,
      },
      async answer(request) {
        const { token, id, user, before, expiresAt, note } = request.body;
        const at = clock.now();
        const by = request.who.principal.user;
        let row: Revocation;
        if (user !== undefined) {
          row = {
            user,
            before: before ?? at,
            ...(expiresAt !== undefined && { expiresAt }),
            note,
            by,
            at,
          };
        } else {
          const named = token === undefined ? { id } : readToken(token, clockTolerance);
          if (named?.id === undefined) return failed(400, "input/invalid", "This is no token.");
          const end = expiresAt ?? ("end" in named ? named.end : undefined);
          row = { token: named.id, ...(end !== undefined && { expiresAt: end }), note, by, at };
        }
        const key = row.user === undefined ? `token:${row.token}` : `user:${row.user}`;
        return change(request, add("revocations", key, row), ({ state: { version } }) =>
          json(201, { id: key, ...row, version }),
        );
      },
    }),
    createRoute({
      ...{ ...common, method: "DELETE", path: "/revocations/{id}", name: "takeBackRevocation" },
      summary: "Lets tokens be good again that were revoked",
      answers: { 204: { description: "They are." }, 404: problems.missing },
      answer: async (request) =>
        change(request, remove("revocations", request.params.id ?? ""), () => empty(204)),
    }),
  ];
}

/** The id of a token and when it has ended; whether it was ever good does not matter. */
function readToken(
  token: string,
  tolerance: number,
): { readonly id: string; readonly end: number | undefined } | undefined {
  try {
    const { jti, exp } = decodeJwt(token);
    return { id: idOf(token, jti), end: exp === undefined ? undefined : exp * 1000 + tolerance };
  } catch (error) {
    if (error instanceof errors.JWTInvalid) return undefined;
    throw error;
  }
}
