/** The members of a workspace over HTTP. */

import { isDocPath, parseDocPath } from "@croft/core";
import { z } from "zod";
import { missing, patchMember, put, remove } from "../../membership/edits.ts";
import { memberInput, memberPatch, rowSchema, userSchema } from "../../membership/records.ts";
import { empty, json } from "../answers.ts";
import { createRoute, nothing, type Route } from "../route.ts";
import { change, conditionOf, etagOf, problems, refused } from "./change.ts";
import { nextSchema, pageOf, pageShape } from "./pages.ts";

const member = rowSchema("members", "Member", { user: userSchema });
const query = z.object({
  ...pageShape,
  role: z.string().max(64).optional().describe("Those alone who have this role themselves."),
  group: z.string().max(64).optional().describe("Those alone who are in this group."),
});
const question = z.object({
  path: z.string().refine(isDocPath, "is no path of a document").describe("A document's path."),
});
const explanation = z.object({
  access: z.enum(["none", "read", "write"]),
  because: z.string().describe("The rule that decided, for people."),
});
const members = z.object({ members: z.array(member), next: nextSchema });
const common = { needs: "admin", tag: "Members", query: nothing, body: nothing } as const;

/** The routes of members. */
export const memberRoutes: readonly Route[] = [
  createRoute({
    ...{ ...common, method: "GET", path: "/members", query, name: "listMembers" },
    summary: "Lists the members, by their ids",
    answers: { 200: { description: "A page of them.", schema: members } },
    async answer({ query: asked, membership }) {
      const { role, group } = asked;
      const wanted = [...membership.state.records.members].filter(
        ([, { roles, groups }]) =>
          (role === undefined || roles.includes(role)) &&
          (group === undefined || groups.includes(group)),
      );
      const { rows, next } = pageOf(wanted, asked);
      return json(200, { members: rows.map(([user, row]) => ({ user, ...row })), next });
    },
  }),
  createRoute({
    ...{ ...common, method: "GET", path: "/members/{user}", name: "readMember" },
    summary: "Tells of a member",
    answers: { 200: { description: "The member.", schema: member }, 404: problems.missing },
    async answer({ params: { user = "" }, membership }) {
      const found = membership.state.records.members.get(user);
      if (!found) return refused(missing("members", user));
      return { ...json(200, { user, ...found }), headers: etagOf(found.version) };
    },
  }),
  createRoute({
    ...{ ...common, method: "PUT", path: "/members/{user}", body: memberInput, name: "putMember" },
    summary: "Makes a user a member, or another one of a member",
    answers: {
      200: { description: "The member as it is now.", schema: member },
      201: { description: "The new member.", schema: member },
      409: problems.conflict,
      412: problems.changed,
      422: problems.unknownName,
    },
    async answer(asked) {
      const { user = "" } = asked.params;
      if (!userSchema.safeParse(user).success) return badUser(user);
      const decide = put("members", user, asked.body, conditionOf(asked.request));
      return change(asked, decide, ({ edit, state }) => {
        const { version = 0 } = state.records.members.get(user) ?? {};
        const status = edit.before === undefined ? 201 : 200;
        return { ...json(status, { user, ...asked.body, version }), headers: etagOf(version) };
      });
    },
  }),
  createRoute({
    ...{ ...common, method: "PATCH", path: "/members/{user}", name: "changeMember" },
    body: memberPatch,
    summary: "Changes some of a member; what is not named stays",
    answers: {
      200: { description: "The member as it is now.", schema: member },
      404: problems.missing,
      409: problems.conflict,
      412: problems.changed,
      422: problems.unknownName,
    },
    async answer(asked) {
      const { user = "" } = asked.params;
      const decide = patchMember(user, asked.body, conditionOf(asked.request));
      return change(asked, decide, ({ state }) => {
        const found = state.records.members.get(user);
        if (!found) return refused(missing("members", user));
        return { ...json(200, { user, ...found }), headers: etagOf(found.version) };
      });
    },
  }),
  createRoute({
    ...{ ...common, method: "DELETE", path: "/members/{user}", name: "removeMember" },
    summary: "Makes a member a stranger",
    answers: {
      204: { description: "It is none any more." },
      404: problems.missing,
      409: problems.conflict,
      412: problems.changed,
    },
    answer: async (asked) =>
      change(asked, remove("members", asked.params.user ?? "", conditionOf(asked.request)), () =>
        empty(204),
      ),
  }),
  createRoute({
    ...{ ...common, method: "GET", path: "/members/{user}/access", name: "explainAccess" },
    query: question,
    summary:
      "Tells what a user may do with a document as a member, and why; a token may grant less",
    answers: { 200: { description: "The access, and the rule.", schema: explanation } },
    async answer({ params: { user = "" }, query: { path }, membership }) {
      if (!userSchema.safeParse(user).success) return badUser(user);
      const { access, because } = membership.explain(user, parseDocPath(path));
      return json(200, { access, because });
    },
  }),
];

function badUser(user: string) {
  return refused({
    problem: "unknown-name",
    message: `${JSON.stringify(user.slice(0, 100))} is no id that a user can have.`,
  });
}
