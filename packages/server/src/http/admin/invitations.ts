/** Invitations over HTTP: signed links by which whoever has one, and is signed in, becomes a member. */

import { randomUUID } from "node:crypto";
import { z } from "zod";
import { acceptInvitation, add, missing, remove } from "../../membership/edits.ts";
import { signInvitation, verifyInvitation } from "../../membership/invitation-token.ts";
import {
  lineSchema,
  type Invitation,
  namesSchema,
  rowSchema,
  userSchema,
} from "../../membership/records.ts";
import { empty, failed, json } from "../answers.ts";
import { createRoute, nothing, type Route } from "../route.ts";
import { change, problems, refused } from "./change.ts";
import { nextSchema, pageOf, pageShape } from "./pages.ts";
import { cannotSign, type SigningContext, unsigned } from "./signing.ts";

const DAY = 24 * 3_600_000;

const id = z.string().describe("By which it is taken back.");
const invitation = rowSchema("invitations", "Invitation", { id });
const page = z.object({ invitations: z.array(invitation), next: nextSchema });
const made = rowSchema("invitations", "NewInvitation", {
  id,
  token: z.string().describe("The signed invitation. It is told once."),
  link: z.string().optional().describe("The page that was asked for, with it behind `#`."),
});
const asked = z.strictObject({
  roles: namesSchema.default([]).describe("The roles of who accepts it."),
  groups: namesSchema.default([]).describe("The groups of who accepts it."),
  uses: z.number().int().min(1).max(10_000).default(1).describe("How many may accept it."),
  expiresIn: z
    .number()
    .int()
    .min(1000)
    .max(365 * DAY)
    .default(7 * DAY)
    .describe("How long it is good, in milliseconds."),
  note: lineSchema.default("").describe("For people: whom it is for."),
  page: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .optional()
    .describe("The page of your application that accepts it, for the link."),
});
const accepting = z.strictObject({
  invitation: z.string().max(4096).describe("The signed invitation, as it stands in the link."),
});
const accepted = rowSchema("members", "Member", { user: userSchema });

const common = { needs: "admin", tag: "Invitations", query: nothing, body: nothing } as const;

/** The routes of invitations. */
export function invitationRoutes({ settings }: SigningContext): readonly Route[] {
  const { secret, formerSecrets = [], clock } = settings;
  const secrets = [...(secret === undefined ? [] : [secret]), ...formerSecrets];
  return [
    createRoute({
      ...{ ...common, method: "GET", path: "/invitations", name: "listInvitations" },
      query: z.object(pageShape),
      summary: "Lists the invitations that are still good",
      answers: { 200: { description: "A page of them.", schema: page } },
      async answer({ query, membership }) {
        const now = clock.now();
        const good = [...membership.state.records.invitations].filter(
          ([, { expiresAt }]) => expiresAt > now,
        );
        const { rows, next } = pageOf(good, query);
        return json(200, { invitations: rows.map(([key, row]) => ({ id: key, ...row })), next });
      },
    }),
    createRoute({
      ...{ ...common, method: "POST", path: "/invitations", body: asked, name: "invite" },
      summary: "Makes an invitation",
      answers: {
        201: { description: "The invitation, with what is to be handed out.", schema: made },
        409: problems.conflict,
        422: problems.unknownName,
        501: unsigned,
      },
      async answer(request) {
        if (secret === undefined) return cannotSign();
        const { workspace, body, who } = request;
        const { roles, groups, uses, note } = body;
        const key = randomUUID();
        const createdAt = clock.now();
        const expiresAt = createdAt + body.expiresIn;
        const by = who.principal.user;
        const row: Invitation = { roles, groups, uses, expiresAt, note, by, createdAt };
        const token = await signInvitation(secret, { workspace, id: key, expiresAt });
        const link = body.page && linkOf(body.page, token);
        return change(request, add("invitations", key, row), ({ state: { version } }) =>
          json(201, { id: key, ...row, version, token, link }),
        );
      },
    }),
    createRoute({
      ...{ ...common, needs: "token", method: "POST", path: "/invitations/accept" },
      ...{ body: accepting, name: "acceptInvitation" },
      summary: "Makes whoever asks a member, as an invitation says",
      answers: {
        200: { description: "The member.", schema: accepted },
        409: problems.conflict,
        410: { description: "It was used up, has ended, was taken back, or is none." },
      },
      async answer(request) {
        const { workspace, body, who } = request;
        const { user, plugin } = who.principal;
        if (plugin !== undefined || who.parents?.length || user.startsWith("guest:")) {
          return failed(403, "access/denied", "An invitation is accepted by a user, signed in.");
        }
        const now = clock.now();
        const key = await verifyInvitation(body.invitation, { secrets, workspace, now });
        if (key === undefined) {
          const message = "This is no invitation to this workspace, or it has ended.";
          return refused({ problem: "not-good", message });
        }
        return change(request, acceptInvitation(key, user, now), ({ state }) => {
          const found = state.records.members.get(user);
          return found ? json(200, { user, ...found }) : refused(missing("members", user));
        });
      },
    }),
    createRoute({
      ...{ ...common, method: "DELETE", path: "/invitations/{id}", name: "takeBackInvitation" },
      summary: "Takes an invitation back",
      answers: { 204: { description: "It is good no more." }, 404: problems.missing },
      answer: async (request) =>
        change(request, remove("invitations", request.params.id ?? ""), () => empty(204)),
    }),
  ];
}

/** Behind `#`, so that no server hears of it, and no log. */
function linkOf(address: string, token: string): string {
  const url = new URL(address);
  url.hash = `invitation=${token}`;
  return url.href;
}
