/** What `croft-admin` can be told: its options, and how each is given. */

import { z } from "zod";
import {
  checked,
  type Command,
  duration,
  type Environment,
  filled,
  type Flags,
  readCommand,
  several,
  truth,
  wholeNumber,
} from "../command-line.ts";
import { parseGrant } from "../grant-text.ts";
import { checkSecret } from "../token-keys.ts";
import { isWorkspaceName } from "../workspace-name.ts";

/** Where a server of this machine is. */
export const DEFAULT_SERVER = "http://127.0.0.1:8787";

const schema = z.object({
  server: z
    .url({ protocol: /^https?$/, error: "must be an address, as https://croft.example.org" })
    .default(DEFAULT_SERVER),
  workspace: z.string("is needed").refine(isWorkspaceName, "is no name that a workspace can have"),
  token: filled.optional(),
  secret: checked(checkSecret).optional(),
  json: truth.default(false),
  roles: several(filled).optional(),
  groups: several(filled).optional(),
  grants: several(checked(parseGrant)).optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  admin: truth.default(false),
  uses: wholeNumber(1, 10_000).optional(),
  expires: duration().optional(),
  note: z.string().optional(),
  page: z.string().optional(),
  path: filled.optional(),
  limit: wholeNumber(1, 1000).optional(),
});

/** The options of `croft-admin`. */
export interface AdminOptions {
  readonly server: string;
  readonly workspace: string;
  readonly token?: string | undefined;
  readonly secret?: string | undefined;
  readonly json: boolean;
  readonly roles?: readonly string[] | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly grants?: readonly string[] | undefined;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly admin: boolean;
  readonly uses?: number | undefined;
  readonly expires?: number | undefined;
  readonly note?: string | undefined;
  readonly page?: string | undefined;
  readonly path?: string | undefined;
  readonly limit?: number | undefined;
}

/** How each option is given. */
export const ADMIN_FLAGS: Flags<keyof AdminOptions> = {
  server: { flag: "server", value: "address", help: [`the server; default ${DEFAULT_SERVER}`] },
  workspace: { flag: "workspace", value: "name", help: ["the workspace that is administered"] },
  token: {
    flag: "token",
    value: "text",
    help: ["a token that may administer; rather use the environment"],
  },
  secret: {
    flag: "secret",
    value: "text",
    help: ["or the server's secret, of which a token is made for each call"],
  },
  json: { flag: "json", help: ["prints what the server answers, as JSON"] },
  roles: {
    flag: "role",
    value: "role",
    repeated: true,
    help: [
      "members, groups, invite: a role of theirs; may be repeated; with",
      "list, those who have it",
    ],
  },
  groups: {
    flag: "group",
    value: "group",
    repeated: true,
    help: ["members, invite: a group that they are in; may be repeated; with", "list, those in it"],
  },
  grants: {
    flag: "grant",
    value: "grant",
    repeated: true,
    help: [
      "members, roles, groups: a path pattern and read, write or none, as",
      "'notes/**:write'; may be repeated",
    ],
  },
  name: { flag: "name", value: "text", help: ["members: what people call them"] },
  description: { flag: "description", value: "text", help: ["roles, groups: what they are for"] },
  admin: { flag: "admin", help: ["roles: who has it may administer the workspace"] },
  uses: { flag: "uses", value: "number", help: ["invite: how many may accept it; default 1"] },
  expires: {
    flag: "expires",
    value: "time",
    help: ["invite: how long it is good, as 12h or 30d; default 7d"],
  },
  note: { flag: "note", value: "text", help: ["invite, revoke-…: for whom, or why"] },
  page: {
    flag: "page",
    value: "address",
    help: ["invite: the page of your application that accepts it, for a link"],
  },
  path: { flag: "path", value: "path", help: ["members explain: a document's path"] },
  limit: { flag: "limit", value: "number", help: ["audit: the newest so many; default 50"] },
};

/** Those that may be in the environment too. */
const VARIABLES = ["server", "workspace", "token", "secret", "json"];

/** Reads the options. */
export function readAdminOptions(args: readonly string[], env: Environment): Command<AdminOptions> {
  return readCommand(schema, ADMIN_FLAGS, { args, env, variables: VARIABLES });
}
