/** The roles and the groups of a workspace over HTTP, which are alike. */

import { z } from "zod";
import { missing, put, remove } from "../../membership/edits.ts";
import {
  groupInput,
  nameSchema,
  roleInput,
  rowSchema,
  type Tables,
} from "../../membership/records.ts";
import { empty, json } from "../answers.ts";
import { createRoute, nothing, type Route } from "../route.ts";
import { change, conditionOf, etagOf, problems, refused } from "./change.ts";
import { nextSchema, pageOf, pageShape } from "./pages.ts";

interface Kind<T extends "roles" | "groups"> {
  readonly table: T;
  /** For names, as `Role`. */
  readonly one: string;
  readonly input: z.ZodType<Tables[T]>;
}

/** The routes of roles. */
export const roleRoutes: readonly Route[] = routesOf({
  ...{ table: "roles", one: "Role" },
  input: roleInput,
});

/** The routes of groups. */
export const groupRoutes: readonly Route[] = routesOf({
  ...{ table: "groups", one: "Group" },
  input: groupInput,
});

function routesOf<T extends "roles" | "groups">({ table, one, input }: Kind<T>): readonly Route[] {
  const word = one.toLowerCase();
  const row = rowSchema(table, one, { name: nameSchema });
  const page = z.object({ [table]: z.array(row), next: nextSchema });
  const common = { needs: "admin", tag: `${one}s`, query: nothing, body: nothing } as const;
  return [
    createRoute({
      ...{ ...common, method: "GET", path: `/${table}`, name: `list${one}s` },
      query: z.object(pageShape),
      summary: `Lists the ${table}, by name`,
      answers: { 200: { description: "A page of them.", schema: page } },
      async answer({ query, membership }) {
        const { rows, next } = pageOf<object>(membership.state.records[table], query);
        return json(200, { [table]: rows.map(([name, each]) => ({ name, ...each })), next });
      },
    }),
    createRoute({
      ...{ ...common, method: "GET", path: `/${table}/{name}`, name: `read${one}` },
      summary: `Tells of a ${word}`,
      answers: { 200: { description: `The ${word}.`, schema: row }, 404: problems.missing },
      async answer({ params: { name = "" }, membership }) {
        const found = membership.state.records[table].get(name);
        if (!found) return refused(missing(table, name));
        return { ...json(200, { name, ...found }), headers: etagOf(found.version) };
      },
    }),
    createRoute({
      ...{ ...common, method: "PUT", path: `/${table}/{name}`, name: `put${one}` },
      body: input,
      summary: `Makes a ${word}, or another one of it`,
      answers: {
        200: { description: `The ${word} as it is now.`, schema: row },
        201: { description: `The new ${word}.`, schema: row },
        409: problems.conflict,
        412: problems.changed,
        422: problems.unknownName,
      },
      async answer(asked) {
        const { name = "" } = asked.params;
        const named = nameSchema.safeParse(name);
        if (!named.success) {
          const [issue] = named.error.issues;
          return refused({
            problem: "unknown-name",
            message: `The name of a ${word} ${issue?.message ?? ""}.`,
          });
        }
        const decide = put(table, name, asked.body, conditionOf(asked.request));
        return change(asked, decide, ({ edit, state }) => {
          const { version = 0 } = state.records[table].get(name) ?? {};
          const status = edit.before === undefined ? 201 : 200;
          return { ...json(status, { name, ...asked.body, version }), headers: etagOf(version) };
        });
      },
    }),
    createRoute({
      ...{ ...common, method: "DELETE", path: `/${table}/{name}`, name: `remove${one}` },
      summary: `Removes a ${word} that nobody has`,
      answers: {
        204: { description: "It is gone." },
        404: problems.missing,
        409: problems.conflict,
        412: problems.changed,
      },
      answer: async (asked) =>
        change(asked, remove(table, asked.params.name ?? "", conditionOf(asked.request)), () =>
          empty(204),
        ),
    }),
  ];
}
