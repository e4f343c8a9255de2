/** The command line of `croft-admin`, and which request to the server it means. Asks nothing, and prints nothing. */

import { type Command, type Environment, helpOf } from "../command-line.ts";
import { ADMIN_FLAGS, type AdminOptions, readAdminOptions } from "./admin-flags.ts";

/** What is asked of the server. */
export interface AdminCall {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/api/<workspace>`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>> | undefined;
  readonly body?: Readonly<Record<string, unknown>> | undefined;
  /** It must not be there yet. */
  readonly isNew?: boolean | undefined;
  /** The name of a list, which is read to its end. */
  readonly list?: string | undefined;
  /** What is said when it is done. */
  readonly done?: string | undefined;
}

/** A request, and where it goes. */
export interface AdminRequest extends Pick<
  AdminOptions,
  "server" | "workspace" | "token" | "secret" | "json"
> {
  readonly call: AdminCall;
}

type OwnFlag = Exclude<keyof AdminOptions, "server" | "workspace" | "token" | "secret" | "json">;
/** What each of them takes. */
const SHARED: ReadonlySet<string> = new Set(["server", "workspace", "token", "secret", "json"]);

interface Action {
  /** As in `members add`. */
  readonly words: string;
  /** What stands for its argument in the help. */
  readonly argument?: string;
  readonly help: string;
  readonly flags?: readonly OwnFlag[];
  readonly call: (argument: string, options: AdminOptions) => AdminCall;
}

const at = (table: string, name: string): string => `/${table}/${encodeURIComponent(name)}`;
const MEMBER = ["roles", "groups", "grants", "name"] as const;
/** Most of a page. */
const PAGE = "1000";

const ACTIONS: readonly Action[] = [
  {
    words: "members list",
    help: "tells who is a member",
    flags: ["roles", "groups"],
    call: (_, { roles = [], groups = [] }) => ({
      ...{ method: "GET", path: "/members", list: "members" },
      query: { limit: PAGE, role: roles[0], group: groups[0] },
    }),
  },
  {
    ...{ words: "members show", argument: "user", help: "tells of one of them" },
    call: (user) => ({ method: "GET", path: at("members", user) }),
  },
  {
    ...{ words: "members add", argument: "user", help: "makes somebody a member" },
    flags: MEMBER,
    call: (user, { roles, groups, grants, name }) => ({
      ...{ method: "PUT", path: at("members", user), isNew: true },
      body: { roles, groups, grants, name },
    }),
  },
  {
    ...{ words: "members set", argument: "user", help: "changes what is named of a member" },
    flags: MEMBER,
    call: (user, { roles, groups, grants, name }) => ({
      ...{ method: "PATCH", path: at("members", user), body: { roles, groups, grants, name } },
    }),
  },
  {
    ...{ words: "members suspend", argument: "user", help: "lets a member do nothing, for now" },
    call: (user) => ({ method: "PATCH", path: at("members", user), body: { state: "suspended" } }),
  },
  {
    ...{ words: "members restore", argument: "user", help: "ends that" },
    call: (user) => ({ method: "PATCH", path: at("members", user), body: { state: "active" } }),
  },
  {
    ...{ words: "members remove", argument: "user", help: "makes a member a stranger" },
    call: (user) => ({
      ...{ method: "DELETE", path: at("members", user) },
      done: `${user} is no member any more.`,
    }),
  },
  {
    ...{ words: "members explain", argument: "user", flags: ["path"] },
    help: "tells what a member may do with --path, and why",
    call: (user, { path }) => ({
      ...{ method: "GET", path: `${at("members", user)}/access`, query: { path } },
    }),
  },
  ...tableOf("roles", "role", ["grants", "admin", "description"]),
  ...tableOf("groups", "group", ["roles", "grants", "description"]),
  {
    words: "invite",
    help: "makes an invitation, and tells what to hand out",
    flags: ["roles", "groups", "uses", "expires", "note", "page"],
    call: (_, { roles, groups, uses, expires: expiresIn, note, page }) => ({
      ...{ method: "POST", path: "/invitations" },
      body: { roles, groups, uses, expiresIn, note, page },
    }),
  },
  {
    ...{ words: "invitations list", help: "tells which are still good" },
    call: () => ({
      ...{ method: "GET", path: "/invitations", list: "invitations", query: { limit: PAGE } },
    }),
  },
  {
    ...{ words: "invitations remove", argument: "id", help: "takes one back" },
    call: (id) => ({
      ...{ method: "DELETE", path: at("invitations", id), done: "It is good no more." },
    }),
  },
  {
    ...{ words: "revoke-token", argument: "token or id", flags: ["note"] },
    help: "ends a token, and those made from it",
    call: (text, { note }) => ({
      ...{ method: "POST", path: "/revocations" },
      // A token has three parts; an id may have anything else.
      body: text.split(".").length === 3 ? { token: text, note } : { id: text, note },
    }),
  },
  {
    ...{ words: "revoke-user", argument: "user", flags: ["note"] },
    help: "ends all tokens of a user that were issued until now",
    call: (user, { note }) => ({ method: "POST", path: "/revocations", body: { user, note } }),
  },
  {
    ...{ words: "revocations list", help: "tells what was revoked" },
    call: () => ({
      ...{ method: "GET", path: "/revocations", list: "revocations", query: { limit: PAGE } },
    }),
  },
  {
    ...{ words: "revocations remove", argument: "id", help: "lets such tokens be good again" },
    call: (id) => ({
      ...{ method: "DELETE", path: at("revocations", id), done: "They are good again." },
    }),
  },
  {
    ...{ words: "audit", help: "tells who changed what, newest first", flags: ["limit"] },
    call: (_, { limit = 50 }) => ({
      ...{ method: "GET", path: "/audit", query: { limit: String(limit) } },
    }),
  },
];

function tableOf(table: string, one: string, flags: readonly OwnFlag[]): readonly Action[] {
  return [
    {
      ...{ words: `${table} list`, help: `tells which ${table} there are` },
      call: () => ({ method: "GET", path: `/${table}`, list: table, query: { limit: PAGE } }),
    },
    {
      ...{ words: `${table} show`, argument: one, help: "tells of one of them" },
      call: (name) => ({ method: "GET", path: at(table, name) }),
    },
    {
      ...{
        words: `${table} set`,
        argument: one,
        help: `makes a ${one}, or another one of it`,
        flags,
      },
      call: (name, options) => ({
        ...{ method: "PUT", path: at(table, name) },
        body: Object.fromEntries(flags.map((flag) => [flag, options[flag]])),
      }),
    },
    {
      ...{ words: `${table} remove`, argument: one, help: `removes a ${one} that nobody has` },
      call: (name) => ({ method: "DELETE", path: at(table, name), done: `${name} is gone.` }),
    },
  ];
}

/** What `croft-admin --help` prints. */
export const ADMIN_HELP: string = `croft-admin: administers a workspace of a running server

Usage: croft-admin <what> --workspace <name> (--token <text> | --secret <text>) [options]

${ACTIONS.map(({ words, argument, help }) => {
  const head = `  ${words}${argument === undefined ? "" : ` <${argument}>`}`;
  return `${head.padEnd(31)}${help}`;
}).join("\n")}

${helpOf(ADMIN_FLAGS)}
  --help, --version

The first five may be in the environment: CROFT_SERVER, CROFT_WORKSPACE, CROFT_TOKEN, CROFT_SECRET,
CROFT_JSON. What is said of members counts where the server was started with --access members.

  croft-admin members add ada --role owner --workspace acme
  croft-admin invite --role editor --page https://app.example.org/join --workspace acme
`;

/** Reads the command line and the environment of `croft-admin`. */
export function parseAdminCommand(
  args: readonly string[],
  env: Environment,
): Command<AdminRequest> {
  const flagsFrom = args.findIndex((arg) => arg.startsWith("-"));
  const words = flagsFrom < 0 ? args : args.slice(0, flagsFrom);
  const command = readAdminOptions(flagsFrom < 0 ? [] : args.slice(flagsFrom), env);
  if (command.kind === "help" || command.kind === "version") return command;
  const found = actionOf(words);
  if ("kind" in found) return found;
  if (command.kind === "mistake") return command;
  const { action, argument } = found;
  const { options } = command;
  const { server, workspace, token, secret, json } = options;
  const foreign = foreignFlag(action, options);
  if (foreign !== undefined) return mistake(`${action.words} takes no --${foreign}.`);
  if (token === undefined && secret === undefined) {
    return mistake(
      "A token that may administer is needed: --token or CROFT_TOKEN, or the server's --secret.",
    );
  }
  const call = action.call(argument, options);
  return { kind: "run", options: { server, workspace, token, secret, json, call } };
}

function actionOf(
  words: readonly string[],
): { readonly action: Action; readonly argument: string } | Command<never> {
  for (const action of ACTIONS) {
    const wanted = action.words.split(" ");
    if (wanted.some((word, index) => words[index] !== word)) continue;
    const rest = words.slice(wanted.length);
    const [argument = ""] = rest;
    if (action.argument === undefined && rest.length > 0) {
      return mistake(`${action.words} takes nothing more: ${rest.join(" ")}.`);
    }
    if (action.argument !== undefined && (rest.length !== 1 || argument === "")) {
      return mistake(`Say it as ${action.words} <${action.argument}>.`);
    }
    return { action, argument };
  }
  if (words.length === 0) return mistake("Say first what is to be done, as members list.");
  const near = ACTIONS.filter(({ words: own }) => own.split(" ")[0] === words[0]);
  const known = near.map(({ words: own }) => own).join(", ");
  return mistake(
    `There is no ${words.slice(0, 2).join(" ")}.${known === "" ? "" : ` There are ${known}.`}`,
  );
}

/** A flag that was given and is of no use here. */
function foreignFlag({ flags = [] }: Action, options: AdminOptions): string | undefined {
  const given = Object.entries(options).filter(
    ([name, value]) => !SHARED.has(name) && value !== undefined && value !== false,
  );
  const known: readonly string[] = flags;
  const [name] = given.find(([each]) => !known.includes(each)) ?? [];
  const all: Readonly<Record<string, { readonly flag: string }>> = ADMIN_FLAGS;
  return name === undefined ? undefined : (all[name]?.flag ?? name);
}

function mistake(message: string): Command<never> {
  return { kind: "mistake", message };
}
