/**
 * The OpenAPI document of the HTTP interface, made of its routes: what they say of queries, bodies and answers is what they check, and
 * nothing here is written twice. A schema with a title is a component under that name.
 */

import { z } from "zod";
import { version } from "../version.ts";
import { isSomething, type AnswerDescription, type Route } from "./route.ts";

/** Where the document is. */
export const OPENAPI_PATH = "/api/openapi.json";

type Json = Readonly<Record<string, unknown>>;

/** What every request may be answered. */
const COMMON: Readonly<Record<number, string>> = {
  400: "What was asked is not as it must be.",
  401: "The token is missing, not good, or was revoked.",
  403: "The token is not for this workspace, or may not do this.",
  429: "Too many tokens of this address were refused; see `Retry-After`.",
  503: "It cannot be done now; see `Retry-After`.",
};

const problem = z
  .object({
    error: z.object({
      code: z.string().describe("Stable, for programs."),
      message: z.string().describe("For people."),
      hint: z.string().optional().describe("What to do about it."),
    }),
  })
  .meta({ title: "Problem" });

/** The document. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: Json;
  readonly security: readonly Json[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Json; readonly securitySchemes: Json };
}

/** Makes the document of `routes`. */
export function createOpenApi(routes: readonly Route[]): OpenApi {
  const schemas: Record<string, unknown> = {};

  /** A schema where it stands, or a reference to it where it has a title. */
  function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
    const {
      $schema: _,
      title,
      ...json
    } = z.toJSONSchema(schema, {
      ...{ io, unrepresentable: "any" },
      override({ jsonSchema }) {
        // There may be more in an answer some day.
        if (io === "output") delete jsonSchema.additionalProperties;
      },
    });
    if (title === undefined) return json;
    schemas[title] ??= json;
    return { $ref: `#/components/schemas/${title}` };
  }

  function contentOf(schema: z.ZodType, types: readonly string[], io: "input" | "output"): Json {
    return Object.fromEntries(types.map((type) => [type, { schema: schemaOf(schema, io) }]));
  }

  function responseOf({ description, schema, types = ["application/json"] }: AnswerDescription) {
    return { description, ...(schema && { content: contentOf(schema, types, "output") }) };
  }

  function responsesOf(answers: Route["answers"]): Json {
    const failures = Object.entries(COMMON).map(([status, description]) => [
      status,
      responseOf({ description, schema: problem }),
    ]);
    const own = Object.entries(answers).map(([status, answer]) => {
      const isFailure = Number(status) >= 400;
      return [status, responseOf(isFailure ? { schema: problem, ...answer } : answer)];
    });
    return Object.fromEntries([...failures, ...own]);
  }

  function bodyOf({ body, bytes }: Route): Json | undefined {
    if (isSomething(body)) {
      return { required: true, content: contentOf(body, ["application/json"], "input") };
    }
    if (bytes === undefined) return undefined;
    const content = { "application/octet-stream": { schema: {} } };
    return { required: true, description: bytes, content };
  }

  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = (paths[pathOf(route)] ??= { parameters: parametersIn(pathOf(route)) });
    const requestBody = bodyOf(route);
    path[route.method.toLowerCase()] = {
      operationId: route.name,
      ...{ summary: route.summary, tags: [route.tag] },
      ...(route.needs === "admin" && {
        description: "For tokens, and where membership decides for members, that administer.",
      }),
      ...(isSomething(route.query) && { parameters: queryOf(route.query) }),
      ...(requestBody && { requestBody }),
      responses: responsesOf(route.answers),
    };
  }
  return {
    openapi: "3.1.1",
    info: {
      ...{ title: "croft server", version },
      description: "Documents of a workspace, and its members. A token is the one of sessions.",
      license: { name: "MIT", identifier: "MIT" },
    },
    security: [{ token: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
  };
}

/** The path of a route, as OpenAPI writes it. */
export function pathOf({ path }: Pick<Route, "path">): string {
  return `/api/{workspace}${path.replace("*}", "}")}`;
}

function parametersIn(path: string): readonly Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    ...{ name, in: "path", required: true, schema: { type: "string" } },
    ...(name === "path" && { description: "A path of several parts, with the slashes between." }),
  }));
}

function queryOf(query: z.ZodType): readonly Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: "input" });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = typeof property === "object" ? property : {};
    return {
      ...{ name, in: "query", required: required.includes(name), schema },
      ...(description !== undefined && { description }),
    };
  });
}
